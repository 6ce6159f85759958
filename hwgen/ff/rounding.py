"""Random numbers for rounding: a generator for each layer, whose words the lanes see rotated."""

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.plan import RANDOM_BITS
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns

STAGES = 2
"""Clocks from an entry to its random word: two halves of the rotation."""


def draw_layout(layers: int) -> data.StructLayout:
    """What is told of an entry: ``step``: the generator moves on after it; ``first``: of a sweep's entries; ``last``;
    ``keep``, with ``last``: this is the last sweep that begins with this state; ``layer``: whose generator it is;
    ``rotation``: by how many bits its word is rotated left."""
    return data.StructLayout(
        {"step": 1, "first": 1, "last": 1, "keep": 1, "layer": range(layers), "rotation": range(RANDOM_BITS)}
    )


class RoundingGenerator(wiring.Component):
    """A 16-bit LFSR for each layer, of which one is at work: ``next = {state[14:0], feedback}``.

    All groups of units see the same words in a term: each sweep begins with the layer's state, and the last group's
    leaves its own there. The states outlast a reset.

    Args:
        seeds: the layers' states at the beginning, 1 to 2**16 - 1.

    Members: ``draw``: see :func:`draw_layout`, all 0 in a clock without a sweep; ``word``: :data:`STAGES` clocks later;
    ``states``: what sweeps begin with; ``write``: strobe: that of layer ``write_layer`` becomes ``write_state``, while
    there is no sweep.
    """

    def __init__(self, seeds: tuple[int, ...]) -> None:
        for seed in seeds:
            if not 1 <= seed < 1 << RANDOM_BITS:
                raise ValueError(f"seeds must be from 1 to {(1 << RANDOM_BITS) - 1}, not {seed!r}")
        self.seeds = seeds
        super().__init__(
            {
                "draw": In(draw_layout(len(seeds))),
                "word": Out(RANDOM_BITS),
                "states": Out(data.ArrayLayout(RANDOM_BITS, len(seeds))),
                "write": In(1),
                "write_layer": In(range(len(seeds))),
                "write_state": In(RANDOM_BITS),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        draw = self.draw
        states = Array(
            Signal(RANDOM_BITS, name=f"state_{layer}", init=seed, reset_less=True)
            for layer, seed in enumerate(self.seeds)
        )
        present = Signal(RANDOM_BITS)  # this entry's
        following = Signal(RANDOM_BITS)
        state = Signal(RANDOM_BITS)
        m.d.comb += [
            present.eq(Mux(draw.first, of_layer(states, draw.layer), state)),
            following.eq(Mux(draw.step, linear(step_columns(RANDOM_BITS), present), present)),
            *(shown.eq(kept) for shown, kept in zip(self.states, states, strict=True)),
        ]
        m.d.sync += state.eq(following)
        with m.If(draw.last & draw.keep):
            m.d.sync += states[draw.layer].eq(following)
        with m.If(self.write):
            m.d.sync += states[self.write_layer].eq(self.write_state)

        half = Signal(RANDOM_BITS, reset_less=True)
        rest = Signal(2, reset_less=True)
        m.d.sync += [
            half.eq(_rotated(present, draw.rotation & 0b1100)),
            rest.eq(draw.rotation),
            self.word.eq(_rotated(half, rest)),
        ]
        return m


def _rotated(word: Value, bits: Value) -> Value:
    """``word`` rotated left: one multiplexer for each bit of ``bits``."""
    for place, bit in enumerate(bits):
        word = Mux(bit, word.rotate_left(1 << place), word)
    return word
