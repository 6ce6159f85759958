"""One mode on a bench with a fabricated Bayesian machine: programming, verification, decisions."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.config import MOST_CYCLES
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_words
from hwgen.evaluation import Evaluation
from sim.chip_report import ModeReport
from sim.devices.chips.bayes import BayesChip

VERIFIED = 4
"""How often each word is verified again once it has been programmed."""

RANDOM_SAMPLES = 64
"""Where the likelihoods come without held-out samples."""


@dataclass(frozen=True)
class Work:
    """What is done in each mode; see :func:`sim.chip_bench.run_bench`."""

    program: bool
    march: bool
    decide: bool
    seeds: Sequence[int] | None
    cycles: int | None
    seed: int


@dataclass(frozen=True)
class ModeBench:
    """A mode of a chip, and what is decided in it."""

    driver: ChipDriver
    model: Any
    """The golden model that holds ``table``."""
    chip: BayesChip | None
    """The behavioural one; None on a real bench."""
    mode: str
    """stochastic or logarithmic."""
    table: LikelihoodTable
    held_out: Evaluation | None

    def run(self, work: Work, virgin: Set[int]) -> ModeReport:
        """Do the work; words at the addresses ``virgin`` are formed before they are programmed."""
        driver, table = self.driver, self.table
        marched = driver.march(table, form=virgin) if work.march else None
        programmed = driver.program(table, form=virgin) if work.program and not work.march else marched
        verified = driver.verify(table, VERIFIED) if work.program or not work.decide else None
        read = [found for found in (programmed, verified) if found is not None]
        words = chip_words(driver.config.profile, table)
        stochastic = self.mode == "stochastic" and work.decide
        seeds = list(driver.config.seeds if work.seeds is None else work.seeds) if stochastic else None
        cycles = (MOST_CYCLES if work.cycles is None else work.cycles) if stochastic else None
        return ModeReport(
            mode=self.mode,
            words=len(words),
            cells=len(words) * driver.config.profile.geometry.word_bits,
            failed_cells=self._cells([found.failed for found in read]) if read else None,
            suspect_cells=None if marched is None else self._cells([marched.suspect]),
            attempts=None if programmed is None else float(programmed.attempts.mean()),
            seeds=seeds,
            cycles=cycles,
            chip_clocks=driver.config.steps(self.mode, cycles or MOST_CYCLES),
            **(self._decide(seeds, cycles, work) if work.decide else self._undecided()),
        )

    def _decide(self, seeds: Sequence[int] | None, cycles: int | None, work: Work) -> dict[str, Any]:
        """What a report says of decisions."""
        if not work.program:
            self.driver.use(self.table)
        for machine in (self.driver, self.model):
            machine.set_mode(self.mode)
            if seeds is not None and cycles is not None:
                machine.load_seeds(seeds)
                machine.set_cycles(cycles)
        samples = self._samples(work.seed)
        before = 0 if self.chip is None else self.chip.cells.undetermined
        found, expected = self.driver.infer(samples), self.model.infer(samples)
        return {
            "samples": len(samples),
            "mismatches": int(found.differences(expected).sum()),
            "accuracy_golden": self._accuracy(expected),
            "accuracy_chip": self._accuracy(found),
            "undetermined_reads": None if self.chip is None else self.chip.cells.undetermined - before,
        }

    def _undecided(self) -> dict[str, Any]:
        """The same where nothing is decided."""
        return {
            "samples": 0,
            "mismatches": 0,
            "accuracy_golden": None,
            "accuracy_chip": None,
            "undetermined_reads": None if self.chip is None else 0,
        }

    def _samples(self, seed: int) -> NDArray[np.int64]:
        """Those that were held out, or random ones: shape (samples, observations)."""
        if self.held_out is not None:
            return np.asarray(self.held_out.samples, np.int64)
        bins = [len(stream) for stream in self.table.streams]
        return np.random.default_rng(seed).integers(0, bins, (RANDOM_SAMPLES, len(bins)))

    def _cells(self, found: Sequence[NDArray[np.bool_]]) -> list[list[int]]:
        """Where the cells are that are marked in any of some goes."""
        profile = self.driver.config.profile
        geometry = profile.geometry
        marked = np.logical_or.reduce(found)
        cells = []
        for address, marks in zip(chip_words(profile, self.table), marked, strict=True):
            place = geometry.place(address)
            columns = place.word * geometry.word_bits + np.flatnonzero(marks)
            cells += [[place.block_row, place.block_column, place.row, column] for column in columns.tolist()]
        return cells

    def _accuracy(self, result: BayesResult) -> float | None:
        return None if self.held_out is None else float((result.decisions == self.held_out.labels).mean())
