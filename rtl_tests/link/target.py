"""Something to reach through the host link: registers that count what happens to them, and streams that loop back."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from boards.top import POWER_ON_CLOCKS, BoardTop
from hwgen.bus.interface import BusSignature
from sim.virtual_board import BoardSimulation, compile_board

Loss = Callable[[bytes], bytes]

WORDS = 128
SIGNATURE, PUSHES = 4 * WORDS, 4 * WORDS + 4  # registers behind the memory, only to be read
DEAF = 0x8000_0000  # from here on nothing answers; between this and the registers everything is refused
PAYLOAD_BITS = 70
CLOCK_HZ, BAUDRATE = 12e6, 3e6
CLOCKS_PER_BIT = CLOCK_HZ / BAUDRATE
TIMEOUT = 100


def next_signature(signature: int, address: int, value: int) -> int:
    """What the signature register becomes when ``value`` is written: any write too many, lost or misplaced shows."""
    rotated = (signature << 1 | signature >> 31) & 0xFFFF_FFFF
    return rotated ^ value ^ address


class Target(wiring.Component):
    """Memory of 128 words; SIGNATURE of all writes; PUSHES, payloads taken on ``x``; ``y`` returns each plus 1."""

    def __init__(self) -> None:
        payload = stream.Signature(PAYLOAD_BITS)
        super().__init__({"bus": In(BusSignature()), "x": In(payload), "y": Out(payload)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bus = self.bus
        m.submodules.memory = memory = Memory(shape=32, depth=WORDS, init=[])
        write, read = memory.write_port(), memory.read_port()
        signature, pushes = Signal(32), Signal(32)
        is_memory = bus.address[2:] < WORDS
        is_register = (bus.address == SIGNATURE) | (bus.address == PUSHES)
        exists = (bus.address[:2] == 0) & (is_memory | is_register & ~bus.write)
        waited = Signal()
        m.d.sync += waited.eq(bus.valid & ~bus.ready)
        m.d.comb += [
            bus.ready.eq(waited & bus.valid & (bus.address < DEAF)),
            bus.error.eq(bus.ready & ~exists),
            bus.rdata.eq(Mux(is_memory, read.data, Mux(bus.address == SIGNATURE, signature, pushes))),
            read.addr.eq(bus.address[2:]),
            write.addr.eq(bus.address[2:]),
            write.data.eq(bus.wdata),
            write.en.eq(bus.ready & bus.write & exists),
        ]
        with m.If(write.en):
            m.d.sync += signature.eq(signature.rotate_left(1) ^ bus.wdata ^ bus.address)

        m.d.comb += self.x.ready.eq(~self.y.valid)
        with m.If(self.x.valid & self.x.ready):
            m.d.sync += [self.y.payload.eq(self.x.payload + 1), self.y.valid.eq(1), pushes.eq(pushes + 1)]
        with m.If(self.y.valid & self.y.ready):
            m.d.sync += self.y.valid.eq(0)
        return m


@functools.cache
def library() -> Path:
    """The target on a board, compiled."""
    return compile_board(BoardTop(Target(), CLOCK_HZ, BAUDRATE, TIMEOUT), "target_board")


@contextlib.contextmanager
def powered_up(clocks_per_bit: float = CLOCKS_PER_BIT) -> Iterator[BoardSimulation]:
    """The target on a board that has just come out of its power-on reset."""
    simulation = BoardSimulation(library(), clocks_per_bit)
    try:
        simulation.run(2 * POWER_ON_CLOCKS)
        yield simulation
    finally:
        simulation.close()


class SimulatedLine:
    """The line to a simulated board, for :class:`~sim.backends.host.LinkHost`; a second has ``CLOCK_HZ`` clocks.

    ``lose_sent`` and ``lose_received``, called with the bytes, return what gets through.
    """

    name = "the simulated line"

    def __init__(self, simulation: BoardSimulation, lose_sent: Loss = bytes, lose_received: Loss = bytes) -> None:
        self.simulation = simulation
        self.lose_sent, self.lose_received = lose_sent, lose_received

    def write(self, sent: bytes) -> None:
        self.simulation.feed(self.lose_sent(sent))

    def read(self) -> bytes:
        self.simulation.run(200)
        return self.lose_received(self.simulation.take())

    def now(self) -> float:
        return self.simulation.clocks / CLOCK_HZ
