"""What a chip's mode, seeds and cycles may be: the same for the driver and the golden model."""

from collections.abc import Sequence

from hwgen.chips.config import MOST_CYCLES, ChipConfig
from hwgen.errors import HwgenError
from hwgen.integers import check_integer


def check_mode(config: ChipConfig, mode: str) -> None:
    """Raise :class:`~hwgen.errors.HwgenError` for a mode that the chip has not."""
    modes = config.profile.modes
    if mode not in modes:
        raise HwgenError(f"mode of {config.chip} must be {' or '.join(modes)}, not {mode!r}")


def check_seeds(config: ChipConfig, seeds: Sequence[int]) -> tuple[int, ...]:
    """``seeds`` as integers. Raises :class:`~hwgen.errors.HwgenError` unless there is one for each column, 1 to 255,
    and for a chip without generators."""
    columns = config.profile.columns
    _check_stochastic(config, "seeds")
    if len(seeds) != columns:
        raise HwgenError(f"seeds must be {columns}, one for each column, not {len(seeds)}")
    return tuple(check_integer("a seed", seed, 1, 255, "(a generator at 0 stays there)") for seed in seeds)


def check_cycles(config: ChipConfig, cycles: int) -> int:
    """``cycles`` as an integer. Raises :class:`~hwgen.errors.HwgenError` unless it lies between 1 and
    :data:`~hwgen.chips.config.MOST_CYCLES`, and for a chip without generators."""
    _check_stochastic(config, "cycles")
    return check_integer("cycles", cycles, 1, MOST_CYCLES)


def _check_stochastic(config: ChipConfig, what: str) -> None:
    if "stochastic" not in config.profile.modes:
        raise HwgenError(f"{config.chip} has no stochastic mode, and no {what}")
