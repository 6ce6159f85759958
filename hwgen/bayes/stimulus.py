"""What a host sends to the Bayesian machine and gets from it, as words: stream payloads and memory loads."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.registers import register_map
from hwgen.bayes.result import BayesResult, check_samples
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.map import WORD_BYTES
from hwgen.bus.packing import pack, unpack

PACKED_AT_ONCE = 4096
"""Samples packed at once: what is in work stays in the processor's cache."""


class BayesStimulus:
    """Random samples; samples and results as they travel on ``x`` and ``y``; the bus writes that load a table.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        self.map = register_map(config)

    def random_parameters(self, rng: np.random.Generator) -> LikelihoodTable:
        """A table to try a machine with that has none: mostly large values, so that there are ones to count."""
        config = self.config
        largest = (1 << config.likelihood_bits) - 1
        streams: list[ArrayLike] = [
            largest - rng.integers(0, 1 + largest // 4, (bins, config.rows)) for bins in config.stream_bins
        ]
        return LikelihoodTable.for_config(config, streams)

    def random_inputs(self, count: int, rng: np.random.Generator) -> dict[str, Any]:
        """Arguments of ``infer``: ``samples``, shape ``(count, columns)``, and with feedback ``restart``.

        Bins are uniform; about one sample in 16 has an observation out of range, one in 16 begins a new series.
        """
        bins = np.array(self.config.bins)
        samples = rng.integers(0, bins, (count, len(bins)))
        broken = np.flatnonzero(rng.random(count) < 1 / 16)
        column = rng.integers(0, len(bins), len(broken))
        samples[broken, column] = bins[column]
        inputs: dict[str, Any] = {"samples": samples}
        if self.config.feedback:
            inputs["restart"] = rng.random(count) < 1 / 16
        return inputs

    def pack_samples(self, samples: ArrayLike, restart: ArrayLike | None = None) -> NDArray[np.uint32]:
        """Payloads of ``x``, shape ``(n, x_words)``; arguments and errors as in the golden model's ``infer``."""
        config = self.config
        array = np.asarray(samples)
        if config.feedback or restart is not None or array.ndim != 2:
            observations, restarts = check_samples(config, samples, restart)
            return pack([*zip(observations.T, config.observation_bits, strict=True), (restarts, 1)])
        parts = [array[start : start + PACKED_AT_ONCE] for start in range(0, max(len(array), 1), PACKED_AT_ONCE)]
        return np.concatenate([self._pack_observations(part) for part in parts])

    def _pack_observations(self, samples: NDArray[Any]) -> NDArray[np.uint32]:
        observations, _ = check_samples(self.config, samples, None)
        return pack(list(zip(observations.T, self.config.observation_bits, strict=True)))

    def pack_results(self, result: BayesResult) -> NDArray[np.uint32]:
        """Payloads of ``y``, shape ``(n, y_words)``."""
        config = self.config
        decision = np.where(result.invalid, config.rows, result.decisions)
        values = [decision, result.ties, result.invalid, result.cycles, *result.scores.T]
        return pack(list(zip(values, self._result_widths, strict=True)))

    def unpack_results(self, payloads: NDArray[np.uint32], busy_cycles: int, elapsed_cycles: int) -> BayesResult:
        """Results from the payloads of ``y``."""
        decision, tie, invalid, cycles, *scores = unpack(payloads, self._result_widths)
        return BayesResult(
            decisions=np.where(decision == self.config.rows, -1, decision),
            ties=tie.astype(bool),
            invalid=invalid.astype(bool),
            cycles=cycles,
            scores=np.stack(scores, axis=1),
            busy_cycles=busy_cycles,
            elapsed_cycles=elapsed_cycles,
        )

    def load_writes(self, table: LikelihoodTable) -> NDArray[np.uint32]:
        """The bus writes that fill the likelihood memory, shape ``(m, 2)``: address and value of each.

        Samples that arrive between the first and the last are flagged. An array keeps what it was programmed with, and
        is only said to hold it.
        """
        control = self.map.register("control")
        address = self.map.base("control")
        begin, end = (1 << control.lsb(control.field(name)) for name in ("clear_loaded", "set_loaded"))
        if self.config.memory == "array":
            return np.array([[address, end]], np.uint32)
        values = np.concatenate([stream.reshape(-1) for stream in table.streams])
        writes = np.stack([self.likelihood_addresses(), values.astype(np.uint32)], axis=1)
        return np.concatenate([[[address, begin]], writes, [[address, end]]]).astype(np.uint32)

    def likelihood_addresses(self) -> NDArray[np.uint32]:
        """Byte address of every likelihood, column by column, bin by bin, row by row."""
        config = self.config
        window = self.map.window("likelihoods")
        column_stride, bin_stride, row_stride = window.strides
        words = np.concatenate(
            [
                (
                    column * column_stride
                    + np.arange(bins)[:, None] * bin_stride
                    + np.arange(config.rows)[None, :] * row_stride
                ).reshape(-1)
                for column, bins in enumerate(config.stream_bins)
            ]
        )
        return (self.map.base(window.name) + words * WORD_BYTES).astype(np.uint32)

    @property
    def _result_widths(self) -> Sequence[int]:
        config = self.config
        return [config.class_bits, 1, 1, config.cycle_bits, *[config.result_score_bits] * config.rows]
