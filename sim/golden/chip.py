"""Golden model of a bench with a fabricated Bayesian machine: the machine's model, in either mode, and the controller's
clocks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.config import MOST_CYCLES, ChipConfig
from hwgen.chips.likelihoods import chip_table
from hwgen.chips.settings import check_cycles, check_mode, check_seeds
from hwgen.closing import Closing
from sim.golden.bayes import BayesModel

DECIDED_CLOCKS = 4
"""From the end of the chip's decision to the transfer of the result."""

FLAGGED_CLOCKS = 2
"""From the transfer of a sample that is flagged to that of its result."""


class ChipModel(Closing):
    """What an ideal chip and its controller answer.

    Args:
        config: the controller's parameters.
        table: what the chip was programmed with; without, samples are flagged until :meth:`load`.
    """

    def __init__(self, config: ChipConfig, table: LikelihoodTable | None = None) -> None:
        self.config = config
        self.mode = config.profile.modes[0]
        self._table = None if table is None else chip_table(config, table)
        self._seeds: Sequence[int] = config.seeds
        self._cycles = MOST_CYCLES
        self._errors: set[str] = set()
        self._samples = 0

    def set_mode(self, mode: str) -> None:
        """As the driver's."""
        check_mode(self.config, mode)
        self.mode = mode

    def load_seeds(self, seeds: Sequence[int]) -> None:
        """As the driver's."""
        self._seeds = check_seeds(self.config, seeds)

    def set_cycles(self, cycles: int) -> None:
        """As the driver's."""
        self._cycles = check_cycles(self.config, cycles)

    def load(self, table: LikelihoodTable) -> None:
        """As the driver's."""
        self._table = chip_table(self.config, table)

    def dump(self) -> LikelihoodTable:
        """What the chip holds: zeros before anything was loaded."""
        if self._table is not None:
            return self._table
        profile = self.config.profile
        return LikelihoodTable(tuple(np.zeros((profile.bins, profile.rows), np.uint16) for _ in range(profile.columns)))

    def infer(self, samples: ArrayLike) -> BayesResult:
        """Decide ``samples`` in order; see :meth:`hwgen.chips.driver.ChipDriver.infer`."""
        bins = None if self._table is None else [len(stream) for stream in self._table.streams]
        machine = self.config.machine(self.mode, bins, self._seeds, self._cycles)
        model = BayesModel(machine, self._table)
        result = model.infer(samples)
        self._errors |= model.errors()
        self._samples += len(result)
        decided = int((~result.invalid).sum())
        steps = self.config.steps(self.mode, self._cycles)
        return replace(result, busy_cycles=decided * steps * self.config.divider, elapsed_cycles=self._elapsed(result))

    def run(self, samples: ArrayLike) -> BayesResult:
        """As :meth:`infer`."""
        return self.infer(samples)

    def _elapsed(self, result: BayesResult) -> int:
        """Samples are taken when the chip's clock falls, the next one at the earliest once the last result is there."""
        if not len(result):
            return 0
        divider = self.config.divider
        work = self.config.steps(self.mode, self._cycles) * divider
        clocks = np.where(result.invalid, FLAGGED_CLOCKS, work + DECIDED_CLOCKS)
        return int((-(-clocks[:-1] // divider) * divider).sum() + clocks[-1])

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
        """Clear errors, count samples from 0, return to the first mode, the config's seeds and all cycles."""
        self._errors.clear()
        self._samples = 0
        self.mode, self._seeds, self._cycles = self.config.profile.modes[0], self.config.seeds, MOST_CYCLES

    def close(self) -> None:
        """Nothing to give back."""
