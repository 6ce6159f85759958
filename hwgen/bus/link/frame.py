"""Whole frames in memory: requests as they come in, responses until the host has no more use for them."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import crc, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.link.cobs import CONTENT, COBSDecoder, COBSEncoder
from hwgen.bus.link.protocol import (
    CRC_BYTES,
    CRC_INITIAL,
    CRC_POLYNOMIAL,
    DELIMITER,
    MOST_REQUEST_BYTES,
    REQUEST_HEADER_BYTES,
)

SLOT_BITS = 8
"""A frame has 256 bytes of memory."""

CRC16 = crc.Algorithm(
    crc_width=16,
    polynomial=CRC_POLYNOMIAL,
    initial_crc=CRC_INITIAL,
    reflect_input=False,
    reflect_output=False,
    xor_output=0,
)


class FrameReceiver(wiring.Component):
    """Decodes, checks and keeps requests until they have been dealt with.

    A frame counts once it has come in whole: COBS, CRC and size are right and it began while a slot was free.
    Anything else is dropped at its delimiter.

    Args:
        slots: frames kept, a power of two.

    Members: ``i``: bytes from the line; ``framing_error``: a byte was lost there, which spoils the frame up to the next
    delimiter; ``whole``: there is a frame;
    ``bytes``: the oldest frame, its content's size without CRC first, one byte every other clock (after its end:
    anything); ``release``: forget the oldest frame; ``dropped``: one clock for each frame dropped.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        super().__init__(
            {
                "i": In(stream.Signature(8, always_ready=True)),
                "framing_error": In(1),
                "whole": Out(1),
                "bytes": Out(stream.Signature(8)),
                "release": In(1),
                "dropped": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.decoder = decoder = COBSDecoder()
        m.submodules.crc = check = CRC16(8).create()
        m.submodules.memory = memory = Memory(shape=8, depth=self.slots << SLOT_BITS, init=[])
        connect(m, flipped(self.i), decoder.i)

        frames = Signal(range(self.slots + 1))
        filling = Signal(range(self.slots))
        size = Signal(SLOT_BITS)
        bad = Signal()
        no_room = Signal()
        good = Signal()
        write = memory.write_port()
        m.d.comb += [
            check.data.eq(decoder.o.payload),
            check.valid.eq(decoder.o.valid),
            check.start.eq(decoder.end),
            good.eq(
                decoder.end & decoder.whole & check.match_detected & ~bad & (size >= REQUEST_HEADER_BYTES + CRC_BYTES)
            ),
            self.dropped.eq(decoder.end & ~good),
            no_room.eq((frames == self.slots) | (size == MOST_REQUEST_BYTES)),
            # The size goes where the content does not: in front of it, when all of it is there.
            write.en.eq(decoder.o.valid & ~bad & ~no_room | good),
            write.addr.eq(Cat(Mux(decoder.end, 0, size + 1)[:SLOT_BITS], filling)),
            write.data.eq(Mux(decoder.end, size - CRC_BYTES, decoder.o.payload)),
        ]
        with m.If(decoder.end):
            m.d.sync += size.eq(0)
            with m.If(good):
                m.d.sync += filling.eq(filling + 1)
        with m.Elif(decoder.o.valid):
            m.d.sync += size.eq(size + 1)
            with m.If(no_room):
                m.d.sync += bad.eq(1)
        # Every delimiter ends what was bad, also where there is no frame: behind a byte lost on an idle line.
        with m.If(self.framing_error):
            m.d.sync += bad.eq(1)
        with m.Elif(self.i.valid & (self.i.payload == DELIMITER)):
            m.d.sync += bad.eq(0)
        m.d.sync += frames.eq(frames + good - self.release)

        reading = Signal(range(self.slots))
        position = Signal(SLOT_BITS)
        read = memory.read_port()
        m.d.comb += [
            self.whole.eq(frames != 0),
            read.addr.eq(Cat(position, reading)),
            # A frame is read when it is whole. Synthesis must see that no byte is read while it is written: it would
            # otherwise put logic behind the block RAM for that case.
            read.en.eq(~(write.en & (write.addr == read.addr))),
            self.bytes.payload.eq(read.data),
        ]
        with m.If(self.release):
            m.d.sync += [reading.eq(reading + 1), position.eq(0), self.bytes.valid.eq(0)]
        with m.Elif(self.bytes.valid & self.bytes.ready):
            m.d.sync += [position.eq(position + 1), self.bytes.valid.eq(0)]
        with m.Else():
            m.d.sync += self.bytes.valid.eq(self.whole)
        return m


class ResponseMemory(wiring.Component):
    """Encoded responses, each in its slot.

    Args:
        slots: responses kept.

    Members: ``i``: a response's content, ``last`` with its last byte; CRC and encoding are added; ``slot``: where it
    goes, unchanged until ``done``; ``done``: one clock when it is there; ``address``, ``data``: read port (slot in
    the high bits), one clock of latency.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        super().__init__(
            {
                "i": In(stream.Signature(CONTENT)),
                "slot": In(range(slots)),
                "done": Out(1),
                "address": In(SLOT_BITS + len(Signal(range(slots)))),
                "data": Out(8),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.encoder = encoder = COBSEncoder()
        m.submodules.crc = check = CRC16(8).create()
        m.submodules.memory = memory = Memory(shape=8, depth=self.slots << SLOT_BITS, init=[])
        write = memory.write_port()
        read = memory.read_port()
        # A byte is written a clock late, as the way from the session through the encoder is long enough without the
        # memory. The response is not read before the clock after that.
        m.d.sync += [
            write.en.eq(encoder.write),
            write.addr.eq(Cat(encoder.address, self.slot)),
            write.data.eq(encoder.data),
        ]
        m.d.comb += [
            read.addr.eq(self.address),
            # Nor is a response read while it is written, see above.
            read.en.eq(~(write.en & (write.addr == read.addr))),
            self.data.eq(read.data),
            check.data.eq(self.i.payload.byte),
            check.valid.eq(self.i.valid & self.i.ready),
            check.start.eq(encoder.done),
            self.done.eq(encoder.done),
        ]
        with m.FSM():
            with m.State("CONTENT"):
                m.d.comb += [
                    encoder.i.payload.byte.eq(self.i.payload.byte),
                    encoder.i.valid.eq(self.i.valid),
                    self.i.ready.eq(encoder.i.ready),
                ]
                with m.If(self.i.valid & self.i.ready & self.i.payload.last):
                    m.next = "CRC HIGH"
            with m.State("CRC HIGH"):
                m.d.comb += [encoder.i.payload.byte.eq(check.crc[8:]), encoder.i.valid.eq(1)]
                m.next = "CRC LOW"
            with m.State("CRC LOW"):
                m.d.comb += [
                    encoder.i.payload.byte.eq(check.crc[:8]),
                    encoder.i.payload.last.eq(1),
                    encoder.i.valid.eq(1),
                ]
                m.next = "CONTENT"
        return m


class FrameTransmitter(wiring.Component):
    """Sends encoded frames from memory up to and including their delimiter.

    Members: ``send``: the slot to send; ``busy``: slot ``sending`` is still being read; ``address``, ``data``: the
    memory's read port; ``o``: bytes for the line.

    Args:
        slots: slots in the memory.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        super().__init__(
            {
                "send": In(stream.Signature(range(slots))),
                "busy": Out(1),
                "sending": Out(range(slots)),
                "address": Out(SLOT_BITS + len(Signal(range(slots)))),
                "data": In(8),
                "o": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        position = Signal(SLOT_BITS)
        m.d.comb += [self.address.eq(Cat(position, self.sending)), self.o.payload.eq(self.data)]
        with m.FSM() as fsm:
            with m.State("IDLE"):
                m.d.comb += self.send.ready.eq(1)
                m.d.sync += [self.sending.eq(self.send.payload), position.eq(0)]
                with m.If(self.send.valid):
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += position.eq(position + 1)
                    m.next = "FETCH"
                    with m.If(self.data == 0):
                        m.next = "IDLE"
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        return m
