"""The sum of what all lanes say: a pipelined tree for terms of -1, 0 and +1."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.stages import tree_depth


class SignedTree(wiring.Component):
    """Exact sum of ``lanes`` terms in {-1, 0, +1}; ``total`` follows ``terms`` by :attr:`depth` clocks, always.

    Args:
        lanes: number of terms.
        levels: levels of two-input adders between registers, at least 1.
    """

    def __init__(self, lanes: int, levels: int = 3) -> None:
        if lanes < 1:
            raise ValueError(f"lanes must be at least 1, not {lanes!r}")
        if levels < 1:
            raise ValueError(f"levels must be at least 1, not {levels!r}")
        self.lanes = lanes
        self.levels = levels
        super().__init__(
            {"terms": In(data.ArrayLayout(signed(2), lanes)), "total": Out(signed(lanes.bit_length() + 1))}
        )

    @property
    def depth(self) -> int:
        """Clocks from terms to total, at least 1."""
        return tree_depth(self.lanes, self.levels)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        terms = [self.terms[lane] for lane in range(self.lanes)]
        level = 0
        while len(terms) > 1:
            add = _pair if level == 0 else lambda low, high: low + high
            sums = [add(low, high) for low, high in zip(terms[::2], terms[1::2], strict=False)]
            terms = sums + terms[2 * len(sums) :]
            level += 1
            registered = level % self.levels == 0 or len(terms) == 1
            domain = m.d.sync if registered else m.d.comb
            for index, value in enumerate(terms):
                # A sum of 2**level terms; two bits more than its logarithm hold both ends of its range.
                terms[index] = Signal(signed(level + 2), name=f"sum_{level}_{index}", reset_less=True)
                domain += terms[index].eq(value)
        total = terms[0]
        if level == 0:
            total = Signal.like(self.total, reset_less=True)
            m.d.sync += total.eq(terms[0])
        m.d.comb += self.total.eq(total)
        return m


def _pair(low: Value, high: Value) -> Value:
    """Sum of two terms, each bit a function of four: no carry chain."""
    negative = (low[1] & ~(high[0] & ~high[1])) | (high[1] & ~low[0])
    two = low[0] & ~low[1] & high[0] & ~high[1]
    return Cat(low[0] ^ high[0], negative | two, negative).as_signed()
