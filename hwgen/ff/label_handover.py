"""Which passes of a supervised machine's layers become lists for the next layer."""

from typing import Any

from amaranth.hdl import Const, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.program import POSITIVE
from hwgen.ff.stage import Stage


class LabelHandover(wiring.Component):
    """Starts the normaliser for the passes of all layers but the last one, in order, when they have passed.

    Members: ``passed``: see :class:`~hwgen.ff.hard_negative.HardNegative`, with ``layer``; ``train``: of the right
    label and the wrong one, kept in bank ``chosen``; otherwise of all labels; ``give``, ``give_ready``, ``give_layer``,
    ``give_bank``: to the units.

    Args:
        stage: of the engine, which has two layers or more.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        layers, banks = range(len(stage.plan.layers)), range(stage.banks)
        members: dict[str, Any] = {
            "layer": In(layers),
            "passed": In(1),
            "give": Out(1),
            "give_ready": In(1),
            "give_layer": Out(layers),
            "give_bank": Out(banks),
        }
        if stage.learning:
            members |= {"train": In(1), "chosen": In(range(stage.step_banks))}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.stage.config
        last_given = config.depth - 2  # layer
        waiting = Signal(range(self.stage.banks + 1))  # passes that have still to be given
        number = Signal.like(self.give_bank)
        train = self.train if self.stage.learning else Const(0)
        m.d.comb += [self.give.eq((waiting != 0) & self.give_ready), self.give_bank.eq(number)]
        if self.stage.learning:
            with m.If(train & (number != POSITIVE)):
                m.d.comb += self.give_bank.eq(self.chosen)
        m.d.sync += waiting.eq(waiting + (self.passed & (self.layer <= last_given)) - self.give)
        with m.If(self.give):
            m.d.sync += number.eq(number + 1)
            with m.If(number == Mux(train, 1, config.classes - 1)):
                m.d.sync += [
                    number.eq(0),
                    self.give_layer.eq(Mux(self.give_layer == last_given, 0, self.give_layer + 1)),
                ]
        return m
