"""The generator of random numbers that say how views are moved, or which wrong labels are tried."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import times
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns

STATE_BITS = 32

FIELD_BITS = 8
"""Bits that a coordinate is drawn from."""


class ControlGenerator(wiring.Component):
    """A 32-bit LFSR. Its state outlasts a reset.

    Args:
        seed: the state at the beginning, 1 to 2**32 - 1.

    Members: ``step``: move on; ``write``: ``write_state`` becomes the ``state``.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        super().__init__({"step": In(1), "write": In(1), "write_state": In(STATE_BITS), "state": Out(STATE_BITS)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(STATE_BITS, init=self.seed, reset_less=True)
        m.d.comb += self.state.eq(state)
        with m.If(self.write):
            m.d.sync += state.eq(self.write_state)
        with m.Elif(self.step):
            m.d.sync += state.eq(linear(step_columns(STATE_BITS), state))
        return m


def coordinate(state: Signal, number: int, most: int) -> Signal:
    """One of the numbers of -most to most that a state stands for."""
    field = state[number * FIELD_BITS :][:FIELD_BITS]
    return (times(field, 2 * most + 1) >> FIELD_BITS) - most
