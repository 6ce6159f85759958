"""Asynchronous serial line, 8 data bits, no parity, 1 stop bit: receiver and transmitter."""

from amaranth.hdl import Cat, Const, Elaboratable, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

DATA_BITS = 8
FRACTION_BITS = 8
FEWEST_CLOCKS = 4
"""Clocks a bit must have, so that a sample one clock off and a clock 2 % off still fall into the right bit."""
MOST_CLOCKS = 1 << 16


def bit_time(clock_hz: float, baudrate: float) -> int:
    """Length of a bit in 1/256 clocks; the mean rate is then within 0.05 % of ``baudrate``.

    Raises ValueError when a bit has fewer than ``FEWEST_CLOCKS`` or more than ``MOST_CLOCKS`` clocks.
    """
    if not clock_hz > 0 or not baudrate > 0:
        raise ValueError(f"clock_hz and baudrate must be positive, not {clock_hz!r} and {baudrate!r}")
    if not FEWEST_CLOCKS <= clock_hz / baudrate <= MOST_CLOCKS:
        raise ValueError(
            f"baudrate must be from {clock_hz / MOST_CLOCKS:.0f} to {clock_hz / FEWEST_CLOCKS:.0f} at a clock of "
            f"{clock_hz:.0f} Hz ({FEWEST_CLOCKS} to {MOST_CLOCKS} clocks a bit), not {baudrate:.0f}"
        )
    return round(clock_hz / baudrate * (1 << FRACTION_BITS))


class BitClock(wiring.Component):
    """Marks bits whose length is not a whole number of clocks: each is rounded so that the error never adds up.

    Args:
        bit_time: from :func:`bit_time`.

    Members: ``tick``: the last clock of a bit; ``restart``: begin a bit with the next clock; ``restart_half``: the
    same, half a bit long.
    """

    def __init__(self, bit_time: int) -> None:
        self.bit_time = bit_time
        super().__init__({"tick": Out(1), "restart": In(1), "restart_half": In(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        whole, fraction = divmod(self.bit_time, 1 << FRACTION_BITS)
        left = Signal(range(whole + 1))
        phase = Signal(FRACTION_BITS)
        carried = Signal(FRACTION_BITS + 1)
        m.d.comb += [carried.eq(phase + fraction), self.tick.eq(left == 0)]
        with m.If(self.restart | self.tick):
            m.d.sync += [phase.eq(carried), left.eq(whole - 1 + carried[-1])]
        with m.Else():
            m.d.sync += left.eq(left - 1)
        with m.If(self.restart_half):
            m.d.sync += [phase.eq(0), left.eq(whole // 2 - 1)]
        return m


class UARTReceiver(wiring.Component):
    """Samples each bit once, in its middle, after two synchronising flip-flops.

    A start bit that is gone in its middle is a glitch and ignored. A byte whose stop bit is low is dropped, and the
    receiver waits for an idle line.

    Args:
        bit_time: from :func:`bit_time`.

    Members: ``rx``: the pin; ``o``: the bytes, each offered for one clock; ``framing_error``: one clock for each byte
    dropped.
    """

    def __init__(self, bit_time: int) -> None:
        self.bit_time = bit_time
        super().__init__(
            {
                "rx": In(1, init=1),
                "o": Out(stream.Signature(DATA_BITS, always_ready=True)),
                "framing_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.bit_clock = bit_clock = BitClock(self.bit_time)
        rx = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, rx, init=1)
        bits_left = Signal(range(DATA_BITS))

        with m.FSM():
            with m.State("IDLE"):
                with m.If(~rx):
                    m.d.comb += bit_clock.restart_half.eq(1)
                    m.next = "START"
            with m.State("START"):
                with m.If(bit_clock.tick):
                    m.d.sync += bits_left.eq(DATA_BITS - 1)
                    m.next = "DATA"
                    with m.If(rx):
                        m.next = "IDLE"
            with m.State("DATA"):
                with m.If(bit_clock.tick):
                    m.d.sync += [self.o.payload.eq(Cat(self.o.payload[1:], rx)), bits_left.eq(bits_left - 1)]
                    with m.If(bits_left == 0):
                        m.next = "STOP"
            with m.State("STOP"):
                with m.If(bit_clock.tick):
                    m.d.comb += [self.o.valid.eq(rx), self.framing_error.eq(~rx)]
                    m.next = "IDLE"
                    with m.If(~rx):
                        m.next = "BREAK"
            with m.State("BREAK"):
                with m.If(rx):
                    m.next = "IDLE"
        return m


class UARTTransmitter(wiring.Component):
    """Sends bytes; without a pause between them while the next one is offered in time.

    Args:
        bit_time: from :func:`bit_time`.

    Members: ``tx``: the pin, high when idle; ``i``: the bytes.
    """

    def __init__(self, bit_time: int) -> None:
        self.bit_time = bit_time
        super().__init__({"tx": Out(1, init=1), "i": In(stream.Signature(DATA_BITS))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.bit_clock = bit_clock = BitClock(self.bit_time)
        frame_bits = DATA_BITS + 2
        bits_left = Signal(range(frame_bits + 1))
        waiting = Signal(DATA_BITS + 1)  # data and stop bit behind the one on the line

        m.d.comb += self.i.ready.eq((bits_left == 0) | (bits_left == 1) & bit_clock.tick)
        with m.If(self.i.valid & self.i.ready):
            m.d.comb += bit_clock.restart.eq(bits_left == 0)
            m.d.sync += [
                Cat(self.tx, waiting).eq(Cat(Const(0, 1), self.i.payload, Const(1, 1))),
                bits_left.eq(frame_bits),
            ]
        with m.Elif(bit_clock.tick & (bits_left != 0)):
            m.d.sync += [Cat(self.tx, waiting).eq(Cat(waiting, Const(1, 1))), bits_left.eq(bits_left - 1)]
        return m
