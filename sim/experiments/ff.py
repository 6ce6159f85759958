"""Forward-Forward learning measured: test error, clocks by phase, and the published rules beside the machine.

Every number of the machine comes from the golden model, which the hardware equals bit for bit and clock for clock.
Nothing is chosen by test data within a run: an error is that after the last epoch, whatever those before it were.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sim.augment import shift_images
from sim.epochs import Position, advance
from sim.experiments import trainings
from sim.experiments.ff_clocks import ClockedModel
from sim.experiments.ff_grid import Setting
from sim.experiments.trainings import Report, images_of, train_all
from sim.golden.ff_float import ContrastiveModel, Floats, SupervisedModel
from sim.images import Images, ImageSplit, to_samples
from sim.stream import TrainingStream


@dataclass(frozen=True)
class Outcome:
    """What a training with one seed gave; a list has an entry for each epoch of the last phase."""

    setting: str
    seed: int
    test_errors: list[float]
    """Fractions, of images that nothing is learnt from."""
    clocks: list[float] = field(default_factory=list)
    """Of a training sample, on the setting's first machine; none of a published rule."""
    first: dict[str, Any] = field(default_factory=dict)
    """What samples cost in the first epoch: see :meth:`~sim.experiments.ff_clocks.ClockedModel.take`."""
    last: dict[str, Any] = field(default_factory=dict)
    """The same of the last epoch."""


def run(settings: Sequence[Setting], seeds: int, data: str, processes: int, report: Report) -> list[Outcome]:
    """Train every setting with the seeds 1 to ``seeds``; what is in the cache is not trained again.

    Args:
        settings: what to train; their images must fit the data.
        seeds: at least 1.
        data: where MNIST is, see :func:`sim.images.load_images`.
        processes: how many to use.
        report: called with the trainings done and the trainings there are.

    Raises :class:`~hwgen.errors.HwgenError` for data that are missing or do not fit.
    """
    return train_all(kept, settings, seeds, data, processes, report)


def kept(setting: Setting, seed: int, data: str) -> Outcome:
    """:func:`train`, its outcome kept in the cache: an interrupted experiment goes on where it stopped."""
    images = images_of(setting, data)

    def outcome() -> dict[str, Any]:
        return asdict(train(setting, seed, images))

    return Outcome(**trainings.kept("ff", setting, seed, images, trainings.version_of("ff"), outcome))


def train(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    """Train once, phase after phase, and test after each epoch.

    The machine gets its samples as ``hwgen train --seed SEED`` gives them to a design with that seed, and learns the
    same. The published rules get pixels of 0 to 1, drawn and moved anew in each epoch, and one thread.
    """
    return _train_published(setting, seed, images) if setting.published else _train_machine(setting, seed, images)


def _train_machine(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    config = setting.config(seed)
    model = ClockedModel(config, setting.machines)
    test = to_samples(config, images.test.pixels, images.test), images.test.labels
    for phase in setting.phases[:-1]:
        model.start_phase(phase.name)
        advance(model, TrainingStream(config, images.train, seed, phase.shift), None, Position(), phase.epochs)
    last = setting.last
    model.start_phase(last.name)
    model.take()
    stream = TrainingStream(config, images.train, seed, last.shift)
    position, notes = Position(), list[dict[str, Any]]()
    advance(model, stream, test, position, last.epochs, after_epoch=lambda position: notes.append(model.take()))
    first = str(setting.machines[0])
    return Outcome(
        setting.name,
        seed,
        [float(epoch.test_error or 0) for epoch in position.epochs],
        [note["training"]["machines"][first]["clocks"] for note in notes],
        notes[0],
        notes[-1],
    )


def _train_published(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    learn, infer = published(setting, seed)
    tests = real_pixels(images.test, images.test.pixels)
    rng = np.random.default_rng(seed)
    errors = []
    with threadpool_limits(1):
        for _ in range(setting.last.epochs):
            part = images.train
            moved = shift_images(part.pixels, part.height, part.width, setting.last.shift, rng)
            learn(real_pixels(part, moved), part.labels)
            errors.append(float(np.mean(infer(tests) != images.test.labels)))
    return Outcome(setting.name, seed, errors)


def published(setting: Setting, seed: int) -> tuple[Callable[[Floats, Any], None], Callable[[Floats], Any]]:
    """How a published rule learns from an epoch, the read-out after the layers, and how it classifies."""
    if setting.rule == "supervised":
        supervised = SupervisedModel(setting.supervised_rule(), seed)
        return supervised.train_epoch, supervised.infer
    contrastive = ContrastiveModel(setting.contrastive_rule(), seed)

    def learn(samples: Floats, labels: Any) -> None:
        contrastive.train_epoch(samples)
        contrastive.train_readout(samples, labels)

    return learn, contrastive.infer


def real_pixels(images: Images, pixels: Any) -> Floats:
    """Pixels as published rules get them: 0 to 1."""
    return np.asarray(pixels / ((1 << images.bits) - 1), np.float64)
