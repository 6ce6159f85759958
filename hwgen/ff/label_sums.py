"""The passes of a layer of a supervised machine: one for each label that is tried."""

from typing import Any

from amaranth.hdl import Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.labels import labels_layout
from hwgen.ff.lists import list_layout
from hwgen.ff.program import CURRENT, POSITIVE, UPPER_KIND
from hwgen.ff.stage import Stage
from hwgen.ff.sweeps import Begin
from hwgen.ff.task import sum_layout


class LabelSums(wiring.Component):
    """Has a layer's passes summed; then its step made, if it shall learn.

    A pass of the first layer is the sum over the image, which is made once for each group of units, and the entry of
    one label: those of all labels, or with ``train`` of the right one and the candidates for the wrong one, kept in as
    many banks. The other layers go through the lists of the layer below, one after the other: of all labels, or of the
    right and the chosen one, which are kept in the same banks again.

    Members:

    - ``start``: strobe, take ``layer``; ``done``: strobe, all sweeps have ended, and all passes are done; ``current``:
      the layer; ``image``: the list of the sample.
    - ``prepare``: strobe, the next sweep's ``task``; ``asks``: it shall be started; ``free``: it is; ``running``: some
      sweep has not ended; ``all_passed``: strobe, all passes of the layer are done.
    - ``list_ready``, ``list``, ``claim``, ``release``: to the lists of what the layer below gives; ``lists``: of the
      layer's tasks.

    Where the machine learns:

    - ``train``: two passes rather than all, ``learn``: and a step after them: stay from ``start`` to ``done``.
    - ``labels``, ``labels_ready``: right and candidates; ``chosen``: the bank of the negative pass.
    - ``step_start``: strobe; ``number``: of the program; ``step_done``: the step's last sweep was started.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        plan = stage.plan
        layers = range(len(plan.layers))
        listed = list_layout(plan.banks, plan.entries)
        members: dict[str, Any] = {
            "start": In(1),
            "layer": In(layers),
            "done": Out(1),
            "current": Out(layers),
            "image": In(listed),
            "prepare": Out(1),
            "task": Out(sum_layout(stage)),
            "asks": Out(1),
            "free": In(1),
            "running": In(1),
            "all_passed": In(1),
            "list_ready": In(1),
            "list": In(listed),
            "claim": Out(1),
            "release": Out(1),
            "lists": Out(data.ArrayLayout(listed, 2)),
        }
        if stage.learning:
            members |= {
                "train": In(1),
                "learn": In(1),
                "labels": In(labels_layout(stage.config)),
                "labels_ready": In(1),
                "chosen": In(range(stage.step_banks)),
                "step_start": Out(1),
                "number": Out(1),
                "step_done": In(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, learning = self.stage.config, self.stage.learning
        train = self.train if learning else Const(0)
        group = Signal(range(max(self.stage.plan.groups)))
        place = Signal(range(self.stage.banks))  # of the pass
        finished = Signal()  # all of them are prepared
        first = self.current == 0
        last_group = group == of_layer([groups - 1 for groups in self.stage.plan.groups], self.current)
        last_place = Signal()
        m.d.comb += last_place.eq(place == Mux(train, Mux(first, config.candidates, 1), config.classes - 1))
        replaces = Signal()  # the list before this one is no longer needed when this one's sweep starts
        surplus = Signal(2)  # lists to be released
        self._add_task(m, group, place, train)
        m.d.comb += self.release.eq(surplus != 0)
        with m.If(surplus != 0):
            m.d.sync += surplus.eq(surplus - 1)
        with m.FSM(name="sums"):
            with m.State("IDLE"):
                m.d.sync += [self.current.eq(self.layer), group.eq(0), place.eq(0), finished.eq(0), replaces.eq(0)]
                with m.If(self.start & (self.layer == 0)):
                    m.d.sync += self.lists[CURRENT].eq(self.image)
                    m.next = "IMAGE"
                if config.depth > 1:
                    with m.Elif(self.start):
                        m.next = "LIST"
            with m.State("IMAGE"):
                m.d.comb += [self.prepare.eq(1), self.task.save.eq(1)]
                m.next = "IMAGE SWEEP"
            with m.State("IMAGE SWEEP"):
                m.d.comb += self.asks.eq(1)
                with m.If(self.free):
                    m.next = "LABEL"
            with m.State("LABEL"):
                ready = self.labels_ready | ~train if learning else Const(1)
                with m.If(ready):
                    m.d.comb += [self.prepare.eq(1), self.task.of.labelled.eq(1), self.task.capture.eq(1)]
                    m.d.sync += place.eq(place + 1)
                    with m.If(last_place):
                        m.d.sync += [place.eq(0), group.eq(group + 1), finished.eq(last_group)]
                    m.next = "SWEEP"
            if config.depth > 1:
                with m.State("LIST"), m.If(self.list_ready):
                    m.d.comb += self.claim.eq(1)
                    m.d.sync += [self.lists[place[0]].eq(self.list), replaces.eq((place != 0) & ~train)]
                    m.next = "GROUP"
                with m.State("GROUP"):
                    m.d.comb += [self.prepare.eq(1), self.task.capture.eq(1)]
                    m.d.sync += group.eq(group + 1)
                    with m.If(last_group):
                        m.d.sync += [group.eq(0), place.eq(place + 1), finished.eq(last_place)]
                    m.next = "SWEEP"
            with m.State("SWEEP"):
                m.d.comb += self.asks.eq(1)
                with m.If(self.free):
                    with m.If(replaces):
                        m.d.sync += [replaces.eq(0), surplus.eq(1)]
                    with m.If(finished):
                        m.next = "WAIT"
                    with m.Elif(first):
                        m.next = "LABEL"
                        with m.If(place == 0):
                            m.next = "IMAGE"
                    if config.depth > 1:
                        with m.Else():
                            m.next = "GROUP"
                            with m.If(group == 0):
                                m.next = "LIST"
            with m.State("WAIT"), m.If(self.all_passed):
                m.next = "FINISH"
                if learning:
                    m.d.comb += self.step_start.eq(self.learn)
                    with m.If(self.learn):
                        m.next = "STEP"
            if learning:
                m.d.comb += self.number.eq(Mux(first, 0, UPPER_KIND))
                with m.State("STEP"), m.If(self.step_done):
                    m.next = "FINISH"
            with m.State("FINISH"), m.If(~self.running):
                m.d.comb += self.done.eq(1)
                with m.If(~first):
                    m.d.sync += surplus.eq(Mux(train, 2, 1))
                m.next = "IDLE"
        return m

    def _add_task(self, m: Module, group: Signal, place: Signal, train: Value) -> None:
        task = self.task
        first = self.current == 0
        m.d.comb += [
            task.of.group.eq(group),
            task.of.source.eq(Mux(first, CURRENT, place[0])),
            task.of.label.eq(place),
            task.begin.eq(Mux(task.of.labelled, Begin.RESTORE, Begin.CLEAR)),
            task.bank.eq(place),
        ]
        if self.stage.learning:
            with m.If(train):
                m.d.comb += task.of.label.eq(self.labels[place])
                with m.If(~first & (place != POSITIVE)):
                    m.d.comb += task.bank.eq(self.chosen)
