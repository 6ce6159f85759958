"""The tables of the Forward-Forward engine: small functions of its parameters, in integers. Imports no HDL."""

import math
from dataclasses import dataclass

MODULATOR_ENTRIES = 64
"""Entries of a modulator's table."""
MODULATOR_STEP = 0.25
"""What one entry of the modulator table is worth to the logistic function."""

NORM_ENTRIES = 24
"""Entries of the normaliser's table: eighths of a mantissa in [1, 4)."""
NORM_FACTOR_BITS = 8
"""Bits of a normaliser's factor."""

SOFTMAX_ENTRIES = 64
SOFTMAX_STEP = 0.125
"""What one unit of a read-out's sum is worth to the exponential function."""


def modulator_table(bits: int) -> tuple[int, ...]:
    """The logistic function, from -8 to 8 in :data:`MODULATOR_ENTRIES` steps, scaled to ``2**bits - 1``."""
    most = (1 << bits) - 1
    half = MODULATOR_ENTRIES // 2
    return tuple(
        round(most / (1 + math.exp(-(entry - half + 0.5) * MODULATOR_STEP))) for entry in range(MODULATOR_ENTRIES)
    )


def softmax_table(bits: int) -> tuple[int, ...]:
    """exp(-k / 8) for k = 0, 1, ..., scaled to ``2**bits - 1``."""
    most = (1 << bits) - 1
    return tuple(round(most * math.exp(-entry * SOFTMAX_STEP)) for entry in range(SOFTMAX_ENTRIES))


@dataclass(frozen=True)
class NormTable:
    """``rms * sqrt(units / m)`` for a mantissa m in [1, 4), as ``factor / 2**shift`` with factors of
    :data:`NORM_FACTOR_BITS` bits. Entry k stands for m = (k + 8.5) / 8."""

    factors: tuple[int, ...]
    """128 to 255."""
    shifts: tuple[int, ...]

    @classmethod
    def of(cls, units: int, rms: int) -> "NormTable":
        """The table of a layer of ``units`` whose normalised activations have this root mean square."""
        factors, shifts = [], []
        for entry in range(NORM_ENTRIES):
            gain = rms * math.sqrt(units / ((entry + 8.5) / 8))
            shift = NORM_FACTOR_BITS - 1 - math.floor(math.log2(gain))
            factor = round(gain * 2.0**shift)
            if factor == 1 << NORM_FACTOR_BITS:
                factor, shift = factor >> 1, shift - 1
            factors.append(factor)
            shifts.append(shift)
        return cls(tuple(factors), tuple(shifts))
