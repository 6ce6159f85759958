"""A golden model that notes what its samples cost: clocks by phase, of one machine built in several ways."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.samples import Samples
from sim.experiments.sums import means_of
from sim.golden import ep_cycles
from sim.golden.ep import EPModel, Trace
from sim.golden.ep_cycles import PHASES, Timing

COUNTED = ("active_inputs", "free_steps", "nudged_steps", "learnt", "changed", "flips")
"""What is noted of the samples beside clocks, by the names of :data:`~sim.golden.ep_rule.TRACE`."""


class Variant(NamedTuple):
    """A way to build a machine that changes no result."""

    lanes: int
    relaxation: str = "serial"
    memory_ports: int = 2

    @classmethod
    def of(cls, config: EPConfig) -> "Variant":
        """How a machine is built."""
        return cls(config.lanes, config.relaxation, config.memory_ports)

    def __str__(self) -> str:
        return f"{self.lanes} lanes, {self.relaxation}" + (", one memory port" if self.memory_ports == 1 else "")


class ClockedModel(EPModel):
    """Notes what machines that are built in several ways would take for its samples.

    Args:
        config: of the machine; its number of lanes divides those of all variants.
        variants: for which clocks are counted.
    """

    def __init__(self, config: EPConfig, variants: Sequence[Variant]) -> None:
        self._variants = {}
        for variant in variants:
            built = EPConfig.parse(config.parameters() | variant._asdict())
            self._variants[variant] = (built.lanes // config.lanes, EPPlan(built).groups[0], Timing.of(built))
        self._sums: dict[bool, dict[str, Any]] = {}
        super().__init__(config)

    def trace(self, samples: Samples) -> Trace:
        """As :meth:`EPModel.trace`; all samples must be learnt from, or none."""
        trace = super().trace(samples)
        learning = bool(samples.learn.any())
        sums = self._sums.setdefault(learning, {"samples": 0, **dict.fromkeys(COUNTED, 0), "machines": {}})
        sums["samples"] += len(samples.inputs)
        for name in COUNTED:
            sums[name] += int(_counted(trace, name).sum())
        for variant, (merged, groups, timing) in self._variants.items():
            slots = trace.slots_changed.reshape(len(samples.inputs), -1, merged)
            changed: NDArray[np.bool_] = np.any(slots, axis=2)
            counted = ep_cycles.count(timing, trace.samples, samples.learn, changed)
            words = int((trace["active_inputs"] * (groups + changed[:, :groups].sum(axis=1))).sum())
            clocks = {"clocks": int(counted.results[-1]), "busy": counted.busy, "words": words}
            clocks |= dict(zip(PHASES, counted.phases.tolist(), strict=True))
            so_far = sums["machines"].setdefault(str(variant), dict.fromkeys(clocks, 0))
            for name, value in clocks.items():
                so_far[name] += value
        return trace

    def take(self) -> dict[str, dict[str, Any]]:
        """Means over the samples since the last call: ``training`` and ``inference``, where there were such samples.

        Each has :data:`COUNTED` and, by variant, ``machines``: ``clocks`` from the first transfer to the last result of
        a chunk, shared out among its samples; ``busy``; ``words``, the bound: a word of synapses for each active input
        and slot, and again where the slot's neurons learn; the clocks of each of :data:`PHASES`.
        """
        means = means_of(self._sums)
        self._sums = {}
        return means


def _counted(trace: Trace, name: str) -> NDArray[np.int32]:
    if name == "nudged_steps":
        return trace["negative_steps"] + trace["positive_steps"]
    return trace[name]
