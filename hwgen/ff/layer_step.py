"""The step of a layer: modulators, then a sweep over each group of its weights for each term."""

from collections.abc import Callable

from amaranth.hdl import Array, Elaboratable, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.program import NEGATIVE, POSITIVE, RIGHT, WRONG, Term, programs
from hwgen.ff.stage import Stage
from hwgen.ff.steps import PASSES
from hwgen.ff.task import of_step, step_layout


class LayerStep(wiring.Component):
    """Changes a layer's weights, term by term; those whose scales are 0 are left out. The steps of a group enter the
    lanes while the weights of the group before it change.

    Members:

    - ``start``: strobe, both passes are done; ``layer``, ``number`` of the program: stay until ``done``: strobe, the
      last sweep was started.
    - ``prepare``: strobe, the next sweep goes over ``task``; ``asks``: it shall be started; ``free``: it is.
    - ``modulate``, ``modulated``, ``scales``; ``steps_start``, ``steps_ready``, ``steps_last``, ``group``,
      ``positive``, ``negative``, where lists can be merged ``merges``: to the units.
    - ``right``, ``wrong``, in a supervised machine: the labels.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.programs = programs(stage.config)
        labels = dict.fromkeys(("right", "wrong"), In(stage.config.class_bits)) if stage.config.supervised else {}
        super().__init__(
            {
                "start": In(1),
                "layer": In(range(len(stage.plan.layers))),
                "number": In(range(len(self.programs))),
                "done": Out(1),
                "prepare": Out(1),
                "task": Out(step_layout(stage)),
                "asks": Out(1),
                "free": In(1),
                "modulate": Out(1),
                "modulated": In(1),
                "scales": In(data.ArrayLayout(stage.modulator_bits, PASSES)),
                "steps_start": Out(1),
                "steps_ready": In(1),
                "steps_last": In(1),
                "group": Out(range(max(stage.plan.groups))),
                "positive": Out(range(stage.positive_max + 1)),
                "negative": Out(1),
                **labels,
                **({"merges": Out(1)} if stage.plan.merges else {}),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        plan, known = self.stage.plan, self.programs
        place = Signal(range(max(len(each.terms) for each in known)))
        group = self.group
        holding = Signal(range(plan.steps_hold + 2))  # clocks for which steps may not yet enter
        with m.If(holding != 0):
            m.d.sync += holding.eq(holding - 1)
        skipped = self._add_term(m, place)
        last_group = group == of_layer([groups - 1 for groups in plan.groups], self.layer)
        last_term = place == Array(max(0, len(each.terms) - 1) for each in known)[self.number]
        finished = Signal()

        def advance() -> None:
            m.d.sync += [group.eq(group + 1), finished.eq(last_term & (last_group | skipped))]
            with m.If(last_group | skipped):
                m.d.sync += [group.eq(0), place.eq(place + 1)]

        with m.FSM(name="step"):
            with m.State("IDLE"):
                m.d.sync += [group.eq(0), place.eq(0), finished.eq(0)]
                with m.If(self.start):
                    m.next = "MODULATE"
            with m.State("MODULATE"):
                m.d.comb += self.modulate.eq(1)
                m.next = "SCALE"
            with m.State("SCALE"), m.If(self.modulated):
                m.next = "LOAD"
            with m.State("LOAD"):
                with m.If(finished):
                    m.d.comb += self.done.eq(1)
                    m.next = "IDLE"
                with m.Elif(skipped):
                    advance()
                with m.Elif((holding == 0) & self.steps_ready):
                    m.d.comb += [self.steps_start.eq(1), self.prepare.eq(1)]
                    advance()
                    m.next = "ENTER"
            with m.State("ENTER"), m.If(self.steps_last):
                m.next = "UPDATE"
            with m.State("UPDATE"):
                m.d.comb += self.asks.eq(1)
                with m.If(self.free):
                    m.d.sync += holding.eq(plan.steps_hold)
                    m.next = "LOAD"
        return m

    def _add_term(self, m: Module, place: Signal) -> Value:
        """A term, and what its steps are made of. Returns whether all of them are 0."""

        def of_term(value: Callable[[Term], int]) -> Value:
            terms = [each.terms or (Term(0, 0, 0),) for each in self.programs]
            return of_step([[value(term) for term in each] for each in terms], self.number, place)

        task, supervised = self.task, self.stage.config.supervised
        on_positive, on_negative = (self.scales[which] != 0 for which in (POSITIVE, NEGATIVE))
        m.d.comb += [
            self.positive.eq(of_term(lambda term: term.positive)),
            self.negative.eq(of_term(lambda term: term.negative)),
            task.group.eq(self.group),
            task.source.eq(of_term(lambda term: term.source % RIGHT if supervised else term.source)),
        ]
        if supervised:
            m.d.comb += [
                task.labelled.eq(of_term(lambda term: int(term.source >= RIGHT))),
                task.label.eq(Array([self.right, self.wrong])[of_term(lambda term: int(term.source == WRONG))]),
            ]
        if self.stage.plan.frame is not None:
            m.d.comb += [
                task.moved.eq(of_term(lambda term: int(term.view is not None))),
                task.view.eq(of_term(lambda term: term.view or 0)),
            ]
        changes = (self.positive.any() & on_positive) | (self.negative & on_negative)
        if not self.stage.plan.merges:
            return ~changes
        m.d.comb += [
            self.merges.eq(of_term(lambda term: int(term.merges))),
            task.merges.eq(self.merges),
            task.own.eq(changes),
            task.others.eq(on_negative),
        ]
        return ~(changes | (self.merges & on_negative))
