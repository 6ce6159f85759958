"""The lanes of an engine, and the sweeps that they make over lists of inputs."""

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.pipeline import read_layout
from hwgen.crossbar.stages import MEMORY_STAGES
from hwgen.crossbar.sweep import InputSweep
from hwgen.crossbar.tree import SignedTree
from hwgen.ff.arithmetic import of_group, of_layer
from hwgen.ff.lane import Lane, lane_control
from hwgen.ff.plan import LANE_STAGES, RANDOM_BITS, TREE_LEVELS, VIEW_STAGES, ArrayPlan
from hwgen.ff.rounding import draw_layout
from hwgen.ff.sweeps import NO_NOTE, Begin, entry_layout, lane_signature, sweep_layout, tag_layout, use_layout
from hwgen.ff.union import add_union, union_members
from hwgen.ff.views import ViewShift
from hwgen.parts.shared import replicate

OF_A_WORD = frozenset({"value", "other", "sum", "update", "step", "first", "last", "take", "load"})
"""What goes to the lanes that is not the same during a sweep."""

OF_A_GROUP = frozenset({"rotation", "keep"})
"""What follows from a sweep's layer and group."""


def sums_layout(plan: ArrayPlan, note: data.StructLayout = NO_NOTE) -> data.StructLayout:
    """A beat of sums, ``values``, lowest unit first, of ``layer``; ``last`` of its group; ``note``: of the sweep."""
    values = data.ArrayLayout(signed(plan.sum_bits), plan.unit_lanes)
    return data.StructLayout({"valid": 1, "last": 1, "layer": range(len(plan.layers)), "note": note, "values": values})


class LaneArray(wiring.Component):
    """Makes sweeps: one word a clock in both directions, one sweep right after the other.

    ``start`` begins ``sweep``; its first clock is the next one, and ``ending`` its last one, ``plan.sweep_clocks``
    after ``start``, in which the next sweep may be started. A sweep that updates words may follow one that sums them at
    once, and so may any sweep of other words. What control has to wait for:

    - Sums leave through the chain, ``plan.unit_lanes`` in each of ``plan.beats`` clocks; the first beat shows
      ``plan.sums_delay`` clocks after ``ending``. Two sweeps that capture end at least ``plan.beats`` clocks apart.
    - Steps enter by the same chain, ``plan.beats`` beats of them, lowest unit first, in any clocks in which
      ``chain_busy`` is 0, the last one at most ``plan.steps_delay`` clocks after ``start`` of the sweep that takes
      them. The next group's may enter from the clock after that one on, while this group's weights change. No sums are
      captured between.
    - A sweep that reads a word that an earlier one updates, or with one port any sweep that follows one that updates,
      starts at least ``plan.turnaround`` clocks after that one's ``ending``; or, without counting, when the array is
      not ``asking`` and the pipeline has nothing ``pending``, which is a few clocks later.
    - A reset that leaves the pipeline as it is lasts ``MEMORY_STAGES + 1`` clocks at least.

    Members: ``start``, ``sweep``, ``ending``; ``asking``: words of a sweep have still to be asked for; ``chain_busy``:
    sums of a sweep that was started have not all left; ``working``: either, or weights that saturated have still to be
    counted; ``read_bank``, ``read_address``, ``entry``: to the lists of active inputs, which answer
    :data:`~hwgen.crossbar.stages.LIST_STAGES` clocks later; ``read``, ``synapses``, ``filling``: to the
    :class:`~hwgen.crossbar.pipeline.SynapsePipeline`; ``draw``, ``random``: to the
    :class:`~hwgen.ff.rounding.RoundingGenerator`; ``sums``: see :func:`sums_layout`; ``steps_valid``, ``steps``: a beat
    of h; ``saturated``: how many weights of a word of ``saturated_layer`` have saturated, ``plan.saturated_delay``
    clocks after its entry was issued; 0 in other clocks.

    Where lists can be merged: see :mod:`hwgen.ff.union`.

    Args:
        plan: what the array is.
        note: what control wants to know of sums when they leave.
        lane: name of the module that a lane becomes.
    """

    def __init__(self, plan: ArrayPlan, note: data.StructLayout = NO_NOTE, *, lane: str = "lane") -> None:
        self.plan = plan
        self.lane = lane
        self.note = note
        layers = range(len(plan.layers))
        super().__init__(
            {
                "start": In(1),
                "sweep": In(sweep_layout(plan, note)),
                "ending": Out(1),
                "asking": Out(1),
                "chain_busy": Out(1),
                "working": Out(1),
                "read_bank": Out(range(plan.banks)),
                "read_address": Out(range(plan.entries)),
                "entry": In(entry_layout(plan)),
                "read": Out(read_layout(plan.word_format, use_layout(plan, note))),
                "synapses": In(lane_signature(plan, note)),
                "filling": In(1),
                "draw": Out(draw_layout(len(plan.layers))),
                "random": In(RANDOM_BITS),
                "sums": Out(sums_layout(plan, note)),
                "steps_valid": In(1),
                "steps": In(data.ArrayLayout(signed(plan.step_bits), plan.unit_lanes)),
                "saturated": Out(range(plan.lanes + 1)),
                "saturated_layer": Out(layers),
                **union_members(plan),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        plan, synapses = self.plan, self.synapses
        lanes = replicate(m, platform, self.lane, lambda: Lane(plan), plan.lanes)
        self._add_sweep(m)
        control = Signal(lane_control(plan))
        uses = self._add_control(m, control)
        self._add_chain(m, lanes, control, uses)
        self._add_saturated(m, lanes, uses)

        elements = plan.word_format.per_element
        fill_in = Value.cast(synapses.drawn << plan.master_bits - plan.mac_bits)
        if not plan.random_fill:
            fill_in = Const(0)
        for number, lane in enumerate(lanes):
            place = number % elements * plan.master_bits
            m.d.comb += [
                lane.control.eq(control),
                lane.word.eq(synapses.word.word_select(number, plan.master_bits)),
                lane.random.eq(self.random.rotate_left(number % RANDOM_BITS)),
                lane.selected.eq(synapses.select[number // elements]),
                lane.written.eq(synapses.data[number // len(plan.word_format.regions[0])][place:]),
                lane.fill_in.eq(fill_in if lane is lanes[-1] else lanes[number + 1].update),
                synapses.write_word.word_select(number, plan.master_bits).eq(lane.update),
            ]
        return m

    def _add_sweep(self, m: Module) -> None:
        """What the memory is asked for, and what the lanes are to do with it."""
        plan, sweep = self.plan, self.sweep
        m.submodules.sweep = entries = InputSweep(
            entry_layout(plan),
            plan.entries,
            plan.banks,
            plan.word_format.depth,
            tag=tag_layout(plan, self.note),
            constant=True,
        )
        updates = Signal()  # the sweep under way
        with m.If(self.start):
            m.d.sync += updates.eq(sweep.update)
        last_group = of_layer([groups - 1 for groups in plan.groups], sweep.layer)
        m.d.comb += [
            entries.start.eq(self.start & ~sweep.merges if plan.merges else self.start),
            entries.clear.eq((sweep.count == 0) & ~sweep.constant),
            entries.slow.eq(updates & (plan.ports == 1)),
            entries.bank.eq(sweep.bank),
            entries.count.eq(sweep.count),
            entries.base.eq(of_group(plan.bases, sweep.layer, sweep.group) + sweep.row),
            entries.constant.eq(sweep.constant),
            entries.constant_entry.eq(sweep.constant_entry),
            *(entries.tag[name].eq(sweep[name]) for name, _ in entries.tag.shape() if name not in OF_A_GROUP),
            entries.tag.rotation.eq(of_group(plan.rotations, sweep.layer, sweep.group)),
            entries.tag.keep.eq(sweep.group == last_group),
        ]
        request, asking = entries.request, entries.working
        if plan.merges:
            request, asking = add_union(m, self, entries)
        else:
            m.d.comb += [
                self.ending.eq(entries.ending),
                self.read_bank.eq(entries.read_bank),
                self.read_address.eq(entries.read_address),
            ]
        m.d.comb += entries.entry.eq(self.entry)
        asked = self._add_read(m, request)
        leaving = Signal(range(plan.sums_delay + 2))  # sweeps whose sums have not all left
        begins = self.start & sweep.capture & ~sweep.update
        m.d.sync += leaving.eq(leaving + begins - (self.sums.valid & self.sums.last))
        stages = 0 if plan.frame is None else VIEW_STAGES
        m.d.comb += [
            self.asking.eq(asking | asked[:stages].any()),
            self.chain_busy.eq(leaving != 0),
            self.working.eq(self.asking | self.chain_busy | asked.any()),
        ]

    def _add_read(self, m: Module, request: data.View) -> Value:
        """Returns in which of the last clocks a word was asked for, before images are moved: the last one first, as far
        back as something may yet come of it."""
        plan = self.plan
        present = request.valid | request.clear
        begun = Signal()  # the sweep whose requests these are
        with m.If(present):
            m.d.sync += begun.eq(~request.last)
        read = Signal(self.read.shape())
        tag = read.tag
        m.d.comb += [
            read.valid.eq(request.valid),
            read.update.eq(request.tag.update),
            read.address.eq(request.address),
            *(tag[name].eq(request.tag[name]) for name, _ in tag.shape() if name not in OF_A_WORD),
            tag.value.eq(Mux(request.valid, request.entry.value, 0)),
            tag.sum.eq(present & ~request.tag.update),
            tag.update.eq(present & request.tag.update),
            tag.step.eq(request.valid & request.tag.update),
            tag.first.eq(present & ~begun),
            tag.last.eq(request.last),
            # Said once more, so that it comes to all lanes from a register.
            tag.take.eq(tag.update & tag.first),
            tag.load.eq(tag.sum | tag.take),
        ]
        if plan.merges:
            m.d.comb += tag.other.eq(Mux(request.valid, request.entry.other, 0))
        clocks = MEMORY_STAGES + LANE_STAGES + plan.tree_depth
        if plan.frame is None:
            m.d.comb += self.read.eq(read)
        else:
            clocks += VIEW_STAGES
            m.submodules.view = view = ViewShift(read.shape(), range(1 << len(request.entry.index)), plan.frame)
            m.d.comb += [
                view.read.eq(read),
                view.index.eq(request.entry.index),
                view.right.eq(request.tag.right),
                view.down.eq(request.tag.down),
                view.fixed.eq(request.constant),
                self.read.eq(view.moved),
            ]
        asked = Signal(clocks)
        m.d.sync += asked.eq(Cat(present, asked))
        return asked

    def _add_control(self, m: Module, control: data.View) -> list[data.View]:
        """What the lanes are told. Returns what their words are used for: of those now read, and of those one to three
        clocks before."""
        synapses, draw = self.synapses, self.draw
        use, once, twice, thrice = uses = [synapses.use] + [
            Signal(self.synapses.use.shape(), name=f"use_{clock}") for clock in range(1, LANE_STAGES + 1)
        ]
        m.d.sync += [once.eq(use), twice.eq(once), thrice.eq(twice)]
        m.d.comb += [
            *(draw[name].eq(use[name]) for name in ("step", "layer", "rotation")),
            *(draw[name].eq(use[name] & use.update) for name in ("first", "last", "keep")),
            control.load.eq(use.load),
            control.take.eq(use.take),
            control.accumulate.eq(twice.sum),
            control.update.eq(twice.step),
            control.fill_shift.eq(synapses.shift),
            control.fill_hold.eq(self.filling),
        ]
        shifts = self.plan.value_shifts
        scaled = of_layer([use.value << shift for shift in shifts], use.layer) if any(shifts) else use.value
        if self.plan.merges:
            m.d.sync += control.other.eq(of_layer([use.other << shift for shift in shifts], use.layer))
        begins = once.sum & once.first
        m.d.sync += [
            control.value.eq(Mux(use.update, scaled, use.value)),
            control.keep.eq(~begins | (once.begin == Begin.KEEP)),
            control.restore.eq(begins & (once.begin == Begin.RESTORE)),
            control.save.eq(once.sum & once.last & once.save),
            control.capture.eq(twice.sum & twice.last & twice.capture),
        ]
        return uses

    def _add_chain(
        self, m: Module, lanes: list[wiring.PureInterface | wiring.Component], control: data.View, uses: list[data.View]
    ) -> None:
        """Sums leave it at the lower end, steps enter it at the upper one."""
        plan, sums = self.plan, self.sums
        beat = Signal(range(plan.beats))
        double = Signal()
        m.d.comb += [sums.last.eq(beat == plan.beats - 1), control.shift.eq(sums.valid | self.steps_valid)]
        m.d.sync += beat.eq(beat + 1)
        with m.If(sums.last):
            m.d.sync += sums.valid.eq(0)
        with m.If(control.capture):
            captured = uses[LANE_STAGES]
            m.d.sync += [
                sums.valid.eq(1),
                beat.eq(0),
                sums.layer.eq(captured.layer),
                sums.note.eq(captured.note),
                double.eq(captured.double),
            ]
        steps = list(self.steps) if not plan.merges else list(map(Cat, self.steps, self.others))
        for number, lane in enumerate(lanes):
            above = number + plan.unit_lanes
            m.d.comb += lane.chain_in.eq(lanes[above].chain_out if above < plan.lanes else steps[above - plan.lanes])
        for value, lane in zip(sums.values, lanes, strict=False):
            total = lane.chain_out[: plan.sum_bits].as_signed()
            m.d.comb += value.eq(Mux(double, total << 1, total))

    def _add_saturated(
        self, m: Module, lanes: list[wiring.PureInterface | wiring.Component], uses: list[data.View]
    ) -> None:
        m.submodules.tree = tree = SignedTree(self.plan.lanes, TREE_LEVELS)
        layer = uses[LANE_STAGES].layer
        for clock in range(tree.depth):
            delayed = Signal.like(self.saturated_layer, name=f"saturated_layer_{clock}")
            m.d.sync += delayed.eq(layer)
            layer = delayed
        m.d.comb += [
            *(term.eq(Cat(lane.saturated, 0)) for term, lane in zip(tree.terms, lanes, strict=True)),
            self.saturated.eq(tree.total),
            self.saturated_layer.eq(layer),
        ]
