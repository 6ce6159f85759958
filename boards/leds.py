"""What the LEDs of every board show."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

HEARTBEAT_HZ = 1
SHOWN_S = 0.05
"""How long an LED shows what lasts a clock only."""


class StatusLeds(wiring.Component):
    """Heartbeat, link at work, error (from the first problem to reset).

    Both counters begin at zero. One that began at a constant of ones and zeros would have flip-flops that are set and
    others that are cleared, which an iCE40 does not hold in one tile: the carry chain would leave the tile at every
    such pair of bits, and was the longest path of all that an iCEBreaker held.

    Args:
        clock_hz: frequency of the clock.

    Members: ``working``, ``problem``: one-clock strobes; ``led``: heartbeat, ``working``, ``problem``.
    """

    def __init__(self, clock_hz: float) -> None:
        self.half_period = max(1, int(clock_hz / HEARTBEAT_HZ / 2))
        self.shown = max(1, int(clock_hz * SHOWN_S))
        super().__init__({"working": In(1), "problem": In(1), "led": Out(3)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        heartbeat = Signal()
        beating = Signal(range(self.half_period))
        m.d.sync += beating.eq(beating + 1)
        with m.If(beating == self.half_period - 1):
            m.d.sync += [heartbeat.eq(~heartbeat), beating.eq(0)]

        working = Signal()
        showing = Signal(range(self.shown))
        with m.If(self.working):
            m.d.sync += [working.eq(1), showing.eq(0)]
        with m.Elif(working):
            m.d.sync += showing.eq(showing + 1)
            with m.If(showing == self.shown - 1):
                m.d.sync += working.eq(0)

        error = Signal()
        with m.If(self.problem):
            m.d.sync += error.eq(1)
        m.d.comb += self.led.eq(Cat(heartbeat, working, error))
        return m
