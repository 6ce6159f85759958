"""Samples per second of golden model and published rule on this CPU, in turn and on one thread, and what a package
takes."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hwgen.ep.config import EPConfig
from sim.experiments.speed import ROUNDS, cpu_name, samples_per_second
from sim.golden.ep import EPModel
from sim.golden.ep_float import PublishedModel, PublishedSettings
from sim.images import ImageSplit, to_samples


def measure(layers: Sequence[int], images: ImageSplit) -> dict[str, Any]:
    """Samples per second, see :func:`~sim.experiments.speed.samples_per_second`. Every round goes through the same
    first images with what the rounds before have taught.

    Args:
        layers: of the network, for both.
        images: to learn from.

    Returns JSON values; ``generate`` is what :func:`measure_generate` gives.
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
    return {
        "layers": list(layers),
        "cpu": cpu_name(),
        "rounds": ROUNDS,
        "samples_per_second": samples_per_second(tasks, len(labels)),
        "generate": measure_generate(layers),
    }


def measure_generate(layers: Sequence[int]) -> dict[str, Any]:
    """Seconds that ``hwgen generate`` takes for a network on its default lanes, from start to end of the command, warm:
    what is compiled on a first run was compiled before. CPU time, tools that it runs included, and time on the clock,
    medians of :data:`ROUNDS` runs."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        design = Path(folder) / "machine.toml"
        design.write_text(f'core = "ep"\n[ep]\nlayers = {list(layers)}\n')
        command = [sys.executable, "-c", "from hwgen.cli import main; main()", "generate", str(design)]
        for _ in range(1 + ROUNDS):
            before, start = _children_seconds(), time.perf_counter()
            subprocess.run([*command, "-o", f"{folder}/package"], check=True, capture_output=True)
            seconds.append((_children_seconds() - before, time.perf_counter() - start))
    cpu, clock = (statistics.median(found) for found in zip(*seconds[1:], strict=True))
    return {"lanes": EPConfig.parse({"layers": list(layers)}).lanes, "cpu_seconds": cpu, "seconds": clock}


def _children_seconds() -> float:
    """CPU time of the processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
