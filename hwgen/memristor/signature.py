"""The pins of an array of memristors, and what travels between the blocks that drive them."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.geometry import ArrayGeometry


class ArraySignature(wiring.Signature):
    """Pins of an array, seen from the logic. All outputs are registers; 0 is the inactive level of each.

    ``row``: row of blocks above row of the block; it selects a word line. ``column``: column of blocks above column of
    the block; in a read the word's lowest. ``cblen``: the programming circuit is connected in place of the amplifiers.
    ``cbl``, ``csl``, ``cwl``: bit, source and word line. ``supply``: one bit for each of
    :data:`~hwgen.memristor.config.SUPPLIES`, at most one of them 1; none: the supply for reading. ``data``: what the
    amplifiers show of each row of blocks.
    """

    def __init__(self, config: ArrayConfig) -> None:
        geometry = config.geometry
        super().__init__(
            {
                "row": Out(geometry.row_address_bits),
                "column": Out(geometry.column_address_bits),
                "cblen": Out(1),
                "cbl": Out(1),
                "csl": Out(1),
                "cwl": Out(1),
                "supply": Out(len(SUPPLIES)),
                "data": In(config.data_bits),
            }
        )


LINES = ("row", "column", "cblen", "cbl", "csl", "cwl", "supply")
"""The outputs among the pins."""


def lines_layout(geometry: ArrayGeometry) -> data.StructLayout:
    """The outputs among the pins, as the sequencers hand them on."""
    widths = (geometry.row_address_bits, geometry.column_address_bits, 1, 1, 1, 1, len(SUPPLIES))
    return data.StructLayout(dict(zip(LINES, widths, strict=True)))


def place_layout(geometry: ArrayGeometry) -> data.StructLayout:
    """A word's address: the fields of :attr:`~hwgen.memristor.geometry.ArrayGeometry.fields`, the last one lowest."""
    return data.StructLayout({field.name: field.bits for field in reversed(geometry.fields)})


class ReadPort(wiring.Signature):
    """Asks for reads, seen from who asks: ``start`` with ``place`` in a clock in which ``ready`` is 1; ``done`` comes
    when the array is idle again, ``data`` stands from then until the next ``done``."""

    def __init__(self, config: ArrayConfig) -> None:
        super().__init__(
            {
                "start": Out(1),
                "place": Out(place_layout(config.geometry)),
                "ready": In(1),
                "done": In(1),
                "data": In(config.data_bits),
            }
        )


class PulsePort(wiring.Signature):
    """Asks for pulses, seen from who asks; a request ends in a clock in which ``ready`` is 1.

    With ``switch`` the supply is switched to ``supply`` (nothing happens if it is that already); without, the cell at
    ``row`` and ``column`` gets a pulse with ``cbl``, as long as the supply selected says.
    """

    def __init__(self, config: ArrayConfig) -> None:
        geometry = config.geometry
        super().__init__(
            {
                "valid": Out(1),
                "switch": Out(1),
                "supply": Out(len(SUPPLIES)),
                "row": Out(geometry.row_address_bits),
                "column": Out(geometry.column_address_bits),
                "cbl": Out(1),
                "ready": In(1),
            }
        )
