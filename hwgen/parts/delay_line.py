"""A chain of registers that carries data beside a pipeline."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ShapeLike
from amaranth.lib.wiring import In, Out


class DelayLine(wiring.Component):
    """Delays ``i``, and a bit ``i_valid`` that says whether it means anything, by ``depth`` enabled clocks.

    Args:
        shape: shape of the data.
        depth: register stages; with 0 the outputs are the inputs.

    Members: ``occupied``: some stage holds valid data.
    """

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        self.depth = depth
        super().__init__(
            {
                "enable": In(1),
                "i_valid": In(1),
                "i": In(shape),
                "o_valid": Out(1),
                "o": Out(shape),
                "occupied": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        valid = [self.i_valid, *(Signal(name=f"valid_{level}") for level in range(self.depth))]
        value = [self.i, *(Signal.like(self.i, name=f"value_{level}", reset_less=True) for level in range(self.depth))]
        for level in range(self.depth):
            with m.If(self.enable):
                m.d.sync += [valid[level + 1].eq(valid[level]), value[level + 1].eq(value[level])]
        m.d.comb += [self.o_valid.eq(valid[-1]), self.o.eq(value[-1]), self.occupied.eq(Cat(valid[1:]).any())]
        return m
