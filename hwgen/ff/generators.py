"""All generators of random numbers of a machine that are at work after the first filling of its memories."""

from typing import Any

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.config import FFConfig
from hwgen.ff.draw import STATE_BITS, ControlGenerator
from hwgen.ff.plan import RANDOM_BITS
from hwgen.ff.registers import GENERATOR_BITS
from hwgen.ff.rounding import RoundingGenerator, draw_layout
from hwgen.ff.weights import FFWeights


class Generators(wiring.Component):
    """A generator for the rounding of each layer, in a contrastive machine one of the read-out, and the one of views or
    wrong labels. Their states outlast a reset.

    Members: ``write``: strobe, the state of generator ``number`` becomes ``write_state``; their order is that of
    ``rounding``, their states, and above them the control generator; ``draw``, ``random``, and with ``readout_`` before
    their names those of the read-out: see :class:`~hwgen.ff.rounding.RoundingGenerator`; ``control_draw``,
    ``control_state``: see :class:`~hwgen.ff.draw.ControlGenerator`.

    Args:
        config: the machine's parameters.
        weights: where they start; without them, where the config says.
    """

    def __init__(self, config: FFConfig, weights: FFWeights | None = None) -> None:
        self.config = config
        self.rounding_seeds = config.rounding_seeds if weights is None else weights.rounding
        self.control_seed = config.control_seed if weights is None else weights.control
        members: dict[str, Any] = {
            "write": In(1),
            "number": In(GENERATOR_BITS),
            "write_state": In(STATE_BITS),
            "rounding": Out(data.ArrayLayout(RANDOM_BITS, config.engines)),
            "draw": In(draw_layout(config.depth)),
            "random": Out(RANDOM_BITS),
            "control_draw": In(1),
            "control_state": Out(STATE_BITS),
        }
        if not config.supervised:
            members |= {"readout_draw": In(draw_layout(1)), "readout_random": Out(RANDOM_BITS)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, depth = self.config, self.config.depth
        m.submodules.rounding = rounding = RoundingGenerator(self.rounding_seeds[:depth])
        m.submodules.control = control = ControlGenerator(self.control_seed)
        m.d.comb += [
            rounding.draw.eq(self.draw),
            self.random.eq(rounding.word),
            rounding.write.eq(self.write & (self.number < depth)),
            rounding.write_layer.eq(self.number),
            rounding.write_state.eq(self.write_state),
            control.step.eq(self.control_draw),
            control.write.eq(self.write & (self.number == config.engines)),
            control.write_state.eq(self.write_state),
            self.control_state.eq(control.state),
        ]
        states = list(rounding.states)
        if not config.supervised:
            m.submodules.readout_rounding = readout = RoundingGenerator(self.rounding_seeds[depth:])
            m.d.comb += [
                readout.draw.eq(self.readout_draw),
                self.readout_random.eq(readout.word),
                readout.write.eq(self.write & (self.number == depth)),
                readout.write_state.eq(self.write_state),
            ]
            states += list(readout.states)
        m.d.comb += [shown.eq(state) for shown, state in zip(self.rounding, states, strict=True)]
        return m
