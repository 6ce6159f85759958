"""When a sweep may be started."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.plan import ArrayPlan


class Pace(wiring.Component):
    """Keeps the rules of :class:`~hwgen.ff.array.LaneArray`: one sweep at a time; sums enter the chain when those of
    the sweep before have left it; after a sweep that updates, its words are written first.

    Args:
        plan: of the array.

    Members: ``length``: entries of the sweep that is to be started, the constant one counted, and ``update``,
    ``capture``, where lists can be merged also ``merges``: what it does; ``free``: it may be; ``start``: it is;
    ``ending``: of the array; ``running``: a sweep was started and has not ended.
    """

    def __init__(self, plan: ArrayPlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "length": In(range(plan.entries + 2)),
                "update": In(1),
                "capture": In(1),
                **({"merges": In(1)} if plan.merges else {}),
                "start": In(1),
                "ending": In(1),
                "free": Out(1),
                "running": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        beats, turnaround = self.plan.beats, self.plan.turnaround
        updates = Signal()  # the sweep under way
        captures = Signal()
        cooling = Signal(range(turnaround))  # clocks until words may be read
        leaving = Signal(range(beats + 1))  # clocks for which sums are still to leave
        due = Signal.like(leaving)  # the same, seen from this clock
        m.d.comb += [
            due.eq(Mux(self.ending & captures, beats, leaving)),
            self.free.eq(
                (~self.running | self.ending)
                & ~(self.ending & updates)
                & (cooling == 0)
                & (~self.capture | (due <= 1) | (self.length >= due))
            ),
        ]
        m.d.sync += [cooling.eq(Mux(cooling == 0, 0, cooling - 1)), leaving.eq(Mux(due == 0, 0, due - 1))]
        with m.If(self.ending):
            m.d.sync += self.running.eq(0)
            with m.If(updates):
                m.d.sync += cooling.eq(turnaround - 1)
        if self.plan.merges:
            merges = Signal()  # the sweep under way goes over the union of two lists
            with m.If(self.ending & updates & merges):
                m.d.sync += cooling.eq(self.plan.merged_turnaround - 1)
            with m.If(self.start):
                m.d.sync += merges.eq(self.merges)
        with m.If(self.start):
            m.d.sync += [self.running.eq(1), updates.eq(self.update), captures.eq(self.capture & ~self.update)]
        return m
