"""The course of the read-out: its sums over what all layers give, then its step."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.config import FFConfig
from hwgen.ff.lists import list_layout
from hwgen.ff.pace import Pace
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.sweeps import Begin, sweep_layout


class ReadoutControl(wiring.Component):
    """Makes the sweeps of the read-out's array: one for each layer's list, the last one with the bias.

    Members:

    - ``start``: strobe, with ``learn``: and learn; ``done``: strobe, all weights are written;
      ``working``: from the clock after ``start`` to ``done``.
    - ``lists``: of each layer, stay from ``start`` to ``done``.
    - ``sweep_start``, ``sweep``, ``ending``: to the array; ``writing``: weights may have still to be written.
    - ``decided``, ``learns``: of the :class:`~hwgen.ff.readout.Readout`; ``steps_start``, ``steps_last``: to it;
      ``learning``: weights are being changed.

    Args:
        config: the machine's parameters.
        plan: of the read-out's array.
    """

    def __init__(self, config: FFConfig, plan: ArrayPlan) -> None:
        self.config = config
        self.plan = plan
        members: dict[str, Any] = {
            "start": In(1),
            "done": Out(1),
            "working": Out(1),
            "lists": In(data.ArrayLayout(list_layout(plan.banks, plan.entries), config.depth)),
            "sweep_start": Out(1),
            "sweep": Out(sweep_layout(plan)),
            "ending": In(1),
            "writing": In(1),
            "decided": In(1),
        }
        if config.learning:
            members |= {
                "learn": In(1),
                "learns": In(1),
                "steps_start": Out(1),
                "steps_last": In(1),
                "learning": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, plan = self.config, self.plan
        m.submodules.pace = pace = Pace(plan)
        sweep = Signal(self.sweep.shape(), reset_less=True)
        layer = Signal(range(config.depth))
        finished = Signal()
        update = Signal()
        last = layer == config.depth - 1
        rows = [sum(config.layers[1 : 1 + number]) for number in range(config.depth)]
        m.d.comb += [
            pace.length.eq(sweep.count + sweep.constant),
            pace.update.eq(sweep.update),
            pace.capture.eq(sweep.capture),
            pace.start.eq(self.sweep_start),
            pace.ending.eq(self.ending),
            self.sweep.eq(sweep),
        ]
        if config.learning:
            m.d.comb += self.learning.eq(update)
        with m.FSM(name="readout") as course:
            with m.State("IDLE"):
                m.d.sync += [layer.eq(0), update.eq(0)]
                with m.If(self.start):
                    m.next = "PREPARE"
            with m.State("PREPARE"):
                m.d.sync += [
                    sweep.update.eq(update),
                    sweep.row.eq(of_layer(rows, layer)),
                    sweep.bank.eq(self.lists[layer].bank),
                    sweep.count.eq(self.lists[layer].count),
                    sweep.constant.eq(last),
                    sweep.constant_entry.index.eq(config.features - rows[-1]),
                    sweep.constant_entry.value.eq(config.readout_bias),
                    sweep.begin.eq(Mux(layer == 0, Begin.CLEAR, Begin.KEEP)),
                    sweep.capture.eq(last & ~update),
                    layer.eq(Mux(last, 0, layer + 1)),
                    finished.eq(last),
                ]
                m.next = "SWEEP"
            with m.State("SWEEP"):
                m.d.comb += self.sweep_start.eq(pace.free)
                with m.If(pace.free):
                    m.next = "PREPARE"
                    with m.If(finished):
                        m.next = "FINISH"
                        with m.If(~update):
                            m.next = "DECIDE"
            with m.State("DECIDE"), m.If(self.decided):
                m.next = "FINISH"
                if config.learning:
                    with m.If(self.learn & self.learns):
                        m.d.comb += self.steps_start.eq(1)
                        m.d.sync += update.eq(1)
                        m.next = "STEPS"
            if config.learning:
                with m.State("STEPS"), m.If(self.steps_last):
                    m.next = "PREPARE"
            with m.State("FINISH"), m.If(~pace.running & ~self.writing):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"
        m.d.comb += self.working.eq(~course.ongoing("IDLE"))
        return m
