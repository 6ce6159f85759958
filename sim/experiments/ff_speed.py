"""Samples per second of golden model and published rules on this CPU."""

from collections.abc import Callable, Sequence
from typing import Any

from hwgen.ff.config import FFConfig
from sim.experiments.ff import published, real_pixels
from sim.experiments.ff_grid import RULES, Setting
from sim.experiments.speed import ROUNDS, cpu_name, samples_per_second
from sim.golden.ff import FFModel
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
    real = real_pixels(part, part.pixels)
    learn, infer = published(Setting(f"published {rule}", "published", part.name, rule, layers, ()), 0)
    return {
        "golden_training": lambda count: golden.train(inputs[:count], labels[:count]),
        "golden_inference": lambda count: golden.infer(inputs[:count]),
        "published_training": lambda count: learn(real[:count], labels[:count]),
        "published_inference": lambda count: infer(real[:count]),
    }
