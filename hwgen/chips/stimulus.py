"""What a host sends to the controller and gets from it, as words."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.result import BayesResult, check_samples
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.packing import pack, unpack
from hwgen.chips.config import ChipConfig
from hwgen.chips.registers import CYCLE_BITS, register_map


class ChipStimulus:
    """Random samples; samples and results as they travel on ``x`` and ``y``.

    Args:
        config: the controller's parameters.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.config = config
        self.map = register_map(config)
        self.machine = config.machine("logarithmic")

    def random_parameters(self, rng: np.random.Generator) -> LikelihoodTable:
        """Likelihoods that fill the chip: mostly large values if its first mode is stochastic, else small ones."""
        profile = self.config.profile
        largest = (1 << profile.geometry.word_bits) - 1
        streams = [rng.integers(0, 1 + largest // 4, (profile.bins, profile.rows)) for _ in range(profile.columns)]
        if profile.modes[0] == "stochastic":
            streams = [largest - stream for stream in streams]
        return LikelihoodTable.for_config(self.machine, list(streams))

    def random_inputs(self, count: int, rng: np.random.Generator) -> dict[str, Any]:
        """``samples``, shape ``(count, columns)``; about one in 16 has an observation out of range."""
        profile = self.config.profile
        samples = rng.integers(0, profile.bins, (count, profile.columns))
        broken = np.flatnonzero(rng.random(count) < 1 / 16)
        samples[broken, rng.integers(0, profile.columns, len(broken))] = profile.bins
        return {"samples": samples}

    def pack_samples(self, samples: ArrayLike) -> NDArray[np.uint32]:
        """Payloads of ``x``, shape ``(n, x_words)``; arguments and errors as in the golden model's ``infer``."""
        observations, _ = check_samples(self.machine, samples, None)
        return pack([(column, self.config.profile.address_bits + 1) for column in observations.T])

    def pack_results(self, result: BayesResult) -> NDArray[np.uint32]:
        """Payloads of ``y``, shape ``(n, y_words)``."""
        decisions = np.where(result.invalid, self.config.profile.rows, result.decisions)
        values = [decisions, result.ties, result.invalid, result.cycles, *result.scores.T]
        return pack(list(zip(values, self._widths, strict=True)))

    def unpack_results(self, payloads: NDArray[np.uint32], busy_cycles: int, elapsed_cycles: int) -> BayesResult:
        """Results from the payloads of ``y``."""
        decisions, ties, invalid, cycles, *scores = unpack(payloads, self._widths)
        return BayesResult(
            decisions=np.where(decisions == self.config.profile.rows, -1, decisions),
            ties=ties.astype(bool),
            invalid=invalid.astype(bool),
            cycles=cycles,
            scores=np.stack(scores, axis=1),
            busy_cycles=busy_cycles,
            elapsed_cycles=elapsed_cycles,
        )

    def load_writes(self, table: LikelihoodTable) -> NDArray[np.uint32]:
        """The bus write that declares the chip programmed, shape ``(1, 2)``: it holds what it was programmed with."""
        control = self.map.register("control")
        return np.array([[self.map.base("control"), 1 << control.lsb(control.field("set_loaded"))]], np.uint32)

    @property
    def _widths(self) -> list[int]:
        profile = self.config.profile
        return [profile.rows.bit_length(), 1, 1, CYCLE_BITS, *[profile.geometry.word_bits] * profile.rows]
