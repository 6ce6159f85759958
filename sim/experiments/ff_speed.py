"""Samples per second of golden model and published rules on this CPU."""

from collections.abc import Callable, Sequence
from typing import Any

from hwgen.ff.config import FFConfig
from sim.experiments.ff_grid import PUBLISHED_BATCH, PUBLISHED_RATE, RULES
from sim.experiments.speed import ROUNDS, cpu_name, samples_per_second
from sim.golden.ff import FFModel
from sim.golden.ff_float import ContrastiveModel, ContrastiveSettings, Floats, SupervisedModel, SupervisedSettings
from sim.images import ImageSplit, to_samples


def measure(layers: Sequence[int], images: ImageSplit) -> dict[str, Any]:
    """Samples per second of both rules, see :func:`~sim.experiments.speed.samples_per_second`. Every round goes through
    the same first images with what the rounds before have taught.

    Args:
        layers: of the network: inputs, then units of each layer.
        images: to learn from.

    Returns JSON values; names of rates are ``RULE_golden_training`` and so on.
    """
    tasks: dict[str, Callable[[int], Any]] = {}
    for rule in RULES:
        tasks |= {f"{rule}_{name}": task for name, task in _tasks(rule, tuple(layers), images).items()}
    return {
        "layers": list(layers),
        "cpu": cpu_name(),
        "rounds": ROUNDS,
        "samples_per_second": samples_per_second(tasks, len(images.train)),
    }


def _tasks(rule: str, layers: tuple[int, ...], images: ImageSplit) -> dict[str, Callable[[int], Any]]:
    part = images.train
    config = FFConfig.parse({"layers": list(layers), "rule": rule, "pixel_bits": part.bits})
    golden, labels = FFModel(config), part.labels
    inputs = to_samples(config, part.pixels, part)
    real: Floats = part.pixels / ((1 << part.bits) - 1)
    infer, learn = _published(rule, layers)
    return {
        "golden_training": lambda count: golden.train(inputs[:count], labels[:count]),
        "golden_inference": lambda count: golden.infer(inputs[:count]),
        "published_training": lambda count: learn(real[:count], labels[:count]),
        "published_inference": lambda count: infer(real[:count]),
    }


def _published(rule: str, layers: tuple[int, ...]) -> tuple[Callable[[Floats], Any], Callable[[Floats, Any], Any]]:
    """Inference and learning of a published rule."""
    rate = PUBLISHED_RATE[rule]
    if rule == "supervised":
        supervised = SupervisedModel(SupervisedSettings(layers, rate=rate, batch=PUBLISHED_BATCH))
        return supervised.infer, supervised.train_epoch
    contrastive = ContrastiveModel(ContrastiveSettings(layers, rate=rate, batch=PUBLISHED_BATCH))

    def learn(samples: Floats, labels: Any) -> None:
        contrastive.train_epoch(samples)
        contrastive.train_readout(samples, labels)

    return contrastive.infer, learn
