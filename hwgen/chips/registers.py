"""Register map of the controller."""

from hwgen.bus.common import core_map
from hwgen.bus.map import Access, Field, Register, RegisterMap
from hwgen.chips.config import MOST_CYCLES, ChipConfig
from hwgen.memristor.registers import ARRAY_ERRORS, array_registers, array_windows

CORE_NUMBER = 4
"""The controller's number in the identity register."""

CYCLE_BITS = 8
"""Bits of a number of stochastic cycles."""

IDLE = "Write it while status.busy is 0."


def register_map(config: ChipConfig) -> RegisterMap:
    """The common registers, what programs the array, and how the chip decides."""
    array = config.array_config
    return core_map(
        control=(
            Field("set_loaded", "Declare the chip programmed: samples get decisions until a word gets pulses."),
            Field("clear_loaded", "Declare it not programmed: samples get flagged results until set_loaded."),
        ),
        status=(
            Field("loaded", "The chip is programmed, says the host. Pulses and reset clear it; soft reset leaves it."),
        ),
        errors=(
            Field("invalid_observation", "A sample held an observation that the chip has no likelihood for."),
            Field("not_loaded", "A sample came before the chip was declared programmed."),
            *ARRAY_ERRORS,
        ),
        registers=(
            *array_registers(array),
            *(_stochastic(config) if "stochastic" in config.profile.modes else ()),
        ),
        windows=array_windows(array),
    )


def _stochastic(config: ChipConfig) -> tuple[Register, ...]:
    """What only a chip with both modes has."""
    return (
        Register(
            "mode",
            Access.READ_WRITE,
            f"How the chip decides. {IDLE}",
            (Field("logarithmic", "0: counts of ones, the largest wins; 1: sums, the smallest wins."),),
        ),
        Register(
            "seeds",
            Access.READ_WRITE,
            f"Loaded into the chip before every stochastic decision. {IDLE}",
            tuple(
                Field(f"column_{column}", "1 to 255: a generator at 0 stays there.", width=8, reset=seed)
                for column, seed in enumerate(config.seeds)
            ),
        ),
        Register(
            "cycles",
            Access.READ_WRITE,
            f"Stochastic cycles of a decision. {IDLE}",
            (Field("value", f"1 to {MOST_CYCLES}; 0 counts as 1.", width=CYCLE_BITS, reset=MOST_CYCLES),),
        ),
    )
