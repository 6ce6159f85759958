"""Samples per second on this CPU: tasks in turn, on one thread, in CPU time, so that other work on the machine matters
little."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

ROUNDS = 3
SECONDS = 1.0
"""A round gets as many samples as take about this long."""
FIRST = 200
"""Samples with which code is compiled, and the speed guessed."""


def samples_per_second(tasks: Mapping[str, Callable[[int], Any]], most: int) -> dict[str, float]:
    """Medians of :data:`ROUNDS` rounds in turn.

    Args:
        tasks: by name; each is called with a number of samples, to do its work on the first ones of so many.
        most: samples there are.
    """
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    with threadpool_limits(1):
        counts = {}
        for name, task in tasks.items():
            task(FIRST)
            counts[name] = max(FIRST, min(most, int(FIRST * SECONDS / _seconds(task, FIRST))))
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                rates[name].append(counts[name] / _seconds(task, counts[name]))
    return {name: statistics.median(found) for name, found in rates.items()}


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
