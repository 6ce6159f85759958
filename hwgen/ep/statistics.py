"""Counters of what the machine has done since they were last cleared."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from hwgen.bus.counter_memory import Count, CounterMemory, counter_port
from hwgen.ep.config import EPConfig
from hwgen.ep.registers import counter_names, cycle_names
from hwgen.ep.result import STEP_BITS

COMMON = ("busy_cycles", "samples")
"""The counters that every core has; ``clear_common`` clears them, and ``clear`` the others."""


class Statistics(wiring.Component):
    """Counts samples when they are ``complete``, and clocks.

    Members: with ``complete``: ``learn``: the sample was learnt from, ``wrong``: its prediction was not its label,
    and its ``free_steps``, ``nudged_steps`` and ``flips``; ``in_drive``, ``in_free``, ``in_nudged``, ``in_learn``:
    what this clock is spent on; ``busy_cycles``, ``samples``: to be counted there; ``clear``, ``clear_common``;
    ``port``: the counters, see :class:`~hwgen.bus.counter_memory.CounterMemory`.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.counters = counter_names(config)
        self.clocks = [name.removesuffix("_cycles") for name in cycle_names(config)]
        members = {
            "complete": In(1),
            "learn": In(1),
            "wrong": In(1),
            "free_steps_more": In(STEP_BITS),
            "nudged_steps_more": In(STEP_BITS + 1),
            "flips_more": In(range(config.synapses + 1)),
            "clear": In(1),
            "clear_common": In(1),
            "port": In(counter_port(len(self.counters))),
        }
        members |= {name: In(1) for name in COMMON}
        members |= {f"in_{phase}": In(1) for phase in self.clocks}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        amounts = {
            "free_steps": self.free_steps_more,
            "nudged_steps": self.nudged_steps_more,
            "flips": self.flips_more,
        }
        counts = [
            Count(
                name,
                group="common" if name in COMMON else "statistics",
                most=(1 << len(amounts[name])) - 1 if name in amounts else 1,
            )
            for name in self.counters
        ]
        m.submodules.memory = memory = CounterMemory(counts)
        connect(m, flipped(self.port), memory.port)
        m.d.comb += [memory.clear_statistics.eq(self.clear), memory.clear_common.eq(self.clear_common)]
        m.d.comb += [getattr(memory, name).eq(getattr(self, name)) for name in COMMON]
        m.d.comb += [getattr(memory, f"{phase}_cycles").eq(getattr(self, f"in_{phase}")) for phase in self.clocks]

        # What is counted of a sample, a clock later: a register before the adders.
        kinds = {
            "inferred": ~self.learn,
            "infer_errors": ~self.learn & self.wrong,
            "trained": self.learn,
            "train_errors": self.learn & self.wrong,
        }
        complete = Signal()
        m.d.sync += complete.eq(self.complete)
        for name in self.counters:
            if name in kinds:
                happened = Signal(name=f"{name}_happened")
                m.d.sync += happened.eq(self.complete & kinds[name])
                m.d.comb += getattr(memory, name).eq(happened)
            elif name in amounts:
                amount = Signal.like(amounts[name], name=f"{name}_register", reset_less=True)
                m.d.sync += amount.eq(amounts[name])
                m.d.comb += [getattr(memory, name).eq(complete), getattr(memory, f"{name}_amount").eq(amount)]
        return m
