"""Counters of what the machine has done since they were last cleared."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.registers import COUNT_BITS, count_names, cycle_names
from hwgen.ep.result import STEP_BITS
from hwgen.parts.wide_counter import WideCounter


class Statistics(wiring.Component):
    """Counts samples when they are ``complete``, and clocks.

    Members: with ``complete``: ``learn``: the sample was learnt from, ``wrong``: its prediction was not its label,
    and its ``free_steps``, ``nudged_steps`` and ``flips``; ``in_drive``, ``in_free``, ``in_nudged``, ``in_learn``:
    what this clock is spent on; ``clear``; for each statistics register its value.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        members = {
            "complete": In(1),
            "learn": In(1),
            "wrong": In(1),
            "free_steps_more": In(STEP_BITS),
            "nudged_steps_more": In(STEP_BITS + 1),
            "flips_more": In(range(config.synapses + 1)),
            "clear": In(1),
        }
        self.counts = count_names(config)
        self.clocks = [name.removesuffix("_cycles") for name in cycle_names(config)]
        members |= {name: Out(COUNT_BITS) for name in self.counts}
        members |= {f"in_{phase}": In(1) for phase in self.clocks}
        members |= {f"{phase}_cycles": Out(64) for phase in self.clocks}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # A register before the long carry chains.
        more = {
            "inferred": ~self.learn,
            "infer_errors": ~self.learn & self.wrong,
            "trained": self.learn,
            "train_errors": self.learn & self.wrong,
            "free_steps": self.free_steps_more,
            "nudged_steps": self.nudged_steps_more,
            "flips": self.flips_more,
        }
        complete = Signal()
        m.d.sync += complete.eq(self.complete)
        for name in self.counts:
            addend = Signal.like(more[name], name=f"{name}_addend", reset_less=True)
            total = getattr(self, name)
            m.d.sync += addend.eq(more[name])
            with m.If(self.clear):
                m.d.sync += total.eq(0)
            with m.Elif(complete):
                m.d.sync += total.eq(total + addend)
        for phase in self.clocks:
            m.submodules[f"{phase}_cycles"] = counter = WideCounter(64)
            m.d.comb += [
                counter.increment.eq(getattr(self, f"in_{phase}")),
                counter.clear.eq(self.clear),
                getattr(self, f"{phase}_cycles").eq(counter.value),
            ]
        return m
