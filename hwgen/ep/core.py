"""The equilibrium-propagation machine: input lists, synapse memory, lanes, outputs, and the registers around them."""

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.fill import LFSR_WIDTH, Matrix, SignFill
from hwgen.crossbar.memory import SynapseMemory
from hwgen.crossbar.sweep import InputSweep
from hwgen.ep.array import LaneArray
from hwgen.ep.config import EPConfig
from hwgen.ep.control import Control
from hwgen.ep.drive import Drive
from hwgen.ep.memory import packed, to_words
from hwgen.ep.outputs import Nudge, Outputs
from hwgen.ep.parallel_outputs import ParallelOutputs
from hwgen.ep.plan import BANKS, ROW_STAGES, EPPlan
from hwgen.ep.registers import CORE_NUMBER, register_map
from hwgen.ep.schedule import Schedule
from hwgen.ep.signature import result_layout, trailer_layout
from hwgen.ep.statistics import Statistics
from hwgen.ep.weights import EPWeights
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns
from hwgen.parts.skid_buffer import SkidBuffer
from hwgen.parts.wide_counter import WideCounter

MEMORY_STAGES = 2
"""Clocks from the address of a synapse word to the word."""


def request_layout(config: EPConfig) -> data.StructLayout:
    """What a synapse word is read for: the drive, beginning with ``clear`` and ending with ``last``, or learning."""
    members: dict[str, data.ShapeLike] = {"drive": 1, "clear": 1, "last": 1, "address": range(EPPlan(config).words)}
    if config.input_bits > 1:
        members["value"] = config.input_bits
    if config.learning:
        members |= {"learn_row": 1, "learn_input": 1}
    return data.StructLayout(members)


class EPCore(wiring.Component):
    """The equilibrium-propagation machine of a config.

    Args:
        config: its parameters.
        weights: what the synapse memory of the Verilog holds; without them, the machine fills it by itself when it is
            first clocked, from ``config.seed``.

    Members: ``bus``: registers and synapse memory; ``x``: samples, :attr:`~hwgen.ep.config.EPConfig.sample_beats`
    transfers each; ``y``: results, one for each sample, in order; ``irq``: see
    :class:`~hwgen.bus.interrupts.Interrupts`.

    Reset leaves the synapses and the random state as they are.
    """

    def __init__(self, config: EPConfig, weights: EPWeights | None = None) -> None:
        self.config = config
        self.weights = weights
        self.plan = EPPlan(config)
        self.map = register_map(config)
        self.identity = IDENTITY_MAGIC << 16 | CORE_NUMBER
        self.x_beats = config.sample_beats
        super().__init__(
            {
                "bus": In(BusSignature()),
                "x": In(stream.Signature(config.stream_bits)),
                "y": Out(stream.Signature(result_layout(config))),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, plan = self.config, self.plan
        flush = Signal()  # the samples in the machine are dropped

        m.submodules.bank = bank = RegisterBank(self.map)
        lists = ActiveInputs(
            inputs=config.inputs,
            pixel_bits=config.pixel_bits,
            input_bits=config.input_bits,
            input_threshold=config.input_threshold,
            beat_bits=config.stream_bits,
            trailer_bits=1 + config.class_bits,
            banks=BANKS,
        )
        sweep = InputSweep(lists.signature.members["entry"].shape, config.inputs, BANKS, plan.words)
        drive = Drive(config)
        control = Control(config)
        schedule = Schedule(config)
        words = None if self.weights is None else to_words(config, self.weights)
        array = LaneArray(
            config, [] if words is None else packed(words[plan.input_words :] >> config.synapse_bits - 1, 1)
        )
        outputs = ParallelOutputs(config) if plan.parallel else Outputs(config)
        m.submodules.lists = lists
        for name, block in (
            ("sweep", sweep),
            ("drive", drive),
            ("control", control),
            ("schedule", schedule),
            ("array", array),
            ("outputs", outputs),
        ):
            m.submodules[name] = ResetInserter(flush)(block)
        m.submodules.memory = memory = SynapseMemory(
            plan.words, config.lanes, config.synapse_bits, None if words is None else packed(words, config.synapse_bits)
        )
        m.submodules.fill = fill = SignFill(self._matrices(), config.lanes)
        # The buffer is not reset with the rest: a result once offered on y stays until it is taken.
        m.submodules.result = result = SkidBuffer(result_layout(config))

        connect(m, flipped(self.bus), bank.bus)
        connect(m, bank.synapses, memory.window)
        connect(m, result.o, flipped(self.y))
        self._add_samples(m, lists, sweep, drive, control, schedule)
        self._add_synapses(m, schedule, sweep, drive, control, array, memory, fill)
        self._add_outputs(m, schedule, control, array, outputs)
        statistics = self._add_result(m, control, outputs, result, flush)
        self._add_registers(m, bank, flush, statistics, lists, drive, control, memory, fill)
        return m

    def _matrices(self) -> tuple[Matrix, ...]:
        """The weight layers in the synapse memory."""
        config, groups = self.config, self.plan.groups
        bases = [slot.base for slot in self.plan.slots if slot.first]
        return (
            Matrix(0, config.inputs, groups[0]),
            *(Matrix(*matrix) for matrix in zip(bases, config.layers[2:], groups, strict=True)),
        )

    def _add_samples(
        self, m: Module, lists: ActiveInputs, sweep: InputSweep, drive: Drive, control: Control, schedule: Schedule
    ) -> None:
        """A sample's way from its list over its drive to its phases."""
        groups = self.plan.groups[0]
        trailer = data.View(trailer_layout(self.config), lists.trailer)
        m.d.comb += [
            drive.list_ready.eq(lists.ready),
            drive.list.bank.eq(lists.bank),
            drive.list.count.eq(lists.count),
            drive.list.trailer.label.eq(trailer.label),
            drive.list.trailer.learn.eq(trailer.learn & (trailer.label < self.config.classes)),
            lists.claim.eq(drive.claim),
            lists.read_bank.eq(sweep.read_bank),
            lists.read_address.eq(sweep.read_address),
            lists.release.eq(control.result_valid & control.result_ready),
            sweep.entry.eq(lists.entry),
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
            with m.If(control.sweep_start):
                m.d.comb += [
                    sweep.start.eq(1),
                    sweep.base.eq(Array(self.plan.input_base(each) for each in range(groups))[control.sweep_group]),
                    sweep.bank.eq(control.sample.bank),
                    sweep.count.eq(control.sample.count),
                ]

    def _add_synapses(
        self,
        m: Module,
        schedule: Schedule,
        sweep: InputSweep,
        drive: Drive,
        control: Control,
        array: LaneArray,
        memory: SynapseMemory,
        fill: SignFill,
    ) -> None:
        """From the request of a synapse word to its writing back."""
        config = self.config
        learning = control.learning if config.learning else 0
        asked = Signal(request_layout(config))
        m.d.comb += [
            asked.drive.eq(sweep.request.valid & ~learning),
            asked.clear.eq(sweep.request.clear),
            asked.last.eq(sweep.request.last & ~learning),
            asked.address.eq(sweep.request.address),
            memory.read_enable.eq(sweep.request.valid),
            memory.read_address.eq(asked.address),
        ]
        if config.input_bits > 1:
            m.d.comb += asked.value.eq(sweep.request.entry.value)
        if config.learning:
            row = Signal()
            row_address = Signal.like(schedule.address)
            learns = sweep.request.entry.learn if config.input_bits > 1 else 1
            m.d.sync += [row.eq(schedule.operation.learn), row_address.eq(schedule.address)]
            m.d.comb += [asked.learn_row.eq(row), asked.learn_input.eq(sweep.request.valid & learning & learns)]
            with m.If(row):
                m.d.comb += [memory.read_enable.eq(1), asked.address.eq(row_address)]
        at_word = asked
        for clock in range(MEMORY_STAGES):
            following = Signal(request_layout(config), name=f"asked_{clock}")
            m.d.sync += following.eq(at_word)
            at_word = following

        summed = Signal()
        write = Signal()
        write_address = Signal.like(asked.address)
        half = Signal()
        learnt = at_word.learn_row | at_word.learn_input if config.learning else 0
        m.d.sync += [
            summed.eq(at_word.last),
            write.eq(learnt | memory.bus_write),
            write_address.eq(Mux(memory.bus_write, memory.bus_address, at_word.address)),
            half.eq(half ^ control.take),
        ]
        m.d.comb += [
            array.word.eq(memory.word),
            array.synapse.accumulate.eq(at_word.drive),
            array.synapse.clear.eq(at_word.clear),
            array.synapse.fill.eq(fill.fill),
            array.synapse.shift.eq(fill.shift),
            array.sign.eq(fill.sign),
            array.select.eq(memory.bus_select),
            array.data.eq(memory.bus_data),
            array.keep_drive.eq(summed),
            array.group.eq(drive.group),
            array.half.eq(half),
            drive.summed.eq(summed),
            memory.write_enable.eq(write | fill.write),
            memory.write_address.eq(Mux(fill.write, fill.address, write_address)),
            memory.write_word.eq(array.write_word),
            array.write_signs.eq(memory.write_enable),
            array.sign_address.eq(memory.write_address),
        ]
        if config.input_bits > 1:
            m.d.comb += array.synapse.value.eq(at_word.value)
        if config.learning:
            flips = Signal()
            flips_input = Signal()
            m.d.sync += [flips.eq(learnt), flips_input.eq(at_word.learn_input)]
            m.d.comb += [
                array.synapse.learn_row.eq(at_word.learn_row),
                array.synapse.learn_input.eq(at_word.learn_input),
                array.synapse.invert.eq((config.nudging == "random-sign") & (control.nudge == Nudge.AWAY)),
                array.flips.eq(flips),
                array.flips_input.eq(flips_input),
            ]

    def _add_outputs(self, m: Module, schedule: Schedule, control: Control, array: LaneArray, outputs: Outputs) -> None:
        """The relaxation's way between lanes and output neurons."""
        plan = self.plan
        m.d.comb += [
            array.operation.eq(schedule.operation),
            array.address.eq(schedule.address),
            array.stop.eq(schedule.done),
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
                array.keep.eq(control.keep),
                outputs.keep.eq(control.keep_outputs),
                control.differ.eq(outputs.activity != outputs.kept),
                control.counted.eq(array.counted),
                control.flipped.eq(array.flipped),
                control.flipped_input.eq(array.flipped_input),
                control.count.eq(array.count),
            ]

    def _add_result(
        self, m: Module, control: Control, outputs: Outputs, result: SkidBuffer, flush: Signal
    ) -> Statistics:
        """What is said of a sample, and what is counted."""
        config = self.config
        predicted = Signal()  # the prediction of the free phase stands at the outputs
        prediction = Signal.like(outputs.prediction)
        states = Signal.like(outputs.states)
        m.d.sync += predicted.eq(control.predicted)
        with m.If(predicted):
            m.d.sync += [prediction.eq(outputs.prediction), states.eq(outputs.states)]
        payload = result.i.payload
        m.d.comb += [
            payload.prediction.eq(prediction),
            payload.states.eq(states),
            payload.free_steps.eq(control.free_steps),
            payload.nudged_steps.eq(control.nudged_steps),
            result.i.valid.eq(control.result_valid),
            control.result_ready.eq(result.i.ready),
        ]
        complete = control.result_valid & control.result_ready
        if config.learning:
            m.d.comb += [payload.changed.eq(control.changed), payload.flips.eq(control.flips)]
            complete |= control.result_valid & control.learnt & flush

        m.submodules.statistics = statistics = Statistics(config)
        m.d.comb += [
            statistics.complete.eq(complete),
            statistics.wrong.eq(prediction != control.sample.trailer.label),
            statistics.free_steps_more.eq(control.free_steps),
            statistics.in_free.eq(control.relaxing),
        ]
        if config.learning:
            m.d.comb += [
                statistics.learn.eq(control.sample.trailer.learn),
                statistics.nudged_steps_more.eq(control.nudged_steps),
                statistics.flips_more.eq(control.flips),
                statistics.in_free.eq(control.relaxing & ~control.nudging),
                statistics.in_nudged.eq(control.nudging),
                statistics.in_learn.eq(control.learning),
            ]
        return statistics

    def _add_registers(
        self,
        m: Module,
        bank: RegisterBank,
        flush: Signal,
        statistics: Statistics,
        lists: ActiveInputs,
        drive: Drive,
        control: Control,
        memory: SynapseMemory,
        fill: SignFill,
    ) -> None:
        """The bus's view, soft reset, and filling the memory."""
        config = self.config
        strobes = fields_of(self.map.register("control"), bank.control)
        learning = control.learning if config.learning else 0

        # A sample that has begun to learn learns to the end: a soft reset leaves no half of it in the memory.
        resetting = Signal()
        m.d.comb += flush.eq(resetting & ~learning)
        m.d.sync += resetting.eq((resetting & ~flush) | strobes["soft_reset"])

        # Memory and random state outlast a reset. Until it is filled for the first time, the memory holds nothing.
        filled = Signal(init=self.weights is not None, reset_less=True)
        random = Signal(32, init=config.seed if self.weights is None else self.weights.random, reset_less=True)
        asked = Signal()
        busy = Signal()
        absent = Signal()  # what x brings is not taken
        m.d.comb += [
            busy.eq(lists.occupied | ~control.idle | self.y.valid | resetting),
            absent.eq(~filled | asked | fill.working | resetting),
            fill.start.eq(~fill.working & (~filled | asked)),
            fill.seed.eq(Mux(bank.seed == 0, config.seed, bank.seed)),
            lists.x.payload.eq(self.x.payload),
            lists.x.valid.eq(self.x.valid & ~absent),
            self.x.ready.eq(lists.x.ready & ~absent),
            lists.discard.eq(flush),
            memory.locked.eq(busy | absent),
            drive.hold.eq(memory.accessing | (control.hold if config.learning else 0)),
        ]
        m.d.sync += asked.eq(strobes["initialise"] & ~busy & ~self.x.valid & ~memory.accessing)
        with m.If(fill.done):
            m.d.sync += filled.eq(1)
        with m.If(fill.start):
            m.d.sync += [filled.eq(0), random.eq(fill.seed)]
        with m.Elif(strobes["set_random"]):
            m.d.sync += random.eq(bank.seed)
        if config.nudging == "random-sign":
            with m.Elif(statistics.complete & statistics.learn):
                m.d.sync += random.eq(linear(step_columns(LFSR_WIDTH), random))
        if config.learning:
            m.d.comb += control.random.eq(random[0])

        # Transfers of x are counted by samples: the last one of each.
        beat = Signal(range(self.x_beats))
        taken = self.x.valid & self.x.ready
        whole = beat == self.x_beats - 1
        with m.If(taken):
            m.d.sync += beat.eq(Mux(whole, 0, beat + 1))
        with m.If(flush):
            m.d.sync += beat.eq(0)
        m.submodules.samples = samples = WideCounter(64)
        m.submodules.busy_cycles = busy_cycles = WideCounter(64)
        trailer = data.View(trailer_layout(config), self.x.payload[: 1 + config.class_bits])
        m.d.comb += [
            samples.increment.eq(taken & whole),
            samples.clear.eq(strobes["soft_reset"]),
            busy_cycles.increment.eq(drive.working | ~(control.idle | (control.result_valid & ~control.result_ready))),
            busy_cycles.clear.eq(strobes["soft_reset"]),
            statistics.clear.eq(strobes["clear_statistics"]),
            statistics.in_drive.eq(drive.working),
            bank.clear.eq(strobes["soft_reset"]),
            bank.identity.eq(self.identity),
            bank.config_hash.eq(config.hash),
            bank.content_hash.eq(0 if self.weights is None else self.weights.digest),
            bank.status.eq(Cat(busy, absent)),
            bank.errors.eq(taken & whole & trailer.learn & (trailer.label >= config.classes)),
            bank.busy_cycles.eq(busy_cycles.value),
            bank.samples.eq(samples.value),
            bank.random.eq(random),
        ]
        for name in statistics.counts:
            m.d.comb += getattr(bank, name).eq(getattr(statistics, name))
        for phase in statistics.clocks:
            m.d.comb += getattr(bank, f"{phase}_cycles").eq(getattr(statistics, f"{phase}_cycles"))
        connect_interrupts(m, bank, y=self.y, busy=busy, irq=self.irq)
