"""The chip's clock, made by the controller."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out


class ChipClock(wiring.Component):
    """Divides the clock. It runs for ever, in a reset too: the chip takes lines that have become inactive only with
    its clock.

    Args:
        divider: clocks of a period, an even number.

    Members: ``pin``: the chip's clock, a register; ``falls``, ``rises``: it does at the end of this clock.
    """

    def __init__(self, divider: int) -> None:
        self.half = divider // 2
        super().__init__({"pin": Out(1), "falls": Out(1), "rises": Out(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        level = Signal(reset_less=True)
        elapsed = Signal(range(self.half), reset_less=True)
        turns = Signal()
        m.d.comb += [
            turns.eq(elapsed == self.half - 1),
            self.pin.eq(level),
            self.falls.eq(turns & level),
            self.rises.eq(turns & ~level),
        ]
        m.d.sync += elapsed.eq(elapsed + 1)
        with m.If(turns):
            m.d.sync += [elapsed.eq(0), level.eq(~level)]
        return m
