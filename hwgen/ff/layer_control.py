"""The course of one layer in a contrastive machine: its passes, then its step."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.lists import list_layout
from hwgen.ff.pace import Pace
from hwgen.ff.program import NEGATIVE, PAIRS_KIND, POSITIVE, UPPER_KIND, programs
from hwgen.ff.stage import Stage
from hwgen.ff.steps import PASSES
from hwgen.ff.sweeps import sweep_layout


def view_layout(most: int) -> data.StructLayout:
    """By how many pixels an image is moved."""
    pixels = range(-most, most + 1)
    return data.StructLayout({"right": pixels, "down": pixels})


class LayerControl(wiring.Component):
    """Makes the sweeps of a layer's passes, group by group, and where it shall learn, those of its terms.

    Members:

    - ``start``: strobe, take ``layer``; ``pairs``: with a negative pass; ``learn``: and with a step after it;
      ``done``: strobe, all sweeps have ended, and all passes are done.
    - ``lists``: the layer's two, ``views``, ``annealing``: stay from ``start`` to ``done``.
    - ``sweep_start``, ``sweep``, ``ending``: to the array; ``pass_done``, ``pass_bank``: a pass is done.
    - ``current``: the layer; ``modulate``, ``modulated``, ``scales``; ``steps_start``, ``steps_ready``,
      ``steps_last``, ``group``, ``positive``, ``negative``: to the units.
    - ``learning``: weights are being changed, or will be in this layer.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        plan = stage.plan
        members: dict[str, Any] = {
            "start": In(1),
            "layer": In(range(len(plan.layers))),
            "done": Out(1),
            "lists": In(data.ArrayLayout(list_layout(plan.banks, plan.entries), 2)),
            "sweep_start": Out(1),
            "sweep": Out(sweep_layout(plan, stage.note)),
            "ending": In(1),
            "pass_done": In(1),
            "pass_bank": In(range(stage.banks)),
            "current": Out(range(len(plan.layers))),
        }
        if stage.learning:
            members |= {
                "pairs": In(1),
                "learn": In(1),
                "modulate": Out(1),
                "modulated": In(1),
                "scales": In(data.ArrayLayout(stage.modulator_bits, PASSES)),
                "steps_start": Out(1),
                "steps_ready": In(1),
                "steps_last": In(1),
                "group": Out(range(max(plan.groups))),
                "positive": Out(range(stage.positive_max + 1)),
                "negative": Out(1),
                "learning": Out(1),
            }
        if plan.frame is not None:
            members["views"] = In(data.ArrayLayout(view_layout(plan.frame.most), 2))
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        plan, known = self.stage.plan, programs(self.stage.config)
        m.submodules.pace = pace = Pace(plan)
        sweep = Signal(self.sweep.shape(), reset_less=True)
        m.d.comb += [
            pace.length.eq(sweep.count + sweep.constant),
            pace.update.eq(sweep.update),
            pace.capture.eq(sweep.capture),
            pace.start.eq(self.sweep_start),
            pace.ending.eq(self.ending),
            self.sweep.eq(sweep),
        ]
        number = Signal(range(len(known)))  # of the program
        step = Signal(range(max(max(len(each.sums), len(each.terms)) for each in known)))  # sum or term
        group = Signal(range(max(plan.groups)))
        finished = Signal()  # all of them are prepared
        pairs = Signal()
        last_group = group == of_layer([groups - 1 for groups in plan.groups], self.current)
        if self.stage.learning:
            holding, skipped = self._add_terms(m, number, step, group)
        last_sum = step == Array(len(each.sums) - 1 for each in known)[number]
        with m.FSM(name="layer"):
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [
                    self.current.eq(self.layer),
                    number.eq(Mux(self.layer == 0, 0, UPPER_KIND)),
                    *(signal.eq(0) for signal in (step, group, finished)),
                ]
                if self.stage.learning:
                    m.d.sync += [
                        number.eq(Mux(self.layer == 0, 0, UPPER_KIND) + Mux(self.pairs, PAIRS_KIND, 0)),
                        pairs.eq(self.pairs),
                    ]
                m.next = "PREPARE"
            with m.State("PREPARE"):
                self._prepare_sum(m, sweep, number, step, group)
                m.d.sync += step.eq(step + 1)
                with m.If(last_sum):
                    m.d.sync += [step.eq(0), group.eq(group + 1), finished.eq(last_group)]
                m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += self.sweep_start.eq(pace.free)
                with m.If(pace.free):
                    with m.If(finished):
                        m.next = "WAIT"
                    with m.Else():
                        m.next = "PREPARE"
            with m.State("WAIT"), m.If(self.pass_done & (self.pass_bank == Mux(pairs, NEGATIVE, POSITIVE))):
                m.next = "FINISH"
                if self.stage.learning:
                    m.d.sync += [step.eq(0), group.eq(0)]
                    with m.If(self.learn):
                        m.next = "MODULATE"
            if self.stage.learning:
                self._add_step(m, pace, sweep, number, step, group, last_group, holding, skipped)
            with m.State("FINISH"), m.If(~pace.running):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"
        return m

    def _add_terms(self, m: Module, number: Signal, step: Signal, group: Signal) -> tuple[Signal, Signal]:
        """What a term's steps are made of. Returns for how many clocks steps may not yet enter, and whether all of
        them are 0."""
        plan, known = self.stage.plan, programs(self.stage.config)
        holding = Signal(range(plan.steps_delay + 2))
        with m.If(holding != 0):
            m.d.sync += holding.eq(holding - 1)
        terms = [[(term.positive, term.negative) for term in each.terms] or [(0, 0)] for each in known]
        positive, negative = (_of_step([[pair[n] for pair in each] for each in terms], number, step) for n in range(2))
        skipped = Signal()
        on_positive, on_negative = (self.scales[which] != 0 for which in (POSITIVE, NEGATIVE))
        m.d.comb += [
            self.group.eq(group),
            self.positive.eq(positive),
            self.negative.eq(negative),
            skipped.eq(~((self.positive.any() & on_positive) | (self.negative & on_negative))),
        ]
        return holding, skipped

    def _add_step(
        self,
        m: Module,
        pace: Pace,
        sweep: data.View,
        number: Signal,
        step: Signal,
        group: Signal,
        last_group: Value,
        holding: Signal,
        skipped: Signal,
    ) -> None:
        """The steps of a group enter the lanes while the weights of the group before it change."""
        last_term = step == Array(max(0, len(each.terms) - 1) for each in programs(self.stage.config))[number]

        def advance() -> None:
            m.d.sync += group.eq(group + 1)
            with m.If(last_group | skipped):
                m.d.sync += [group.eq(0), step.eq(step + 1)]

        ends = last_term & (last_group | skipped)
        finished = Signal()
        with m.State("MODULATE"):
            m.d.comb += [self.modulate.eq(1), self.learning.eq(1)]
            m.d.sync += finished.eq(0)
            m.next = "SCALE"
        with m.State("SCALE"):
            m.d.comb += self.learning.eq(1)
            with m.If(self.modulated):
                m.next = "LOAD"
        with m.State("LOAD"):
            m.d.comb += self.learning.eq(1)
            with m.If(finished):
                m.next = "FINISH"
            with m.Elif(skipped):
                m.d.sync += finished.eq(ends)
                advance()
            with m.Elif((holding == 0) & self.steps_ready):
                m.d.comb += self.steps_start.eq(1)
                self._prepare_update(m, sweep, number, step, group)
                m.d.sync += finished.eq(ends)
                advance()
                m.next = "ENTER"
        with m.State("ENTER"):
            m.d.comb += self.learning.eq(1)
            with m.If(self.steps_last):
                m.next = "UPDATE"
        with m.State("UPDATE"):
            m.d.comb += [self.learning.eq(1), self.sweep_start.eq(pace.free)]
            with m.If(pace.free):
                m.d.sync += holding.eq(self.stage.plan.steps_delay)
                m.next = "LOAD"

    def _prepare_sum(self, m: Module, sweep: data.View, number: Signal, step: Signal, group: Signal) -> None:
        known = [each.sums for each in programs(self.stage.config)]

        def chosen(name: str) -> Value:
            return _of_step([[int(getattr(one, name)) for one in each] for each in known], number, step)

        self._prepare_list(m, sweep, chosen("source"), [[one.view for one in each] for each in known], number, step)
        banks = [[one.bank or 0 for one in each] for each in known]
        captures = [[int(one.bank is not None) for one in each] for each in known]
        m.d.sync += [
            sweep.update.eq(0),
            sweep.group.eq(group),
            sweep.begin.eq(chosen("begin")),
            sweep.save.eq(chosen("save")),
            sweep.double.eq(chosen("double")),
            sweep.capture.eq(_of_step(captures, number, step)),
            sweep.note.group.eq(group),
            sweep.note.bank.eq(_of_step(banks, number, step)),
        ]

    def _prepare_update(self, m: Module, sweep: data.View, number: Signal, step: Signal, group: Signal) -> None:
        known = [each.terms for each in programs(self.stage.config)]
        sources = [[one.source for one in each] or [0] for each in known]
        views = [[one.view for one in each] or [None] for each in known]
        self._prepare_list(m, sweep, _of_step(sources, number, step), views, number, step)
        m.d.sync += [sweep.update.eq(1), sweep.group.eq(group), sweep.capture.eq(0)]

    def _prepare_list(
        self,
        m: Module,
        sweep: data.View,
        source: Value,
        views: Sequence[Sequence[int | None]],
        number: Signal,
        step: Signal,
    ) -> None:
        """A list and the layer's bias."""
        plan, config = self.stage.plan, self.stage.config
        layer = self.current
        m.d.sync += [
            sweep.layer.eq(layer),
            sweep.row.eq(0),
            sweep.bank.eq(self.lists[source].bank),
            sweep.count.eq(self.lists[source].count),
            sweep.constant.eq(of_layer([int(bias > 0) for bias in config.bias], layer)),
            sweep.constant_entry.index.eq(of_layer(config.layers[:-1], layer)),
            sweep.constant_entry.value.eq(of_layer(config.bias, layer)),
        ]
        if plan.frame is not None:
            moved = _of_step([[int(view is not None) for view in each] for each in views], number, step)
            view = self.views[_of_step([[view or 0 for view in each] for each in views], number, step)]
            m.d.sync += [sweep.right.eq(Mux(moved, view.right, 0)), sweep.down.eq(Mux(moved, view.down, 0))]


def _of_step(values: Sequence[Sequence[int]], number: Value, step: Value) -> Value:
    """What belongs to a step of a program."""
    return Array(Array(each)[step] for each in values)[number]
