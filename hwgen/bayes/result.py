"""What the Bayesian machine answers, whichever backend runs it, and what it is asked."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.errors import HwgenError


@dataclass(frozen=True)
class BayesResult:
    """Results of ``n`` samples, in order."""

    decisions: NDArray[np.int64]
    """Shape ``(n,)``: the winning row, -1 for a flagged sample."""
    ties: NDArray[np.bool_]
    """Shape ``(n,)``: another row has the same score; the lowest won."""
    invalid: NDArray[np.bool_]
    """Shape ``(n,)``: the sample was flagged: an observation out of range, or no likelihoods loaded."""
    cycles: NDArray[np.int64]
    """Shape ``(n,)``: stochastic cycles used; 1 in logarithmic mode; 0 for a flagged sample."""
    scores: NDArray[np.int64]
    """Shape ``(n, rows)``: counts of ones, the largest winning; or sums of -log likelihoods, the smallest winning."""
    busy_cycles: int
    """Clocks that the machine worked on these samples."""
    elapsed_cycles: int
    """Clocks from the first sample's transfer to the last result's when both streams run at full speed; 0 without
    samples, and where the backend cannot see clocks."""

    def __len__(self) -> int:
        return len(self.decisions)

    def rows(self) -> list[dict[str, Any]]:
        """One sample an entry, as JSON values."""
        names = ("decisions", "ties", "invalid", "cycles", "scores")
        columns = [getattr(self, name).tolist() for name in names]
        keys = ("decision", "tie", *names[2:])
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def differences(self, other: "BayesResult") -> NDArray[np.bool_]:
        """Shape ``(n,)``: which samples differ in any bit of their results.

        Raises :class:`ValueError` if the two are not results of equally many samples and rows.
        """
        if self.scores.shape != other.scores.shape:
            raise ValueError(f"cannot compare results of shape {self.scores.shape} with {other.scores.shape}")
        different = np.zeros(len(self), bool)
        for name in ("decisions", "ties", "invalid", "cycles", "scores"):
            mine, yours = getattr(self, name), getattr(other, name)
            different |= (mine != yours).reshape(len(self), -1).any(axis=1)
        return different


def check_samples(
    config: BayesConfig, samples: ArrayLike, restart: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Samples as the hardware gets them.

    Args:
        config: the machine's parameters.
        samples: shape ``(n, columns)``, integers: each observation's bin. Any value out of range, negative ones
            included, becomes the out-of-range code ``bins``, which flags the sample.
        restart: shape ``(n,)``, booleans: samples that begin a new series (only with feedback).

    Raises :class:`~hwgen.errors.HwgenError` naming the wrong shape or type.
    """
    array = np.asarray(samples)
    if array.ndim != 2 or array.shape[1] != config.columns:
        raise HwgenError(f"samples must have shape (n, {config.columns}), one observation a column, not {array.shape}")
    if not np.issubdtype(array.dtype, np.integer):
        raise HwgenError(f"samples must be integers (bin numbers), not {array.dtype}")
    bins = np.array(config.bins)
    # A negative number, taken as an unsigned one, is beyond every column.
    observations = np.minimum(array.astype(np.int64).view(np.uint64), bins.astype(np.uint64)).astype(np.int64)
    if restart is None:
        return observations, np.zeros(len(array), bool)
    if not config.feedback:
        raise HwgenError("restart has no meaning for a machine without feedback (bayes.feedback = false)")
    restarts = np.asarray(restart)
    if restarts.shape != (len(array),) or restarts.dtype != bool:
        raise HwgenError(
            f"restart must be booleans of shape ({len(array)},), not {restarts.dtype} of shape {restarts.shape}"
        )
    return observations, restarts
