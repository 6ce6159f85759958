"""A pipelined adder tree."""

import math

from amaranth.hdl import Elaboratable, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class AdderTree(wiring.Component):
    """Sum of ``count`` unsigned terms, one register stage a level of the tree.

    ``total`` follows ``terms`` by :attr:`depth` enabled clocks. A sum beyond ``total_bits`` saturates; since terms are
    not negative, this equals saturating at every addition.

    Args:
        count: number of terms.
        term_bits: width of a term.
        total_bits: width of the sum, at least ``term_bits``.
    """

    def __init__(self, count: int, term_bits: int, total_bits: int) -> None:
        if count < 1:
            raise ValueError(f"count must be at least 1, not {count!r}")
        if total_bits < term_bits:
            raise ValueError(f"total_bits must be at least term_bits ({term_bits}), not {total_bits!r}")
        self.count = count
        self.term_bits = term_bits
        self.total_bits = total_bits
        super().__init__(
            {
                "enable": In(1),
                "terms": In(term_bits).array(count),
                "total": Out(total_bits),
            }
        )

    @property
    def depth(self) -> int:
        """Clocks from terms to total."""
        return math.ceil(math.log2(self.count))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        level = [self.terms[index] for index in range(self.count)]
        for depth in range(self.depth):
            width = self.term_bits + depth + 1
            sums = []
            for pair in range(0, len(level), 2):
                total = Signal(unsigned(width), name=f"sum_{depth}_{pair // 2}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += total.eq(sum(level[pair : pair + 2]))
                sums.append(total)
            level = sums
        total = level[0]
        largest = (1 << self.total_bits) - 1
        m.d.comb += self.total.eq(Mux(total > largest, largest, total))
        return m
