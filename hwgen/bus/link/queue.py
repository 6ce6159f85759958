"""Results that wait for the host, in a block RAM."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class ResultQueue(wiring.Component):
    """First in, first out. A word that goes into an empty queue comes out two clocks later.

    Args:
        width: bits of a word.
        depth: words that it holds, a power of two and at least 2.

    Members: ``i``, ``o``.
    """

    def __init__(self, width: int, depth: int) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two and at least 2, not {depth!r}")
        self.depth = depth
        super().__init__({"i": In(stream.Signature(width)), "o": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.i.payload.shape(), depth=self.depth, init=[])
        write, read = memory.write_port(), memory.read_port()
        # One word is in the read port's register, and one of the memory stays free. So the addresses are the same only
        # when nothing is read, and synthesis, which sees that, puts no logic behind the block RAM.
        m.d.comb += [
            self.i.ready.eq((write.addr + 1)[: len(write.addr)] != read.addr),
            write.en.eq(self.i.valid & self.i.ready),
            write.data.eq(self.i.payload),
            read.en.eq((read.addr != write.addr) & (self.o.ready | ~self.o.valid)),
            self.o.payload.eq(read.data),
        ]
        writing, reading = Signal.like(write.addr), Signal.like(read.addr)
        m.d.comb += [write.addr.eq(writing), read.addr.eq(reading)]
        with m.If(write.en):
            m.d.sync += writing.eq(writing + 1)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(read.en):
            m.d.sync += [reading.eq(reading + 1), self.o.valid.eq(1)]
        return m
