"""Linear feedback shift registers, with any number of states a clock."""

from functools import reduce
from operator import xor

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.parts.polynomials import TAPS, step_columns


def linear(masks: tuple[int, ...], state: Value) -> Value:
    """A linear map over GF(2): bit ``i`` of the result is the XOR of ``state``'s bits under ``masks[i]``."""
    return Cat(reduce(xor, (state[bit] for bit in range(len(state)) if mask >> bit & 1), Const(0, 1)) for mask in masks)


class LFSR(wiring.Component):
    """Fibonacci LFSR of maximal length, shifting towards the high bit: ``next = {state[width-2:0], feedback}``.

    Args:
        width: bits; :data:`~hwgen.parts.polynomials.TAPS` gives the polynomial.
        seed: state after ``restart`` and reset, not 0 (the one state it could not leave).
        lanes: states offered in one clock.

    Members: ``states``: the next ``lanes`` states of the sequence, the present one in the lowest ``width`` bits;
    ``advance``: move on by ``lanes`` states; ``restart``: return to the seed (wins over ``advance``).
    """

    def __init__(self, width: int, seed: int, lanes: int = 1) -> None:
        if width not in TAPS:
            raise ValueError(f"width must be one of {', '.join(map(str, TAPS))}, not {width!r}")
        if not 0 < seed < 1 << width:
            raise ValueError(f"seed must be between 1 and {(1 << width) - 1} for a {width}-bit LFSR, not {seed!r}")
        self.width = width
        self.seed = seed
        self.lanes = lanes
        super().__init__({"states": Out(width * lanes), "advance": In(1), "restart": In(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(self.width, init=self.seed)
        m.d.comb += self.states.eq(Cat(linear(step_columns(self.width, lane), state) for lane in range(self.lanes)))
        with m.If(self.advance | self.restart):
            m.d.sync += state.eq(Mux(self.restart, self.seed, linear(step_columns(self.width, self.lanes), state)))
        return m
