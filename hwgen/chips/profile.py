"""What is published of the fabricated Bayesian machines, as far as a controller must know it. Plain data: no HDL.

``docs/chips.md`` says which of it is certain and which is a parameter.
"""

from dataclasses import dataclass
from typing import NamedTuple

from hwgen.errors import DesignError
from hwgen.memristor.geometry import BAYES_8X8, BAYES_64X64, ArrayGeometry

TARGET = "chip:"
"""What the names of these targets begin with."""


class Pin(NamedTuple):
    """A digital pin of a chip."""

    name: str
    width: int
    meaning: str
    output: bool = False
    """Whether the chip drives it."""


INSTRUCTIONS = {"load_mem": 0b11, "read_8": 0b10, "read_out": 0b01, "inference": 0b00}
"""What a chip with an ``instruction`` does, by the name of the pin that other chips have for it."""


@dataclass(frozen=True)
class ChipProfile:
    """A fabricated machine. Its clocks, which no publication states for certain, are defaults of the parameters of the
    same names of :class:`~hwgen.chips.config.ChipConfig`.

    Cells of a word are numbered by their column, likelihoods by address: the bin of the observation.
    """

    name: str
    summary: str
    geometry: ArrayGeometry
    """A block for each class and observation."""
    modes: tuple[str, ...]
    """How it can decide: ``stochastic``, ``logarithmic``."""
    coded: bool
    """Whether it takes an ``instruction`` in place of a pin for each control."""
    reversed_cells: bool = False
    """Whether the lowest bit of a likelihood is in a word's highest column."""
    complemented: bool = False
    """Whether a cell holds the complement of its bit."""
    input_clocks: int = 1
    """Clocks by which its input registers delay every pin."""
    control_clocks: int = 1
    """Further clocks until a control acts."""
    settle_clocks: int = 2
    """Clocks for which lines stand, at least, before and after others change: registers inside may delay some by a
    clock more than others."""
    inference_clocks: int = 2
    """Logarithmic: clocks of ``inference`` until the sums are there."""
    read_out_clocks: int = 2
    """Logarithmic: clocks of ``read_out`` before the highest bit of the sums."""

    @property
    def rows(self) -> int:
        """Classes, and so serial outputs."""
        return self.geometry.block_rows

    @property
    def columns(self) -> int:
        """Observations."""
        return self.geometry.block_columns

    @property
    def bins(self) -> int:
        """Likelihoods of a block."""
        return self.geometry.words_per_block

    @property
    def address_bits(self) -> int:
        """Bits of a likelihood's address in its block."""
        return (self.bins - 1).bit_length()

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The digital pins, the clock first, the output last."""
        row_bits, column_bits = self.geometry.row_address_bits, self.geometry.column_address_bits
        return (
            Pin("clk", 1, "clock; registers take the other pins at its rising edge"),
            Pin("cbl", 1, "bit line; the complementary one is its inverse"),
            Pin("cblen", 1, "1: bit lines are driven for programming; 0: the sense amplifiers are connected"),
            Pin("csl", 1, "source line"),
            Pin("cwl", 1, "word line"),
            *(self._coded_controls if self.coded else self._controls),
            Pin("adr_full_col", column_bits, "column of blocks, above the column of the block"),
            Pin("adr_full_row", row_bits, "row of blocks, above the row of the block"),
            Pin("bit_out", self.rows, "a serial output for each row", output=True),
        )

    @property
    def _controls(self) -> tuple[Pin, ...]:
        return (
            Pin("inference", 1, "the machine runs: generators step, adders add"),
            Pin("load_seed", 1, "the generator of the addressed column takes seeds"),
            Pin("read_1", 1, "bit_out shows one bit of the addressed column's words; not used here"),
            Pin("read_8", 1, "the addressed column's words are read into its registers, in all rows"),
            Pin("load_mem", 1, "forming and programming; clears the registers of words"),
            Pin("read_out", 1, "logarithmic: sums leave bit by bit"),
            Pin("stoch_log", 1, "0: stochastic, 1: logarithmic"),
            Pin("seeds", 8, "what load_seed takes"),
        )

    @property
    def _coded_controls(self) -> tuple[Pin, ...]:
        codes = ", ".join(f"{code:02b} {name}" for name, code in INSTRUCTIONS.items())
        return (Pin("instruction", 2, codes),)

    def cells(self, likelihood: int) -> int:
        """The cells of a word that holds ``likelihood``, bit n for the n-th column; the inverse is the same."""
        bits = self.geometry.word_bits
        if self.reversed_cells:
            likelihood = sum((likelihood >> bit & 1) << bits - 1 - bit for bit in range(bits))
        return likelihood ^ (1 << bits) - 1 if self.complemented else likelihood


PROFILES = {
    profile.name: profile
    for profile in (
        ChipProfile(
            name="bayes-64x64",
            summary="Bayesian machine with 4 x 4 blocks of 64 x 64 cells, stochastic or logarithmic",
            geometry=BAYES_64X64,
            modes=("stochastic", "logarithmic"),
            coded=False,
        ),
        ChipProfile(
            name="bayes-8x8",
            summary="Bayesian machine with 4 x 4 blocks of 8 x 8 cells, logarithmic",
            geometry=BAYES_8X8,
            modes=("logarithmic",),
            coded=True,
            reversed_cells=True,
            complemented=True,
        ),
    )
}
"""The chips, by name."""


def target_profile(target: str) -> ChipProfile:
    """The chip that ``chip:NAME`` names.

    Raises :class:`~hwgen.errors.DesignError` with the targets that there are.
    """
    profile = PROFILES.get(target.removeprefix(TARGET))
    if profile is None or not target.startswith(TARGET):
        allowed = ", ".join(f"{TARGET}{name}" for name in PROFILES)
        raise DesignError(f"target must be one of {allowed}, not {target!r}")
    return profile
