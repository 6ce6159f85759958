"""How many wrong bits the Bayesian machine bears: accuracy against the rate of bit errors in its likelihoods.

Every number comes from the golden model, which the hardware equals bit for bit: :mod:`sim.experiments.ber_identity`
compares both, point by point. A classifier is trained on one part of a split, and accuracies are quoted on the other;
nothing is chosen by either: widths are given, and the logarithmic step is that of the importer, from training samples.
"""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sklearn
from numpy.typing import NDArray

from hwgen.bayes.columns import config_of
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Mode, Normalisation, quantise
from hwgen.bayes.resolve import resolve
from hwgen.bayes.table import LikelihoodTable
from hwgen.cache import build_once, cache_dir
from sim.datasets import Dataset, load_dataset, split
from sim.experiments.bayes import NORMALISATIONS, TASKS, TEST_FRACTION
from sim.experiments.sources import digest_of, sources_of
from sim.golden.bayes import BayesModel

Kind = Literal["transient", "frozen"]

KINDS: tuple[Kind, ...] = ("transient", "frozen")
RATES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 0.3)
SIZES: tuple[tuple[Mode, int], ...] = (("stochastic", 8), ("logarithmic", 8), ("logarithmic", 4))
"""Modes and widths of a likelihood. Narrow integers are tried, too: they have fewer bits that can be wrong."""


@dataclass(frozen=True)
class Machine:
    """A mode, a width and a normalisation; the rest is what a design file gets that says no more."""

    mode: Mode
    bits: int
    normalisation: Normalisation

    @property
    def size(self) -> str:
        """Mode and width."""
        return f"{self.mode}, {self.bits} bits"

    def config(self, probabilities: ProbabilityTable, **more: Any) -> BayesConfig:
        """Its config: the same for all normalisations, as the likelihoods are loaded."""
        parameters = {"mode": self.mode, "likelihood_bits": self.bits, "initialised": False, **more}
        return config_of(probabilities.rows, probabilities.bins, False, parameters)

    def table(self, part: "Part") -> LikelihoodTable:
        """Its likelihoods; the logarithmic step is chosen with the training samples."""
        return quantise(
            part.probabilities, self.mode, self.bits, normalisation=self.normalisation, calibration=part.training
        ).table


DECISIONS = 400
"""Each rate is tried with at least so many decisions of a split: where there are fewer test samples, with several
errors."""

MACHINES = tuple(Machine(mode, bits, normalisation) for mode, bits in SIZES for normalisation in NORMALISATIONS)


@dataclass(frozen=True)
class Outcome:
    """Accuracies of a machine on the test samples of one split, as fractions."""

    task: str
    split: int
    machine: Machine
    kind: Kind
    accuracies: list[float]
    """For each of :data:`RATES`, the mean over the errors that were drawn."""
    exact: float
    """Of the binned classifier in floating point."""


@dataclass(frozen=True, eq=False)
class Part:
    """A split of a task: what was learnt, and what is decided."""

    probabilities: ProbabilityTable
    training: NDArray[np.int64]
    samples: NDArray[np.int64]
    """Shape ``(n, columns)``: test samples."""
    labels: NDArray[np.int64]

    def accuracy(self, decisions: NDArray[np.int64]) -> float:
        """Share of right decisions about the first of the test samples."""
        return float((decisions == self.labels[: len(decisions)]).mean())


def prepare(task: str, number: int) -> Part:
    """Train the task's classifier on split ``number``, which is drawn with that seed."""
    train, test = split(load_dataset(TASKS[task]["dataset"]), TEST_FRACTION, number)

    def parts(*_: Any) -> tuple[Dataset, Dataset]:
        return train, test

    resolved = resolve(TASKS[task], {"mode": "logarithmic"}, Path(), task, parts)
    observer = resolved.observer
    assert observer is not None
    training, samples = (observer.transform(part.features) for part in (train, test))
    return Part(resolved.probabilities, training, samples, test.labels)


def run(splits: int, processes: int, report: Callable[[int], None]) -> list[Outcome]:
    """Run all machines with all errors on ``splits`` random splits of every task.

    Args:
        splits: at least 1; split ``i`` is drawn with seed ``i``.
        processes: how many to use.
        report: called with the splits of tasks done, of ``splits`` times as many as there are tasks.
    """
    jobs = [(task, number) for number in range(splits) for task in TASKS]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(processes) as pool:
        futures = [pool.submit(kept, task, number) for task, number in jobs]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                outcomes += future.result()
                report(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return sorted(outcomes, key=lambda outcome: (outcome.task, outcome.split))


def kept(task: str, number: int) -> list[Outcome]:
    """:func:`run_split`, its outcomes kept in the cache: an interrupted experiment goes on where it stopped."""
    folder = cache_dir() / "experiments" / f"ber-{version()}-{task.replace(' ', '_')}-{number}"

    def build(aside: Path) -> None:
        outcomes = [asdict(outcome) for outcome in run_split(task, number)]
        (aside / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")

    stored = json.loads((build_once(folder, build) / "outcomes.json").read_text(encoding="utf-8"))
    return [Outcome(**values | {"machine": Machine(**values["machine"])}) for values in stored]


def run_split(task: str, number: int) -> list[Outcome]:
    """All machines with all errors on one split of one task."""
    part = prepare(task, number)
    exact = part.accuracy(part.probabilities.decide(part.samples))
    outcomes = []
    for machine in MACHINES:
        model = BayesModel(machine.config(part.probabilities, memory="emulated"), machine.table(part))
        for kind in KINDS:
            accuracies = []
            for rate in RATES:
                decided = []
                for seed in seeds(part, number) if rate else [0]:
                    model.set_errors(rate, kind, seed)
                    decided.append(part.accuracy(model.infer(part.samples).decisions))
                accuracies.append(float(np.mean(decided)))
            outcomes.append(Outcome(task, number, machine, kind, accuracies, exact))
    return outcomes


def seeds(part: Part, number: int) -> range:
    """Seeds of the errors on split ``number``; no two splits have one in common."""
    return range(first := 1 + number * DECISIONS, first + -(-DECISIONS // len(part.samples)))


@lru_cache(maxsize=1)
def version() -> str:
    """Names everything that an outcome depends on: this experiment's code with all that it imports, and the
    libraries."""
    return f"{digest_of(sources_of([__name__]))[:16]}-{sklearn.__version__}"
