"""Counters of what the machine has done since they were last cleared."""

from typing import Any

from amaranth.hdl import Const, Elaboratable, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counters, phases
from hwgen.ff.modulator import NEGATIVE, POSITIVE
from hwgen.ff.phases import Phase
from hwgen.ff.registers import COUNT_BITS
from hwgen.ff.signature import goodness_bits


class Statistics(wiring.Component):
    """Counts what it is told.

    Members: ``complete``: strobe, a sample's work is done; with it ``learn``: it was to be learnt from, ``wrong``: its
    prediction was not its label, ``goodness``: of each layer's passes; ``phase``: what is being done; ``modulated``:
    strobe, ``scales`` are the modulators of ``current``, a layer; ``saturated``: so many weights of ``saturated_layer``
    did; ``readout_learning``: strobe, the read-out begins to learn; ``readout_saturated_more``: so many of its weights
    saturated; ``clear``; for each statistics register its value.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        self.names = tuple(counters(config))
        members: dict[str, Any] = {"complete": In(1), "wrong": In(1), "clear": In(1), "phase": In(Phase)}
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
        super().__init__(members | {name: Out(COUNT_BITS) for name in self.names})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        for name, (happens, more) in self._counted().items():
            # A register before the long carry chain.
            counts = Signal(name=f"{name}_counts")
            addend = Signal(len(Value.cast(more)), name=f"{name}_addend", reset_less=True)
            total = getattr(self, name)
            m.d.sync += [counts.eq(happens), addend.eq(more)]
            with m.If(self.clear):
                m.d.sync += total.eq(0)
            with m.Elif(counts):
                m.d.sync += total.eq(total + addend)
        return m

    def _counted(self) -> dict[str, tuple[Value, Any]]:
        """When each counter is increased, and by how much."""
        config, one = self.config, Const(1)
        clocks: dict[str, tuple[Value, Any]] = {
            f"{name}_cycles": (self.phase == Phase[name.upper()], one) for name in phases(config)
        }
        if not config.learning:
            return clocks | {"inferred": (self.complete, one), "infer_errors": (self.complete & self.wrong, one)}
        found: dict[str, tuple[Value, Any]] = clocks | {
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
