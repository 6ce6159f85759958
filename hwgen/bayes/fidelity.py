"""The fidelity report: what the way from a float classifier to the machine costs, and what the machine cannot do."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Quantised


@dataclass(frozen=True)
class FidelityReport:
    """Accuracies on held-out samples (a sample without a decision counts as wrong), and properties of the table."""

    samples: int
    """Held-out samples; without any, accuracies and agreements are None."""
    accuracy_float: float | None
    """Of the binned classifier in floating point."""
    accuracy_quantised: float | None
    """With the quantised integers multiplied or added exactly."""
    accuracy_golden: float | None
    """Of the machine's golden model; None if it was not given."""
    agreement_quantised: float | None
    agreement_golden: float | None
    """Fraction of samples on which the decision is that of the floating-point classifier."""
    never_winning: tuple[int, ...]
    """Rows that can at best tie: see :func:`never_winning_rows`."""
    uninformative_columns: tuple[int, ...]
    """Observed columns that change no decision: see :func:`uninformative_columns`."""
    normalisation: str
    step: float | None
    max_error: float
    mean_error: float
    clipped: int
    floored: int
    """As in :class:`~hwgen.bayes.quantise.Quantised`."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        values = dataclasses.asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def fidelity(
    probabilities: ProbabilityTable,
    quantised: Quantised,
    samples: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    golden: Callable[[NDArray[np.int64]], NDArray[np.int64]] | None = None,
) -> FidelityReport:
    """Compare the classifier in floating point, quantised and as a machine.

    Args:
        probabilities: the classifier.
        quantised: what became of it.
        samples: shape ``(n, columns)``, integers, held out from training, n at least 1; with feedback, one series.
            Without samples, the report is of the table alone.
        labels: shape ``(n,)``: the true rows.
        golden: decisions of the machine for ``samples``, such as ``lambda x: model.infer(x).decisions``.
    """
    machine = exact = reference = truth = None
    if samples is not None:
        observations = np.asarray(samples)
        truth = np.asarray(labels)
        reference = probabilities.decide(observations)
        exact = quantised.decide(observations)
        machine = None if golden is None else golden(observations)
    return FidelityReport(
        samples=0 if truth is None else len(truth),
        accuracy_float=_agreement(reference, truth),
        accuracy_quantised=_agreement(exact, truth),
        accuracy_golden=_agreement(machine, truth),
        agreement_quantised=_agreement(exact, reference),
        agreement_golden=_agreement(machine, reference),
        never_winning=never_winning_rows(quantised),
        uninformative_columns=uninformative_columns(quantised),
        normalisation=quantised.normalisation,
        step=quantised.step,
        max_error=quantised.max_error,
        mean_error=quantised.mean_error,
        clipped=quantised.clipped,
        floored=quantised.floored,
    )


def never_winning_rows(quantised: Quantised) -> tuple[int, ...]:
    """Rows that can never win alone: some one other row is at least as likely in every word of every column, so its
    score is never the lower one. A row that loses each time to a different other row is not found."""
    words = np.concatenate([stream.astype(np.int64) for stream in quantised.table.streams])
    likelier = -words if quantised.mode == "logarithmic" else words
    # Every row matches itself, so a second match is another row.
    matches = [(likelier >= likelier[:, [row]]).all(axis=0).sum() for row in range(likelier.shape[1])]
    return tuple(row for row, count in enumerate(matches) if count > 1)


def uninformative_columns(quantised: Quantised) -> tuple[int, ...]:
    """Observed columns whose observation changes no decision: in every bin all rows are equal, or all bins are equal
    (such as a column that holds nothing but the prior)."""
    unobserved = quantised.feedback + quantised.prior
    streams = quantised.table.streams[: len(quantised.table.streams) - unobserved]
    return tuple(
        column for column, words in enumerate(streams) if (words == words[:, :1]).all() or (words == words[:1]).all()
    )


def _agreement(found: NDArray[np.int64] | None, expected: NDArray[np.int64] | None) -> float | None:
    return None if found is None or expected is None else float((found == expected).mean())
