"""AXI4-Stream (ARM IHI 0051) on both sides of a core: one packet, ended by TLAST, is one sample or one result."""

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Mux, ResetInserter, Signal, Value
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


class _ReceiverSignature(wiring.Signature):
    def __init__(self, bits: int, width: int) -> None:
        super().__init__(
            {
                "axis": In(AXI4StreamSignature(width)),
                "o": Out(stream.Signature(bits)),
                "clear": In(1),
                "framing_error": Out(1),
            }
        )


def _beat(width: int) -> data.StructLayout:
    return data.StructLayout({"tdata": width, "tlast": 1})


class AXI4StreamReceiver(wiring.Component):
    """Joins the beats of a packet to a payload, the first beat in its lowest bits; for samples of one payload.

    A packet with fewer or more beats than the payload has is dropped whole and sets ``framing_error``, which stays 1
    until reset; the packet after it is received as if nothing had happened. Sustains a beat a clock; a payload is
    offered two clocks after its last beat.

    Args:
        bits: width of the payload; surplus bits of the last beat are ignored.
        width: width of a beat, a multiple of 8 from 8 to 128.

    In a clock in which ``clear`` is 1, no beat is taken, and no payload may be. What had come in is dropped, of the
    packet under way also the beats that are still to come. That is no error; the next packet is received as usual.
    """

    def __init__(self, bits: int, width: int) -> None:
        self.beats = beats_for(bits, width)
        super().__init__(_ReceiverSignature(bits, width))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        o = self.o
        width = len(self.axis.tdata)
        buffer = _buffered(m, self.axis, self.clear)
        beat = buffer.o.payload

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
        with m.If(self.clear):
            m.d.sync += [o.valid.eq(0), left.eq(self.beats - 1), too_long.eq(0)]
        return m


class AXI4StreamSampleReceiver(wiring.Component):
    """Splits a packet into the payloads of a sample, each beginning in a beat of its own, its lowest bits first.

    A packet gives ``payloads`` payloads, whatever its length. Where it has too few beats, what is missing becomes 0; of
    one with too many the surplus is dropped. Either sets ``framing_error``, which stays 1 until reset, and **makes the
    whole last payload 0**: the one that says what to do with the sample. The packet after it is received as usual.

    Sustains a beat a clock; a payload is offered two clocks after its last beat. Behind a packet that is too short the
    next one waits for a clock for each missing beat.

    Args:
        bits: width of a payload; surplus bits of its last beat are ignored.
        width: width of a beat, a multiple of 8 from 8 to 128.
        payloads: payloads of a sample, at least 2.

    ``clear`` is that of :class:`AXI4StreamReceiver`: the first payload of the next packet is the first of a sample.
    """

    def __init__(self, bits: int, width: int, payloads: int) -> None:
        if payloads < 2:
            raise ValueError(f"payloads must be at least 2, not {payloads!r}; AXI4StreamReceiver is for one")
        self.beats = beats_for(bits, width)
        self.payloads = payloads
        super().__init__(_ReceiverSignature(bits, width))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        o = self.o
        width = len(self.axis.tdata)
        buffer = _buffered(m, self.axis, self.clear)
        beat = buffer.o.payload

        joined = Signal(self.beats * width, reset_less=True)
        left = Signal(range(self.beats), init=self.beats - 1)
        payloads_left = Signal(range(self.payloads), init=self.payloads - 1)
        too_short = Signal()  # the packet is over, its sample is not
        too_long = Signal()  # its sample is over, the packet is not
        room = Signal()
        taken = Signal()
        last = Signal()  # beat of the sample
        m.d.comb += [
            room.eq(~o.valid | o.ready),
            buffer.o.ready.eq(room & ~too_short),
            taken.eq(buffer.o.valid & buffer.o.ready),
            last.eq((left == 0) & (payloads_left == 0)),
            o.payload.eq(joined),
        ]
        with m.If(o.ready):
            m.d.sync += o.valid.eq(0)
        with m.If(taken & too_long):
            m.d.sync += too_long.eq(~beat.tlast)
        with m.Elif(taken | (too_short & room)):
            m.d.sync += [
                joined.eq(Cat(joined, Mux(too_short, 0, beat.tdata))[width:]),
                left.eq(Mux(left == 0, self.beats - 1, left - 1)),
            ]
            with m.If(left == 0):
                m.d.sync += [o.valid.eq(1), payloads_left.eq(Mux(last, self.payloads - 1, payloads_left - 1))]
            with m.If(last):
                m.d.sync += too_short.eq(0)
                with m.If(too_short | ~beat.tlast):
                    m.d.sync += [joined.eq(0), too_long.eq(~too_short), self.framing_error.eq(1)]
            with m.Elif(~too_short & beat.tlast):
                m.d.sync += [too_short.eq(1), self.framing_error.eq(1)]
        with m.If(self.clear):
            m.d.sync += [
                o.valid.eq(0),
                left.eq(self.beats - 1),
                payloads_left.eq(self.payloads - 1),
                too_short.eq(0),
                too_long.eq(0),
            ]
        return m


def receiver(bits: int, width: int, payloads: int) -> AXI4StreamReceiver | AXI4StreamSampleReceiver:
    """What receives samples of so many payloads of ``bits`` bits in packets of beats of ``width`` bits."""
    if payloads == 1:
        return AXI4StreamReceiver(bits, width)
    return AXI4StreamSampleReceiver(bits, width, payloads)


def _buffered(m: Module, axis: wiring.PureInterface, clear: Value) -> Any:
    """A buffer of the beats of ``axis``, of those packets alone that began after the last ``clear``."""
    m.submodules.buffer = buffer = ResetInserter(clear)(SkidBuffer(_beat(len(axis.tdata))))
    under_way = Signal()  # the beat before did not end its packet
    abandoned = Signal()  # the packet under way began before the last clear
    m.d.comb += [
        buffer.i.valid.eq(axis.tvalid & ~clear & ~abandoned),
        buffer.i.payload.tdata.eq(axis.tdata),
        buffer.i.payload.tlast.eq(axis.tlast),
        axis.tready.eq(buffer.i.ready & ~clear),
    ]
    with m.If(axis.tvalid & axis.tready):
        m.d.sync += [under_way.eq(~axis.tlast), abandoned.eq(abandoned & ~axis.tlast)]
    with m.If(clear):
        m.d.sync += abandoned.eq(under_way)
    return buffer


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
