"""Golden model of the equilibrium-propagation machine: the specification that the hardware equals bit for bit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.closing import Closing
from hwgen.ep.config import EPConfig
from hwgen.ep.latch import warn_if_latched
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import count_names, cycle_names
from hwgen.ep.result import EPResult
from hwgen.ep.weights import EPWeights
from hwgen.samples import Samples, check_samples, check_seed, check_weights
from sim.golden import ep_cycles, ep_kernel
from sim.golden.crossbar import fill
from sim.golden.ep_cycles import PHASES, Clocks, Timing
from sim.golden.ep_rule import TRACE, Rule


@dataclass(frozen=True, eq=False)
class Trace:
    """What happened to ``n`` samples, in order: more than the results tell, for whoever counts clocks."""

    samples: NDArray[np.void]
    """Shape ``(n,)``, dtype :data:`~sim.golden.ep_rule.TRACE`."""
    states: NDArray[np.int32]
    """Shape ``(n, outputs)``: states of the output neurons at the end of the free phase."""
    slots_changed: NDArray[np.bool_]
    """Shape ``(n, hidden neurons / lanes)``: groups of ``lanes`` hidden neurons, layer by layer, of which any differs
    between the phases compared."""

    def __getitem__(self, name: str) -> NDArray[np.int32]:
        """Shape ``(n,)``: one field of :data:`~sim.golden.ep_rule.TRACE`."""
        return np.ascontiguousarray(self.samples[name])


class EPModel(Closing):
    """The equilibrium-propagation machine in integers.

    Args:
        config: its parameters.
        weights: what it has learnt; without them, the initial signs that ``config.seed`` gives.
    """

    def __init__(self, config: EPConfig, weights: EPWeights | None = None) -> None:
        self.config = config
        self._rule = Rule.of(config)
        self._timing = Timing.of(config)
        self._samples = 0
        self.clear_statistics()
        if weights is None:
            self.initialise()
        else:
            self.load(weights)

    def load(self, weights: EPWeights) -> None:
        """Fill the synapse memory and set the generator of nudge signs.

        Raises :class:`~hwgen.errors.DesignError` for weights of another machine, and
        :class:`~hwgen.errors.HwgenError` for what are no weights, such as the path of a file.
        """
        check_weights(weights, EPWeights)
        checked = EPWeights.for_config(self.config, weights.signs, weights.agreements, weights.random)
        self._signs = _in_memory_order(checked.signs)
        self._agreements = _in_memory_order(checked.agreements)
        self._random = checked.random

    def dump(self) -> EPWeights:
        """The content of the synapse memory, and the state of the generator of nudge signs."""
        return EPWeights.for_config(
            self.config, self._by_layer(self._signs), self._by_layer(self._agreements), self._random
        )

    def initialise(self, seed: int | None = None) -> None:
        """Draw new signs, set all agreements to 0 and restart the generator of nudge signs.

        Args:
            seed: where both generators start, 1 to 2**32 - 1; by default ``config.seed``.

        Raises :class:`~hwgen.errors.HwgenError` for a seed out of range.
        """
        seed = check_seed(self.config, seed)
        drawn = fill(EPPlan(self.config).matrices, self.config.lanes, seed)
        # One bit each, a number of 0 or -1: a set bit means +.
        self._signs = np.concatenate([-1 - 2 * matrix.ravel() for matrix in drawn]).astype(np.int8)
        self._agreements = np.zeros(self.config.synapses, np.int16)
        self._random = seed

    def infer(self, samples: ArrayLike) -> EPResult:
        """Classify samples in order; nothing is learnt.

        Args:
            samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``.

        Raises :class:`~hwgen.errors.HwgenError` for samples of another shape, type or range.
        """
        return self.run(samples)

    def train(self, samples: ArrayLike, labels: ArrayLike) -> EPResult:
        """Classify samples in order and learn from each.

        Args:
            samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``.
            labels: shape ``(n,)``, integers of 0 to ``classes - 1``.

        Raises :class:`~hwgen.errors.HwgenError` for samples or labels of another shape, type or range, and for a
        machine that does not learn.
        """
        return self.run(samples, labels)

    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> EPResult:
        """Classify samples in order and learn from some: ``learn``, shape ``(n,)``, booleans, says from which; by
        default from all if there are labels. The rest is as in :meth:`train`.

        Warns :class:`~hwgen.ep.latch.LatchUpWarning` where the network's scales keep it from learning.
        """
        checked = check_samples(self.config, samples, labels, learn)
        trace = self.trace(checked)
        clocks = self.clocks(checked, trace)
        self._count(checked, trace, clocks)
        result = EPResult(
            predictions=trace["prediction"],
            states=trace.states,
            free_steps=trace["free_steps"],
            negative_steps=trace["negative_steps"],
            positive_steps=trace["positive_steps"],
            changed=trace["changed"],
            flips=trace["flips"],
            busy_cycles=clocks.busy,
            elapsed_cycles=int(clocks.results[-1]) if len(checked.inputs) else 0,
        )
        warn_if_latched(self.config, checked.inputs, result, labels)
        return result

    def trace(self, samples: Samples) -> Trace:
        """Do the work of :meth:`run` and tell all that happened."""
        config, count = self.config, len(samples.inputs)
        trace = Trace(
            np.zeros(count, TRACE),
            np.zeros((count, config.outputs), np.int32),
            np.zeros((count, sum(config.hidden) // config.lanes), bool),
        )
        self._random = ep_kernel.run(
            self._rule,
            self._signs,
            self._agreements,
            self._random,
            np.ascontiguousarray(samples.inputs),
            samples.labels,
            samples.learn,
            trace.samples,
            trace.states,
            trace.slots_changed,
        )
        return trace

    def clocks(self, samples: Samples, trace: Trace) -> Clocks:
        """What the machine takes for samples, traced by :meth:`trace`, when both its streams run at full speed."""
        return ep_cycles.count(self._timing, trace.samples, samples.learn, trace.slots_changed)

    def statistics(self) -> dict[str, int]:
        """The machine's counters of samples, of what was done with them and of clocks, by register name; clocks are
        those of streams at full speed."""
        return {"samples": self._samples} | self._counts

    def clear_statistics(self) -> None:
        """Set all of them but ``samples`` to 0."""
        self._counts = dict.fromkeys([*count_names(self.config), *cycle_names(self.config)], 0)

    def _count(self, samples: Samples, trace: Trace, clocks: Clocks) -> None:
        """Add what was done to the statistics."""
        learnt, wrong = samples.learn, trace["prediction"] != samples.labels
        more = {
            "inferred": ~learnt,
            "infer_errors": ~learnt & wrong,
            "trained": learnt,
            "train_errors": learnt & wrong,
            "free_steps": trace["free_steps"],
            "nudged_steps": trace["negative_steps"] + trace["positive_steps"],
            "flips": trace["flips"],
            **{f"{phase}_cycles": count for phase, count in zip(PHASES, clocks.phases, strict=True)},
        }
        self._samples += len(samples.inputs)
        for name in self._counts:
            self._counts[name] += int(more[name].sum())

    def errors(self) -> frozenset[str]:
        """Names of the sticky errors: the model has none."""
        return frozenset()

    def clear_errors(self) -> None:
        """Nothing to clear; the backends share this method."""

    def soft_reset(self) -> None:
        """Drops the work under way, of which the model has none, and counts samples from 0; the synapses stay."""
        self._samples = 0

    def close(self) -> None:
        """Nothing to give back; the backends share this method."""

    def _by_layer(self, memory: NDArray[Any]) -> list[NDArray[Any]]:
        """Arrays of shape ``(size above, size below)`` from one array in memory order."""
        layers = []
        for layer, (above, below) in enumerate(self.config.weight_shapes):
            block = memory[self._rule.synapses[layer] : self._rule.synapses[layer + 1]]
            layers.append(block.reshape(above, below) if layer else block.reshape(below, above).T)
        return layers


def _in_memory_order(layers: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """Weight layer 0 input by input, the others neuron by neuron of the layer above."""
    return np.concatenate([layers[0].T.ravel(), *(layer.ravel() for layer in layers[1:])])
