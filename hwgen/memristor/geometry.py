"""How many cells an array of memristors has, and which address each of them has. Plain data: imports no HDL."""

from typing import NamedTuple, Self

import pydantic

from hwgen.integers import check_integer


class Field(NamedTuple):
    """A group of bits of a word's address."""

    name: str
    """What it counts: ``block_row``, ``block_column``, ``row`` or ``word``."""
    lowest: int
    """Its lowest bit."""
    bits: int
    """How many bits it has; 0 where there is only one to choose from."""
    size: int
    """Values it may have: 0 to ``size - 1``."""


class Place(NamedTuple):
    """Where a word lies."""

    block_row: int
    """Row of blocks."""
    block_column: int
    """Column of blocks."""
    row: int
    """Row of the block: which word line is active."""
    word: int
    """Word of the row; its bits are in the columns from ``word * word_bits`` on."""


class ArrayGeometry(pydantic.BaseModel):
    """Blocks of rows times columns of 2T2R cells, a bit each, as in the memristor Bayesian machine (Harabi et al., Nat.
    Electron. 6, 52, 2023): a block holds the words of one row and one column of the machine.

    A word's address is its :class:`Place`, one field above the other, ``word`` lowest.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    block_rows: int = pydantic.Field(ge=1, le=64)
    """Rows of blocks: of a Bayesian machine, its classes."""

    block_columns: int = pydantic.Field(ge=1, le=64)
    """Columns of blocks: of a Bayesian machine, its observations."""

    rows: int = pydantic.Field(ge=1, le=4096)
    """Rows of a block, a power of two: a decoder selects one by its word line."""

    columns: int = pydantic.Field(ge=1, le=4096)
    """Columns of a block, a power of two: each has two bit lines, a source line and a sense amplifier."""

    word_bits: int = pydantic.Field(default_factory=lambda data: data["columns"], ge=1, le=64)
    """Bits of a word, a divisor of ``columns``; by default a word is a whole row."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for key in ("rows", "columns"):
            value = getattr(self, key)
            if value.bit_count() != 1:
                raise ValueError(f"{key} must be a power of two (lines are decoded from address bits), not {value}")
        if self.columns % self.word_bits:
            raise ValueError(f"word_bits must divide columns ({self.columns}), not {self.word_bits}")
        return self

    @property
    def blocks(self) -> int:
        """Blocks. Block b is in row ``b // block_columns`` and column ``b % block_columns`` of blocks."""
        return self.block_rows * self.block_columns

    @property
    def shape(self) -> tuple[int, int, int]:
        """Blocks, rows of a block, columns of a block."""
        return self.blocks, self.rows, self.columns

    @property
    def cells(self) -> int:
        """2T2R cells, which is bits."""
        return self.blocks * self.rows * self.columns

    @property
    def devices(self) -> int:
        """Memristors: two a cell."""
        return 2 * self.cells

    @property
    def words_per_row(self) -> int:
        """Words in a row of a block."""
        return self.columns // self.word_bits

    @property
    def words_per_block(self) -> int:
        """Words in a block: of a Bayesian machine, the values that an observation can have."""
        return self.rows * self.words_per_row

    @property
    def words(self) -> int:
        """Words in all blocks."""
        return self.blocks * self.words_per_block

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of a word's address, from the highest bits to the lowest."""
        sizes = {
            "word": self.words_per_row,
            "row": self.rows,
            "block_column": self.block_columns,
            "block_row": self.block_rows,
        }
        result: list[Field] = []
        lowest = 0
        for name, size in sizes.items():
            bits = (size - 1).bit_length()
            result.append(Field(name, lowest, bits, size))
            lowest += bits
        return tuple(reversed(result))

    @property
    def address_bits(self) -> int:
        """Bits of a word's address."""
        return sum(field.bits for field in self.fields)

    @property
    def row_address_bits(self) -> int:
        """Bits that select a word line of the array: the row of blocks, above the row of the block."""
        return (self.block_rows - 1).bit_length() + (self.rows - 1).bit_length()

    @property
    def column_address_bits(self) -> int:
        """Bits that select a column of the array: the column of blocks, above the column of the block."""
        return (self.block_columns - 1).bit_length() + (self.columns - 1).bit_length()

    def address(self, place: Place) -> int:
        """The address of the word at ``place``.

        Raises :class:`~hwgen.errors.HwgenError` naming the first coordinate that is out of range.
        """
        address = 0
        for field in self.fields:
            value = check_integer(field.name, getattr(place, field.name), 0, field.size - 1)
            address |= value << field.lowest
        return address

    def place(self, address: int) -> Place:
        """Where the word at ``address`` lies. With sizes that are no powers of two, not every address has a word.

        Raises :class:`~hwgen.errors.HwgenError` for an address without a word.
        """
        address = check_integer("the address", address, 0, (1 << self.address_bits) - 1)
        found = {field.name: address >> field.lowest & (1 << field.bits) - 1 for field in self.fields}
        for field in self.fields:
            check_integer(f"{field.name} of address {address}", found[field.name], 0, field.size - 1)
        return Place(**found)

    def row_address(self, place: Place) -> int:
        """What selects the word line of ``place``. Errors as in :meth:`address`."""
        self.address(place)
        return place.block_row << (self.rows - 1).bit_length() | place.row

    def column_address(self, place: Place, bit: int) -> int:
        """What selects the column of one bit of the word at ``place``, 0 being the lowest. Errors as in
        :meth:`address`."""
        self.address(place)
        bit = check_integer("bit", bit, 0, self.word_bits - 1)
        column = place.word * self.word_bits + bit
        return place.block_column << (self.columns - 1).bit_length() | column


BAYES_8X8 = ArrayGeometry(block_rows=4, block_columns=4, rows=8, columns=8, word_bits=8)
"""The fabricated prototype: 2,048 memristors, and a row of a block is one 8-bit word."""

BAYES_64X64 = ArrayGeometry(block_rows=4, block_columns=4, rows=64, columns=64, word_bits=8)
"""The fabricated machine of 131,072 memristors: 512 words of 8 bits a block."""
