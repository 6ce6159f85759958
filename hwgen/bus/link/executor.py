"""Executes one operation at a time: bursts on the register bus, words to and from the streams."""

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import BusSignature
from hwgen.bus.link.protocol import (
    CHAINED,
    MOST_WORDS,
    WITH_PAYLOAD,
    WITHOUT_LENGTH,
    WORD_BYTES,
    Info,
    Opcode,
    Status,
)

RESET_CLOCKS = 4
"""Clocks for which the core's reset is held."""

REQUEST = data.StructLayout({"opcode": 8, "length": 8, "address": 32, "payload_bytes": 8})
RESULT = data.StructLayout({"status": 8, "count": 8})


class Executor(wiring.Component):
    """Master of the register bus and of the streams; every operation ends.

    Args:
        info: what ``INFO`` answers.
        timeout: clocks that one bus access, or one word of the ``x`` stream, may take.

    Members: ``request``: the operation, taken at its end; ``i``, ``o``: words of its payload and of its response's;
    ``result``: its end, offered after the last word of ``o``; ``bus``; ``x``, ``y``: the streams' words; ``reset``:
    the core's reset.

    An access that times out is withdrawn, which no core's bus expects: reset the core before going on. A word that
    ``x`` does not take is withdrawn too, so what follows must accept that.
    """

    def __init__(self, info: Info, timeout: int) -> None:
        if timeout < 1:
            raise ValueError(f"timeout must be at least 1 clock, not {timeout!r}")
        self.info = info
        self.timeout = timeout
        super().__init__(
            {
                "request": In(stream.Signature(REQUEST)),
                "i": In(stream.Signature(32)),
                "o": Out(stream.Signature(32)),
                "result": Out(stream.Signature(RESULT)),
                "bus": Out(BusSignature()),
                "x": Out(stream.Signature(32)),
                "y": In(stream.Signature(32)),
                "reset": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        request = self.request.payload
        opcode = Signal(8)
        chained = request.opcode[-1]
        m.d.comb += opcode.eq(request.opcode & ~CHAINED)

        def asks_for(*opcodes: Opcode) -> Value:
            return opcode.matches(*opcodes)

        known = Signal()
        length_fits = Signal()
        m.d.comb += [
            # A session begins with nothing before it that it could be chained to.
            known.eq(asks_for(*Opcode) & ~(chained & asks_for(Opcode.SESSION))),
            length_fits.eq(
                Mux(asks_for(*WITHOUT_LENGTH), request.length == 0, (request.length - 1)[:8] < MOST_WORDS)
                & (request.payload_bytes == Mux(asks_for(*WITH_PAYLOAD), request.length * WORD_BYTES, 0))
            ),
        ]

        count = Signal(8)
        word = Signal(32)  # of the response
        status = Signal(Status)
        failed = Signal()  # the request before this one did not end with OK
        waited = Signal(range(max(self.timeout, RESET_CLOCKS)))
        waited_out = waited == self.timeout - 1
        increment = Mux(asks_for(Opcode.READ_FIXED), 0, count * WORD_BYTES)
        answer = Array([request.address, *self.info.to_words()])
        answer_words = len(answer)

        m.d.comb += [
            self.bus.write.eq(asks_for(Opcode.WRITE)),
            self.bus.address.eq(request.address + increment),
            self.bus.wdata.eq(self.i.payload),
            self.x.payload.eq(self.i.payload),
            self.o.payload.eq(word),
            self.result.payload.status.eq(status),
            self.result.payload.count.eq(count),
        ]

        def finish(end: Status) -> None:
            m.d.sync += status.eq(end)
            m.next = "FINISH"

        def next_word(state: str) -> None:
            m.d.sync += [count.eq(count + 1), waited.eq(0)]
            m.next = state
            with m.If(count + 1 == Mux(asks_for(*WITHOUT_LENGTH), answer_words, request.length)):
                finish(Status.OK)

        with m.FSM():
            with m.State("BEGIN"):
                m.d.sync += [count.eq(0), waited.eq(0)]
                with m.If(self.request.valid):
                    with m.If(~known):
                        finish(Status.UNKNOWN_OPCODE)
                    with m.Elif(~length_fits):
                        finish(Status.BAD_LENGTH)
                    with m.Elif(chained & failed):
                        finish(Status.SKIPPED)
                    with m.Elif(asks_for(Opcode.SESSION, Opcode.INFO)):
                        m.next = "ANSWER"
                    with m.Elif(asks_for(Opcode.RESET)):
                        m.next = "RESET"
                    with m.Elif(asks_for(*WITH_PAYLOAD)):
                        m.next = "FETCH"
                    with m.Elif(asks_for(Opcode.POP)):
                        m.next = "TAKE"
                    with m.Else():
                        m.next = "ACCESS"
            with m.State("FETCH"):  # the word stays on i until the bus or the stream has taken it
                with m.If(self.i.valid):
                    m.next = "ACCESS"
                    with m.If(asks_for(Opcode.PUSH)):
                        m.next = "OFFER"
            with m.State("ACCESS"):
                m.d.comb += self.bus.valid.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(self.bus.ready & self.bus.error):
                    finish(Status.BUS_ERROR)
                with m.Elif(self.bus.ready & self.bus.write):
                    m.d.comb += self.i.ready.eq(1)
                    next_word("FETCH")
                with m.Elif(self.bus.ready):
                    m.d.sync += word.eq(self.bus.rdata)
                    m.next = "GIVE"
                with m.Elif(waited_out):
                    finish(Status.TIMEOUT)
            with m.State("OFFER"):
                m.d.comb += self.x.valid.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(self.x.ready):
                    m.d.comb += self.i.ready.eq(1)
                    next_word("FETCH")
                with m.Elif(waited_out):
                    finish(Status.STREAM_BLOCKED)
            with m.State("TAKE"):
                m.d.comb += self.y.ready.eq(1)
                m.d.sync += word.eq(self.y.payload)
                m.next = "GIVE"
                with m.If(~self.y.valid):
                    finish(Status.OK)
            with m.State("ANSWER"):
                m.d.sync += word.eq(answer[count])
                m.next = "GIVE"
            with m.State("GIVE"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    with m.If(asks_for(Opcode.POP)):
                        next_word("TAKE")
                    with m.Elif(asks_for(*WITHOUT_LENGTH)):
                        next_word("ANSWER")
                    with m.Else():
                        next_word("ACCESS")
            with m.State("RESET"):
                m.d.comb += self.reset.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(waited == RESET_CLOCKS - 1):
                    finish(Status.OK)
            with m.State("FINISH"):
                m.d.comb += [self.result.valid.eq(1), self.request.ready.eq(self.result.ready)]
                with m.If(self.result.ready):
                    m.d.sync += failed.eq(status != Status.OK)
                    m.next = "BEGIN"
        return m
