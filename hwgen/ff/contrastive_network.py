"""A contrastive machine: its passes, what its layers give to each other, and its read-out."""

from typing import Any

from amaranth.hdl import Elaboratable, Module
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.active import ActiveInputs
from hwgen.ff.array import LaneArray
from hwgen.ff.config import FFConfig
from hwgen.ff.control import Control
from hwgen.ff.draw import coordinate
from hwgen.ff.handover import Handover
from hwgen.ff.layer_sums import LayerSums
from hwgen.ff.layout import readout_array
from hwgen.ff.lists import output_entries
from hwgen.ff.network import Engine, Network, memory_members
from hwgen.ff.phases import Phase, Phases
from hwgen.ff.plan import output_lists
from hwgen.ff.program import FIRST_VIEW, POSITIVE
from hwgen.ff.readout import Readout
from hwgen.ff.readout_control import ReadoutControl
from hwgen.ff.sequence_control import SequenceControl
from hwgen.ff.sweeps import NO_NOTE

PHASES = {
    "layer_start": Phase.PASS,
    "modulate": Phase.LEARN,
    "layer_done": Phase.LIST,
    "readout_start": Phase.READOUT,
    "readout_done": Phase.REST,
}


class ContrastiveNetwork(Network):
    """The network of a contrastive machine.

    Members: as in :class:`~hwgen.ff.network.Network`; ``known``, ``forget``: of :class:`~hwgen.ff.control.Control`;
    ``kept``, in a recurrent machine: of :class:`~hwgen.ff.sequence_control.SequenceControl`; those of
    :func:`~hwgen.ff.network.memory_members` with ``readout_`` before their names; ``readout_learning``: strobe, the
    read-out begins to learn.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.readout_plan = readout_array(config)
        members: dict[str, Any] = memory_members(self.readout_plan, NO_NOTE, "readout_")
        if config.learning:
            members |= {"known": Out(1), "forget": In(1), "readout_learning": Out(1)}
        if config.recurrent:
            members["kept"] = Out(range(2 * config.steps + 1))
        super().__init__(config, members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        control = SequenceControl(config) if config.recurrent else Control(config)
        sums = LayerSums(self.stage)
        handover = Handover(self.stage, entries=output_entries(config), banks=output_lists(config))
        engine = self._add_engine(m, control, sums)
        outputs = self._add_outputs(m, engine.units, handover)
        self._add_reader(m, engine.array, outputs)
        self._add_lists(m, control, sums, engine, handover, outputs)
        self._add_result(m, control, sums, engine)
        self._add_readout(m, control, handover, outputs)
        self._add_phases(m, control, sums, engine)
        return m

    def _add_lists(
        self,
        m: Module,
        control: Control,
        sums: LayerSums,
        engine: Engine,
        handover: Handover,
        outputs: ActiveInputs,
    ) -> None:
        """What a layer works on, and what becomes of what it gives."""
        units = engine.units
        m.d.comb += [
            engine.sweeps.lists.eq(control.lists),
            sums.pass_done.eq(units.done),
            sums.pass_bank.eq(units.done_bank),
            handover.pass_done.eq(units.done),
            handover.pass_bank.eq(units.done_bank),
            handover.start.eq(control.handover_start),
            handover.layer.eq(control.layer),
            handover.both.eq(control.both),
            control.handover_done.eq(handover.done),
            control.positives.eq(handover.positives),
            control.negative.eq(handover.negative),
            handover.ready.eq(outputs.ready),
            handover.bank.eq(outputs.bank),
            handover.count.eq(outputs.count),
            outputs.claim.eq(handover.claim),
            outputs.discard.eq(control.discard),
        ]
        if self.config.learning:
            m.d.comb += [
                sums.pairs.eq(control.pairs),
                self.known.eq(control.known),
                control.forget.eq(self.forget),
            ]
        if self.config.recurrent:
            m.d.comb += [outputs.release.eq(control.output_release), self.kept.eq(control.kept)]
        if self.plan.frame is not None:
            most = self.plan.frame.most
            for number, view in enumerate(engine.sweeps.views):
                field = 2 * (number - FIRST_VIEW)
                m.d.comb += [
                    view.right.eq(coordinate(self.control_state, field, most)),
                    view.down.eq(coordinate(self.control_state, field + 1, most)),
                ]

    def _add_result(self, m: Module, control: Control, sums: LayerSums, engine: Engine) -> None:
        """Goodness of the passes that there are, over all steps."""
        units = engine.units
        recurrent = self.config.recurrent
        with m.If(control.discard if recurrent else control.claim):
            m.d.sync += self.result.goodness.as_value().eq(0)
        with m.If(units.done):
            goodness = self.result.goodness[sums.current][units.done_bank]
            more = units.goodness[units.done_bank]
            m.d.sync += goodness.eq(goodness + more if recurrent else more)

    def _add_phases(self, m: Module, control: Control, sums: LayerSums, engine: Engine) -> None:
        m.submodules.phases = phases = Phases(PHASES)
        m.d.comb += [
            phases.layer_start.eq(control.layer_start),
            phases.layer_done.eq(sums.done),
            phases.readout_start.eq(control.readout_start),
            phases.readout_done.eq(control.readout_done),
            self.phase.eq(phases.phase),
        ]
        if engine.step is not None:
            m.d.comb += phases.modulate.eq(engine.step.modulate)

    def _add_readout(self, m: Module, control: Control, handover: Handover, outputs: ActiveInputs) -> None:
        config, plan = self.config, self.readout_plan
        m.submodules.readout_control = reading = ReadoutControl(config, plan)
        m.submodules.readout_array = array = LaneArray(plan, lane="readout_lane")
        m.submodules.readout = readout = Readout(
            classes=config.classes,
            sum_bits=plan.sum_bits,
            shift=config.readout_shift,
            margin=config.margin if config.readout == "hinge" else None,
        )
        self._add_array(m, array, "readout_")
        m.d.comb += [
            reading.start.eq(control.readout_start),
            reading.lists.eq(handover.positives),
            control.readout_done.eq(reading.done),
            array.start.eq(reading.sweep_start),
            array.sweep.eq(reading.sweep),
            reading.ending.eq(array.ending),
            reading.writing.eq(array.working),
            array.entry.index.eq(outputs.entry.index),
            array.entry.value.eq(outputs.entry.value),
            readout.valid.eq(array.sums.valid),
            readout.sum.eq(array.sums.values[POSITIVE]),
            readout.label.eq(control.sample.label),
            reading.decided.eq(readout.done),
            self.result.prediction.eq(readout.prediction),
        ]
        if config.learning:
            m.d.comb += [
                reading.learn.eq(control.readout_learn),
                reading.learns.eq(readout.learns),
                readout.start.eq(reading.steps_start),
                readout.annealing.eq(control.annealing),
                reading.steps_last.eq(readout.step_last),
                array.steps_valid.eq(readout.step_valid),
                array.steps[0].eq(readout.step),
                self.readout_learning.eq(reading.steps_start),
            ]
        with m.If(reading.working):
            m.d.comb += [outputs.read_bank.eq(array.read_bank), outputs.read_address.eq(array.read_address)]
