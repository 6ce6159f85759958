"""How a Forward-Forward machine is trained: which parts learn in a phase, and how steps shrink. Plain data: imports no
HDL."""

from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import TOTALS, counters

ANNEALED = (1 / 2, 3 / 4, 9 / 10)
"""After these fractions of a training's epochs, steps are shifted right by one bit more."""


def parts_of(config: FFConfig, phase: str) -> tuple[list[int], bool]:
    """What learns in one of :attr:`~hwgen.ff.config.FFConfig.phases`: the numbers of layers, and whether the read-out
    does. Raises :class:`~hwgen.errors.HwgenError` for a phase that the machine does not have."""
    if phase not in config.phases:
        raise HwgenError(f"phase must be one of {', '.join(config.phases)}, not {phase!r}")
    kind, _, number = phase.partition(":")
    layers = {"layer": [int(number or 0)], "readout": []}.get(kind, list(range(config.depth)))
    return layers, not config.supervised and kind in ("joint", "readout")


def annealing_of(epoch: int, epochs: int) -> int:
    """By how many bits steps are shifted right in epoch ``epoch``, from 0 on, of ``epochs``."""
    return sum(epoch >= fraction * epochs for fraction in ANNEALED)


def epoch_counters(config: FFConfig) -> tuple[str, ...]:
    """The statistics that tell how learning goes: what a training's report has of an epoch."""
    return tuple(name for name in counters(config) if name not in TOTALS)
