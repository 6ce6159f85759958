"""A golden model that notes what its samples cost: clocks by phase beside the words of memory that are needed, of one
Forward-Forward machine built with several numbers of lanes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.config import FFConfig
from hwgen.ff.counters import PHASES
from hwgen.ff.program import PAIRS_KIND, RIGHT, UPPER_KIND, Program, programs
from hwgen.samples import Samples
from sim.experiments.sums import means_of
from sim.golden import ff_cycles, ff_label_cycles
from sim.golden.ff import FFModel
from sim.golden.ff_cycles import Timing
from sim.golden.ff_engine_cycles import Clocks
from sim.golden.ff_label_cycles import LabelTiming
from sim.golden.ff_rule import COUNT, NEGATIVE, POSITIVE, Ints, Trace


class Words(NamedTuple):
    """Words of memory that samples need, each array of shape ``(n,)``: one for each input that is not 0 and group of
    ``lanes`` units, every time that it is summed or learnt from."""

    passes: Ints
    learn: Ints
    readout: Ints


class ClockedModel(FFModel):
    """Notes what machines with several numbers of lanes would take for its samples.

    Args:
        config: of the machine, not recurrent. All machines have its ``unit_lanes``.
        lanes: for which clocks are counted; each divides all layers' units.
    """

    def __init__(self, config: FFConfig, lanes: Sequence[int]) -> None:
        self._built = {count: FFConfig.parse(config.parameters() | {"lanes": count}) for count in lanes}
        timing = LabelTiming if config.supervised else Timing
        self._timings = {count: timing.of(built) for count, built in self._built.items()}
        self._sums: dict[bool, dict[str, Any]] = {}
        super().__init__(config)

    def trace(self, samples: Samples) -> Trace:
        """As :meth:`FFModel.trace`; all samples must be learnt from, or none."""
        trace = super().trace(samples)
        learning = bool(samples.learn.any())
        sums = self._sums.setdefault(learning, {"samples": 0, "active_inputs": 0, "skipped": 0, "machines": {}})
        sums["samples"] += len(samples.inputs)
        for name in ("active_inputs", "skipped"):
            sums[name] += int(getattr(trace, name).sum())
        learns = np.array([*self.learns, False][: self.config.depth + 1])
        for lanes, built in self._built.items():
            counted = self._count_clocks(lanes, trace, samples.learn, learns)
            clocks = {"clocks": int(counted.results[-1]), "busy": counted.busy}
            clocks |= dict(zip(PHASES, counted.phases.tolist(), strict=True))
            words = words_of(built, trace, samples.learn, learns)
            clocks |= {f"{name}_words": int(each.sum()) for name, each in words._asdict().items()}
            clocks["words"] = sum(int(each.sum()) for each in words)
            so_far = sums["machines"].setdefault(str(lanes), dict.fromkeys(clocks, 0))
            for name, value in clocks.items():
                so_far[name] += value
        return trace

    def take(self) -> dict[str, dict[str, Any]]:
        """Means over the samples since the last call: ``training`` and ``inference``, where there were such samples.

        Each has ``active_inputs``, ``skipped`` (updates without any sweep) and, by the number of lanes as a string,
        ``machines``: ``clocks`` from the first transfer to the last result of a chunk, shared out among its samples;
        ``busy``; the clocks of each of the :data:`~hwgen.ff.counters.PHASES`; ``words``, the bound, and its parts
        ``passes_words``, ``learn_words``, ``readout_words``: see :class:`Words`.
        """
        means = means_of(self._sums)
        self._sums = {}
        return means

    def _count_clocks(self, lanes: int, trace: Trace, learning: NDArray[np.bool_], learns: NDArray[np.bool_]) -> Clocks:
        timing = self._timings[lanes]
        if isinstance(timing, LabelTiming):
            return ff_label_cycles.count(timing, trace, learning, learns)
        return ff_cycles.count(timing, trace, learning, learns)


def words_of(config: FFConfig, trace: Trace, learning: NDArray[np.bool_], learns: NDArray[np.bool_]) -> Words:
    """Words of memory that samples which are no sequences need.

    Args:
        config: of the machine that traced them, with any number of lanes.
        trace: of the samples.
        learning: shape ``(n,)``: which of them were learnt from.
        learns: shape ``(layers + 1,)``: what learns, the read-out last.
    """
    given = trace.given[:, 0].astype(np.int64)
    passes, learn = (np.zeros(len(given), np.int64) for _ in range(2))
    before = np.roll(learning, 1)
    before[:1] = False
    top = max((layer + 1 for layer in range(config.depth) if learns[layer]), default=0)
    for layer in range(config.depth):
        groups, bias = config.layers[layer + 1] // config.lanes, int(config.bias[layer] > 0)
        both = learning if config.supervised else learning & before & (layer < top)
        if layer:
            outputs = given[:, layer - 1, :, COUNT] + bias
        else:
            active = trace.active_inputs[:, 0].astype(np.int64) + bias
            outputs = np.stack([active, np.roll(active, 1)], axis=1)
        if not config.supervised:
            alone, pair = (_program(config, layer, kind) for kind in (0, PAIRS_KIND))
            summed = [sum(outputs[:, one.source] for one in each.sums) for each in (alone, pair)]
            passes += groups * np.where(both, summed[1], summed[0])
        elif layer:
            count = np.where(learning, 1 + NEGATIVE, config.classes)
            taken = np.arange(config.classes) < count[:, np.newaxis]
            passes += groups * np.where(taken, outputs, 0).sum(axis=1)
        else:
            passes += groups * (active + np.where(learning, 1 + config.candidates, config.classes))
        scales = trace.modulator[:, 0, layer]
        for term in _program(config, layer, 0 if config.supervised else PAIRS_KIND).terms:
            if term.merges:
                learn += groups * trace.merged[:, layer]
                continue
            length = np.ones(len(given), np.int64) if term.source >= RIGHT else outputs[:, term.source]
            changes = term.positive * scales[:, POSITIVE] + term.negative * scales[:, NEGATIVE] != 0
            learn += groups * np.where(changes, length, 0)
    readout = np.zeros(len(given), np.int64)
    if not config.supervised:
        features = given[:, :, POSITIVE, COUNT].sum(axis=1) + 1
        readout = features * (1 + trace.readout_updates)
    return Words(passes, learn, readout)


def _program(config: FFConfig, layer: int, kind: int) -> Program:
    known = programs(config)
    number = kind + (UPPER_KIND if layer else 0)
    return known[number]
