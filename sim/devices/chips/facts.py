"""What is known of the fabricated Bayesian machines, and where nothing is known, what is taken to be so."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChipFacts:
    """A chip of 4 x 4 blocks (Harabi et al., Nat. Electron. 6, 52, 2023; Turck et al., DATE 2023 and 2025)."""

    inner_bits: int
    """A block has so many address bits for its rows, and as many for its columns."""
    coded: bool
    """Whether controls come as an instruction of two bits; such a chip has logarithmic mode only."""
    inverted: bool
    """Whether words are to be written with their bits in reverse order and complemented."""
    input_clocks: int = 1
    """Registers before everything but the supply; at least 1."""
    control_clocks: int = 1
    """Clocks from the input registers until a decoded control acts."""
    column_clocks: int = 0
    """Clocks from the input registers to the lines of the columns: 1, if the columns' control registers are behind them
    and not in their place."""
    inference_clocks: int = 2
    """Clocks of logarithmic inference until the sums are where they leave from: as long as it is published to last."""
    counter_start: int = 0xE
    """Of the 4-bit counter of bits that leave; they leave when it has wrapped."""
    forming_ns: float = 1000.0
    """A shorter forming pulse does nothing."""
    pulse_ns: float = 500.0
    """A shorter SET or RESET pulse does nothing."""

    blocks: int = 4
    """Rows of blocks, and columns of blocks."""
    word_bits: int = 8
    """Bits of a likelihood."""

    def __post_init__(self) -> None:
        if self.input_clocks < 1:
            raise ValueError(f"input_clocks must be at least 1, not {self.input_clocks}")

    @property
    def lines(self) -> int:
        """Rows, and columns, of a block."""
        return 1 << self.inner_bits


CHIPS = {
    "bayes-64x64": ChipFacts(inner_bits=6, coded=False, inverted=False),
    "bayes-8x8": ChipFacts(inner_bits=3, coded=True, inverted=True),
}
"""The chips, by name."""
