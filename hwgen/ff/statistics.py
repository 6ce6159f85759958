"""Counters of what the machine has done since they were last cleared."""

from typing import Any

from amaranth.hdl import Const, Elaboratable, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, connect, flipped

from hwgen.bus.counter_memory import Count, CounterMemory, counter_port
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import COMMON, counter_names, phases
from hwgen.ff.layout import sample_clocks
from hwgen.ff.modulator import NEGATIVE, POSITIVE
from hwgen.ff.phases import Phase
from hwgen.ff.signature import goodness_bits


class Statistics(wiring.Component):
    """Counts what it is told.

    Members: ``complete``: strobe, a sample's work is done; with it ``learn``: it was to be learnt from, ``wrong``: its
    prediction was not its label, ``goodness``: of each layer's passes; ``phase``: what is being done; ``modulated``:
    strobe, ``scales`` are the modulators of ``current``, a layer; ``saturated``: so many weights of ``saturated_layer``
    did; ``readout_learning``: strobe, the read-out begins to learn; ``readout_saturated_more``: so many of its weights
    saturated; ``busy_cycles``, ``samples``: to be counted there; ``clear_common`` clears these, and ``clear`` the
    others; ``port``: the counters, see :class:`~hwgen.bus.counter_memory.CounterMemory`.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        self.counters = counter_names(config)
        members: dict[str, Any] = {"complete": In(1), "wrong": In(1), "phase": In(Phase)}
        members |= dict.fromkeys((*COMMON, "clear", "clear_common"), In(1))
        members["port"] = In(counter_port(len(self.counters)))
        if config.learning:
            layer = range(config.depth)
            goodness = data.ArrayLayout(goodness_bits(config), 2)
            members |= {
                "learn": In(1),
                "goodness": In(data.ArrayLayout(goodness, config.depth)),
                "modulated": In(1),
                "scales": In(data.ArrayLayout(config.modulator_bits, 2)),
                "current": In(layer),
                "saturated": In(range(config.lanes + 1)),
                "saturated_layer": In(layer),
            }
            if not config.supervised:
                members |= {"readout_learning": In(1), "readout_saturated_more": In(range(config.classes + 1))}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        counted = self._counted()
        counts = [Count(name, "common") for name in COMMON]
        for name in self.counters[len(COMMON) :]:
            bits = len(counted[name][1])
            interval = sample_clocks(self.config) if name.startswith("goodness") else 1
            counts.append(Count(name, "statistics", (1 << bits) - 1, interval))
        m.submodules.memory = memory = CounterMemory(counts)
        connect(m, flipped(self.port), memory.port)
        m.d.comb += [memory.clear_statistics.eq(self.clear), memory.clear_common.eq(self.clear_common)]
        m.d.comb += [getattr(memory, name).eq(getattr(self, name)) for name in COMMON]
        for name, (happens, amount) in counted.items():
            # A register before the adder.
            happened = Signal(name=f"{name}_happened")
            m.d.sync += happened.eq(happens)
            m.d.comb += getattr(memory, name).eq(happened)
            if len(amount) > 1:
                register = Signal(len(amount), name=f"{name}_register", reset_less=True)
                m.d.sync += register.eq(amount)
                m.d.comb += getattr(memory, f"{name}_amount").eq(register)
        return m

    def _counted(self) -> dict[str, tuple[Value, Value]]:
        """When each counter is increased, and by how much."""
        config, one = self.config, Const(1)
        clocks: dict[str, tuple[Value, Value]] = {
            f"{name}_cycles": (self.phase == Phase[name.upper()], one) for name in phases(config)
        }
        if not config.learning:
            return clocks | {"inferred": (self.complete, one), "infer_errors": (self.complete & self.wrong, one)}
        found: dict[str, tuple[Value, Value]] = clocks | {
            "inferred": (self.complete & ~self.learn, one),
            "infer_errors": (self.complete & ~self.learn & self.wrong, one),
            "trained": (self.complete & self.learn, one),
            "train_errors": (self.complete & self.learn & self.wrong, one),
        }
        if not config.supervised:
            found |= {
                "readout_updates": (self.readout_learning, one),
                "readout_saturated": (self.readout_saturated_more != 0, self.readout_saturated_more),
            }
        for layer in range(config.depth):
            learnt, modulated = self.complete & self.learn, self.modulated & (self.current == layer)
            saturated = (self.saturated != 0) & (self.saturated_layer == layer)
            found |= {
                f"goodness_positive_{layer}": (learnt, self.goodness[layer][POSITIVE]),
                f"goodness_negative_{layer}": (learnt, self.goodness[layer][NEGATIVE]),
                f"modulator_positive_{layer}": (modulated, self.scales[POSITIVE]),
                f"modulator_negative_{layer}": (modulated, self.scales[NEGATIVE]),
                f"skipped_{layer}": (modulated & ~self.scales.as_value().any(), one),
                f"saturated_{layer}": (saturated, self.saturated),
            }
        return found
