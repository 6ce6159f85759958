"""The array of memristors that holds a Bayesian machine's likelihoods: what a design file says of it. No HDL."""

from typing import Literal

import pydantic

from hwgen.memristor.config import ArrayConfig, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import ArrayGeometry


class BayesArray(pydantic.BaseModel):
    """A block for each row and column of the machine; the machine's parameters say how many.

    A likelihood is a word, whose bits are its cells, the lowest in the lowest column; a word has as many cells as the
    next power of two.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    clock_hz: int = pydantic.Field(ge=1_000_000, le=10**9)
    """Frequency of the machine's clock in hertz, which phases are counted in."""

    columns: int | None = pydantic.Field(default=None, ge=1, le=4096)
    """Columns of a block, a power of two; by default one word a row."""

    rows: int | None = pydantic.Field(default=None, ge=1, le=4096)
    """Rows of a block, a power of two; by default as many as the likelihoods need."""

    sense: Literal["word", "row"] = "word"
    """Whether the amplifiers of a word or of a whole row are pins."""

    read: ReadPhases = ReadPhases()
    """How cells are read."""

    programming: ProgrammingPhases = ProgrammingPhases()
    """How cells are programmed."""

    attempts: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a cell is programmed at most until it reads right."""

    verify_reads: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a word is read to be verified; a cell is right if it is in all of these reads."""

    def config(self, classes: int, stream_bins: tuple[int, ...], likelihood_bits: int) -> ArrayConfig:
        """The array of a machine.

        Args:
            classes: rows of blocks.
            stream_bins: values of each column's observation: columns of blocks, and words of a block.
            likelihood_bits: of a word.

        Raises :class:`ValueError` naming what cannot be.
        """
        word_bits = 1 << (likelihood_bits - 1).bit_length()
        columns = word_bits if self.columns is None else self.columns
        if columns < word_bits or columns.bit_count() != 1:
            raise ValueError(
                f"bayes.array.columns must be a power of two of at least {word_bits}, the cells of a likelihood, "
                f"not {columns}"
            )
        words_per_row = columns // word_bits
        bins = max(stream_bins)
        fewest_rows = 1 << (-(-bins // words_per_row) - 1).bit_length()
        rows = fewest_rows if self.rows is None else self.rows
        if rows < fewest_rows:
            raise ValueError(
                f"bayes.array.rows must be at least {fewest_rows}: {bins} likelihoods, {words_per_row} in a row, "
                f"not {rows}"
            )
        try:
            geometry = ArrayGeometry(
                block_rows=classes, block_columns=len(stream_bins), rows=rows, columns=columns, word_bits=word_bits
            )
            return ArrayConfig(
                geometry=geometry,
                clock_hz=self.clock_hz,
                sense=self.sense,
                read=self.read,
                programming=self.programming,
                attempts=self.attempts,
                verify_reads=self.verify_reads,
            )
        except pydantic.ValidationError as error:
            raise ValueError(f"bayes.array: {_first(error)}") from None


def _first(error: pydantic.ValidationError) -> str:
    """What is wrong, in a line."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    return f"{where}: {problem['msg'][0].lower()}{problem['msg'][1:]}, not {problem['input']!r}"
