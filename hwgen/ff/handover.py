"""Makes lists of what a layer gives: one for each pass that the next layer, or the read-out, wants."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.lists import list_layout
from hwgen.ff.program import NEGATIVE, POSITIVE
from hwgen.ff.stage import Stage


class Handover(wiring.Component):
    """Starts the normaliser for the positive pass of a layer, and then for the negative one, as soon as they are done,
    and claims the lists.

    Args:
        stage: of the engine.
        entries: of the longest list.
        banks: lists that there may be.

    Members:

    - ``start``: strobe, take ``layer``, and ``both``: the negative pass is wanted too; ``done``: there is nothing to be
      done, or no longer.
    - ``pass_done``, ``pass_bank``: a pass of the layer is done; ``give``, ``give_ready``, ``give_layer``,
      ``give_bank``: to the units.
    - ``ready``, ``bank``, ``count``, ``claim``: to the :class:`~hwgen.crossbar.active.ActiveInputs` of lists.
    - ``positives``: each layer's list, ``negative``: the one of a negative pass that was there at ``start``: the list
      that the layer works on stays while that of what it gives is made.
    """

    def __init__(self, stage: Stage, *, entries: int, banks: int) -> None:
        self.stage = stage
        each = list_layout(banks, entries)
        layers = range(len(stage.plan.layers))
        super().__init__(
            {
                "start": In(1),
                "layer": In(layers),
                "both": In(1),
                "done": Out(1),
                "pass_done": In(1),
                "pass_bank": In(range(stage.banks)),
                "give_ready": In(1),
                "give": Out(1),
                "give_layer": Out(layers),
                "give_bank": Out(range(stage.banks)),
                "ready": In(1),
                "bank": In(range(banks)),
                "count": In(range(entries + 1)),
                "claim": Out(1),
                "positives": Out(data.ArrayLayout(each, len(layers))),
                "negative": Out(each),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        both = Signal()
        negative = Signal.like(self.negative)  # the last one
        on_negative = Signal()
        passed = Signal(2)  # passes that are done
        with m.If(self.pass_done):
            m.d.sync += passed.bit_select(self.pass_bank, 1).eq(1)
        m.d.comb += self.give_bank.eq(Mux(on_negative, NEGATIVE, POSITIVE))
        with m.FSM(name="handover"):
            with m.State("IDLE"):
                m.d.comb += self.done.eq(1)
                m.d.sync += [on_negative.eq(0), passed.eq(0), both.eq(self.both), self.give_layer.eq(self.layer)]
                with m.If(self.start):
                    m.d.sync += self.negative.eq(negative)
                    m.next = "PASS"
            with m.State("PASS"):
                m.d.comb += self.give.eq(passed.bit_select(on_negative, 1) & self.give_ready)
                with m.If(self.give):
                    m.next = "LIST"
            with m.State("LIST"):
                m.d.comb += self.claim.eq(self.ready)
                with m.If(self.ready):
                    with m.If(on_negative):
                        m.d.sync += [negative.bank.eq(self.bank), negative.count.eq(self.count)]
                    with m.Else():
                        positive = self.positives[self.give_layer]
                        m.d.sync += [positive.bank.eq(self.bank), positive.count.eq(self.count), on_negative.eq(1)]
                    m.next = "IDLE"
                    with m.If(both & ~on_negative):
                        m.next = "PASS"
        return m
