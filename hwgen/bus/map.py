"""The register map: one declarative table from which RTL, driver names and documents are derived.

A core states its map once, as a :class:`RegisterMap` of :class:`Register` and :class:`Window` entries. Offsets are
assigned in order, so nothing is numbered by hand. This module is plain data: it imports no HDL.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

WORD_BYTES = 4


class Access(StrEnum):
    """What the host may do with a register; any other access answers with an error and changes nothing."""

    READ = "ro"
    """The hardware drives it, the host reads it."""
    READ_WRITE = "rw"
    """The host writes and reads it; the hardware sees the value."""
    STROBE = "wo"
    """Writing 1 raises the field for one clock; it cannot be read."""
    STICKY = "rw1c"
    """The hardware sets it; it stays until the host writes 1 to it."""


@dataclass(frozen=True)
class Field:
    """Some bits of a register.

    ``width`` is in bits, ``reset`` is the value after hardware reset (and after soft reset).
    """

    name: str
    doc: str
    width: int = 1
    reset: int = 0


@dataclass(frozen=True)
class Register:
    """A register of one or more 32-bit words; fields are packed from bit 0 in the order given.

    A register wider than 32 bits is read low word first: that read latches the upper words, so that the host
    sees one consistent value. They stay until the lowest word of another wide register is read.
    """

    name: str
    access: Access
    doc: str
    fields: tuple[Field, ...]
    constant: bool = False
    """Whether its value is the same for ever: there is nothing to latch."""

    def __post_init__(self) -> None:
        if self.words > 1 and self.access is not Access.READ:
            raise ValueError(f"register {self.name} is {self.width} bits wide: only 'ro' registers may exceed 32")

    @property
    def width(self) -> int:
        """Bits in use."""
        return sum(field.width for field in self.fields)

    @property
    def words(self) -> int:
        """32-bit words in the map."""
        return -(-self.width // 32)

    def lsb(self, field: Field) -> int:
        """Position of the field's lowest bit in the register."""
        return sum(other.width for other in self.fields[: self.fields.index(field)])

    def field(self, name: str) -> Field:
        """The field called ``name``."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"register {self.name} has no field {name!r}")


@dataclass(frozen=True)
class Window:
    """A memory the host reaches word by word: one element of ``width`` bits in each 32-bit word.

    ``shape`` gives the index ranges, slowest first. Each index takes a whole number of address bits, so an element's
    word index is the concatenation of its indices: no multiplier in the decoder. Elements the memory lacks answer
    with an error.
    """

    name: str
    doc: str
    width: int
    indices: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def index_bits(self) -> tuple[int, ...]:
        """Address bits of each index, slowest first."""
        return tuple((size - 1).bit_length() for size in self.shape)

    @property
    def words(self) -> int:
        """32-bit words in the map (a power of two)."""
        return 1 << sum(self.index_bits)

    @property
    def strides(self) -> tuple[int, ...]:
        """Distance in words between neighbours along each index."""
        return tuple(1 << sum(self.index_bits[axis + 1 :]) for axis in range(len(self.shape)))


@dataclass(frozen=True)
class RegisterMap:
    """All that a core offers on its bus: registers from address 0 on, then windows, each aligned to its size."""

    registers: tuple[Register, ...]
    windows: tuple[Window, ...] = ()

    @cached_property
    def _bases(self) -> dict[str, int]:
        bases: dict[str, int] = {}
        end = 0
        for register in self.registers:
            bases[register.name] = end
            end += register.words * WORD_BYTES
        for window in self.windows:
            size = window.words * WORD_BYTES
            bases[window.name] = -(-end // size) * size
            end = bases[window.name] + size
        if len(bases) != len(self.registers) + len(self.windows):
            raise ValueError("two entries of a register map share a name")
        if end > 1 << 32:
            raise ValueError(f"the register map needs {end} bytes; 32 address bits reach 4 GiB")
        return bases

    def base(self, name: str) -> int:
        """Byte address of the register or window called ``name``."""
        return self._bases[name]

    def register(self, name: str) -> Register:
        """The register called ``name``."""
        return next(register for register in self.registers if register.name == name)

    def window(self, name: str) -> Window:
        """The window called ``name``."""
        return next(window for window in self.windows if window.name == name)

    @property
    def span(self) -> int:
        """Bytes from address 0 to the end of the last entry."""
        if self.windows:
            return self.base(self.windows[-1].name) + self.windows[-1].words * WORD_BYTES
        return self.base(self.registers[-1].name) + self.registers[-1].words * WORD_BYTES

    @property
    def address_bits(self) -> int:
        """Address bits that tell this map's bytes apart."""
        return max(2, math.ceil(math.log2(self.span)))

    def words(self) -> Iterator[tuple[int, Register, int]]:
        """Each register word as ``(byte address, register, word index)``, in address order."""
        for register in self.registers:
            for word in range(register.words):
                yield self.base(register.name) + word * WORD_BYTES, register, word
