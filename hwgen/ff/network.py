"""What works on one sample after the other: the layers' engine, as all machines have it."""

from typing import Any, NamedTuple

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.pipeline import read_layout
from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import entry_layout as listed_layout
from hwgen.ff.array import LaneArray
from hwgen.ff.config import FFConfig
from hwgen.ff.draw import STATE_BITS
from hwgen.ff.layer_step import LayerStep
from hwgen.ff.layout import engine_array, stage_of
from hwgen.ff.lists import ListReader, list_layout, output_format, output_readers, sample_readers
from hwgen.ff.lists import sample_format as sample_format_of
from hwgen.ff.phases import Phase
from hwgen.ff.plan import RANDOM_BITS, ArrayPlan, output_lists, sample_lists
from hwgen.ff.rounding import draw_layout
from hwgen.ff.signature import result_layout, trailer_layout
from hwgen.ff.sweep_control import SweepControl
from hwgen.ff.sweeps import lane_signature, use_layout
from hwgen.ff.unit_format import ANNEALING_BITS
from hwgen.ff.units import Units


def memory_members(plan: ArrayPlan, note: data.StructLayout, prefix: str) -> dict[str, Any]:
    """Between an array and its memory and generator."""
    return {
        f"{prefix}read": Out(read_layout(plan.word_format, use_layout(plan, note))),
        f"{prefix}synapses": In(lane_signature(plan, note)),
        f"{prefix}filling": In(1),
        f"{prefix}draw": Out(draw_layout(len(plan.layers))),
        f"{prefix}random": In(RANDOM_BITS),
        f"{prefix}working": Out(1),
        f"{prefix}saturated": Out(range(plan.lanes + 1)),
    }


class Engine(NamedTuple):
    """The parts that all machines have."""

    sweeps: SweepControl
    array: LaneArray
    units: Units
    step: LayerStep | None
    """None: the machine does not learn."""


class Network(wiring.Component):
    """A machine without its memories of samples and weights and its generators, which outlast a reset: what is common
    to :class:`~hwgen.ff.contrastive_network.ContrastiveNetwork` and
    :class:`~hwgen.ff.supervised_network.SupervisedNetwork`.

    Members: those of their control for lists of samples, results and what learns; ``read_bank``, ``read_address``,
    ``entry``: to the lists of samples, ``other_bank``, ``other_address``, ``other_entry``: to those that are read by
    two; those of :func:`memory_members`; ``saturated_layer``; ``control_draw``,
    ``control_state``: to the generator of views or wrong labels; ``result``: with ``result_valid``; ``phase``: what is
    being done; ``modulated``: strobe, ``scales`` are the modulators of layer ``current``.

    Args:
        config: the machine's parameters.
        more: members that not all machines have.
    """

    def __init__(self, config: FFConfig, more: dict[str, Any]) -> None:
        self.config = config
        self.plan = engine_array(config)
        self.stage = stage_of(config)
        sample_format = sample_format_of(config)
        members: dict[str, Any] = {
            "list_ready": In(1),
            "list": In(list_layout(sample_lists(config), config.layers[0])),
            "trailer": In(trailer_layout(config)),
            "claim": Out(1),
            "release": Out(1),
            "read_bank": Out(range(sample_lists(config))),
            "read_address": Out(sample_format.index_bits),
            "entry": In(listed_layout(sample_format)),
            "sample": Out(trailer_layout(config)),
            "result": Out(result_layout(config)),
            "result_valid": Out(1),
            "result_ready": In(1),
            "idle": Out(1),
            "saturated_layer": Out(range(config.depth)),
            "phase": Out(Phase),
            **memory_members(self.plan, self.stage.note, ""),
        }
        if config.learning:
            members |= {
                "learns": In(config.engines),
                "annealing": In(ANNEALING_BITS),
                "learning": Out(1),
                "learnt": Out(1),
                "control_draw": Out(1),
                "control_state": In(STATE_BITS),
                "modulated": Out(1),
                "scales": Out(data.ArrayLayout(config.modulator_bits, 2)),
                "current": Out(range(config.depth)),
            }
        if sample_readers(config) == 2:
            members |= {
                "other_bank": Out(range(sample_lists(config))),
                "other_address": Out(sample_format.index_bits),
                "other_entry": In(listed_layout(sample_format)),
            }
        super().__init__(members | more)

    def _add_engine(self, m: Module, control: wiring.Component, sums: wiring.Component) -> Engine:
        """The engine, between who controls samples and who controls a layer's passes."""
        m.submodules.control, m.submodules.sums = control, sums
        m.submodules.sweeps = sweeps = SweepControl(self.stage)
        m.submodules.array = array = LaneArray(self.plan, self.stage.note)
        m.submodules.units = units = Units(self.stage)
        m.d.comb += [
            control.list_ready.eq(self.list_ready),
            control.list.eq(self.list),
            control.trailer.eq(self.trailer),
            self.claim.eq(control.claim),
            self.release.eq(control.release),
            sums.start.eq(control.layer_start),
            sums.layer.eq(control.layer),
            control.layer_done.eq(sums.done),
            self.sample.eq(control.sample),
            self.result_valid.eq(control.result_valid),
            control.result_ready.eq(self.result_ready),
            self.idle.eq(control.idle),
            sweeps.layer.eq(sums.current),
            sweeps.prepare.eq(sums.prepare),
            sweeps.task.eq(sums.task),
            sweeps.asks.eq(sums.asks),
            sums.free.eq(sweeps.free),
            sums.running.eq(sweeps.running),
            array.start.eq(sweeps.start),
            array.sweep.eq(sweeps.sweep),
            sweeps.ending.eq(array.ending),
            units.sums.eq(array.sums),
            self.saturated_layer.eq(array.saturated_layer),
        ]
        self._add_array(m, array, "")
        if not self.config.learning:
            return Engine(sweeps, array, units, None)
        m.submodules.step = step = LayerStep(self.stage)
        self._add_step(m, control, sums, step, sweeps)
        m.d.comb += [
            units.layer.eq(sums.current),
            units.annealing.eq(control.annealing),
            units.modulate.eq(step.modulate),
            step.modulated.eq(units.modulated),
            step.scales.eq(units.scales),
            units.steps_start.eq(step.steps_start),
            step.steps_ready.eq(units.steps_ready),
            step.steps_last.eq(units.steps_last),
            units.group.eq(step.group),
            units.positive.eq(step.positive),
            units.negative.eq(step.negative),
            array.steps_valid.eq(units.steps_valid),
            array.steps.eq(units.steps),
            self.modulated.eq(units.modulated),
            self.scales.eq(units.scales),
            self.current.eq(sums.current),
        ]
        if self.plan.merges:
            m.d.comb += [units.merges.eq(step.merges), array.others.eq(units.others)]
        return Engine(sweeps, array, units, step)

    def _add_step(
        self,
        m: Module,
        control: wiring.Component,
        sums: wiring.Component,
        step: LayerStep,
        sweeps: SweepControl,
    ) -> None:
        """What learns, when, and the sweeps of a step."""
        m.d.comb += [
            control.learns.eq(self.learns),
            control.annealing_next.eq(self.annealing),
            self.learning.eq(control.learning),
            self.learnt.eq(control.learnt),
            self.control_draw.eq(control.draw),
            sums.learn.eq(control.learn),
            step.start.eq(sums.step_start),
            step.number.eq(sums.number),
            step.layer.eq(sums.current),
            sums.step_done.eq(step.done),
            sweeps.prepare_step.eq(step.prepare),
            sweeps.step_task.eq(step.task),
            sweeps.asks.eq(sums.asks | step.asks),
            step.free.eq(sweeps.free),
        ]

    def _add_array(self, m: Module, array: LaneArray, prefix: str) -> None:
        """Its memory and its generator."""
        synapses = getattr(self, f"{prefix}synapses")
        connect(m, wiring.flipped(synapses), array.synapses)
        m.d.comb += [
            getattr(self, f"{prefix}read").eq(array.read),
            array.filling.eq(getattr(self, f"{prefix}filling")),
            getattr(self, f"{prefix}draw").eq(array.draw),
            array.random.eq(getattr(self, f"{prefix}random")),
            getattr(self, f"{prefix}working").eq(array.working),
            getattr(self, f"{prefix}saturated").eq(array.saturated),
        ]

    def _add_outputs(self, m: Module, units: Units, handover: wiring.Component) -> ActiveInputs:
        """Lists of what layers give, when ``handover`` says so."""
        m.submodules.handover = handover
        output = output_format(self.config, self.plan.unit_lanes)
        m.submodules.outputs = outputs = ActiveInputs(
            banks=output_lists(self.config), readers=output_readers(self.config), **vars(output)
        )
        connect(m, units.x, outputs.x)
        m.d.comb += [
            units.give.eq(handover.give),
            handover.give_ready.eq(units.give_ready),
            units.give_layer.eq(handover.give_layer),
            units.give_bank.eq(handover.give_bank),
        ]
        return outputs

    def _add_reader(self, m: Module, array: LaneArray, outputs: ActiveInputs | None) -> None:
        """The array reads lists of samples, and of what layers give, if there are any."""
        sample = sample_format_of(self.config)
        output = None if outputs is None else outputs.sample
        m.submodules.reader = reader = ListReader(self.config, array.entry.shape(), sample, output)
        m.d.comb += [
            reader.bank.eq(array.read_bank),
            reader.sample_entry.eq(self.entry),
            array.entry.eq(reader.entry),
            self.read_bank.eq(array.read_bank),
            self.read_address.eq(array.read_address),
        ]
        if outputs is not None:
            m.d.comb += [
                reader.output_entry.eq(outputs.entry),
                outputs.read_bank.eq(array.read_bank),
                outputs.read_address.eq(array.read_address),
            ]
        if self.plan.merges:
            self._add_other_reader(m, array, sample, outputs)

    def _add_other_reader(
        self, m: Module, array: LaneArray, sample: SampleFormat, outputs: ActiveInputs | None
    ) -> None:
        """The same for the second list of a union: of samples, of what layers give, or of either."""
        if outputs is not None and outputs.readers == 1:
            outputs = None
        if outputs is not None:
            m.d.comb += [outputs.other_bank.eq(array.other_bank), outputs.other_address.eq(array.other_address)]
            if sample_readers(self.config) == 1:
                m.d.comb += [
                    array.other_entry.index.eq(outputs.other_entry.index),
                    array.other_entry.value.eq(outputs.other_entry.value),
                ]
                return
        output = None if outputs is None else outputs.sample
        m.submodules.other_reader = reader = ListReader(self.config, array.entry.shape(), sample, output)
        m.d.comb += [
            reader.bank.eq(array.other_bank),
            reader.sample_entry.eq(self.other_entry),
            array.other_entry.eq(reader.entry),
            self.other_bank.eq(array.other_bank),
            self.other_address.eq(array.other_address),
        ]
        if outputs is not None:
            m.d.comb += reader.output_entry.eq(outputs.other_entry)
