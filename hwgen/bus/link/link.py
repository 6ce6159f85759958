"""The host link: a UART on one side, a core's register bus and streams on the other."""

from amaranth.hdl import Elaboratable, Module, ResetInserter
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.interface import BusSignature
from hwgen.bus.link.executor import Executor
from hwgen.bus.link.frame import FrameReceiver, FrameTransmitter, ResponseMemory
from hwgen.bus.link.pieces import Assemble, Split
from hwgen.bus.link.protocol import MOST_WORDS, VERSION, WINDOW, Info
from hwgen.bus.link.queue import ResultQueue
from hwgen.bus.link.session import SLOTS, Session
from hwgen.bus.link.uart import UARTReceiver, UARTTransmitter, bit_time

RESULT_WORDS = 512
"""Words of results that wait for the host: one block RAM. The core goes on while the host is busy sending."""

TIMEOUT = 1 << 16
"""Clocks that a bus access or a word of the ``x`` stream may take."""

MOST_PAYLOAD_BITS = (1 << 16) - 1


class HostLink(wiring.Component):
    """Serves a host over a UART; ``docs/link.md`` has the protocol.

    Whatever comes in, requests are executed whole, in order and once, and the core's bus and streams see only
    complete accesses and payloads.

    Args:
        x_bits: payload width of the core's ``x`` stream.
        y_bits: payload width of its ``y`` stream.
        clock_hz: frequency of the clock.
        baudrate: of the UART.
        timeout: clocks that a bus access or a word of the ``x`` stream may take.

    Raises ValueError when a width, the timeout or the ratio of clock and baud rate is out of range.

    Members: ``rx``, ``tx``: the pins; ``bus``; ``x``; ``y``; ``reset``: resets the core; ``working``: a request is
    being dealt with; ``problem``: one clock for each response that reports an error.
    """

    def __init__(self, x_bits: int, y_bits: int, clock_hz: float, baudrate: float, timeout: int = TIMEOUT) -> None:
        for name, bits in (("x_bits", x_bits), ("y_bits", y_bits)):
            if not 1 <= bits <= MOST_PAYLOAD_BITS:
                raise ValueError(f"{name} must be from 1 to {MOST_PAYLOAD_BITS}, not {bits!r}")
        self.bit_time = bit_time(clock_hz, baudrate)
        self.info = Info(VERSION, WINDOW, MOST_WORDS, x_bits, y_bits, RESULT_WORDS)
        self.timeout = timeout
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "bus": Out(BusSignature()),
                "x": Out(stream.Signature(x_bits)),
                "y": In(stream.Signature(y_bits)),
                "reset": Out(1),
                "working": Out(1),
                "problem": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.uart_rx = uart_rx = UARTReceiver(self.bit_time)
        m.submodules.receiver = receiver = FrameReceiver(WINDOW)
        m.submodules.session = session = Session()
        m.submodules.executor = executor = Executor(self.info, self.timeout)
        m.submodules.responses = responses = ResponseMemory(SLOTS)
        m.submodules.transmitter = transmitter = FrameTransmitter(SLOTS)
        m.submodules.uart_tx = uart_tx = UARTTransmitter(self.bit_time)
        reset_with_core = ResetInserter(executor.reset)
        m.submodules.to_x = to_x = reset_with_core(Assemble(32, self.info.x_bits))
        m.submodules.from_y = from_y = reset_with_core(Split(32, self.info.y_bits))
        m.submodules.results = results = reset_with_core(ResultQueue(32, RESULT_WORDS))

        # From the line to the session.
        connect(m, uart_rx.o, receiver.i)
        connect(m, receiver.bytes, session.bytes)
        m.d.comb += [
            uart_rx.rx.eq(self.rx),
            receiver.framing_error.eq(uart_rx.framing_error),
            session.whole.eq(receiver.whole),
            session.dropped.eq(receiver.dropped),
            receiver.release.eq(session.release),
        ]
        # From the session to the core.
        connect(m, session.request, executor.request)
        connect(m, session.i, executor.i)
        connect(m, executor.bus, flipped(self.bus))
        connect(m, executor.x, to_x.i)
        connect(m, to_x.o, flipped(self.x))
        m.d.comb += [self.reset.eq(executor.reset), self.working.eq(session.working), self.problem.eq(session.problem)]
        # From the core back to the session.
        connect(m, flipped(self.y), from_y.i)
        connect(m, from_y.o, results.i)
        connect(m, results.o, executor.y)
        connect(m, executor.o, session.words)
        connect(m, executor.result, session.result)
        # From the session to the line.
        connect(m, session.o, responses.i)
        connect(m, session.send, transmitter.send)
        connect(m, transmitter.o, uart_tx.i)
        m.d.comb += [
            responses.slot.eq(session.slot),
            session.done.eq(responses.done),
            session.busy.eq(transmitter.busy),
            session.sending.eq(transmitter.sending),
            responses.address.eq(transmitter.address),
            transmitter.data.eq(responses.data),
            self.tx.eq(uart_tx.tx),
        ]
        return m
