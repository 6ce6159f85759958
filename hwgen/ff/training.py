"""How a Forward-Forward machine is trained: which parts learn in a phase, and how steps shrink. Plain data: imports no
HDL."""

from collections.abc import Iterable

import numpy as np

from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import TOTALS, counters
from hwgen.integers import check_integer
from hwgen.samples import check_learning

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


def check_parts(config: FFConfig, layers: Iterable[int], readout: bool) -> tuple[list[int], bool]:
    """What shall learn, as :func:`parts_of` gives it.

    Args:
        config: the machine's parameters.
        layers: numbers of layers, from 0 on.
        readout: whether the read-out learns, a truth value of Python or NumPy; a supervised machine has none.

    Raises :class:`~hwgen.errors.HwgenError` naming the value that is of another type or that the machine does not have,
    and for a machine that does not learn.
    """
    check_learning(config)
    try:
        listed = iter(layers)
    except TypeError:
        raise HwgenError(f"layers must be a list of numbers of layers, not {layers!r}") from None
    chosen = [check_integer("a layer that learns", layer, 0, config.depth - 1) for layer in listed]
    if not isinstance(readout, bool | np.bool_):
        raise HwgenError(f"readout must be True or False, not {readout!r}")
    if readout and config.supervised:
        raise HwgenError("readout must be False: a supervised machine has no read-out")
    return chosen, bool(readout)


def annealing_of(epoch: int, epochs: int) -> int:
    """By how many bits steps are shifted right in epoch ``epoch``, from 0 on, of ``epochs``. Raises
    :class:`~hwgen.errors.HwgenError` for an epoch that is none of them, and for fewer epochs than one."""
    epochs = check_integer("epochs", epochs, 1)
    epoch = check_integer("epoch", epoch, 0, epochs - 1, f"for epochs = {epochs}")
    return sum(epoch >= fraction * epochs for fraction in ANNEALED)


def epoch_counters(config: FFConfig) -> tuple[str, ...]:
    """The statistics that tell how learning goes: what a training's report has of an epoch."""
    return tuple(name for name in counters(config) if name not in TOTALS)
