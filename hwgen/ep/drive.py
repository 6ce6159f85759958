"""Sums the drive of the next sample while this one relaxes."""

from amaranth.hdl import Array, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.ep.signature import list_layout


class Drive(wiring.Component):
    """Takes complete lists of active inputs, one after the other, and sweeps each slot's synapses.

    Members: ``list_ready``, ``list``, ``claim``: the next list; ``start``, ``base``, ``ending``: to the sweep;
    ``summed``: the last sum of a pass is complete; ``driven``: the drive of ``sample`` is; ``take``: the relaxation
    takes it; ``again``: weights have changed, so sum again; ``hold``: begin nothing; ``working``: the synapse memory
    is in use; ``group``: the slot whose sum is complete with ``summed``.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = EPPlan(config)
        super().__init__(
            {
                "list_ready": In(1),
                "list": In(list_layout(config)),
                "claim": Out(1),
                "start": Out(1),
                "base": Out(range(self.plan.words)),
                "ending": In(1),
                "summed": In(1),
                "group": Out(range(self.plan.groups[0])),
                "driven": Out(1),
                "sample": Out(list_layout(config)),
                "take": In(1),
                "again": In(1),
                "hold": In(1),
                "working": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        groups = self.plan.groups[0]
        swept = Signal(range(groups + 1))  # passes begun
        last = groups - 1

        m.d.comb += self.base.eq(Array(self.plan.input_base(group) for group in range(groups))[swept])
        with m.If(self.start):
            m.d.sync += swept.eq(swept + 1)
        with m.If(self.summed):
            m.d.sync += self.group.eq(self.group + 1)
        with m.FSM(name="drive"):
            with m.State("IDLE"):
                m.d.comb += self.claim.eq(self.list_ready & ~self.hold)
                with m.If(self.claim):
                    m.d.sync += self.sample.eq(self.list)
                    m.next = "START"
            with m.State("START"):
                m.d.comb += [self.start.eq(1), self.working.eq(1)]
                m.d.sync += self.group.eq(0)
                m.next = "SWEEP"
            with m.State("SWEEP"):
                m.d.comb += self.working.eq(1)
                with m.If(self.ending & (swept != groups)):
                    m.d.comb += self.start.eq(1)
                with m.If(self.summed & (self.group == last)):
                    m.next = "DRIVEN"
            with m.State("DRIVEN"):
                m.d.comb += self.driven.eq(1)
                m.d.sync += swept.eq(0)
                with m.If(self.take):
                    m.next = "IDLE"
                with m.Elif(self.again):
                    m.next = "START"
        return m
