"""Consistent overhead byte stuffing: frames without zeros between zeros that delimit them.

S. Cheshire and M. Baker, IEEE/ACM Transactions on Networking 7(2), 1999. A *group* is a code byte ``n`` and ``n - 1``
bytes without a zero; a zero follows it unless it is the last or ``n`` is 255.
"""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.link.protocol import DELIMITER

LONGEST_GROUP = 0xFF
MOST_ENCODED_BYTES = LONGEST_GROUP - 2
"""Content that the encoder takes: so short that no group can be the longest, which is a case of its own."""

CONTENT = data.StructLayout({"byte": 8, "last": 1})
"""A frame's content, byte by byte."""


class COBSDecoder(wiring.Component):
    """Decodes as the bytes come in, in the same clock.

    Members: ``i``: encoded bytes with delimiters; ``o``: the content's bytes; ``end``: one clock for each frame that
    has at least one byte, at its delimiter; ``whole``: with ``end``, the last group was complete.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(8, always_ready=True)),
                "o": Out(stream.Signature(8, always_ready=True)),
                "end": Out(1),
                "whole": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        left = Signal(8)  # bytes until the next code
        empty = Signal(init=1)
        zero_follows = Signal()  # the next code, if there is one, stands for a zero
        with m.If(self.i.valid):
            with m.If(self.i.payload == DELIMITER):
                m.d.comb += [self.end.eq(~empty), self.whole.eq(left == 0)]
                m.d.sync += [left.eq(0), empty.eq(1), zero_follows.eq(0)]
            with m.Elif(left == 0):
                m.d.comb += self.o.valid.eq(zero_follows)
                m.d.sync += [
                    left.eq(self.i.payload - 1),
                    empty.eq(0),
                    zero_follows.eq(self.i.payload != LONGEST_GROUP),
                ]
            with m.Else():
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(self.i.payload)]
                m.d.sync += left.eq(left - 1)
        return m


class COBSEncoder(wiring.Component):
    """Encodes into a memory: a group's code is written to its place once the group's end is known.

    Every content byte is one write: a zero ends its group, and the place it would have had becomes that of the next
    code.

    Members: ``i``: content of 1 to ``MOST_ENCODED_BYTES`` bytes, ``last`` with the last one; ``write``, ``address``,
    ``data``: the memory's port; the encoded frame lies from address 0 on and ends with a delimiter; ``done``: one
    clock, with the last write.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(CONTENT)),
                "write": Out(1),
                "address": Out(8),
                "data": Out(8),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        code_at = Signal(8)
        end = Signal(8, init=1)
        code = Signal(8)
        m.d.comb += code.eq(end - code_at)

        with m.FSM():
            with m.State("CONTENT"):
                m.d.comb += [self.i.ready.eq(1), self.write.eq(self.i.valid)]
                with m.If(self.i.payload.byte == 0):
                    m.d.comb += [self.address.eq(code_at), self.data.eq(code)]
                with m.Else():
                    m.d.comb += [self.address.eq(end), self.data.eq(self.i.payload.byte)]
                with m.If(self.i.valid):
                    m.d.sync += end.eq(end + 1)
                    with m.If(self.i.payload.byte == 0):
                        m.d.sync += code_at.eq(end)
                    with m.If(self.i.payload.last):
                        m.next = "CODE"
            with m.State("CODE"):
                m.d.comb += [self.write.eq(1), self.address.eq(code_at), self.data.eq(code)]
                m.next = "DELIMITER"
            with m.State("DELIMITER"):
                m.d.comb += [self.write.eq(1), self.address.eq(end), self.data.eq(DELIMITER), self.done.eq(1)]
                m.d.sync += [code_at.eq(0), end.eq(1)]
                m.next = "CONTENT"
        return m
