"""From tasks to sweeps: what those who control a layer want, told to the array when it may be."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.lists import list_layout
from hwgen.ff.pace import Pace
from hwgen.ff.program import FED_BACK, OTHER, sources
from hwgen.ff.stage import Stage
from hwgen.ff.sweeps import sweep_layout
from hwgen.ff.task import step_layout, sum_layout


def view_layout(most: int) -> data.StructLayout:
    """By how many pixels an image is moved."""
    pixels = range(-most, most + 1)
    return data.StructLayout({"right": pixels, "down": pixels})


class SweepControl(wiring.Component):
    """Looks up a task's list, the layer's bias, and where images are moved, by how much; starts the sweep as soon as
    :class:`~hwgen.ff.pace.Pace` allows.

    Members:

    - ``layer``, its ``lists``, ``views``: of tasks.
    - ``prepare``: strobe, take ``task``, a sum; ``prepare_step``: take ``step_task``, a term of a step; ``asks``: start
      the sweep that was prepared; ``free``: with ``asks``, it is started; ``running``: a sweep has not ended.
    - ``start``, ``sweep``, ``ending``: to the array.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        plan = stage.plan
        members: dict[str, Any] = {
            "layer": In(range(len(plan.layers))),
            "lists": In(data.ArrayLayout(list_layout(plan.banks, plan.entries), sources(stage.config))),
            "prepare": In(1),
            "task": In(sum_layout(stage)),
            "asks": In(1),
            "free": Out(1),
            "running": Out(1),
            "start": Out(1),
            "sweep": Out(sweep_layout(plan, stage.note)),
            "ending": In(1),
        }
        if stage.learning:
            members |= {"prepare_step": In(1), "step_task": In(step_layout(stage))}
        if plan.frame is not None:
            members["views"] = In(data.ArrayLayout(view_layout(plan.frame.most), 2))
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.pace = pace = Pace(self.stage.plan)
        sweep = Signal(self.sweep.shape(), reset_less=True)
        task = self.task
        m.d.comb += [
            pace.length.eq(sweep.count + sweep.constant),
            pace.update.eq(sweep.update),
            pace.capture.eq(sweep.capture),
            pace.start.eq(self.start),
            pace.ending.eq(self.ending),
            self.free.eq(pace.free),
            self.running.eq(pace.running),
            self.start.eq(self.asks & pace.free),
            self.sweep.eq(sweep),
        ]
        if self.stage.plan.merges:
            m.d.comb += pace.merges.eq(sweep.merges)
        with m.If(self.prepare):
            self._prepare(m, sweep, task.of)
            if self.stage.plan.merges:
                m.d.sync += sweep.merges.eq(0)
            m.d.sync += [
                sweep.update.eq(0),
                *(sweep[name].eq(task[name]) for name in ("begin", "save", "double", "capture")),
                sweep.note.group.eq(task.of.group),
                sweep.note.bank.eq(task.bank),
            ]
        if self.stage.learning:
            with m.If(self.prepare_step):
                self._prepare(m, sweep, self.step_task)
                m.d.sync += [sweep.update.eq(1), sweep.capture.eq(0)]
                if self.stage.plan.merges:
                    self._merge(m, sweep)
        return m

    def _merge(self, m: Module, sweep: data.View) -> None:
        """The other list of a step, and which of the two are left out."""
        task, other = self.step_task, self.lists[OTHER]
        m.d.sync += [
            sweep.merges.eq(task.merges),
            sweep.other_bank.eq(other.bank),
            sweep.other_count.eq(Mux(task.others, other.count, 0)),
        ]
        with m.If(task.merges & ~task.own):
            m.d.sync += sweep.count.eq(0)

    def _prepare(self, m: Module, sweep: data.View, source: data.View) -> None:
        """A list and the layer's bias, what is fed back without it, or the entry of a label."""
        plan, config = self.stage.plan, self.stage.config
        layer, chosen = self.layer, self.lists[source.source]
        m.d.sync += [
            sweep.layer.eq(layer),
            sweep.group.eq(source.group),
            sweep.row.eq(0),
            sweep.bank.eq(chosen.bank),
            sweep.count.eq(chosen.count),
            sweep.constant.eq(of_layer([int(bias > 0) for bias in config.bias], layer)),
            sweep.constant_entry.index.eq(of_layer(config.layers[:-1], layer)),
            sweep.constant_entry.value.eq(of_layer(config.bias, layer)),
        ]
        if config.supervised:
            with m.If(source.labelled):
                m.d.sync += [
                    sweep.count.eq(0),
                    sweep.constant.eq(1),
                    sweep.constant_entry.index.eq(config.layers[0] + 1 + source.label),
                    sweep.constant_entry.value.eq(config.label_value),
                ]
        if config.recurrent:
            with m.If(source.source >= FED_BACK):
                m.d.sync += [sweep.row.eq(config.layers[0] + 1), sweep.constant.eq(0)]
        if plan.frame is not None:
            view = self.views[source.view]
            m.d.sync += [
                sweep.right.eq(Mux(source.moved, view.right, 0)),
                sweep.down.eq(Mux(source.moved, view.down, 0)),
            ]
