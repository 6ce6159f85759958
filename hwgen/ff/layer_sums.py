"""The passes of a layer of a contrastive machine."""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.program import NEGATIVE, PAIRS_KIND, POSITIVE, UPPER_KIND, Sum, programs
from hwgen.ff.stage import Stage
from hwgen.ff.task import of_step, sum_layout


class LayerSums(wiring.Component):
    """Has a layer's lists summed, group by group; then its step made, if it shall learn.

    Members:

    - ``start``: strobe, take ``layer``; ``pairs``: with a negative pass; ``learn``: and with a step after it;
      ``done``: strobe, all sweeps have ended, and all passes are done; ``current``: the layer.
    - ``prepare``: strobe, the next sweep's ``task``; ``asks``: it shall be started; ``free``: it is.
    - ``pass_done``, ``pass_bank``: a pass is done; ``running``: some sweep has not ended.
    - ``step_start``: strobe; ``number``: of the program; ``step_done``: the step's last sweep was started.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        layers = range(len(stage.plan.layers))
        self.programs = programs(stage.config)
        members: dict[str, Any] = {
            "start": In(1),
            "layer": In(layers),
            "done": Out(1),
            "current": Out(layers),
            "prepare": Out(1),
            "task": Out(sum_layout(stage)),
            "asks": Out(1),
            "free": In(1),
            "pass_done": In(1),
            "pass_bank": In(range(stage.banks)),
            "running": In(1),
        }
        if stage.learning:
            members |= {
                "pairs": In(1),
                "learn": In(1),
                "step_start": Out(1),
                "number": Out(range(len(self.programs))),
                "step_done": In(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        known = self.programs
        number = Signal(range(len(known)))  # of the program
        place = Signal(range(max(len(each.sums) for each in known)))
        group = Signal(range(max(self.stage.plan.groups)))
        finished = Signal()  # all of them are prepared
        pairs = Signal()
        last_group = group == of_layer([groups - 1 for groups in self.stage.plan.groups], self.current)
        last_sum = place == Array(len(each.sums) - 1 for each in known)[number]
        self._add_task(m, number, place, group)
        with m.FSM(name="sums"):
            with m.State("IDLE"), m.If(self.start):
                kind = Mux(self.layer == 0, 0, UPPER_KIND)
                m.d.sync += [self.current.eq(self.layer), number.eq(kind), finished.eq(0)]
                if self.stage.learning:
                    m.d.sync += [number.eq(kind + Mux(self.pairs, PAIRS_KIND, 0)), pairs.eq(self.pairs)]
                m.next = "PREPARE"
            with m.State("PREPARE"):
                m.d.comb += self.prepare.eq(1)
                m.d.sync += place.eq(place + 1)
                with m.If(last_sum):
                    m.d.sync += [place.eq(0), group.eq(Mux(last_group, 0, group + 1)), finished.eq(last_group)]
                m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += self.asks.eq(1)
                with m.If(self.free):
                    m.next = "PREPARE"
                    with m.If(finished):
                        m.next = "WAIT"
            with m.State("WAIT"), m.If(self.pass_done & (self.pass_bank == Mux(pairs, NEGATIVE, POSITIVE))):
                m.next = "FINISH"
                if self.stage.learning:
                    m.d.comb += self.step_start.eq(self.learn)
                    with m.If(self.learn):
                        m.next = "STEP"
            if self.stage.learning:
                m.d.comb += self.number.eq(number)
                with m.State("STEP"), m.If(self.step_done):
                    m.next = "FINISH"
            with m.State("FINISH"), m.If(~self.running):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"
        return m

    def _add_task(self, m: Module, number: Signal, place: Signal, group: Signal) -> None:
        def of_sum(value: Callable[[Sum], int]) -> Value:
            return of_step([[value(one) for one in each.sums] for each in self.programs], number, place)

        task = self.task
        m.d.comb += [
            task.of.group.eq(group),
            task.of.source.eq(of_sum(lambda one: one.source)),
            task.begin.eq(of_sum(lambda one: one.begin)),
            task.save.eq(of_sum(lambda one: int(one.save))),
            task.double.eq(of_sum(lambda one: int(one.double))),
            task.capture.eq(of_sum(lambda one: int(one.bank is not None))),
            task.bank.eq(of_sum(lambda one: one.bank or 0)),
        ]
        if self.stage.plan.frame is not None:
            m.d.comb += [
                task.of.moved.eq(of_sum(lambda one: int(one.view is not None))),
                task.of.view.eq(of_sum(lambda one: one.view or 0)),
            ]
