"""Sobol sequences, with any number of points a clock."""

from amaranth.hdl import Cat, Elaboratable, Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.parts.directions import MAX_DIMENSIONS, directions
from hwgen.parts.lfsr import linear


class SobolPoint(wiring.Component):
    """Point ``index`` of a Sobol sequence, in all its dimensions; combinational.

    Each coordinate is an XOR of direction numbers, chosen by the Gray code of the index: the dimensions share the
    index and keep no state.

    Args:
        bits: width of the index and of each coordinate.
        dimensions: number of coordinates, at most :data:`~hwgen.parts.directions.MAX_DIMENSIONS`.
    """

    def __init__(self, bits: int, dimensions: int) -> None:
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise ValueError(f"dimensions must be between 1 and {MAX_DIMENSIONS}, not {dimensions!r}")
        self.bits = bits
        self.dimensions = dimensions
        super().__init__({"index": In(bits), "point": Out(data.ArrayLayout(bits, dimensions))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        gray = self.index ^ (self.index >> 1)
        for dimension in range(self.dimensions):
            numbers = directions(dimension, self.bits)
            masks = tuple(
                sum((number >> bit & 1) << index for index, number in enumerate(numbers)) for bit in range(self.bits)
            )
            m.d.comb += self.point[dimension].eq(Cat(linear(masks, gray)))
        return m
