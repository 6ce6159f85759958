"""How synapses lie in the words of the memory, in what the bus sees of it, and in which order they are first filled.
Plain data: imports no HDL."""

from collections.abc import Sequence
from dataclasses import dataclass

ELEMENT_BITS = 32
"""Bits of an element: what the bus reads and writes at a time."""

BANK_WORDS = 2048
"""Words of a bank: as many as a block RAM of 18 kbit has of 9 bits. A deeper memory with two ports is made of banks; as
one, synthesis would cut it into parts of 512 words with 36 wires each, and a place where most of them meet cannot be
wired."""


@dataclass(frozen=True)
class WordFormat:
    """Words of one synapse for each lane, lane 0 lowest.

    The bus sees a word as elements of 32 bits: :attr:`per_element` synapses each, low lanes first, 0 above them.
    """

    depth: int
    """Words of the memory, at least 1."""
    lanes: int
    """Synapses in a word, at least 1."""
    synapse_bits: int
    """Bits of a synapse, 1 to 32."""
    region_elements: int = 16
    """Elements of a region, a power of two: so many lie together in memories of their own, beside their lanes. With
    fewer, a region is smaller, but more of its block RAMs are in part unused."""

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"depth must be at least 1, not {self.depth!r}")
        if self.lanes < 1:
            raise ValueError(f"lanes must be at least 1, not {self.lanes!r}")
        if not 1 <= self.synapse_bits <= ELEMENT_BITS:
            raise ValueError(f"synapse_bits must be from 1 to {ELEMENT_BITS}, not {self.synapse_bits!r}")

    @property
    def word_bits(self) -> int:
        """Bits of a word."""
        return self.lanes * self.synapse_bits

    @property
    def address_bits(self) -> int:
        """Bits of a word's address, at least 1."""
        return max(1, (self.depth - 1).bit_length())

    @property
    def per_element(self) -> int:
        """Synapses in an element."""
        return min(self.lanes, ELEMENT_BITS // self.synapse_bits)

    @property
    def element_bits(self) -> int:
        """Bits of an element that stand for synapses; in the last one of a word, fewer may."""
        return self.per_element * self.synapse_bits

    @property
    def elements(self) -> int:
        """Elements in a word."""
        return -(-self.lanes // self.per_element)

    @property
    def place_bits(self) -> int:
        """Bits of an element's place in its word."""
        return (self.elements - 1).bit_length()

    @property
    def regions(self) -> tuple[range, ...]:
        """The lanes of each region: those of :attr:`region_elements` elements, in the last one fewer."""
        size = self.per_element * self.region_elements
        return tuple(range(start, min(start + size, self.lanes)) for start in range(0, self.lanes, size))

    def banks(self, ports: int) -> dict[str, range]:
        """The words of each bank of a memory with 1 or 2 ports, by what its name ends in; one bank has no name."""
        size = BANK_WORDS if ports == 2 else self.depth
        starts = range(0, self.depth, size)
        return {
            f"_{bank}" if len(starts) > 1 else "": range(start, min(start + size, self.depth))
            for bank, start in enumerate(starts)
        }

    @property
    def index_bits(self) -> int:
        """Bits of an element's index: its word's address, above its place in the word."""
        return (self.depth - 1).bit_length() + self.place_bits


@dataclass(frozen=True)
class Matrix:
    """Where the synapses of one weight layer lie: ``rows`` words for each group of ``lanes`` columns, group after group
    from word ``base`` on; and with how many random bits each of them begins."""

    base: int
    rows: int
    groups: int
    bits: int = 1

    @property
    def words(self) -> int:
        """Words that it takes."""
        return self.rows * self.groups


def fill_clocks(matrices: Sequence[Matrix], lanes: int) -> int:
    """Clocks in which :class:`~hwgen.crossbar.fill.RandomFill` works: one for each bit drawn, one for each word, and
    the last one."""
    return sum(matrix.words * (matrix.bits * lanes + 1) for matrix in matrices) + 1
