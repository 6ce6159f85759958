"""Golden model of the Bayesian machine: the specification that the hardware equals bit for bit and clock for clock."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.config import ENGINE_DEPTH, BayesConfig
from hwgen.bayes.device_errors import checked_errors
from hwgen.bayes.result import BayesResult, check_samples
from hwgen.bayes.table import LikelihoodTable
from hwgen.closing import Closing
from sim.golden import lfsr, sobol
from sim.golden.device_errors import flipped

CHUNK_BITS = 1 << 24
"""Stochastic bits computed at once: bounds the memory in use."""


class BayesModel(Closing):
    """The Bayesian machine in integers.

    Args:
        config: its parameters.
        table: its likelihoods; without them, samples are flagged until :meth:`load`.
    """

    def __init__(self, config: BayesConfig, table: LikelihoodTable | None = None) -> None:
        self.config = config
        self._table = table
        self._errors: set[str] = set()
        self._samples = 0
        self._previous = config.rows
        self._devices = config.errors
        self._reads = 0
        if config.mode == "stochastic":
            self._selectors = selectors(config, random_numbers(config))

    def load(self, table: LikelihoodTable) -> None:
        """Fill the likelihood memory; decisions use it from now on."""
        self._table = LikelihoodTable.for_config(self.config, table.streams)

    def dump(self) -> LikelihoodTable:
        """The content of the likelihood memory: zeros before anything was loaded."""
        if self._table is not None:
            return self._table
        config = self.config
        return LikelihoodTable(tuple(np.zeros((bins, config.rows), np.uint16) for bins in config.stream_bins))

    def set_errors(self, rate: float, mode: str = "transient", seed: int = 0) -> float:
        """The errors of a machine with ``memory = "emulated"`` from the next sample on, its read being number 0;
        :meth:`soft_reset` brings back those of the config.

        Args:
            rate: probability that a bit is read inverted: 0, or 1e-6 to 0.5.
            mode: ``"transient"``, drawn anew for every read, or ``"frozen"``, once for each cell.
            seed: decides which bits, 0 to 2^32 - 1.

        Returns the rate that the hardware has, the closest multiple of 2^-24. Raises
        :class:`~hwgen.errors.HwgenError` for other values, and for a machine with another memory.
        """
        self._devices = checked_errors(self.config.errors, rate, mode, seed)
        self._reads = 0
        return self._devices.actual_rate

    def infer(self, samples: ArrayLike, restart: ArrayLike | None = None) -> BayesResult:
        """Decide ``samples`` in order.

        Args:
            samples: shape ``(n, columns)``, integers: the bin of each observation.
            restart: shape ``(n,)``, booleans: with feedback, samples that begin a new series.

        Raises :class:`~hwgen.errors.HwgenError` for samples of another shape or type.
        """
        config = self.config
        observations, restarts = check_samples(config, samples, restart)
        invalid = np.any(observations >= np.array(config.bins), axis=1)
        if invalid.any():
            self._errors.add("invalid_observation")
        if self._table is None and len(observations):
            self._errors.add("not_loaded")
            invalid[:] = True

        self._samples += len(observations)
        numbers = self._reads + np.arange(len(observations))
        self._reads += len(observations)
        if config.feedback:
            scores, cycles, decisions, ties = self._filter(observations, numbers, restarts, invalid)
        else:
            scores, cycles = self._scores(observations, numbers, invalid)
            decisions, ties = self._decide(scores, invalid)
        return BayesResult(
            decisions=np.where(invalid, -1, decisions),
            ties=ties,
            invalid=invalid,
            cycles=cycles,
            scores=scores,
            busy_cycles=int(self._occupancy(cycles).sum()),
            elapsed_cycles=self._elapsed(cycles),
        )

    def run(self, samples: ArrayLike, restart: ArrayLike | None = None) -> BayesResult:
        """As :meth:`infer`: what every core's model does with the inputs that its stimulus draws."""
        return self.infer(samples, restart)

    def statistics(self) -> dict[str, int]:
        """The counter of samples, by register name."""
        return {"samples": self._samples}

    def errors(self) -> frozenset[str]:
        """Names of the sticky errors since the last :meth:`clear_errors` or :meth:`soft_reset`."""
        return frozenset(self._errors)

    def clear_errors(self) -> None:
        """Clear the sticky errors."""
        self._errors.clear()

    def soft_reset(self) -> None:
        """Clear errors, count samples and reads from 0, forget the previous decision and return to the config's errors
        of devices; the likelihoods stay."""
        self._errors.clear()
        self._samples = 0
        self._reads = 0
        self._devices = self.config.errors
        self._previous = self.config.rows

    def close(self) -> None:
        """Nothing to give back; the backends share this method."""

    def _filter(
        self,
        observations: NDArray[np.int64],
        numbers: NDArray[np.int64],
        restarts: NDArray[np.bool_],
        invalid: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """With feedback, each decision is an observation of the next: one sample at a time."""
        config = self.config
        scores = np.zeros((len(observations), config.rows), np.int64)
        cycles = np.zeros(len(observations), np.int64)
        decisions = np.zeros(len(observations), np.int64)
        ties = np.zeros(len(observations), bool)
        for index in range(len(observations)):
            one = slice(index, index + 1)
            previous = config.rows if restarts[index] else self._previous
            observed = np.append(observations[one], [[previous]], axis=1)
            scores[one], cycles[one] = self._scores(observed, numbers[one], invalid[one])
            decisions[one], ties[one] = self._decide(scores[one], invalid[one])
            self._previous = int(decisions[index])
        return scores, cycles, decisions, ties

    def _scores(
        self, observations: NDArray[np.int64], numbers: NDArray[np.int64], invalid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every row's score and the cycles used; zeros for invalid samples."""
        config = self.config
        scores = np.zeros((len(observations), config.rows), np.int64)
        cycles = np.zeros(len(observations), np.int64)
        valid = np.flatnonzero(~invalid)
        bits = config.rows * max(config.cycles if config.mode == "stochastic" else 1, config.likelihood_bits)
        chunk = max(1, CHUNK_BITS // bits)
        for start in range(0, len(valid), chunk):
            chosen = valid[start : start + chunk]
            words = self._words(observations[chosen], numbers[chosen])
            if config.mode == "stochastic":
                scores[chosen], cycles[chosen] = self._count(words)
            else:
                # n = -log p: the product becomes a sum, and the most probable row has the smallest.
                scores[chosen] = np.minimum(sum(words), (1 << config.score_bits) - 1)
                cycles[chosen] = 1
        return scores, cycles

    def _words(self, observations: NDArray[np.int64], numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """For each column memory the words read, shape ``(n, rows)``, with the errors of its devices."""
        assert self._table is not None
        addresses = list(observations.T)
        if self.config.prior:
            addresses.append(np.zeros(len(observations), np.int64))
        words = [
            stream[address].astype(np.int64) for stream, address in zip(self._table.streams, addresses, strict=True)
        ]
        if (errors := self._devices) is None:
            return words
        rows, bits = self.config.rows, self.config.likelihood_bits
        return [
            word ^ flipped(errors, column, bins, numbers, rows, bits)
            for column, (word, bins) in enumerate(zip(words, addresses, strict=True))
        ]

    def _count(self, words: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Counts of the ANDed bit streams up to the cycle at which the stop rule ends, and that cycle's number."""
        config = self.config
        bits = self._ones(words)
        counts = bits.cumsum(axis=2)
        if config.stop == "fixed":
            return counts[:, :, -1], np.full(len(bits), config.cycles)
        if config.stop == "first":
            satisfied = np.any(counts > 0, axis=1)
        else:
            largest = np.sort(counts, axis=1)[:, -2:]
            satisfied = largest[:, 1] - largest[:, 0] >= config.lead
        last = np.where(satisfied.any(axis=1), satisfied.argmax(axis=1), config.cycles - 1)
        return np.take_along_axis(counts, last[:, None, None], axis=2)[:, :, 0], last + 1

    def _ones(self, words: list[NDArray[np.int64]]) -> NDArray[np.bool_]:
        """The ANDed bit streams of every row, shape ``(n, rows, cycles)``."""
        config = self.config
        bits = np.ones((*words[0].shape, config.cycles), bool)
        for word, selector in zip(words, self._selectors, strict=True):
            if config.conversion == "comparator":
                bits &= selector <= word[:, :, None] << config.generator_bits - config.likelihood_bits
            else:
                bits &= (selector & word[:, :, None]) != 0
        return bits

    def _decide(
        self, scores: NDArray[np.int64], invalid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The winning row (the lowest of equals; ``rows`` if invalid), and whether another has the same score."""
        ranked = scores if self.config.mode == "stochastic" else -scores
        decisions = ranked.argmax(axis=1)  # the first of equals
        ties = (ranked == ranked.max(axis=1, keepdims=True)).sum(axis=1) > 1
        return np.where(invalid, self.config.rows, decisions), ties & ~invalid

    def _deciding_slots(self, cycles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Clocks from a decision's first slot to the one that decides it, both included."""
        lanes = self.config.lanes if self.config.mode == "stochastic" else 1
        return np.maximum(1, -(-cycles // lanes))

    def _occupancy(self, cycles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Clocks for which each decision occupies the engine: a stop rule acts ``ENGINE_DEPTH`` clocks late."""
        slots = self._deciding_slots(cycles)
        if self.config.mode == "logarithmic":
            return slots
        late = np.where((cycles > 0) & (slots < self.config.slots), ENGINE_DEPTH, 0)
        return np.minimum(slots + late, self.config.slots)

    def _elapsed(self, cycles: NDArray[np.int64]) -> int:
        if not len(cycles):
            return 0
        if self.config.feedback:
            # A sample is accepted when the decision before it is known.
            return int((self._deciding_slots(cycles) + self.config.latency).sum())
        # While the engine works the next sample is read; the slower of the two sets the pace.
        before_last = np.maximum(self._occupancy(cycles)[:-1], self.config.interval).sum()
        return int(before_last + self._deciding_slots(cycles)[-1] + self.config.latency)


def random_numbers(config: BayesConfig) -> NDArray[np.int64]:
    """What each column's generator draws in a decision: shape ``(streams, cycles)``."""
    if config.generator == "lfsr":
        numbers = np.array([lfsr.sequence(config.generator_bits, seed, config.cycles) for seed in config.seeds])
    else:
        # Point 0 is left out: it is 0 in every dimension.
        numbers = sobol.points(config.generator_bits, config.streams, 1, config.cycles).T
    return numbers.astype(np.int64)


def selectors(config: BayesConfig, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the conversion keeps of random numbers, of any shape."""
    if config.conversion == "comparator":
        return numbers
    # Gupta's generator: bit p[k] of the likelihood, k being the position of the number's leading one; no bit for 0.
    leading = np.left_shift(1, np.floor(np.log2(np.maximum(numbers, 1))).astype(np.int64)) * (numbers > 0)
    return leading >> (config.generator_bits - config.likelihood_bits)
