"""What the parameters of the Forward-Forward engine are by default: functions of those that come before them."""

import math
from collections.abc import Sequence
from typing import Any

from hwgen.ff import scales

MOST_LANES = 128
"""Most lanes by default: each has a multiplier, and few devices have more."""

MOST_UNIT_LANES = 8
"""The same of units behind the lanes."""

LFSR_WIDTH = 32

ROUNDING_KEY, CONTROL_KEY = 0x9E37, 0x9E3779B9
"""What makes the generators' states differ that follow from one seed."""


def rounding_seeds(seed: int, engines: int) -> tuple[int, ...]:
    """States of the generators for rounding that follow from a seed: 1 to 2**16 - 1."""
    folded = seed ^ seed >> 16
    return tuple((folded ^ ROUNDING_KEY * (engine + 1)) & 0xFFFF or ROUNDING_KEY for engine in range(engines))


def control_seed(seed: int) -> int:
    """State of the generator of wrong labels or views that follows from a seed: 1 to 2**32 - 1."""
    return seed ^ CONTROL_KEY or CONTROL_KEY


def fitting_lanes(layers: Sequence[int]) -> list[int]:
    """Numbers of lanes, up to :data:`MOST_LANES`, that divide every layer's units."""
    units = math.gcd(*layers[1:])
    return [lanes for lanes in range(1, min(units, MOST_LANES) + 1) if units % lanes == 0]


def lanes(data: dict[str, Any]) -> int:
    """As many as fit."""
    return fitting_lanes(data["layers"])[-1]


def unit_lanes(data: dict[str, Any]) -> int:
    """As many as fit."""
    lanes = data["lanes"]
    return max(count for count in range(1, min(lanes, MOST_UNIT_LANES) + 1) if lanes % count == 0)


def steps(data: dict[str, Any]) -> int:
    """A square image, row by row."""
    return data["layers"][0] if data["recurrent"] else 1


def input_bits(data: dict[str, Any]) -> int:
    return min(data["pixel_bits"], scales.INPUT_BITS[data["rule"]])


def bias(data: dict[str, Any]) -> tuple[int, ...]:
    first = ((1 << data["input_bits"]) - 1) // 3
    return (first, *[rms(data)] * (len(data["layers"]) - 2))


def thresholds(data: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    return scales.thresholds(data["rule"], data["layers"], data["activation_bits"])


def rms(data: dict[str, Any]) -> int:
    return scales.rms(data["rule"], data["activation_bits"])


def activation_shift(data: dict[str, Any]) -> tuple[int, ...]:
    return scales.activation_shift(data["rule"], data["layers"], data["activation_bits"], data["input_bits"])


def goodness_shift(data: dict[str, Any]) -> tuple[int, ...]:
    return scales.goodness_shift(data["rule"], data["layers"], data["activation_bits"])


def update_shift(data: dict[str, Any]) -> tuple[int, ...]:
    return scales.update_shift(
        data["rule"],
        data["layers"],
        data["input_bits"],
        data["activation_bits"],
        data["modulator_bits"],
        data["master_bits"],
    )


def initial_bits(data: dict[str, Any]) -> tuple[int, ...]:
    inputs, *units = data["layers"]
    # What is fed back comes by as many weights as there are units.
    fed_back = units[0] if data["recurrent"] else 0
    return scales.initial_bits(data["rule"], (inputs + fed_back, *units))


def image_width(data: dict[str, Any]) -> int:
    """That of a square image."""
    side = math.isqrt(data["layers"][0])
    return side if side * side == data["layers"][0] else data["layers"][0]


def readout_update_shift(data: dict[str, Any]) -> int:
    """Larger read-outs take smaller steps."""
    return max(1, (7 if sum(data["layers"][1:]) <= 500 else 8) - 16 + data["readout_bits"])
