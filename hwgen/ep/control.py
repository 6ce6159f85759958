"""The course of a sample: free phase, nudged phases, learning, result."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.stages import WORD_STAGES
from hwgen.ep.config import EPConfig
from hwgen.ep.outputs import Nudge
from hwgen.ep.plan import ROW_STAGES, EPPlan
from hwgen.ep.result import STEP_BITS
from hwgen.ep.schedule import Command
from hwgen.ep.signature import list_layout

LOADED = WORD_STAGES - ROW_STAGES
"""Clocks from a pass's last entry to that in which the next slot may be loaded: it reaches the lanes sooner than the
word of that entry."""


class Control(wiring.Component):
    """Takes one sample after the other through its phases.

    Members, beside those that start and end what other blocks do: ``sample``: the one at work; ``nudge``: what pulls
    at the outputs; ``keep``: the activities that this phase leads to are kept, ``keep_outputs``: those of the outputs
    now; ``differ``: the outputs' activities differ from those kept; ``count``: a sum over the lanes, with ``counted``
    the changed neurons of a slot, in the order of the slots, with ``flipped`` the flipped signs of a word, of the
    weights from the inputs if ``flipped_input``; ``random``: sign of a random nudge; ``learning``: synapses are being
    changed; ``learnt``: they have been; ``again``: so the next sample's drive must be summed again;
    ``result_valid``: the result stands until ``result_ready``.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        members = {
            "driven": In(1),
            "driven_sample": In(list_layout(config)),
            "drive_working": In(1),
            "take": Out(1),
            "again": Out(1),
            "hold": Out(1),
            "sample": Out(list_layout(config)),
            "start": Out(1),
            "command": Out(Command),
            "most_steps": Out(STEP_BITS),
            "begin": Out(1),
            "load_slot": Out(range(len(plan.slots))),
            "done": In(1),
            "steps": In(STEP_BITS),
            "nudge": Out(Nudge),
            "result_valid": Out(1),
            "result_ready": In(1),
            "free_steps": Out(STEP_BITS),
            "predicted": Out(1),
            "relaxing": Out(1),
            "idle": Out(1),
        }
        if config.learning:
            members |= {
                "nudging": Out(1),
                "keep": Out(1),
                "keep_outputs": Out(1),
                "negative_steps": Out(STEP_BITS),
                "positive_steps": Out(STEP_BITS),
                "differ": In(1),
                "counted": In(1),
                "flipped": In(1),
                "flipped_input": In(1),
                "count": In(range(config.lanes + 1)),
                "changed": Out(range(sum(config.hidden) + 1)),
                "slots_changed": Out(len(plan.slots)),
                "flips": Out(range(config.synapses + 1)),
                "stale": Out(1),
                "sweep_start": Out(1),
                "sweep_group": Out(range(plan.groups[0])),
                "sweep_ending": In(1),
                "random": In(1),
                "learning": Out(1),
                "learnt": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        if config.learning:
            self._add_counts(m)
        with m.FSM(name="control"):
            with m.State("IDLE"):
                m.d.comb += self.idle.eq(1)
                with m.If(self.driven):
                    m.d.comb += self.take.eq(1)
                    self._relax(m, begin=True)
                    m.d.sync += [self.sample.eq(self.driven_sample), self.nudge.eq(Nudge.NONE)]
                    m.next = "FREE"
            with m.State("FREE"):
                m.d.comb += [self.most_steps.eq(config.free_steps), self.relaxing.eq(1)]
                with m.If(self.done):
                    m.d.comb += self.predicted.eq(1)
                    m.d.sync += self.free_steps.eq(self.steps)
                    m.next = "INFERRED"
                    if config.learning:
                        with m.If(self.sample.trailer.learn):
                            self._begin_nudging(m)
            if config.learning:
                self._add_nudged_phases(m)
                self._add_learning(m)
            with m.State("INFERRED"):
                m.next = "RESULT"
            with m.State("RESULT"):
                m.d.comb += self.result_valid.eq(1)
                with m.If(self.result_ready):
                    m.next = "IDLE"
        return m

    def _relax(self, m: Module, begin: bool = False) -> None:
        """Start a phase."""
        m.d.comb += [self.start.eq(1), self.command.eq(Command.RELAX), self.begin.eq(begin)]

    def _begin_nudging(self, m: Module) -> None:
        self._relax(m)
        if self.config.nudging == "symmetric":
            m.d.sync += self.nudge.eq(Nudge.AWAY)
            m.next = "FIRST NUDGE"
        else:
            m.d.comb += self.keep_outputs.eq(1)
            m.d.sync += self.nudge.eq(Mux(self.random, Nudge.TOWARDS, Nudge.AWAY))
            m.next = "LAST NUDGE"

    def _add_nudged_phases(self, m: Module) -> None:
        most_steps = self.config.nudged_steps
        if self.config.nudging == "symmetric":
            with m.State("FIRST NUDGE"):
                m.d.comb += [self.most_steps.eq(most_steps), self.relaxing.eq(1), self.nudging.eq(1), self.keep.eq(1)]
                with m.If(self.done):
                    self._relax(m)
                    m.d.comb += self.keep_outputs.eq(1)
                    m.d.sync += [self.negative_steps.eq(self.steps), self.nudge.eq(Nudge.TOWARDS)]
                    m.next = "LAST NUDGE"
        with m.State("LAST NUDGE"):
            m.d.comb += [self.most_steps.eq(most_steps), self.relaxing.eq(1), self.nudging.eq(1)]
            with m.If(self.done):
                m.d.comb += [self.start.eq(1), self.command.eq(Command.COUNT)]
                with m.If(self.nudge == Nudge.TOWARDS):
                    m.d.sync += self.positive_steps.eq(self.steps)
                with m.Else():
                    m.d.sync += self.negative_steps.eq(self.steps)
                m.next = "COUNT"

    def _add_counts(self, m: Module) -> None:
        """What is said of a sample: steps of its nudged phases, and, summed over the lanes, changed neurons and flipped
        signs."""
        if self.config.nudging == "random-sign":
            m.d.comb += self.keep.eq(self.relaxing & ~self.nudging)
        counted = Signal(range(len(self.plan.slots)))
        with m.If(self.counted):
            m.d.sync += [
                self.changed.eq(self.changed + self.count),
                counted.eq(counted + 1),
                self.slots_changed.bit_select(counted, 1).eq(self.count != 0),
            ]
        with m.If(self.flipped):
            m.d.sync += self.flips.eq(self.flips + self.count)
            with m.If(self.flipped_input & (self.count != 0)):
                m.d.sync += self.stale.eq(1)
        with m.If(self.take):
            steps = (self.negative_steps, self.positive_steps)
            counts = (self.changed, self.flips, counted, self.slots_changed, self.stale, self.learnt)
            m.d.sync += [signal.eq(0) for signal in (*steps, *counts)]

    def _add_learning(self, m: Module) -> None:
        plan = self.plan
        # Clocks until what was issued has arrived.
        drain = Signal(range(max(LOADED, plan.count_drain, plan.flips_drain) + 1))
        group = Signal(range(plan.groups[0] + 1))

        with m.State("COUNT"):
            m.d.sync += drain.eq(plan.count_drain)
            with m.If(self.done):
                m.next = "COUNTED"
        with m.State("COUNTED"):
            m.d.sync += drain.eq(drain - 1)
            with m.If(drain == 0):
                m.next = "RESULT"
                with m.If(self.slots_changed.any() | self.differ):
                    m.next = "WAIT FOR MEMORY"
        with m.State("WAIT FOR MEMORY"):
            m.d.comb += self.hold.eq(1)
            m.d.sync += group.eq(0)
            with m.If(~self.drive_working):
                m.d.comb += [self.start.eq(1), self.command.eq(Command.LEARN)]
                m.next = "LEARN ROWS"
        with m.State("LEARN ROWS"):
            m.d.comb += [self.hold.eq(1), self.learning.eq(1)]
            with m.If(self.done):
                m.next = "NEXT SLOT"
        with m.State("NEXT SLOT"):
            m.d.comb += [self.hold.eq(1), self.learning.eq(1)]
            m.d.sync += [group.eq(group + 1), drain.eq(plan.flips_drain)]
            with m.If(group == plan.groups[0]):
                m.next = "DRAIN"
            with m.Elif(self.slots_changed.bit_select(group, 1) & (self.sample.count != 0)):
                m.d.comb += [self.sweep_start.eq(1), self.sweep_group.eq(group)]
                m.d.comb += [self.start.eq(1), self.command.eq(Command.LOAD), self.load_slot.eq(group)]
                m.next = "LEARN INPUTS"
        with m.State("LEARN INPUTS"):
            m.d.comb += [self.hold.eq(1), self.learning.eq(1)]
            m.d.sync += drain.eq(LOADED)
            with m.If(self.sweep_ending):
                m.next = "SETTLE"
        with m.State("SETTLE"):
            m.d.comb += [self.hold.eq(1), self.learning.eq(1)]
            m.d.sync += drain.eq(drain - 1)
            with m.If(drain == 0):
                m.next = "NEXT SLOT"
        with m.State("DRAIN"):
            m.d.comb += [self.hold.eq(1), self.learning.eq(1)]
            m.d.sync += [drain.eq(drain - 1), self.learnt.eq(1)]
            with m.If(drain == 0):
                m.d.comb += self.again.eq(self.stale)
                m.next = "RESULT"
