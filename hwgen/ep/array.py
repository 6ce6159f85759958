"""The lanes, the signs of the rows that they relax with, and the sum over them."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.tree import SignedTree
from hwgen.ep.config import EPConfig
from hwgen.ep.hidden import HiddenRows
from hwgen.ep.lane import Lane
from hwgen.ep.lane_control import lane_control
from hwgen.ep.outputs import row_layout
from hwgen.ep.plan import ROW_STAGES, TREE_LEVELS, EPPlan
from hwgen.ep.schedule import of_slot, operation_layout
from hwgen.ep.signs import RowSigns
from hwgen.ep.slots import SlotMemory
from hwgen.ep.sums import Sums
from hwgen.ep.synapses import lane_signature
from hwgen.parts.relay import relay
from hwgen.parts.shared import replicate


class LaneArray(wiring.Component):
    """Carries out operations and synapse words on all lanes.

    Members: ``operation`` and ``address``: from the schedule; ``stop``: rows on their way are dropped; ``keep``: what
    updates lead to is kept; ``synapses``: see :class:`~hwgen.crossbar.pipeline.LaneSignature`; ``invert``: learn the
    opposite; ``group``: the slot whose drive is complete when the synapses say so; ``half``: which half of the drive
    memory the relaxation reads; ``activity``, ``kept``: of the output neurons; ``row``, ``total``, ``count``,
    ``counted``, ``flipped``, ``flipped_input``: see :class:`~hwgen.ep.sums.Sums`; ``summed``: a sum from below is
    complete; ``changed``: a state has changed, ``decision_delay`` clocks ago.

    What all lanes are told comes to each region of them from registers of its own: such a signal crosses the whole
    device.
    """

    def __init__(self, config: EPConfig, signs: list[int]) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        self.signs = signs
        members = {
            "operation": In(operation_layout(config)),
            "address": In(range(plan.words)),
            "stop": In(1),
            "keep": In(1),
            "synapses": In(lane_signature(config)),
            "group": In(range(plan.groups[0])),
            "half": In(1),
            "activity": In(config.outputs),
            "kept": In(config.outputs),
            "row": Out(row_layout(config)),
            "total": Out(data.ArrayLayout(signed(max(config.hidden).bit_length() + 1), plan.rows_at_once)),
            "count": Out(range(config.lanes + 1)),
            "summed": Out(1),
            "changed": Out(1),
        }
        if config.learning:
            members["invert"] = In(1)
            members |= {name: Out(1) for name in ("counted", "flipped", "flipped_input")}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        lanes = replicate(m, platform, "lane", lambda: Lane(config), config.lanes)
        trees = [SignedTree(config.lanes, TREE_LEVELS) for _ in range(self.plan.rows_at_once)]
        for number, tree in enumerate(trees):
            m.submodules[f"tree_{number}"] = tree

        # The operation on its way to the lanes.
        stages = [self.operation]
        for clock in range(ROW_STAGES):
            stages.append(Signal.like(self.operation, name=f"operation_{clock}"))
            m.d.sync += stages[-1].eq(stages[-2])
            with m.If(self.stop):
                m.d.sync += stages[-1].row.eq(0)
                if self.plan.parallel:
                    # An update has all rows with it.
                    m.d.sync += stages[-1].update.eq(0)
        _, arriving, coming, operation = stages
        held = Signal.like(operation.slot)  # the slot that the lanes hold
        with m.If(operation.load):
            m.d.sync += held.eq(operation.next_slot)

        hidden = slots = None
        if len(config.hidden) > 1:
            m.submodules.hidden = hidden = HiddenRows(config)
            m.d.comb += hidden.operation.eq(self.operation)
        control = Signal(lane_control(config))  # for all lanes, and a clock before it reaches them
        self._add_control(m, control, arriving, coming, operation, held, hidden)
        m.d.sync += self.summed.eq(self.synapses.use.last)
        regions = self.plan.word_format.regions
        controls = relay(m, platform, "relay", [control] * len(regions))
        m.submodules.signs = signs = RowSigns(config, self.signs)
        m.d.comb += [
            signs.address.eq(self.address),
            signs.write.eq(self.synapses.ahead.write),
            signs.write_address.eq(self.synapses.ahead.write_address),
            signs.written.eq(Cat(self.synapses.write_word[config.synapse_bits - 1 :: config.synapse_bits])),
        ]
        elements = self.plan.word_format.per_element
        for number, lane in enumerate(lanes):
            region = number // len(regions[0])
            place = number % elements * config.synapse_bits
            m.d.comb += [
                lane.control.eq(controls[region]),
                lane.word.eq(self.synapses.word.word_select(number, config.synapse_bits)),
                lane.selected.eq(self.synapses.select[number // elements]),
                lane.written.eq(self.synapses.data[region][place:]),
                self.synapses.write_word.word_select(number, config.synapse_bits).eq(lane.update),
                lane.sign.eq(Cat(row[number] for row in signs.rows)),
                *(tree.terms[number].eq(term) for tree, term in zip(trees, lane.term, strict=True)),
                lane.chain_in.eq(self.synapses.drawn if lane is lanes[-1] else lanes[number + 1].chain_out),
            ]
            if self.plan.parallel:
                m.d.comb += lane.feedback.eq(self.activity)
        if len(self.plan.slots) > 1:
            m.submodules.slots = slots = SlotMemory(config)
            self._add_slots(m, lanes, coming, operation, held, controls[0], slots, hidden)
        self._add_sums(m, lanes, trees, coming, operation, held, slots)
        self._add_changed(m, lanes)
        return m

    def _add_control(
        self,
        m: Module,
        control: data.View,
        arriving: data.View,
        coming: data.View,
        operation: data.View,
        held: Signal,
        hidden: HiddenRows | None,
    ) -> None:
        """What the lanes will be told in the next clock."""
        config, ahead = self.config, self.synapses.ahead
        active = Signal()  # the neuron of the row that is coming
        kept = Signal()
        m.d.sync += [
            active.eq(self.activity.bit_select(arriving.number, 1)),
            kept.eq(self.kept.bit_select(arriving.number, 1)),
        ]
        if hidden is not None:
            top = of_slot(self.plan, coming.slot, lambda slot: slot.layer == len(config.hidden) - 1)
            active, kept = Mux(top, active, hidden.active), Mux(top, kept, hidden.kept)

        # An update has all rows with it.
        update = coming.update & ~(self.stop & self.plan.parallel)
        begin = coming.load & coming.begin
        following = Mux(operation.load, operation.next_slot, held)
        m.d.comb += [
            control.accumulate.eq(ahead.use.drive),
            control.clear.eq(ahead.use.clear),
            control.fill.eq(ahead.fill),
            control.shift.eq(ahead.shift),
            control.update.eq(update),
            control.load.eq(coming.load),
            control.begin.eq(begin),
            control.layer.eq(of_slot(self.plan, following, lambda slot: slot.layer)),
            control.next_layer.eq(of_slot(self.plan, coming.next_slot, lambda slot: slot.layer)),
        ]
        if len(self.plan.slots) == 1:
            m.d.comb += control.move.eq(update | begin)
        if not self.plan.parallel:
            # A row that is dropped on its way to the outputs still counts for an update that is not.
            row_arriving, row_coming = Signal(), Signal()
            m.d.sync += [row_arriving.eq(self.operation.row), row_coming.eq(row_arriving)]
            m.d.comb += [control.row.eq(row_arriving), control.pull.eq((row_coming & active) | coming.load)]
        if config.input_bits > 1:
            m.d.comb += control.value.eq(ahead.use.value)
        if config.learning:
            # A row's synapses come a clock after its signs; those of an input learn without a row.
            layer = of_slot(self.plan, operation.slot, lambda slot: slot.layer)
            now, before = Signal(), Signal()
            m.d.sync += [now.eq(active), before.eq(kept)]
            m.d.comb += [
                control.count.eq(coming.count),
                control.learn.eq(ahead.use.learn),
                control.keep.eq(update & self.keep),
                control.invert.eq(self.invert),
                control.up.eq(now | ~operation.learn),
                control.down.eq(before | ~operation.learn),
                control.upward.eq(Mux(operation.learn, layer + 1, 0)),
            ]

    def _add_slots(
        self,
        m: Module,
        lanes: list[Lane],
        coming: data.View,
        operation: data.View,
        held: Signal,
        control: data.View,
        slots: SlotMemory,
        hidden: HiddenRows | None,
    ) -> None:
        """The neurons that the lanes do not hold at the moment."""
        config = self.config
        activity = Cat(lane.activity for lane in lanes)
        if hidden is not None:
            m.d.comb += [
                hidden.update.eq(operation.update),
                hidden.slot.eq(held),
                hidden.activity.eq(activity),
                hidden.keep.eq(control.keep if config.learning else 0),
            ]
        drive_bits = self.plan.drive_bits()
        m.d.comb += [
            slots.next_slot.eq(coming.next_slot),
            slots.update.eq(operation.update),
            slots.slot.eq(held),
            slots.new_state.eq(Cat(lane.state_out for lane in lanes)),
            slots.keep_drive.eq(self.summed),
            slots.group.eq(self.group),
            slots.half.eq(self.half),
            slots.new_drive.eq(Cat(lane.drive_out for lane in lanes)),
        ]
        for number, lane in enumerate(lanes):
            m.d.comb += [
                lane.state_in.eq(slots.state.word_select(number, slots.state_bits)),
                lane.drive_in.eq(slots.drive.word_select(number, drive_bits)),
            ]
            if config.learning:
                m.d.comb += lane.kept_in.eq(slots.kept[number])
        if config.learning:
            m.d.comb += [slots.keep.eq(control.keep), slots.activity.eq(activity)]

    def _add_sums(
        self,
        m: Module,
        lanes: list[Lane],
        trees: list[SignedTree],
        coming: data.View,
        operation: data.View,
        held: Signal,
        slots: SlotMemory | None,
    ) -> None:
        """What the sums over the lanes are, and where they go."""
        m.submodules.sums = sums = Sums(self.config)
        m.d.comb += [
            sums.tag.row.eq(operation.update if self.plan.parallel else operation.row),
            sums.tag.number.eq(operation.number),
            sums.tag.slot.eq(held),
            sums.following.eq(coming.number),
            sums.lanes.eq(trees[0].total),
            sums.stop.eq(self.stop),
            self.row.eq(sums.row),
            *(total.eq(tree.total) for total, tree in zip(self.total, trees, strict=True)),
            self.total[0].eq(sums.total),
        ]
        if self.config.learning:
            m.d.sync += sums.tag.count.eq(operation.count)
            if self.plan.parallel:
                m.d.comb += [lane.silent.eq(sums.tag.count | sums.tag.flips) for lane in lanes]
            m.d.comb += [
                sums.tag.flips.eq(self.synapses.written.learn),
                sums.tag.flips_input.eq(self.synapses.written.learn_input),
                self.count.eq(sums.count),
                self.counted.eq(sums.counted),
                self.flipped.eq(sums.flipped),
                self.flipped_input.eq(sums.flipped_input),
            ]
        if len(self.config.hidden) > 1:
            assert slots is not None  # one at least for each hidden layer
            m.d.comb += [
                slots.keep_sums.eq(sums.full),
                slots.sums_slot.eq(sums.slot),
                slots.sums.eq(Cat(lane.sum_out for lane in lanes)),
            ]
            for number, lane in enumerate(lanes):
                m.d.comb += [
                    lane.sum_shift.eq(sums.shift),
                    lane.sum_in.eq(sums.sum if lane is lanes[-1] else lanes[number + 1].sum_out),
                ]

    def _add_changed(self, m: Module, lanes: list[Lane]) -> None:
        """Whether the last update changed any lane's state: registered in the lanes, in parts, and whole."""
        config, plan = self.config, self.plan
        size = 1 << (config.lanes.bit_length() + 1) // 2
        changed = Cat(lane.changed for lane in lanes)
        parts = Signal(-(-config.lanes // size))
        m.d.sync += parts.eq(Cat(changed[start : start + size].any() for start in range(0, config.lanes, size)))
        flag = parts.any()
        for clock in range(plan.decision_delay - ROW_STAGES - 2):
            delayed = Signal(name=f"changed_{clock}")
            m.d.sync += delayed.eq(flag)
            flag = delayed
        m.d.comb += self.changed.eq(flag)
