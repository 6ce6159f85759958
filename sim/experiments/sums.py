"""Sums over samples, shared out among them."""

from collections.abc import Mapping
from typing import Any


def means_of(sums: Mapping[bool, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Means of what samples cost: ``training`` and ``inference``, where there were such samples.

    Args:
        sums: by whether samples were learnt from: ``samples``, how many; ``machines``: sums of each, by name; and sums
            of what is the same on all machines.
    """
    means = {}
    for learning, found in sums.items():
        count = found["samples"]
        values = {name: value / count for name, value in found.items() if name not in ("samples", "machines")}
        machines = {
            machine: {name: value / count for name, value in clocks.items()}
            for machine, clocks in found["machines"].items()
        }
        means["training" if learning else "inference"] = values | {"machines": machines}
    return means
