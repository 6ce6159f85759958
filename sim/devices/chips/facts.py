"""What is known of the fabricated Bayesian machines, and where nothing is known, what is taken to be so."""

import math
from dataclasses import dataclass

from hwgen.errors import HwgenError
from hwgen.integers import check_integer

MOST_CLOCKS = 255
"""Of any delay."""


@dataclass(frozen=True)
class ChipFacts:
    """A chip of 4 x 4 blocks (Harabi et al., Nat. Electron. 6, 52, 2023; Turck et al., DATE 2023 and 2025).

    Raises :class:`~hwgen.errors.HwgenError` for what no chip can be.
    """

    inner_bits: int
    """A block has so many address bits for its rows, and as many for its columns."""
    coded: bool
    """Whether controls come as an instruction of two bits; such a chip has logarithmic mode only."""
    inverted: bool
    """Whether words are to be written with their bits in reverse order and complemented."""
    input_clocks: int = 1
    """Registers before everything but the supply; at least 1."""
    control_clocks: int = 1
    """Clocks from the input registers until a decoded control acts; 0 to 255, and so for the next."""
    column_clocks: int = 0
    """Clocks from the input registers to the lines of the columns: 1, if the columns' control registers are behind them
    and not in their place."""
    inference_clocks: int = 2
    """Clocks of logarithmic inference until the sums are where they leave from, at least 1: as long as it is published
    to last."""
    counter_start: int = 0xE
    """Of the 4-bit counter of bits that leave, 0 to 15; they leave when it has wrapped."""
    forming_ns: float = 1000.0
    """A shorter forming pulse does nothing."""
    pulse_ns: float = 500.0
    """A shorter SET or RESET pulse does nothing."""

    blocks: int = 4
    """Rows of blocks, and columns of blocks."""
    word_bits: int = 8
    """Bits of a likelihood."""

    def __post_init__(self) -> None:
        for name, least, most in (
            ("inner_bits", 3, 12),
            ("input_clocks", 1, MOST_CLOCKS),
            ("control_clocks", 0, MOST_CLOCKS),
            ("column_clocks", 0, MOST_CLOCKS),
            ("inference_clocks", 1, MOST_CLOCKS),
            ("counter_start", 0, 15),
            ("blocks", 1, 64),
            ("word_bits", 1, 8),
        ):
            check_integer(name, getattr(self, name), least, most)
        for name in ("coded", "inverted"):
            if not isinstance(getattr(self, name), bool):
                raise HwgenError(f"{name} must be True or False, not {getattr(self, name)!r}")
        for name in ("forming_ns", "pulse_ns"):
            length = getattr(self, name)
            if isinstance(length, bool) or not isinstance(length, float | int) or not 0 <= length < math.inf:
                raise HwgenError(f"{name} must be a number of at least 0, not {length!r}")

    @property
    def lines(self) -> int:
        """Rows, and columns, of a block."""
        return 1 << self.inner_bits


CHIPS = {
    "bayes-64x64": ChipFacts(inner_bits=6, coded=False, inverted=False),
    "bayes-8x8": ChipFacts(inner_bits=3, coded=True, inverted=True),
}
"""The chips, by name."""
