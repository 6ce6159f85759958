"""A pipelined comparison tree: which of several numbers is best."""

import math

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out


class Best(wiring.Component):
    """Index of the largest (or smallest) of ``count`` unsigned numbers, one register stage a level of the tree.

    Of equals the lowest index wins, and ``tie`` is 1. The outputs follow ``numbers`` by :attr:`depth` enabled clocks.

    Args:
        count: how many numbers.
        bits: width of each.
        largest: whether the largest wins; if not, the smallest.
    """

    def __init__(self, count: int, bits: int, *, largest: bool) -> None:
        if count < 1:
            raise ValueError(f"count must be at least 1, not {count!r}")
        self.count = count
        self.bits = bits
        self.largest = largest
        super().__init__(
            {
                "enable": In(1),
                "numbers": In(data.ArrayLayout(bits, count)),
                "index": Out(range(count)),
                "tie": Out(1),
            }
        )

    @property
    def depth(self) -> int:
        """Clocks from numbers to index."""
        return math.ceil(math.log2(self.count))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        candidate = data.StructLayout({"number": self.bits, "index": range(self.count), "tie": 1})
        level = []
        for index in range(self.count):
            leaf = Signal(candidate, name=f"leaf_{index}")
            m.d.comb += [leaf.number.eq(self.numbers[index]), leaf.index.eq(index)]
            level.append(leaf)
        for depth in range(self.depth):
            winners = []
            for pair in range(0, len(level), 2):
                winner = Signal(candidate, name=f"winner_{depth}_{pair // 2}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += winner.eq(self._winner(*level[pair : pair + 2]))
                winners.append(winner)
            level = winners
        m.d.comb += [self.index.eq(level[0].index), self.tie.eq(level[0].tie)]
        return m

    def _winner(self, low: data.View, high: data.View | None = None) -> data.View:
        """The better of two candidates, ``low`` having the lower index; alone, it passes."""
        if high is None:
            return low
        high_wins = high.number > low.number if self.largest else high.number < low.number
        winner = data.View(low.shape(), Mux(high_wins, high.as_value(), low.as_value()))
        equal = high.number == low.number
        return data.View(low.shape(), (winner.as_value() | equal << low.shape()["tie"].offset)[: low.shape().size])
