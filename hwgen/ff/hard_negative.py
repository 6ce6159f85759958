"""Which of the wrong labels that were tried is the negative one."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.program import POSITIVE
from hwgen.ff.stage import Stage


class HardNegative(wiring.Component):
    """Of the candidates' passes through the first layer, kept in the banks from 1 on, chooses the one with the largest
    goodness, the first of them; tells which passes others go on with.

    Members: ``first``: the first layer is at work; ``train``: on a right label and candidates, otherwise on all labels;
    ``done``, ``bank``, ``goodness``: a pass is done; ``passed``: strobe, a clock later, if it goes on: a candidate does
    not, but the chosen one when all are done; ``all_passed``: with the layer's last one; ``chosen``: its bank, of all
    layers until the next sample's first.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        members = {
            "done": In(1),
            "bank": In(range(stage.banks)),
            "passed": Out(1),
            "all_passed": Out(1),
        }
        if stage.learning:
            members |= {
                "first": In(1),
                "train": In(1),
                "goodness": In(stage.units.goodness_bits),
                "chosen": Out(range(stage.step_banks)),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, bank = self.stage.config, self.bank
        passes = Signal()
        last = Signal()
        m.d.comb += [passes.eq(self.done), last.eq(bank == config.classes - 1)]
        m.d.sync += [self.passed.eq(passes), self.all_passed.eq(passes & last)]
        if self.stage.learning:
            most = Signal.like(self.goodness, reset_less=True)
            with m.If(self.train):
                m.d.comb += last.eq(bank != POSITIVE)
                with m.If(self.first):
                    m.d.comb += [
                        last.eq(bank == config.candidates),
                        passes.eq(self.done & ((bank == POSITIVE) | last)),
                    ]
                    with m.If(self.done & ((bank == 1) | ((bank > 1) & (self.goodness > most)))):
                        m.d.sync += [self.chosen.eq(bank), most.eq(self.goodness)]
        return m
