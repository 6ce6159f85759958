"""What works on one sample after the other: layers, their units and lists, the read-out, and who controls them."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.pipeline import read_layout
from hwgen.crossbar.scanner import entry_layout as listed_layout
from hwgen.ff.array import LaneArray
from hwgen.ff.config import FFConfig
from hwgen.ff.control import Control
from hwgen.ff.draw import STATE_BITS, coordinate
from hwgen.ff.handover import Handover
from hwgen.ff.layer_control import LayerControl
from hwgen.ff.layout import engine_array, readout_array, stage_of
from hwgen.ff.lists import SAMPLE_BANKS, ListReader, list_layout, output_entries, output_format, output_lists
from hwgen.ff.lists import sample_format as sample_format_of
from hwgen.ff.plan import RANDOM_BITS, ArrayPlan
from hwgen.ff.program import FIRST_VIEW, POSITIVE
from hwgen.ff.readout import Readout
from hwgen.ff.readout_control import ReadoutControl
from hwgen.ff.rounding import draw_layout
from hwgen.ff.signature import result_layout, trailer_layout
from hwgen.ff.sweeps import NO_NOTE, lane_signature, use_layout
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


class Network(wiring.Component):
    """A contrastive machine without its memories of samples and weights and its generators, which outlast a reset.

    Members: those of :class:`~hwgen.ff.control.Control` for lists of samples, results and what learns; ``read_bank``,
    ``read_address``, ``entry``: to the lists of samples; those of :func:`memory_members`, for the layers and, with
    ``readout_`` before their names, for the read-out; ``saturated_layer``; ``view_state``: of the generator of views;
    ``result``: with ``result_valid``; ``modulated``: strobe, ``scales`` are the modulators of layer ``current``;
    ``readout_learning``: strobe, the read-out begins to learn.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        self.plan = engine_array(config)
        self.readout_plan = readout_array(config)
        self.stage = stage_of(config)
        sample_format = sample_format_of(config)
        members: dict[str, Any] = {
            "list_ready": In(1),
            "list": In(list_layout(SAMPLE_BANKS, config.inputs)),
            "trailer": In(trailer_layout(config)),
            "claim": Out(1),
            "release": Out(1),
            "read_bank": Out(range(SAMPLE_BANKS)),
            "read_address": Out(sample_format.index_bits),
            "entry": In(listed_layout(sample_format)),
            "sample": Out(trailer_layout(config)),
            "result": Out(result_layout(config)),
            "result_valid": Out(1),
            "result_ready": In(1),
            "idle": Out(1),
            "saturated_layer": Out(range(config.depth)),
            **memory_members(self.plan, self.stage.note, ""),
            **memory_members(self.readout_plan, NO_NOTE, "readout_"),
        }
        if config.learning:
            members |= {
                "known": Out(1),
                "forget": In(1),
                "learns": In(config.engines),
                "annealing": In(ANNEALING_BITS),
                "learning": Out(1),
                "learnt": Out(1),
                "draw_views": Out(1),
                "view_state": In(STATE_BITS),
                "modulated": Out(1),
                "scales": Out(data.ArrayLayout(config.modulator_bits, 2)),
                "current": Out(range(config.depth)),
                "readout_learning": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        m.submodules.control = control = Control(config)
        m.submodules.layer = layer = LayerControl(self.stage)
        m.submodules.array = array = LaneArray(self.plan, self.stage.note)
        m.submodules.units = units = Units(self.stage)
        m.submodules.handover = handover = Handover(
            self.stage, entries=output_entries(config), banks=output_lists(config)
        )
        output = output_format(config, self.plan.unit_lanes)
        m.submodules.outputs = outputs = ActiveInputs(banks=output_lists(config), **vars(output))
        self._add_control(m, control, layer, handover)
        self._add_array(m, array, "")
        m.d.comb += self.saturated_layer.eq(array.saturated_layer)
        self._add_sweeps(m, control, layer, array, units)
        self._add_result(m, control, layer, units)

        # Lists of outputs.
        connect(m, units.x, outputs.x)
        m.d.comb += [
            units.give.eq(handover.give),
            handover.give_ready.eq(units.give_ready),
            units.give_layer.eq(handover.give_layer),
            units.give_bank.eq(handover.give_bank),
            handover.pass_done.eq(units.done),
            handover.pass_bank.eq(units.done_bank),
            handover.ready.eq(outputs.ready),
            handover.bank.eq(outputs.bank),
            handover.count.eq(outputs.count),
            outputs.claim.eq(handover.claim),
            outputs.discard.eq(control.discard),
        ]
        reading = self._add_readout(m, control, handover, outputs)
        m.submodules.reader = reader = ListReader(config, array.entry.shape(), sample_format_of(config), output)
        m.d.comb += [
            reader.bank.eq(array.read_bank),
            reader.sample_entry.eq(self.entry),
            reader.output_entry.eq(outputs.entry),
            array.entry.eq(reader.entry),
            self.read_bank.eq(array.read_bank),
            self.read_address.eq(array.read_address),
        ]
        with m.If(~reading):
            m.d.comb += [outputs.read_bank.eq(array.read_bank), outputs.read_address.eq(array.read_address)]
        return m

    def _add_control(self, m: Module, control: Control, layer: LayerControl, handover: Handover) -> None:
        m.d.comb += [
            control.list_ready.eq(self.list_ready),
            control.list.eq(self.list),
            control.trailer.eq(self.trailer),
            self.claim.eq(control.claim),
            self.release.eq(control.release),
            layer.start.eq(control.layer_start),
            layer.layer.eq(control.layer),
            layer.lists.eq(control.lists),
            control.layer_done.eq(layer.done),
            handover.start.eq(control.handover_start),
            handover.layer.eq(control.layer),
            handover.both.eq(control.both),
            control.handover_done.eq(handover.done),
            control.positives.eq(handover.positives),
            control.negative.eq(handover.negative),
            self.sample.eq(control.sample),
            self.result_valid.eq(control.result_valid),
            control.result_ready.eq(self.result_ready),
            self.idle.eq(control.idle),
        ]
        if self.config.learning:
            m.d.comb += [
                layer.pairs.eq(control.pairs),
                layer.learn.eq(control.learn),
                self.known.eq(control.known),
                control.forget.eq(self.forget),
                control.learns.eq(self.learns),
                control.annealing_next.eq(self.annealing),
                self.learning.eq(control.learning),
                self.learnt.eq(control.learnt),
                self.draw_views.eq(control.draw),
            ]
        if self.plan.frame is not None:
            for number, view in enumerate(layer.views):
                m.d.comb += [
                    view.right.eq(coordinate(self.view_state, 2 * (number - FIRST_VIEW), self.plan.frame.most)),
                    view.down.eq(coordinate(self.view_state, 2 * (number - FIRST_VIEW) + 1, self.plan.frame.most)),
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

    def _add_sweeps(self, m: Module, control: Control, layer: LayerControl, array: LaneArray, units: Units) -> None:
        m.d.comb += [
            array.start.eq(layer.sweep_start),
            array.sweep.eq(layer.sweep),
            layer.ending.eq(array.ending),
            units.sums.eq(array.sums),
            layer.pass_done.eq(units.done),
            layer.pass_bank.eq(units.done_bank),
        ]
        if self.config.learning:
            m.d.comb += [
                units.layer.eq(layer.current),
                units.annealing.eq(control.annealing),
                units.modulate.eq(layer.modulate),
                layer.modulated.eq(units.modulated),
                layer.scales.eq(units.scales),
                units.steps_start.eq(layer.steps_start),
                layer.steps_ready.eq(units.steps_ready),
                layer.steps_last.eq(units.steps_last),
                units.group.eq(layer.group),
                units.positive.eq(layer.positive),
                units.negative.eq(layer.negative),
                array.steps_valid.eq(units.steps_valid),
                array.steps.eq(units.steps),
                self.modulated.eq(units.modulated),
                self.scales.eq(units.scales),
                self.current.eq(layer.current),
            ]

    def _add_result(self, m: Module, control: Control, layer: LayerControl, units: Units) -> None:
        """Goodness of the passes that there are."""
        with m.If(control.claim):
            m.d.sync += self.result.goodness.as_value().eq(0)
        with m.If(units.done):
            m.d.sync += self.result.goodness[layer.current][units.done_bank].eq(units.goodness[units.done_bank])

    def _add_readout(self, m: Module, control: Control, handover: Handover, outputs: ActiveInputs) -> Value:
        """Returns whether it reads the lists of outputs."""
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
        return reading.working
