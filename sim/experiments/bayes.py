"""Which settings of the Bayesian machine to choose: accuracy against cycles on real tasks.

Every number comes from the golden model, which the hardware equals bit for bit. Each split of a task has three parts:
the classifier is trained on the first, settings are chosen on the second, and accuracies are quoted on the third.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Mode, Normalisation, quantise
from hwgen.bayes.resolve import resolve
from hwgen.bayes.table import LikelihoodTable
from hwgen.cache import build_once, cache_dir
from sim.datasets import Dataset, load_dataset, split
from sim.experiments.sources import digest_of, sources_of
from sim.golden.bayes import BayesModel

TASKS: dict[str, dict[str, Any]] = {
    "digits": {"dataset": "digits", "classifier": "CategoricalNB"},
    "digits, 8 pixels": {"dataset": "digits", "classifier": "CategoricalNB", "features": 8},
    "wine": {"dataset": "wine", "classifier": "GaussianNB", "features": 6},
    "breast cancer": {"dataset": "breast_cancer", "classifier": "GaussianNB", "features": 6},
    "iris": {"dataset": "iris", "classifier": "GaussianNB"},
}
"""The ``[source]`` of each task."""

TEST_FRACTION = 0.25
VALIDATION_FRACTION = 0.25
"""Of what is not test data."""

NORMALISATIONS: tuple[Normalisation, ...] = ("observation", "column", "none")
GENERATORS = ("lfsr", "sobol")
CONVERSIONS = ("weighted-binary", "comparator")
BITS = range(3, 13)
STOPS: tuple[dict[str, Any], ...] = (
    *({"stop": "fixed", "cycles": cycles} for cycles in (8, 16, 32, 64, 128, 255)),
    {"stop": "first"},
    *({"stop": "lead", "lead": lead} for lead in (1, 2, 3, 4, 6, 8)),
)
BITS_STOPS: tuple[dict[str, Any], ...] = ({"stop": "fixed", "cycles": 255}, {"stop": "lead", "lead": 4})
"""Stop rules with which every width is tried."""


@dataclass(frozen=True)
class Setting:
    """One way to build the machine."""

    mode: Mode
    normalisation: Normalisation
    bits: int
    generator: str = ""
    conversion: str = ""
    stop: str = ""
    cycles: int = 0
    lead: int = 0

    def parameters(self) -> dict[str, Any]:
        """The config's parameters, geometry aside."""
        if self.mode == "logarithmic":
            return {"mode": self.mode, "likelihood_bits": self.bits}
        return {
            "mode": self.mode,
            "likelihood_bits": self.bits,
            # Streams of 255 cycles at every width: narrow likelihoods need not come with short periods.
            "generator_bits": max(8, self.bits),
            "generator": self.generator,
            "conversion": self.conversion,
            "stop": self.stop,
            "cycles": self.cycles or 255,
            **({"lead": self.lead} if self.stop == "lead" else {}),
        }

    def __str__(self) -> str:
        if self.mode == "logarithmic":
            return f"logarithmic, {self.bits} bits, {self.normalisation}"
        rule = f"{self.cycles or 255} cycles" if self.stop == "fixed" else self.stop
        rule += f" {self.lead}" if self.stop == "lead" else ""
        return f"{self.generator} + {self.conversion}, {self.bits} bits, {self.normalisation}, {rule}"


PUBLISHED = Setting("stochastic", "column", 8, "lfsr", "weighted-binary", "fixed", 255)
"""The setting of the fabricated machine."""


def settings() -> Iterator[Setting]:
    """Every setting that the experiment tries."""
    for normalisation in NORMALISATIONS:
        for bits in BITS:
            yield Setting("logarithmic", normalisation, bits)
        for generator in GENERATORS:
            for conversion in CONVERSIONS:
                for stop in STOPS:
                    yield Setting("stochastic", normalisation, 8, generator, conversion, **stop)
    for bits in BITS:
        if bits != 8:
            for stop in BITS_STOPS:
                yield Setting("stochastic", "observation", bits, "lfsr", "weighted-binary", **stop)
                yield Setting("stochastic", "observation", bits, "sobol", "comparator", **stop)


@dataclass(frozen=True)
class Outcome:
    """What one setting achieves on one split of one task. Accuracies are fractions."""

    task: str
    split: int
    setting: Setting
    validation: float
    test: float
    cycles: float
    """Mean stochastic cycles of the test samples."""
    float_validation: float
    float_test: float
    """The binned classifier in floating point on the same samples."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def run(splits: int, processes: int, report: Callable[[int, int], None]) -> list[Outcome]:
    """Run all settings on ``splits`` random splits of every task.

    Args:
        splits: at least 1; split ``i`` is drawn with seed ``i``.
        processes: how many to use.
        report: called with the parts done and the parts there are.
    """
    jobs = [(task, number) for number in range(splits) for task in TASKS]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(processes) as pool:
        futures = [pool.submit(_kept_split, task, number) for task, number in jobs]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                outcomes += future.result()
                report(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return sorted(outcomes, key=lambda outcome: (outcome.task, outcome.split, str(outcome.setting)))


def _kept_split(task: str, number: int) -> list[Outcome]:
    """:func:`run_split`, its outcomes kept in the cache: an interrupted experiment goes on where it stopped."""
    folder = cache_dir() / "experiments" / f"bayes-{_version()}-{task.replace(' ', '_')}-{number}"

    def build(aside: Path) -> None:
        outcomes = [outcome.as_dict() for outcome in run_split(task, number)]
        (aside / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")

    stored = json.loads((build_once(folder, build) / "outcomes.json").read_text(encoding="utf-8"))
    return [Outcome(**{**values, "setting": Setting(**values["setting"])}) for values in stored]


def _version() -> str:
    """Names everything that an outcome depends on: this experiment's code with all that it imports, and the
    libraries."""
    return f"{digest_of(sources_of([__name__]))[:16]}-{sklearn.__version__}"


def run_split(task: str, number: int) -> list[Outcome]:
    """All settings on one split of one task."""
    rest, test = split(load_dataset(TASKS[task]["dataset"]), TEST_FRACTION, number)
    train, validation = split(rest, VALIDATION_FRACTION, number)

    def parts(*_: Any) -> tuple[Dataset, Dataset]:
        return train, test

    resolved = resolve(TASKS[task], {"mode": "logarithmic"}, Path(), task, parts)
    observer = resolved.observer
    assert observer is not None
    samples = [observer.transform(part.features) for part in (train, validation, test)]
    labels = [part.labels for part in (train, validation, test)]
    probabilities = resolved.probabilities
    exact = [float((probabilities.decide(samples[part]) == labels[part]).mean()) for part in (1, 2)]

    tables: dict[tuple[str, str, int], LikelihoodTable] = {}
    outcomes = []
    for setting in settings():
        key = (setting.mode, setting.normalisation, setting.bits)
        if key not in tables:
            tables[key] = _table(probabilities, setting, samples[0])
        (on_validation, on_test), cycles = _evaluate(probabilities, setting, tables[key], samples[1:], labels[1:])
        outcomes.append(Outcome(task, number, setting, on_validation, on_test, cycles, exact[0], exact[1]))
    return outcomes


def _table(probabilities: ProbabilityTable, setting: Setting, training: NDArray[np.int64]) -> LikelihoodTable:
    quantised = quantise(
        probabilities, setting.mode, setting.bits, normalisation=setting.normalisation, calibration=training
    )
    return quantised.table


def _evaluate(
    probabilities: ProbabilityTable,
    setting: Setting,
    table: LikelihoodTable,
    samples: list[NDArray[np.int64]],
    labels: list[NDArray[np.int64]],
) -> tuple[list[float], float]:
    """Accuracy on validation and test samples, and mean cycles of the test samples."""
    config = BayesConfig.parse({"rows": probabilities.rows, "bins": list(probabilities.bins), **setting.parameters()})
    model = BayesModel(config, table)
    results = [model.infer(part) for part in samples]
    accuracy = [float((result.decisions == label).mean()) for result, label in zip(results, labels, strict=True)]
    return accuracy, float(results[1].cycles.mean())
