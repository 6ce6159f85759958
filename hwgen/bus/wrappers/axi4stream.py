"""AXI4-Stream (ARM IHI 0051) on both sides of a core: one packet, ended by TLAST, is one payload."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.wrappers.interfaces import STREAM_WIDTHS, beats_for
from hwgen.parts.skid_buffer import SkidBuffer


class AXI4StreamSignature(wiring.Signature):
    """AXI4-Stream with TLAST, seen from the transmitter; every byte of ``tdata`` counts, so there is no TKEEP.

    Args:
        width: width of ``tdata`` in bits, a multiple of 8 from 8 to 128.

    Raises ValueError for another width.
    """

    def __init__(self, width: int) -> None:
        if width not in STREAM_WIDTHS:
            raise ValueError(f"the width of an AXI4-Stream must be a multiple of 8 from 8 to 128, not {width!r}")
        super().__init__({"tdata": Out(width), "tlast": Out(1), "tvalid": Out(1), "tready": In(1)})


def _beat(width: int) -> data.StructLayout:
    return data.StructLayout({"tdata": width, "tlast": 1})


class AXI4StreamReceiver(wiring.Component):
    """Joins the beats of a packet to a payload, the first beat in its lowest bits.

    A packet with fewer or more beats than the payload has is dropped whole and sets ``framing_error``, which stays 1
    until reset; the packet after it is received as if nothing had happened. Sustains a beat a clock; a payload is
    offered two clocks after its last beat.

    Args:
        bits: width of the payload; surplus bits of the last beat are ignored.
        width: width of a beat, a multiple of 8 from 8 to 128.
    """

    def __init__(self, bits: int, width: int) -> None:
        self.beats = beats_for(bits, width)
        super().__init__(
            {"axis": In(AXI4StreamSignature(width)), "o": Out(stream.Signature(bits)), "framing_error": Out(1)}
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        axis, o = self.axis, self.o
        width = len(axis.tdata)
        m.submodules.buffer = buffer = SkidBuffer(_beat(width))
        beat = buffer.o.payload
        m.d.comb += [
            buffer.i.valid.eq(axis.tvalid),
            buffer.i.payload.tdata.eq(axis.tdata),
            buffer.i.payload.tlast.eq(axis.tlast),
            axis.tready.eq(buffer.i.ready),
        ]

        joined = Signal(self.beats * width, reset_less=True)
        left = Signal(range(self.beats), init=self.beats - 1)
        too_long = Signal()
        m.d.comb += [buffer.o.ready.eq(~o.valid | o.ready), o.payload.eq(joined)]
        with m.If(o.ready):
            m.d.sync += o.valid.eq(0)
        with m.If(buffer.o.valid & buffer.o.ready):
            m.d.sync += joined.eq(Cat(joined, beat.tdata)[width:])
            with m.If(beat.tlast):
                m.d.sync += [left.eq(self.beats - 1), too_long.eq(0)]
                with m.If((left == 0) & ~too_long):
                    m.d.sync += o.valid.eq(1)
                with m.Else():
                    m.d.sync += self.framing_error.eq(1)
            with m.Elif(left == 0):
                m.d.sync += [too_long.eq(1), self.framing_error.eq(1)]
            with m.Else():
                m.d.sync += left.eq(left - 1)
        return m


class AXI4StreamTransmitter(wiring.Component):
    """Sends a payload as a packet, its lowest bits in the first beat, TLAST on the last.

    Sustains a beat a clock; the first beat is offered two clocks after the payload.

    Args:
        bits: width of the payload; the last beat is filled up with zeros.
        width: width of a beat, a multiple of 8 from 8 to 128.
    """

    def __init__(self, bits: int, width: int) -> None:
        self.beats = beats_for(bits, width)
        super().__init__({"i": In(stream.Signature(bits)), "axis": Out(AXI4StreamSignature(width))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        i, axis = self.i, self.axis
        width = len(axis.tdata)
        m.submodules.buffer = buffer = SkidBuffer(_beat(width))

        rest = Signal(self.beats * width, reset_less=True)
        left = Signal(range(self.beats + 1))
        moved = Signal()
        m.d.comb += [
            buffer.i.valid.eq(left != 0),
            buffer.i.payload.tdata.eq(rest),
            buffer.i.payload.tlast.eq(left == 1),
            moved.eq(buffer.i.valid & buffer.i.ready),
            i.ready.eq((left == 0) | ((left == 1) & moved)),
        ]
        with m.If(moved):
            m.d.sync += [rest.eq(rest >> width), left.eq(left - 1)]
        with m.If(i.valid & i.ready):
            m.d.sync += [rest.eq(i.payload), left.eq(self.beats)]

        m.d.comb += [
            axis.tvalid.eq(buffer.o.valid),
            axis.tdata.eq(buffer.o.payload.tdata),
            axis.tlast.eq(buffer.o.payload.tlast),
            buffer.o.ready.eq(axis.tready),
        ]
        return m
