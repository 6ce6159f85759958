"""The naive Bayesian classifier in floating point: what an importer delivers and quantisation starts from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import DesignError
from hwgen.npz import read_npz, write_npz

MAX_ROWS = 64
MAX_COLUMNS = 64
MAX_BINS = 4096
"""What the machine has room for: see :class:`~hwgen.bayes.config.BayesConfig`."""


@dataclass(frozen=True, eq=False)
class ProbabilityTable:
    """Likelihoods and prior of a naive Bayesian classifier, in float64.

    A factor common to all rows of a bin never changes a decision, so nothing here has to sum to 1.

    Raises :class:`~hwgen.errors.DesignError` naming the array, what it holds and what is allowed.
    """

    likelihoods: tuple[NDArray[np.float64], ...]
    """One array a column, shape ``(bins, rows)``: p(observation = bin | class = row)."""
    prior: NDArray[np.float64]
    """Shape ``(rows,)``: p(class), a factor of every decision. With feedback let it be all ones: p(class | previous
    decision) is a prior already."""
    feedback: NDArray[np.float64] | None = None
    """Shape ``(rows + 1, rows)``: p(class | previous decision), and last p(class) without a previous decision."""

    def __post_init__(self) -> None:
        prior = _checked("prior", self.prior)
        if prior.ndim != 1 or not 2 <= len(prior) <= MAX_ROWS:
            raise DesignError(f"prior must have shape (rows,) with 2 to {MAX_ROWS} rows, not {prior.shape}")
        if not prior.any():
            raise DesignError("prior must give at least one row a probability above 0")
        rows = len(prior)
        if not 1 <= len(self.likelihoods) <= MAX_COLUMNS:
            raise DesignError(f"a table must have 1 to {MAX_COLUMNS} columns, not {len(self.likelihoods)}")
        likelihoods = []
        for column, values in enumerate(self.likelihoods):
            name = f"likelihood_{column}"
            array = _checked(name, values)
            if array.ndim != 2 or array.shape[1] != rows or not 2 <= len(array) <= MAX_BINS:
                raise DesignError(
                    f"{name} must have shape (bins, rows) with 2 to {MAX_BINS} bins and the prior's {rows} rows, "
                    f"not {array.shape}"
                )
            impossible = np.flatnonzero(~array.any(axis=0))
            if len(impossible):
                raise DesignError(
                    f"{name} must give every row at least one bin with a probability above 0; "
                    f"row {impossible[0]} has none, so its class could never be observed"
                )
            likelihoods.append(array)
        object.__setattr__(self, "prior", prior)
        object.__setattr__(self, "likelihoods", tuple(likelihoods))
        if self.feedback is not None:
            feedback = _checked("feedback", self.feedback)
            if feedback.shape != (rows + 1, rows):
                raise DesignError(
                    f"feedback must have shape (rows + 1, rows) = ({rows + 1}, {rows}): one line for each previous "
                    f"decision and one for none, not {feedback.shape}"
                )
            if not feedback.any(axis=1).all():
                raise DesignError("feedback must have at least one probability above 0 in every line")
            object.__setattr__(self, "feedback", feedback)

    @property
    def rows(self) -> int:
        """Classes."""
        return len(self.prior)

    @property
    def bins(self) -> tuple[int, ...]:
        """Values of each observation."""
        return tuple(len(array) for array in self.likelihoods)

    def log_posterior(self, samples: ArrayLike) -> NDArray[np.float64]:
        """``log p(y) + sum of log p(o_i | y)`` in nats, without feedback: the posterior but for a term common to all
        rows.

        Args:
            samples: shape ``(n, columns)``, integers: the bin of each observation.

        Returns shape ``(n, rows)``: ``-inf`` where a factor is 0, NaN for a sample with an observation out of range.
        """
        observations, invalid = check_observations(samples, self.bins)
        with np.errstate(divide="ignore"):
            scores = np.tile(np.log(self.prior), (len(observations), 1))
            for observation, likelihood in zip(observations.T, self.likelihoods, strict=True):
                scores += np.log(likelihood)[observation]
        scores[invalid] = np.nan
        return scores

    def decide(self, samples: ArrayLike, restart: ArrayLike | None = None) -> NDArray[np.int64]:
        """The most probable row of each sample, -1 for one with an observation out of range.

        Args:
            samples: shape ``(n, columns)``, integers; with feedback, in order of time.
            restart: shape ``(n,)``, booleans: with feedback, samples that begin a new series, as the first does.
        """
        scores = self.log_posterior(samples)
        with np.errstate(divide="ignore"):
            feedback = None if self.feedback is None else np.log(self.feedback)
        return decide(scores, np.isnan(scores[:, 0]), feedback, restart)

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` file with the arrays ``likelihood_0``, ``likelihood_1``, ..., ``prior`` and, if the table
        has it, ``feedback``. The file appears whole or not at all."""
        arrays: dict[str, Any] = {f"likelihood_{column}": array for column, array in enumerate(self.likelihoods)}
        arrays["prior"] = self.prior
        if self.feedback is not None:
            arrays["feedback"] = self.feedback
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` writes.

        Raises :class:`~hwgen.errors.DesignError` naming the file, and the array that is missing or wrong.
        """
        arrays = read_npz(path)
        columns = sum(name.startswith("likelihood_") for name in arrays)
        expected = [f"likelihood_{column}" for column in range(max(1, columns))] + ["prior"]
        for name in expected:
            if name not in arrays:
                raise DesignError(f"{path}: array {name} is missing; found {', '.join(arrays) or 'none'}")
        for name in arrays:
            if name not in [*expected, "feedback"]:
                raise DesignError(f"{path}: no such array: {name}; allowed are likelihood_0, ..., prior, feedback")
        try:
            return cls(tuple(arrays[name] for name in expected[:-1]), arrays["prior"], arrays.get("feedback"))
        except DesignError as error:
            raise DesignError(f"{path}: {error}") from None


def check_observations(samples: ArrayLike, bins: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """``samples`` with every observation in range (0 stands for one that was not), and which samples had one outside.

    Raises :class:`~hwgen.errors.DesignError` for samples that are not integers of shape ``(n, columns)``.
    """
    array = np.asarray(samples)
    if array.ndim != 2 or array.shape[1] != len(bins):
        raise DesignError(f"samples must have shape (n, {len(bins)}), one observation a column, not {array.shape}")
    if not np.issubdtype(array.dtype, np.integer):
        raise DesignError(f"samples must be integers (bin numbers), not {array.dtype}")
    outside = (array < 0) | (array >= np.array(bins))
    return np.where(outside, 0, array).astype(np.int64), np.asarray(outside.any(axis=1))


def decide(
    scores: NDArray[Any],
    invalid: NDArray[np.bool_],
    feedback: NDArray[Any] | None = None,
    restart: ArrayLike | None = None,
    combine: Callable[[Any, Any], Any] = np.add,
) -> NDArray[np.int64]:
    """Decisions from scores, as the machine makes them: the largest wins, and of equals the lowest row.

    Args:
        scores: shape ``(n, rows)``, any ordered type.
        invalid: shape ``(n,)``: samples that get -1.
        feedback: shape ``(rows + 1, rows)``: for each previous decision, what ``combine`` adds to the scores; last
            for none, which is also what follows an invalid sample.
        restart: shape ``(n,)``, booleans: samples without a previous decision, as the first is.
        combine: how score and feedback become one score.
    """
    if feedback is None:
        return np.where(invalid, -1, scores.argmax(axis=1))
    rows = scores.shape[1]
    restarts = np.zeros(len(scores), bool) if restart is None else np.asarray(restart, bool)
    decisions = np.full(len(scores), -1)
    previous = rows
    for index in range(len(scores)):
        if restarts[index]:
            previous = rows
        if not invalid[index]:
            decisions[index] = combine(scores[index], feedback[previous]).argmax()
        previous = rows if invalid[index] else int(decisions[index])
    return decisions


def _checked(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """A read-only float64 copy of finite, non-negative numbers."""
    array = np.asarray(values)
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise DesignError(f"{name} must hold real numbers, not {array.dtype}")
    array = array.astype(np.float64)
    wrong = array[~np.isfinite(array) | (array < 0)]
    if len(wrong):
        raise DesignError(f"{name} must hold finite probabilities of at least 0, not {wrong[0]}")
    array.flags.writeable = False
    return array
