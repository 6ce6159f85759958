"""A counter too wide for one carry chain."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class WideCounter(wiring.Component):
    """Counts clocks in which ``increment`` is 1; ``value`` follows two clocks later and is consistent at every clock.

    The two halves have a carry chain each, half as long as one of the full width.

    Args:
        width: bits, an even number.
    """

    def __init__(self, width: int) -> None:
        if width < 2 or width % 2:
            raise ValueError(f"width must be an even number of at least 2, not {width!r}")
        self.width = width
        super().__init__({"increment": In(1), "clear": In(1), "value": Out(width)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        half = self.width // 2
        low = Signal(half)
        carry = Signal()
        low_delayed = Signal(half)  # as late as the upper half
        high = Signal(half)
        following = low + self.increment
        m.d.sync += [low.eq(following), carry.eq(following[half]), low_delayed.eq(low), high.eq(high + carry)]
        with m.If(self.clear):
            m.d.sync += [low.eq(0), carry.eq(0), low_delayed.eq(0), high.eq(0)]
        m.d.comb += self.value.eq(low_delayed | high << half)
        return m
