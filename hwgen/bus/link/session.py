"""Exactly once: requests are executed in the order of their ids, and repeated ones are answered from memory."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.link.cobs import CONTENT
from hwgen.bus.link.executor import REQUEST, RESULT
from hwgen.bus.link.pieces import Assemble, Split
from hwgen.bus.link.protocol import REQUEST_HEADER_BYTES, WINDOW, Opcode, Status

SLOTS = WINDOW + 1
"""Responses in memory: one for each id in the window, and one that nobody asks for again."""
UNKEPT = WINDOW

HEADER = data.StructLayout({"size": 8, "id": 8, "opcode": 8, "length": 8, "address": 32})
"""A request as the receiver hands it over: its size, then its header."""


class Session(wiring.Component):
    """Takes requests one at a time and sees to each one's response.

    Members, towards the receiver: ``whole``, ``bytes``, ``release``, ``dropped``; the executor: ``request``, ``i``
    (words of the request's payload), ``words`` (of the response's), ``result``; the response memory: ``o``, ``slot``,
    ``done``; the transmitter: ``send``, ``busy``, ``sending``. ``working``: a request is being dealt with;
    ``problem``: one clock for each response whose status is not OK.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "whole": In(1),
                "bytes": In(stream.Signature(8)),
                "release": Out(1),
                "dropped": In(1),
                "request": Out(stream.Signature(REQUEST)),
                "i": Out(stream.Signature(32)),
                "words": In(stream.Signature(32)),
                "result": In(stream.Signature(RESULT)),
                "o": Out(stream.Signature(CONTENT)),
                "slot": Out(range(SLOTS)),
                "done": In(1),
                "send": Out(stream.Signature(range(SLOTS))),
                "busy": In(1),
                "sending": In(range(SLOTS)),
                "working": Out(1),
                "problem": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # An operation that ends early leaves payload behind.
        m.submodules.to_words = to_words = ResetInserter(self.release)(Assemble(8, 32))
        m.submodules.to_bytes = to_bytes = Split(8, 32)
        connect(m, to_words.o, flipped(self.i))
        connect(m, flipped(self.words), to_bytes.i)

        header = Signal(HEADER)
        header_left = Signal(range(HEADER.size // 8))
        status = Signal(8)
        count = Signal(8)
        executes = Signal()
        dropped = Signal()  # a frame was, and nobody was told yet
        m.d.comb += [
            self.request.payload.opcode.eq(header.opcode),
            self.request.payload.length.eq(header.length),
            self.request.payload.address.eq(header.address),
            self.request.payload.payload_bytes.eq(header.size - REQUEST_HEADER_BYTES),
            self.send.payload.eq(self.slot),
            to_words.i.payload.eq(self.bytes.payload),
        ]

        begun = Signal()
        expected = Signal(8)
        kept = Signal(range(WINDOW + 1))
        age = Signal(8)  # how many ids ago
        begins = Signal()
        m.d.comb += [
            age.eq(expected - header.id),
            begins.eq((header.opcode == Opcode.SESSION) & (header.length == 0) & (header.size == REQUEST_HEADER_BYTES)),
        ]

        def answer_only(status_now: Status, count_now: object) -> None:
            m.d.sync += [status.eq(status_now), count.eq(count_now), executes.eq(0), self.slot.eq(UNKEPT)]
            m.next = "CLAIM"

        def put(byte: object, then: str, last: bool = False) -> None:
            m.d.comb += [self.o.valid.eq(1), self.o.payload.byte.eq(byte), self.o.payload.last.eq(last)]
            with m.If(self.o.ready):
                m.next = then

        with m.FSM() as fsm:
            with m.State("WAIT"):
                m.d.sync += header_left.eq(HEADER.size // 8 - 1)
                with m.If(self.whole):
                    m.next = "HEADER"
                with m.Elif(dropped):
                    m.d.sync += [dropped.eq(0), header.eq(0)]
                    answer_only(Status.BAD_FRAME, expected)
            with m.State("HEADER"):
                m.d.comb += self.bytes.ready.eq(1)
                with m.If(self.bytes.valid):
                    m.d.sync += [
                        header.eq(Cat(header.as_value()[8:], self.bytes.payload)),
                        header_left.eq(header_left - 1),
                    ]
                    with m.If(header_left == 0):
                        m.next = "DECIDE"
            with m.State("DECIDE"):
                m.d.sync += self.slot.eq(header.id % WINDOW)
                with m.If(begins):
                    m.d.sync += [begun.eq(1), expected.eq(header.id + 1), kept.eq(0), executes.eq(1)]
                    m.next = "CLAIM"
                with m.Elif(~begun):
                    answer_only(Status.NO_SESSION, 0)
                with m.Elif(age == 0):
                    m.d.sync += [expected.eq(expected + 1), executes.eq(1)]
                    m.d.sync += kept.eq(Mux(kept == WINDOW, WINDOW, kept + 1))
                    m.next = "CLAIM"
                with m.Elif(age <= kept):
                    m.next = "SEND"
                with m.Else():
                    answer_only(Status.OUT_OF_SEQUENCE, expected)
            with m.State("CLAIM"):  # the slot's earlier response may still be on its way, if it was asked for again
                with m.If(~(self.busy & (self.sending == self.slot))):
                    m.next = "ID"
            with m.State("ID"):
                put(header.id, "OPCODE")
            with m.State("OPCODE"):
                put(header.opcode, "EXECUTE")
            with m.State("EXECUTE"):
                m.d.comb += [
                    self.request.valid.eq(executes),
                    # What is not executed has no payload; the bytes may be those of a request behind a dropped frame.
                    to_words.i.valid.eq(self.bytes.valid & executes),
                    self.bytes.ready.eq(to_words.i.ready & executes),
                    self.o.valid.eq(to_bytes.o.valid),
                    self.o.payload.byte.eq(to_bytes.o.payload),
                    to_bytes.o.ready.eq(self.o.ready),
                    self.result.ready.eq(~to_bytes.o.valid),
                ]
                with m.If(self.result.valid & self.result.ready):
                    m.d.sync += [status.eq(self.result.payload.status), count.eq(self.result.payload.count)]
                with m.If(~executes | self.result.valid & self.result.ready):
                    m.next = "STATUS"
            with m.State("STATUS"):
                put(status, "COUNT")
            with m.State("COUNT"):
                m.d.comb += self.problem.eq(self.o.ready & (status != Status.OK))
                put(count, "STORE", last=True)
            with m.State("STORE"):
                with m.If(self.done):
                    m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += self.send.valid.eq(1)
                with m.If(self.send.ready):
                    # Every response but that to a dropped frame answers the oldest frame in the receiver.
                    m.d.comb += self.release.eq(~((self.slot == UNKEPT) & (status == Status.BAD_FRAME)))
                    m.next = "WAIT"
        with m.If(self.dropped):
            m.d.sync += dropped.eq(1)
        m.d.comb += self.working.eq(~fsm.ongoing("WAIT"))
        return m
