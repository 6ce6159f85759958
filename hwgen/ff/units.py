"""What becomes of the sums that leave an engine's lanes: activations and goodness, outputs, and steps for updates."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.activation import Activation
from hwgen.ff.arithmetic import of_group, of_layer
from hwgen.ff.array import sums_layout
from hwgen.ff.modulator import NEGATIVE, POSITIVE, Modulator
from hwgen.ff.normaliser import Normaliser
from hwgen.ff.padding import Padding
from hwgen.ff.stage import Stage
from hwgen.ff.steps import PASSES, Steps, step_bits
from hwgen.ff.unit_format import ANNEALING_BITS
from hwgen.ff.unit_memory import UnitMemory


class Units(wiring.Component):
    """The units of an engine's layers: one memory of their scaled sums or activations for the normaliser, which reads
    it while updates read one of activations.

    Args:
        stage: what it is built from.

    Members:

    - ``sums``: from the lanes, noted with :attr:`~hwgen.ff.stage.Stage.note`; ``done``, ``done_bank``, ``goodness``: of
      the pass kept in each bank, as in :class:`~hwgen.ff.activation.Activation`.
    - ``give``: strobe, with ``give_ready``, when a pass is done: its outputs go to ``x``, that of ``give_layer`` in
      ``give_bank``: beats of as many units as the largest layer has, and a trailer beat of no meaning. Only where that
      is wanted.

    Where the machine learns:

    - ``modulate``: strobe, take the goodness of the positive pass of ``layer`` from bank 0 and that of the negative one
      from bank 1, in a supervised machine from ``negative_bank``; ``modulated``: strobe, ``scales`` are there.
    - ``steps_start``, with ``steps_ready``: give the steps of ``group`` of ``layer``, ``annealing`` bits smaller, the
      passes being counted ``positive`` and ``negative`` times; ``steps_valid``, ``steps``, ``steps_last``: its beats.
      Where lists can be merged, with ``merges`` also those of the other list, ``others``.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        units, plan = stage.units, stage.plan
        layers = range(len(units.units))
        members = {
            "sums": In(sums_layout(plan, stage.note)),
            "done": Out(1),
            "done_bank": Out(range(stage.banks)),
            "goodness": Out(data.ArrayLayout(units.goodness_bits, stage.banks)),
        }
        if stage.gives:
            members |= {
                "give": In(1),
                "give_ready": Out(1),
                "give_layer": In(layers),
                "give_bank": In(range(stage.banks)),
                "x": Out(stream.Signature(units.unit_lanes * units.output_bits)),
            }
        if stage.learning:
            self.step_bits = step_bits(units.activation_bits, stage.modulator_bits, stage.positive_max)
            members |= {
                "layer": In(layers),
                "modulate": In(1),
                "modulated": Out(1),
                "scales": Out(data.ArrayLayout(stage.modulator_bits, PASSES)),
                "steps_start": In(1),
                "steps_ready": Out(1),
                "group": In(range(max(plan.groups))),
                "positive": In(range(stage.positive_max + 1)),
                "negative": In(1),
                "annealing": In(ANNEALING_BITS),
                "steps_valid": Out(1),
                "steps_last": Out(1),
                "steps": Out(data.ArrayLayout(signed(self.step_bits), units.unit_lanes)),
            }
            if plan.merges:
                members |= {
                    "merges": In(1),
                    "others": Out(data.ArrayLayout(signed(plan.other_bits), units.unit_lanes)),
                }
            if stage.config.supervised:
                members["negative_bank"] = In(range(stage.step_banks))
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        stage = self.stage
        m.submodules.activation = activation = Activation(
            stage.units,
            sum_bits=stage.plan.sum_bits,
            shifts=stage.activation_shifts,
            banks=stage.banks,
            totals=stage.reciprocals is not None,
        )
        self._add_sums(m, activation)
        if stage.gives:
            self._add_outputs(m, activation)
        if stage.learning:
            self._add_steps(m, activation)
        return m

    def _add_sums(self, m: Module, activation: Activation) -> None:
        """Which beat of which pass some sums are."""
        stage, sums = self.stage, self.sums
        place = Signal(range(stage.plan.beats))  # in its group
        with m.If(sums.valid):
            m.d.sync += place.eq(Mux(sums.last, 0, place + 1))
        last_group = of_layer([groups - 1 for groups in stage.plan.groups], sums.layer)
        m.d.comb += [
            activation.valid.eq(sums.valid),
            activation.first.eq((sums.note.group == 0) & (place == 0)),
            activation.last.eq((sums.note.group == last_group) & sums.last),
            activation.layer.eq(sums.layer),
            activation.bank.eq(sums.note.bank),
            activation.beat.eq(of_group(stage.group_beats, sums.layer, sums.note.group) + place),
            activation.sums.eq(sums.values),
            self.done.eq(activation.done),
            self.done_bank.eq(activation.done_bank),
            self.goodness.eq(activation.goodness),
        ]

    def _add_outputs(self, m: Module, activation: Activation) -> None:
        stage = self.stage
        kept = activation.activations if stage.reciprocals is None else activation.scaled
        m.submodules.memory = memory = self._memory(len(kept.as_value()), stage.banks)
        m.submodules.normaliser = normaliser = Normaliser(
            stage.units, stage.norm_tables, banks=stage.banks, reciprocals=stage.reciprocals
        )
        m.submodules.padding = padding = Padding(stage.units)
        self._write(m, memory, activation)
        m.d.comb += [
            memory.write_word.eq(kept),
            memory.enable.eq(normaliser.enable),
            memory.read.eq(normaliser.read),
            memory.read_bank.eq(normaliser.read_bank),
            memory.read_beat.eq(normaliser.read_beat),
            normaliser.word.as_value().eq(memory.word),
            normaliser.layer.eq(self.give_layer),
            normaliser.bank.eq(self.give_bank),
            normaliser.start.eq(self.give),
            self.give_ready.eq(normaliser.ready & padding.ready),
            padding.start.eq(self.give),
            padding.layer.eq(self.give_layer),
        ]
        wiring.connect(m, normaliser.x, padding.i)
        wiring.connect(m, padding.o, wiring.flipped(self.x))
        if stage.reciprocals is None:
            m.d.comb += normaliser.square.eq(activation.goodness[self.give_bank])
        else:
            m.d.comb += normaliser.total.eq(activation.totals[self.give_bank])

    def _add_steps(self, m: Module, activation: Activation) -> None:
        stage = self.stage
        m.submodules.activations = memory = self._memory(len(activation.activations.as_value()), stage.step_banks)
        negative_bank = self.negative_bank if stage.config.supervised else NEGATIVE
        m.submodules.modulator = modulator = Modulator(
            stage.units,
            shifts=stage.goodness_shifts,
            thresholds=stage.thresholds,
            modulator_bits=stage.modulator_bits,
        )
        m.submodules.steps = steps = Steps(
            stage.units,
            modulator_bits=stage.modulator_bits,
            positive_max=stage.positive_max,
            beats=stage.plan.beats,
            banks=stage.step_banks,
            merges=stage.plan.merges,
        )
        self._write(m, memory, activation)
        m.d.comb += [
            memory.write_word.eq(activation.activations),
            memory.enable.eq(1),
            memory.read.eq(steps.read),
            memory.read_bank.eq(steps.read_bank),
            memory.read_beat.eq(steps.read_beat),
            steps.activations.as_value().eq(memory.word),
            modulator.start.eq(self.modulate),
            modulator.layer.eq(self.layer),
            modulator.goodness.as_value().eq(Cat(activation.goodness[POSITIVE], activation.goodness[negative_bank])),
            self.modulated.eq(modulator.done),
            self.scales.eq(modulator.scales),
            steps.start.eq(self.steps_start),
            steps.positive.eq(self.positive),
            steps.negative.eq(self.negative),
            steps.scales.eq(modulator.scales),
            steps.annealing.eq(self.annealing),
            steps.beat.eq(of_group(stage.group_beats, self.layer, self.group)),
            steps.bank[POSITIVE].eq(POSITIVE),
            steps.bank[NEGATIVE].eq(negative_bank),
            self.steps_ready.eq(steps.ready),
            self.steps_valid.eq(steps.valid),
            self.steps_last.eq(steps.last),
            self.steps.eq(steps.steps),
        ]

        if stage.plan.merges:
            m.d.comb += [steps.merges.eq(self.merges), self.others.eq(steps.others)]

    def _memory(self, width: int, banks: int) -> UnitMemory:
        return UnitMemory(width, sum(self.stage.units.beats), banks)

    def _write(self, m: Module, memory: UnitMemory, activation: Activation) -> None:
        m.d.comb += [
            memory.write.eq(activation.scaled_valid & (activation.write_bank < memory.banks)),
            memory.write_bank.eq(activation.write_bank),
            memory.write_beat.eq(activation.write_beat),
        ]
