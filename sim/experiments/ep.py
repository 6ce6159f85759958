"""Equilibrium propagation measured: test error, clocks by phase, and the published rule beside the machine.

Every number of the machine comes from the golden model, which the hardware equals bit for bit and clock for clock.
Nothing is chosen by test data within a run: an error is that after the last epoch, whatever those before it were; and
settings that are compared to choose one are tested on training images that were held out.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sim.epochs import Position, advance
from sim.experiments import trainings
from sim.experiments.ep_clocks import ClockedModel
from sim.experiments.ep_grid import Setting
from sim.experiments.trainings import Report, images_of, train_all
from sim.golden.ep_float import PublishedModel
from sim.images import Images, ImageSplit, to_samples
from sim.stream import Order, TrainingStream


@dataclass(frozen=True)
class Outcome:
    """What a training with one seed gave; a list has an entry for each epoch."""

    setting: str
    seed: int
    train_errors: list[float]
    """Fractions, each sample classified before it was learnt from."""
    test_errors: list[float]
    """The same of images that nothing is learnt from."""
    clocks: list[float] = field(default_factory=list)
    """Of a training sample, on the setting's first machine; none of the published rule."""
    first: dict[str, Any] = field(default_factory=dict)
    """What samples cost in the first epoch: see :meth:`~sim.experiments.ep_clocks.ClockedModel.take`."""
    last: dict[str, Any] = field(default_factory=dict)
    """The same of the last epoch."""


def run(
    settings: Sequence[Setting],
    seeds: int,
    data: str,
    processes: int,
    report: Report = lambda done, total: None,
) -> list[Outcome]:
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

    return Outcome(**trainings.kept("ep", setting, seed, images, trainings.version_of("ep"), outcome))


def train(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    """Train once and test after each epoch: on the held-out images, or where a setting is chosen on the last sixth of
    the training images, of which then nothing is learnt.

    The machine gets its samples as ``hwgen train --order file --seed SEED`` gives them to a design with that seed, and
    learns the same. The published rule gets pixels of 0 to 1, drawn anew in each epoch, and one thread.
    """
    if setting.choice:
        images = held_out(images.train)
    return _train_published(setting, seed, images) if setting.published else _train_machine(setting, seed, images)


def held_out(images: Images) -> ImageSplit:
    """Training images as two parts: of MNIST's 60,000 the first 50,000, and the last 10,000 to choose settings by."""
    count = len(images) - len(images) // 6
    learnt, rest = (
        replace(images, pixels=images.pixels[part], labels=images.labels[part])
        for part in (slice(0, count), slice(count, None))
    )
    return ImageSplit(learnt, rest)


def _train_machine(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    config = setting.config(seed)
    model = ClockedModel(config, setting.machines)
    stream = TrainingStream(config, images.train, seed, setting.shift, Order.FILE)
    test = to_samples(stream.config, images.test.pixels, images.test), images.test.labels
    position, notes = Position(), []
    advance(
        model,
        stream,
        test,
        position,
        setting.epochs,
        after_epoch=lambda position: notes.append(model.take()),
    )
    first = str(setting.machines[0])
    return Outcome(
        setting.name,
        seed,
        [epoch.train_error for epoch in position.epochs],
        [float(epoch.test_error or 0) for epoch in position.epochs],
        [note["training"]["machines"][first]["clocks"] for note in notes],
        notes[0],
        notes[-1],
    )


def _train_published(setting: Setting, seed: int, images: ImageSplit) -> Outcome:
    model = PublishedModel(setting.rule(), seed)
    samples, tests = (part.pixels / ((1 << part.bits) - 1) for part in images)
    train_errors, test_errors = [], []
    with threadpool_limits(1):
        for _ in range(setting.epochs):
            train_errors.append(float(model.train_epoch(samples, images.train.labels)))
            test_errors.append(float(np.mean(model.infer(tests) != images.test.labels)))
    return Outcome(setting.name, seed, train_errors, test_errors)
