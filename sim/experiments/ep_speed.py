"""Samples per second of golden model and published rule on this CPU, in turn and on one thread."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from hwgen.ep.config import EPConfig
from sim.golden.ep import EPModel
from sim.golden.ep_float import PublishedModel, PublishedSettings
from sim.images import ImageSplit, to_samples

ROUNDS = 3
SECONDS = 1.0
"""A round gets as many samples as take about this long."""
FIRST = 200
"""Samples with which code is compiled, and the speed guessed."""


def measure(layers: Sequence[int], images: ImageSplit) -> dict[str, Any]:
    """Samples per second of CPU time, medians of :data:`ROUNDS` rounds in turn.

    CPU time and one thread, so that other work on the machine matters little. Every round goes through the same first
    images with what the rounds before have taught.

    Args:
        layers: of the network, for both.
        images: to learn from.
    """
    config = EPConfig.parse({"layers": list(layers)})
    golden, published = EPModel(config), PublishedModel(PublishedSettings(tuple(layers)))
    binary = to_samples(config, images.train.pixels, images.train)
    real = images.train.pixels / ((1 << images.train.bits) - 1)
    labels = images.train.labels
    tasks: dict[str, Callable[[int], Any]] = {
        "golden_training": lambda count: golden.train(binary[:count], labels[:count]),
        "golden_inference": lambda count: golden.infer(binary[:count]),
        "published_training": lambda count: published.train_epoch(real[:count], labels[:count]),
        "published_inference": lambda count: published.infer(real[:count]),
    }
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    with threadpool_limits(1):
        counts = {}
        for name, task in tasks.items():
            task(FIRST)
            counts[name] = max(FIRST, min(len(labels), int(FIRST * SECONDS / _seconds(task, FIRST))))
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                rates[name].append(counts[name] / _seconds(task, counts[name]))
    return {
        "layers": list(layers),
        "cpu": cpu_name(),
        "rounds": ROUNDS,
        "samples_per_second": {name: statistics.median(found) for name, found in rates.items()},
    }


def cpu_name() -> str:
    """The CPU, by name where Linux tells it, and how many of them there are."""
    names = {
        line.split(":", 1)[1].strip()
        for line in (Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else [])
        if line.startswith("model name")
    }
    return f"{' and '.join(sorted(names)) or platform.machine()}, {os.cpu_count()} CPUs"


def _seconds(task: Callable[[int], Any], count: int) -> float:
    start = time.process_time()
    task(count)
    return max(time.process_time() - start, 1e-6)
