"""Golden model of the Forward-Forward engine: the specification that the hardware equals bit for bit."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from hwgen.closing import Closing
from hwgen.ff import defaults
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import PHASES, counters
from hwgen.ff.result import FFResult
from hwgen.ff.training import annealing_of, check_parts, epoch_counters, parts_of
from hwgen.ff.weights import FFWeights
from hwgen.integers import check_integer
from hwgen.samples import Samples, check_learning, check_samples, check_seed, check_weights
from sim.golden import ff_cycles, ff_kernel, ff_label_cycles
from sim.golden.ff_cycles import Timing
from sim.golden.ff_engine_cycles import Clocks
from sim.golden.ff_label_cycles import LabelTiming
from sim.golden.ff_loop import run
from sim.golden.ff_rule import NEGATIVE, POSITIVE, Rule, Trace
from sim.golden.ff_state import Lists, SampleLists, State, Units

ANNEALING_MAX = 7


class FFModel(Closing):
    """The Forward-Forward engine in integers.

    Args:
        config: its parameters.
        weights: what it has learnt; without them, the initial weights that ``config.seed`` gives.
    """

    def __init__(self, config: FFConfig, weights: FFWeights | None = None) -> None:
        self.config = config
        self._rule = Rule.of(config)
        self._timing = LabelTiming.of(config) if config.supervised else Timing.of(config)
        self._lists = Lists.of(config)
        self._previous = SampleLists.of(config)
        self._units = Units.of(config)
        self._learns = np.full(config.depth + 1, config.learning)
        self._annealing = 0
        self._samples = 0
        self.clear_statistics()
        if weights is None:
            self.initialise()
        else:
            self.load(weights)

    def load(self, weights: FFWeights) -> None:
        """Fill the memories and set the generators.

        Raises :class:`~hwgen.errors.DesignError` for weights of another machine, and
        :class:`~hwgen.errors.HwgenError` for what are no weights, such as the path of a file.
        """
        self._state = State.of(self.config, check_weights(weights, FFWeights).checked(self.config))

    def dump(self) -> FFWeights:
        """The content of the memories, and the generators' states."""
        state = self._state
        return FFWeights.for_config(
            self.config,
            [array.copy() for array in state.layers(self.config)],
            None if self.config.supervised else state.readout.copy(),
            state.rounding[: self.config.engines],
            state.control[0],
        )

    def initialise(self, seed: int | None = None) -> None:
        """Draw new weights, set the read-out's to 0 and restart the generators.

        Args:
            seed: where the generators start, 1 to 2**32 - 1; by default ``config.seed``.

        Raises :class:`~hwgen.errors.HwgenError` for a seed out of range.
        """
        config = self.config
        state = seed = check_seed(config, seed)
        layers = []
        for (rows, units), bits in zip(config.weight_shapes, config.initial_bits, strict=True):
            weights, state = ff_kernel.initial_weights(state, rows, units, bits, config.master_bits - 8)
            layers.append(weights)
        rounding = defaults.rounding_seeds(seed, config.engines)
        self.load(FFWeights.for_config(config, layers, None, rounding, defaults.control_seed(seed)))

    @property
    def annealing(self) -> int:
        """By how many bits more than the update shifts say the steps of weights and read-out are shifted right: 0, at
        first, to 7. Raises :class:`~hwgen.errors.HwgenError` when set to anything else, and when set in a machine that
        does not learn."""
        return self._annealing

    @annealing.setter
    def annealing(self, value: int) -> None:
        check_learning(self.config)
        self._annealing = check_integer("annealing", value, 0, ANNEALING_MAX)

    @property
    def learns(self) -> tuple[bool, ...]:
        """For each layer, and last for the read-out if there is one, whether it learns from samples to learn from: at
        first all of them, and none in a machine that does not learn."""
        return tuple(self._learns[: self.config.engines].tolist())

    def learn_only(self, layers: Iterable[int] = (), readout: bool = False) -> None:
        """From now on only these layers learn, and the read-out if ``readout`` says so.

        Args:
            layers: numbers of layers, from 0 on.
            readout: whether the read-out learns; a supervised machine has none.

        Raises :class:`~hwgen.errors.HwgenError` for what are no numbers of layers or no truth value, for a layer or a
        read-out that the machine does not have, and for a machine that does not learn.
        """
        chosen, readout = check_parts(self.config, layers, readout)
        self._learns[:] = False
        self._learns[chosen] = True
        self._learns[-1] = readout

    def start_phase(self, phase: str) -> None:
        """From now on what ``phase`` says learns, one of :attr:`~hwgen.ff.config.FFConfig.phases`. Raises
        :class:`~hwgen.errors.HwgenError` for one that the machine does not have, and for a machine that does not
        learn."""
        check_learning(self.config)
        self.learn_only(*parts_of(self.config, phase))

    def start_epoch(self, epoch: int, epochs: int) -> None:
        """The samples to train on that come next are of epoch ``epoch``, from 0 on, of ``epochs``: sets
        :attr:`annealing`, see :func:`~hwgen.ff.training.annealing_of`; errors as there."""
        self.annealing = annealing_of(epoch, epochs)

    @property
    def epoch_counters(self) -> tuple[str, ...]:
        """The :meth:`statistics` that tell how learning goes."""
        return epoch_counters(self.config)

    def infer(self, samples: ArrayLike) -> FFResult:
        """Classify samples in order; nothing is learnt.

        Args:
            samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``; of a sequence, step after step.

        Raises :class:`~hwgen.errors.HwgenError` for samples of another shape, type or range.
        """
        return self.run(samples)

    def train(self, samples: ArrayLike, labels: ArrayLike) -> FFResult:
        """Classify samples in order and learn from each. The sample before the first one counts as none: a contrastive
        machine learns from pairs from the second one on.

        Args:
            samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``; of a sequence, step after step.
            labels: shape ``(n,)``, integers of 0 to ``classes - 1``; of a contrastive machine only the read-out uses
                them.

        Raises :class:`~hwgen.errors.HwgenError` for samples or labels of another shape, type or range, and for a
        machine that does not learn.
        """
        return self.run(samples, labels)

    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> FFResult:
        """Classify samples in order and learn from some: ``learn``, shape ``(n,)``, booleans, says from which; by
        default from all if there are labels. The rest is as in :meth:`train`. In a contrastive machine, a sample that
        is only inferred makes no pair, neither with the one before nor with the next one: the next one to learn from is
        like the first."""
        checked = check_samples(self.config, samples, labels, learn)
        trace = self.trace(checked)
        clocks = self.clocks(checked, trace)
        self._count(checked, trace, clocks)
        return FFResult(
            predictions=trace.prediction,
            goodness=trace.goodness,
            busy_cycles=clocks.busy,
            elapsed_cycles=int(clocks.results[-1]) if len(checked.inputs) else 0,
        )

    def trace(self, samples: Samples) -> Trace:
        """Do the work of :meth:`run` and tell all that happened."""
        trace = Trace.of(self.config, len(samples.inputs))
        self._previous.known[0] = False
        run(
            self._rule,
            self._state,
            self._lists,
            self._previous,
            self._units,
            np.ascontiguousarray(samples.inputs),
            samples.labels,
            samples.learn,
            self._learns,
            self._annealing,
            trace,
        )
        return trace

    def clocks(self, samples: Samples, trace: Trace) -> Clocks:
        """What the machine takes for samples, traced by :meth:`trace`, when both its streams run at full speed."""
        if isinstance(self._timing, LabelTiming):
            return ff_label_cycles.count(self._timing, trace, samples.learn, self._learns)
        return ff_cycles.count(self._timing, trace, samples.learn, self._learns)

    def statistics(self) -> dict[str, int]:
        """The machine's counters of samples, of what was done with them and of clocks, by register name:
        :func:`hwgen.ff.counters.counters`."""
        return {"samples": self._samples} | self._counts

    def clear_statistics(self) -> None:
        """Set all of them but ``samples`` to 0."""
        self._counts = dict.fromkeys(counters(self.config), 0)

    def errors(self) -> frozenset[str]:
        """Names of the sticky errors: the model has none."""
        return frozenset()

    def clear_errors(self) -> None:
        """Nothing to clear; the backends share this method."""

    def soft_reset(self) -> None:
        """Drops the work under way, of which the model has none, and counts samples from 0; weights, annealing and what
        learns stay."""
        self._samples = 0

    def close(self) -> None:
        """Nothing to give back; the backends share this method."""

    def _count(self, samples: Samples, trace: Trace, clocks: Clocks) -> None:
        """Add what was done to the statistics."""
        learnt, wrong = samples.learn, trace.prediction != samples.labels
        more = {
            "inferred": ~learnt,
            "infer_errors": ~learnt & wrong,
            "trained": learnt,
            "train_errors": learnt & wrong,
            "readout_updates": trace.readout_updates,
            "readout_saturated": trace.readout_saturated,
            **{f"{phase}_cycles": count for phase, count in zip(PHASES, clocks.phases, strict=True)},
        }
        for layer in range(self.config.depth):
            goodness = np.where(learnt[:, np.newaxis], trace.goodness[:, layer], 0)
            more |= {
                f"goodness_positive_{layer}": goodness[:, POSITIVE],
                f"goodness_negative_{layer}": goodness[:, NEGATIVE],
                f"modulator_positive_{layer}": trace.modulator[:, :, layer, POSITIVE],
                f"modulator_negative_{layer}": trace.modulator[:, :, layer, NEGATIVE],
                f"skipped_{layer}": trace.skipped[:, layer],
                f"saturated_{layer}": trace.saturated[:, layer],
            }
        self._samples += len(samples.inputs)
        for name in self._counts:
            self._counts[name] += int(more[name].sum())
