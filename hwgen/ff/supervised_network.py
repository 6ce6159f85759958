"""A supervised machine: its passes, which of them its layers give to each other, and its decision."""

from amaranth.hdl import Elaboratable, Module

from hwgen.ff.config import FFConfig
from hwgen.ff.decision import Decision
from hwgen.ff.hard_negative import HardNegative
from hwgen.ff.label_handover import LabelHandover
from hwgen.ff.label_sums import LabelSums
from hwgen.ff.labels import Labels
from hwgen.ff.lists import bank_bits
from hwgen.ff.network import Engine, Network
from hwgen.ff.phases import Phase, Phases
from hwgen.ff.supervised_control import SupervisedControl

PHASES = {
    "layer_start": Phase.PASS,
    "modulate": Phase.LEARN,
    "last_layer_done": Phase.DECIDE,
    "result_valid": Phase.REST,
}


class SupervisedNetwork(Network):
    """The network of a supervised machine.

    Members: as in :class:`~hwgen.ff.network.Network`.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        super().__init__(config, {})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        control, sums = SupervisedControl(self.config), LabelSums(self.stage)
        engine = self._add_engine(m, control, sums)
        m.submodules.hard_negative = negative = HardNegative(self.stage)
        m.submodules.decision = decision = Decision(self.stage)
        units = engine.units
        goodness = units.goodness[units.done_bank]
        m.d.comb += [
            sums.image.bank.eq(control.image.bank),
            sums.image.count.eq(control.image.count),
            engine.sweeps.lists.eq(sums.lists),
            negative.done.eq(units.done),
            negative.bank.eq(units.done_bank),
            sums.all_passed.eq(negative.all_passed),
            decision.start.eq(control.claim),
            decision.layer.eq(sums.current),
            decision.done.eq(units.done),
            decision.bank.eq(units.done_bank),
            decision.goodness.eq(goodness),
            decision.passed.eq(negative.passed),
            control.decided.eq(decision.decided),
            control.writing.eq(engine.array.working),
            self.result.eq(decision.result),
        ]
        m.submodules.phases = phases = Phases(PHASES)
        m.d.comb += [
            phases.layer_start.eq(control.layer_start),
            phases.last_layer_done.eq(sums.done & (control.layer == self.config.depth - 1)),
            phases.result_valid.eq(control.result_valid),
            self.phase.eq(phases.phase),
        ]
        handover = self._add_lists(m, sums, engine, negative)
        if engine.step is not None:
            m.submodules.labels = labels = Labels(self.config)
            train = control.sample.learn
            m.d.comb += [
                phases.modulate.eq(engine.step.modulate),
                labels.right.eq(control.sample.label),
                labels.state.eq(self.control_state),
                sums.train.eq(train),
                sums.labels.eq(labels.labels),
                sums.labels_ready.eq(control.labels_ready),
                sums.chosen.eq(negative.chosen),
                engine.step.right.eq(labels.labels[0]),
                engine.step.wrong.eq(labels.labels[negative.chosen]),
                units.negative_bank.eq(negative.chosen),
                negative.first.eq(sums.current == 0),
                negative.train.eq(train),
                negative.goodness.eq(goodness),
                decision.train.eq(train),
                decision.labels.eq(labels.labels),
                decision.chosen.eq(negative.chosen),
            ]
            if handover is not None:
                m.d.comb += [handover.train.eq(train), handover.chosen.eq(negative.chosen)]
        return m

    def _add_lists(self, m: Module, sums: LabelSums, engine: Engine, negative: HardNegative) -> LabelHandover | None:
        """What layers give to each other; returns who says when, if there is more than one."""
        if self.config.depth == 1:
            self._add_reader(m, engine.array, None)
            return None
        handover = LabelHandover(self.stage)
        outputs = self._add_outputs(m, engine.units, handover)
        self._add_reader(m, engine.array, outputs)
        m.d.comb += [
            handover.passed.eq(negative.passed),
            handover.layer.eq(sums.current),
            sums.list_ready.eq(outputs.ready),
            sums.list.bank.eq(outputs.bank | 1 << bank_bits(self.config)),
            sums.list.count.eq(outputs.count),
            outputs.claim.eq(sums.claim),
            outputs.release.eq(sums.release),
        ]
        return handover
