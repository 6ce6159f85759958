"""Golden model of the Bayesian machine when a bit of its state is inverted: a likelihood, a generator or a counter."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import HwgenError
from sim.golden import lfsr
from sim.golden.bayes import BayesModel, random_numbers, selectors


@dataclass(frozen=True)
class Upset:
    """A bit that is inverted once in a decision."""

    state: Literal["generator", "counter"]
    index: int
    """Which column's generator, or which row's counter."""
    bit: int
    cycle: int
    """The generator's number of this cycle is the first that differs, 0 to ``cycles - 1``; the counter has counted this
    cycle and those before."""


class UpsetModel(BayesModel):
    """The stochastic machine with LFSRs and ``stop = "fixed"``, in which every decision suffers the same upset.

    Raises :class:`~hwgen.errors.HwgenError` for another machine.
    """

    def __init__(self, config: BayesConfig, table: LikelihoodTable, upset: Upset) -> None:
        super().__init__(config, table)
        if (config.mode, config.generator, config.stop) != ("stochastic", "lfsr", "fixed"):
            raise HwgenError('upsets are modelled in stochastic machines with generator = "lfsr" and stop = "fixed"')
        self._upset = upset
        if upset.state == "generator":
            numbers = random_numbers(config)
            # An LFSR of all zeros stays there, until the next decision restarts it from its seed.
            state = int(numbers[upset.index, upset.cycle]) ^ 1 << upset.bit
            left = config.cycles - upset.cycle
            numbers[upset.index, upset.cycle :] = lfsr.sequence(config.generator_bits, state, left)
            self._selectors = selectors(config, numbers)

    def _count(self, words: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A counter goes on from the number that the upset makes of it, and wraps where that is too large."""
        upset, bits = self._upset, self._ones(words)
        counts = bits.sum(axis=2)
        if upset.state == "counter":
            before = bits[:, upset.index, : upset.cycle + 1].sum(axis=1)
            after = (before ^ 1 << upset.bit) + bits[:, upset.index, upset.cycle + 1 :].sum(axis=1)
            counts[:, upset.index] = after % (1 << self.config.result_score_bits)
        return counts, np.full(len(bits), self.config.cycles)


def with_upset(config: BayesConfig, table: LikelihoodTable, column: int, word: int, bit: int) -> LikelihoodTable:
    """``table`` with one bit of a column's word inverted: the lowest bits are those of row 0."""
    streams = [stream.copy() for stream in table.streams]
    row, place = divmod(bit, config.likelihood_bits)
    streams[column][word, row] ^= 1 << place
    return LikelihoodTable(tuple(streams))


def decide_with_upset(config: BayesConfig, table: LikelihoodTable, sample: ArrayLike, upset: Upset) -> BayesResult:
    """The result of one sample, shape ``(columns,)``, in whose decision the upset comes."""
    return UpsetModel(config, table, upset).infer(np.asarray(sample)[None])
