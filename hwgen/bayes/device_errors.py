"""Errors of emulated memory cells: what a design file says of them, and the hash that places them. No HDL."""

from numbers import Real
from typing import Literal

import pydantic

from hwgen.config import parse_table
from hwgen.errors import HwgenError
from hwgen.integers import check_integer

THRESHOLD_BITS = 24
"""A bit flips where the upper bits of its hash, so many of them, are below ``threshold``."""

LOWEST_RATE, HIGHEST_RATE = 1e-6, 0.5

HASH_BITS = 32
HASH_ROUNDS = 4
HASH_CONSTANT = 0x9E3779B9
HASH_ROTATIONS = (4, 10)
HASH_SHIFT = 7
HASH_KEY_ROTATION = 8
"""A round makes of a value ``v`` and a key ``k``, all modulo 2^32, in round ``i``::

    u = v ^ rotl(v, 4) ^ rotl(v, 10) ^ rotl(k, 8 i) ^ HASH_CONSTANT
    v = u + (u << 7)

Either step is a bijection of ``v``. After four rounds each bit of value or key changes each of the upper 24 bits with a
probability of 1/2, to within 0.03.
"""

BIT_BITS, ROW_BITS, BIN_BITS, COLUMN_BITS = 4, 6, 12, 7
"""A cell's number has its bit in the lowest bits, then row, bin and column: the same cells in every machine."""


class DeviceErrors(pydantic.BaseModel):
    """How often a bit is read wrong, and which ones."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    rate: float = 0.0
    """Probability that a bit is read inverted: 0, or 1e-6 to 0.5. The hardware has :attr:`actual_rate`."""

    mode: Literal["transient", "frozen"] = "transient"
    """Drawn anew in every read, or once for each cell."""

    seed: int = pydantic.Field(default=0, ge=0, le=(1 << HASH_BITS) - 1)
    """Decides which bits."""

    @pydantic.field_validator("rate")
    @classmethod
    def _check_rate(cls, rate: float) -> float:
        if not (rate == 0 or LOWEST_RATE <= rate <= HIGHEST_RATE):
            raise ValueError(f"bayes.errors.rate must be 0 or between {LOWEST_RATE} and {HIGHEST_RATE}, not {rate}")
        return rate

    @property
    def threshold(self) -> int:
        """The rate in units of 2^-24, which is what the hardware compares with."""
        return round(self.rate * (1 << THRESHOLD_BITS))

    @property
    def actual_rate(self) -> float:
        """The rate that the hardware has: the closest multiple of 2^-24."""
        return self.threshold / (1 << THRESHOLD_BITS)


def checked_errors(designed: DeviceErrors | None, rate: object, mode: object, seed: object) -> DeviceErrors:
    """The errors that ``set_errors`` asks for.

    Args:
        designed: those of the machine's config.
        rate, mode, seed: see :class:`DeviceErrors`.

    Raises :class:`~hwgen.errors.HwgenError` for a machine that has none, and naming a value that cannot be.
    """
    if designed is None:
        raise HwgenError('errors can be set in machines with bayes.memory = "emulated" only')
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise HwgenError(f"bayes.errors.rate must be a number, not {rate!r}")
    if not isinstance(mode, str):
        raise HwgenError(f"bayes.errors.mode must be a string, not {mode!r}")
    values = {"rate": float(rate), "mode": mode, "seed": check_integer("bayes.errors.seed", seed, 0)}
    return parse_table(DeviceErrors, "bayes.errors", values)
