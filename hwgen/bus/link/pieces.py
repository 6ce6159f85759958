"""Streams of pieces and of what they make up: bytes and words, words and payloads; the lowest piece comes first."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


def pieces_for(bits: int, piece_bits: int) -> int:
    """Pieces that hold ``bits`` bits, at least one."""
    return max(1, -(-bits // piece_bits))


class Assemble(wiring.Component):
    """Joins pieces; a whole is offered once its last piece is there, and the next begins when it was taken.

    Args:
        piece_bits: width of a piece.
        bits: width of the whole; the highest piece's surplus bits are dropped.
    """

    def __init__(self, piece_bits: int, bits: int) -> None:
        self.pieces = pieces_for(bits, piece_bits)
        super().__init__({"i": In(stream.Signature(piece_bits)), "o": Out(stream.Signature(bits))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        width = len(self.i.payload)
        shifted = Signal(self.pieces * width)
        left = Signal(range(self.pieces), init=self.pieces - 1)
        m.d.comb += [self.i.ready.eq(~self.o.valid), self.o.payload.eq(shifted)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += shifted.eq(Cat(shifted, self.i.payload)[width:])
            with m.If(left == 0):
                m.d.sync += [left.eq(self.pieces - 1), self.o.valid.eq(1)]
            with m.Else():
                m.d.sync += left.eq(left - 1)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m


class Split(wiring.Component):
    """Takes a whole, then offers its pieces one by one.

    Args:
        piece_bits: width of a piece.
        bits: width of the whole; the highest piece is filled up with zeros.
    """

    def __init__(self, piece_bits: int, bits: int) -> None:
        self.pieces = pieces_for(bits, piece_bits)
        super().__init__({"i": In(stream.Signature(bits)), "o": Out(stream.Signature(piece_bits))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        width = len(self.o.payload)
        shifted = Signal(self.pieces * width)
        left = Signal(range(self.pieces + 1))
        m.d.comb += [self.i.ready.eq(left == 0), self.o.valid.eq(left != 0), self.o.payload.eq(shifted)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [shifted.eq(self.i.payload), left.eq(self.pieces)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [shifted.eq(shifted >> width), left.eq(left - 1)]
        return m
