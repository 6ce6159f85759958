"""The network at work: drive, phases and learning of one sample after the other."""

from amaranth.hdl import Array, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.crossbar.active import entry_layout
from hwgen.crossbar.pipeline import read_layout
from hwgen.crossbar.sweep import InputSweep
from hwgen.ep.array import LaneArray
from hwgen.ep.config import EPConfig
from hwgen.ep.control import Control
from hwgen.ep.drive import Drive
from hwgen.ep.outputs import Nudge, Outputs
from hwgen.ep.parallel_outputs import ParallelOutputs
from hwgen.ep.plan import BANKS, ROW_STAGES, EPPlan
from hwgen.ep.schedule import Schedule
from hwgen.ep.signature import list_layout, result_layout
from hwgen.ep.synapses import lane_signature, tag_layout


class Network(wiring.Component):
    """Everything that a soft reset drops: what is known of the samples in work, but not the synapses.

    Members: ``list_ready``, ``list``, ``claim``, ``release``, ``read_bank``, ``read_address``, ``entry``: lists of
    active inputs, see :class:`~hwgen.crossbar.active.ActiveInputs`; ``read``, ``synapses``: synapse words, see
    :class:`~hwgen.crossbar.pipeline.SynapsePipeline`; ``hold``: begin with no list;
    ``random``: sign of a random nudge; ``result``, ``result_valid``, ``result_ready``: as a stream; ``learn``,
    ``wrong``: this sample was learnt from, its prediction is not its label; ``learnt``: synapses have changed with
    it; ``idle``: no sample relaxes; ``driving``, ``relaxing``, ``nudging``, ``learning``: what this clock is spent on.

    Args:
        config: its parameters.
        signs: what the sign memory holds from the start: a number for each of its words; none if empty.
    """

    def __init__(self, config: EPConfig, signs: list[int]) -> None:
        self.config = config
        self.plan = EPPlan(config)
        self.signs = signs
        sample = self.plan.sample_format
        members = {
            "list_ready": In(1),
            "list": In(list_layout(config)),
            "claim": Out(1),
            "release": Out(1),
            "read_bank": Out(range(BANKS)),
            "read_address": Out(sample.index_bits),
            "entry": In(entry_layout(sample)),
            "read": Out(read_layout(self.plan.word_format, tag_layout(config))),
            "synapses": In(lane_signature(config)),
            "hold": In(1),
            "result": Out(result_layout(config)),
            "result_valid": Out(1),
            "result_ready": In(1),
            "wrong": Out(1),
            "idle": Out(1),
            "driving": Out(1),
            "relaxing": Out(1),
        }
        if config.learning:
            members |= {name: Out(1) for name in ("learn", "learnt", "nudging", "learning")}
            members["random"] = In(1)
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        m.submodules.sweep = sweep = InputSweep(
            entry_layout(self.plan.sample_format), config.inputs, BANKS, self.plan.words
        )
        m.submodules.drive = drive = Drive(config)
        m.submodules.control = control = Control(config)
        m.submodules.schedule = schedule = Schedule(config)
        m.submodules.array = array = LaneArray(config, self.signs)
        m.submodules.outputs = outputs = ParallelOutputs(config) if self.plan.parallel else Outputs(config)
        self._add_samples(m, sweep, drive, control, schedule)
        self._add_reads(m, sweep, control, schedule)
        self._add_array(m, drive, control, schedule, array)
        self._add_outputs(m, schedule, control, array, outputs)
        self._add_result(m, drive, control, outputs)
        return m

    def _add_samples(self, m: Module, sweep: InputSweep, drive: Drive, control: Control, schedule: Schedule) -> None:
        """A sample's way from its list over its drive to its phases."""
        groups = self.plan.groups[0]
        m.d.comb += [
            drive.list_ready.eq(self.list_ready),
            drive.list.eq(self.list),
            drive.hold.eq(self.hold),
            self.claim.eq(drive.claim),
            self.read_bank.eq(sweep.read_bank),
            self.read_address.eq(sweep.read_address),
            sweep.entry.eq(self.entry),
            sweep.start.eq(drive.start),
            sweep.clear.eq(drive.start),
            sweep.base.eq(drive.base),
            sweep.bank.eq(drive.sample.bank),
            sweep.count.eq(drive.sample.count),
            drive.ending.eq(sweep.ending),
            drive.take.eq(control.take),
            control.driven.eq(drive.driven),
            control.driven_sample.eq(drive.sample),
            schedule.start.eq(control.start),
            schedule.command.eq(control.command),
            schedule.most_steps.eq(control.most_steps),
            schedule.begin.eq(control.begin),
            schedule.load_slot.eq(control.load_slot),
            control.done.eq(schedule.done),
            control.steps.eq(schedule.steps),
        ]
        if self.config.learning:
            m.d.comb += [
                drive.again.eq(control.again),
                control.drive_working.eq(drive.working),
                control.sweep_ending.eq(sweep.ending),
            ]
            with m.If(control.hold):
                m.d.comb += drive.hold.eq(1)
            m.d.comb += sweep.slow.eq(control.learning & (self.config.memory_ports == 1))
            with m.If(control.sweep_start):
                m.d.comb += [
                    sweep.start.eq(1),
                    sweep.base.eq(Array(self.plan.input_base(each) for each in range(groups))[control.sweep_group]),
                    sweep.bank.eq(control.sample.bank),
                    sweep.count.eq(control.sample.count),
                ]

    def _add_reads(self, m: Module, sweep: InputSweep, control: Control, schedule: Schedule) -> None:
        """What synapse words are read for: drive or learning of what the sweep asks for, or a row that learns."""
        request, read, tag = sweep.request, self.read, self.read.tag
        learning = control.learning if self.config.learning else 0
        m.d.comb += [
            read.valid.eq(request.valid),
            read.address.eq(request.address),
            tag.drive.eq((request.valid & ~learning) | request.clear),
            tag.clear.eq(request.clear),
            tag.last.eq(request.last & ~learning),
        ]
        if self.config.input_bits > 1:
            m.d.comb += tag.value.eq(request.entry.value)
        if self.config.learning:
            row = Signal()
            row_address = Signal.like(schedule.address)
            learns = request.entry.learn if self.config.input_bits > 1 else 1
            m.d.sync += [row.eq(schedule.operation.learn), row_address.eq(schedule.address)]
            m.d.comb += [
                tag.learn.eq(row | tag.learn_input),
                tag.learn_input.eq(request.valid & learning & learns),
                read.update.eq(tag.learn),
            ]
            with m.If(row):
                m.d.comb += [read.valid.eq(1), read.address.eq(row_address)]

    def _add_array(self, m: Module, drive: Drive, control: Control, schedule: Schedule, array: LaneArray) -> None:
        """What the lanes do with operations and synapses."""
        half = Signal()
        m.d.sync += half.eq(half ^ control.take)
        connect(m, flipped(self.synapses), array.synapses)
        m.d.comb += [
            drive.summed.eq(array.summed),
            array.operation.eq(schedule.operation),
            array.address.eq(schedule.address),
            array.stop.eq(schedule.done),
            array.group.eq(drive.group),
            array.half.eq(half),
        ]
        if self.config.learning:
            m.d.comb += [
                array.keep.eq(control.keep),
                array.invert.eq((self.config.nudging == "random-sign") & (control.nudge == Nudge.AWAY)),
                control.counted.eq(array.counted),
                control.flipped.eq(array.flipped),
                control.flipped_input.eq(array.flipped_input),
                control.count.eq(array.count),
                control.random.eq(self.random),
            ]

    def _add_outputs(self, m: Module, schedule: Schedule, control: Control, array: LaneArray, outputs: Outputs) -> None:
        """The relaxation's way between lanes and output neurons."""
        plan = self.plan
        m.d.comb += [
            array.activity.eq(outputs.activity),
            array.kept.eq(outputs.kept),
            outputs.row.eq(array.row),
            outputs.total.eq(array.total),
            outputs.nudge.eq(control.nudge),
            outputs.label.eq(control.sample.trailer.label),
            outputs.clear.eq(control.take),
            outputs.stop.eq(schedule.done),
        ]
        # As late as what the lanes say of the same step.
        changed = outputs.changed
        for clock in range(plan.decision_delay - ROW_STAGES - plan.outputs_stages):
            delayed = Signal(name=f"changed_{clock}")
            m.d.sync += delayed.eq(changed)
            changed = delayed
        m.d.comb += schedule.changed.eq(array.changed | changed)
        if self.config.learning:
            m.d.comb += [
                outputs.keep.eq(control.keep_outputs),
                control.differ.eq(outputs.activity != outputs.kept),
            ]

    def _add_result(self, m: Module, drive: Drive, control: Control, outputs: Outputs) -> None:
        """What is said of a sample."""
        predicted = Signal()  # the prediction of the free phase stands at the outputs
        prediction = Signal.like(outputs.prediction)
        states = Signal.like(outputs.states)
        m.d.sync += predicted.eq(control.predicted)
        with m.If(predicted):
            m.d.sync += [prediction.eq(outputs.prediction), states.eq(outputs.states)]
        m.d.comb += [
            self.result.prediction.eq(prediction),
            self.result.states.eq(states),
            self.result.free_steps.eq(control.free_steps),
            self.result_valid.eq(control.result_valid),
            control.result_ready.eq(self.result_ready),
            self.release.eq(control.result_valid & control.result_ready),
            self.wrong.eq(prediction != control.sample.trailer.label),
            self.idle.eq(control.idle),
            self.driving.eq(drive.working),
            self.relaxing.eq(control.relaxing),
        ]
        if self.config.learning:
            m.d.comb += [
                self.result.negative_steps.eq(control.negative_steps),
                self.result.positive_steps.eq(control.positive_steps),
                self.result.changed.eq(control.changed),
                self.result.flips.eq(control.flips),
                self.learn.eq(control.sample.trailer.learn),
                self.learnt.eq(control.learnt),
                self.nudging.eq(control.nudging),
                self.learning.eq(control.learning),
            ]
