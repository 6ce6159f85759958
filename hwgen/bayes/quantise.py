"""Quantisation: from probabilities to the integers in the machine's memories."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.probabilities import ProbabilityTable, check_observations, decide
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import DesignError

Mode = Literal["stochastic", "logarithmic"]
Normalisation = Literal["observation", "column", "none"]
Zeros = Literal["floor", "keep"]

STEPS_PER_OCTAVE = 4
STEP_OCTAVES = 10
"""The steps tried: from the one at which no logarithm is clipped down to a thousandth of it."""

DRAWN_SAMPLES = 1000
"""Samples drawn from the table to choose a step where no training samples are given."""


@dataclass(frozen=True, eq=False)
class Quantised:
    """A quantised table, how it was made, and what that cost."""

    table: LikelihoodTable
    mode: Mode
    likelihood_bits: int
    normalisation: Normalisation
    feedback: bool
    """Whether a feedback column follows the observed ones."""
    prior: bool
    """Whether the prior is the last column; if not, it is a factor of column 0."""
    step: float | None
    """Logarithmic: nats in one unit; None in stochastic mode."""
    max_error: float
    mean_error: float
    """Absolute difference between the normalised factors and what the integers stand for, over all entries: in
    probability; in logarithmic mode in nats, over the entries that are not clipped."""
    clipped: int
    """Logarithmic: entries (zeros included) that are less likely than the largest integer can say."""
    floored: int
    """Stochastic: entries that would have been 0 and were raised to 1."""

    def decide(self, samples: ArrayLike, restart: ArrayLike | None = None) -> NDArray[np.int64]:
        """Decisions when the integers are multiplied (stochastic) or added (logarithmic) exactly: what quantisation
        alone costs, without stochastic noise or saturation of the sum.

        Arguments and result as :meth:`~hwgen.bayes.probabilities.ProbabilityTable.decide`.
        """
        streams: list[NDArray[Any]] = list(self.table.streams)
        prior = streams.pop()[0] if self.prior else None
        feedback = streams.pop() if self.feedback else None
        observations, invalid = check_observations(samples, tuple(len(stream) for stream in streams))
        if self.mode == "logarithmic":
            # The smallest sum wins, so the largest negative one does.
            streams = [-stream.astype(np.int64) for stream in streams]
            prior = None if prior is None else -prior.astype(np.int64)
            feedback = None if feedback is None else -feedback.astype(np.int64)
            combine: np.ufunc = np.add
        else:
            # Python's integers: a product of 64 factors of 12 bits fits no machine word.
            streams = [stream.astype(object) for stream in streams]
            combine = np.multiply
        scores = streams[0][observations[:, 0]]
        for stream, observation in zip(streams[1:], observations.T[1:], strict=True):
            scores = combine(scores, stream[observation])
        if prior is not None:
            scores = combine(scores, prior)
        return decide(scores, invalid, feedback, restart, combine)


def quantise(
    table: ProbabilityTable,
    mode: Mode,
    likelihood_bits: int,
    *,
    normalisation: Normalisation = "observation",
    prior: bool = False,
    zeros: Zeros = "floor",
    step: float | None = None,
    calibration: ArrayLike | None = None,
) -> Quantised:
    """Integers for a machine with this mode and width.

    Args:
        table: the classifier.
        mode: stochastic stores ``round(p * (2**likelihood_bits - 1))``; logarithmic ``round(-log(p) / step)``, at most
            ``2**likelihood_bits - 1``.
        likelihood_bits: width of an integer, 1 to 16.
        normalisation: what the likelihoods are divided by: for each value of an observation their maximum over the
            rows ("observation"), the maximum of the column ("column"), or nothing. A factor common to all rows changes
            no decision, but small probabilities lose their digits, and stochastic bits become rare.
        prior: True: the prior has a column of its own, the last. False: it is multiplied into column 0 before
            normalisation, which gives the same product.
        zeros: stochastic: what becomes of a probability that rounds to 0. An exact 0 vetoes its class, whatever every
            other observation says, and most come from rounding or from a training set too small to have seen the case:
            "floor" stores 1 instead, "keep" stores 0. A logarithmic table has no veto: it clips.
        step: logarithmic: nats in one unit. Left out, it is the one, of a grid from "nothing clips" down, whose sums
            reproduce the posterior probabilities of ``calibration`` best (mean absolute difference).
        calibration: shape ``(n, columns)``, integers: training samples to choose ``step`` with; left out, samples are
            drawn from the table itself. Never give held-out samples.

    A bin to which every row gives probability 0 carries no information: all its rows get the same 1.
    Raises :class:`~hwgen.errors.DesignError` naming the parameter, its value and what is allowed.
    """
    _check(mode, likelihood_bits, normalisation, zeros, step)
    factors = _factors(table, normalisation, prior)
    largest = (1 << likelihood_bits) - 1
    if mode == "stochastic":
        words = [np.rint(factor * largest) for factor in factors]
        floored = sum(int((word == 0).sum()) for word in words) if zeros == "floor" else 0
        if zeros == "floor":
            words = [np.maximum(word, 1) for word in words]
        error = np.concatenate(
            [np.abs(word / largest - factor).ravel() for word, factor in zip(words, factors, strict=True)]
        )
        clipped = 0
    else:
        with np.errstate(divide="ignore"):
            logarithms = [-np.log(factor) for factor in factors]
        if step is None:
            step = _choose_step(table, logarithms, largest, calibration)
        words = [_clip(logarithm, step, largest) for logarithm in logarithms]
        exact = np.concatenate([logarithm.ravel() for logarithm in logarithms])
        kept = np.rint(exact / step) <= largest
        clipped, floored = int((~kept).sum()), 0
        error = np.abs(np.concatenate([word.ravel() for word in words])[kept] * step - exact[kept])
    return Quantised(
        table=LikelihoodTable(tuple(word.astype(np.uint16) for word in words)),
        mode=mode,
        likelihood_bits=likelihood_bits,
        normalisation=normalisation,
        feedback=table.feedback is not None,
        prior=prior,
        step=step,
        max_error=float(error.max(initial=0.0)),
        mean_error=float(error.mean()) if len(error) else 0.0,
        clipped=clipped,
        floored=floored,
    )


def _check(mode: str, likelihood_bits: int, normalisation: str, zeros: str, step: float | None) -> None:
    for name, value, allowed in (
        ("mode", mode, ("stochastic", "logarithmic")),
        ("normalisation", normalisation, ("observation", "column", "none")),
        ("zeros", zeros, ("floor", "keep")),
    ):
        if value not in allowed:
            raise DesignError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    if not 1 <= likelihood_bits <= 16:
        raise DesignError(f"likelihood_bits must be between 1 and 16, not {likelihood_bits}")
    if step is not None and mode == "stochastic":
        raise DesignError("step has no meaning in stochastic mode; leave it out")
    if step is not None and not (np.isfinite(step) and step > 0):
        raise DesignError(f"step must be a finite number of nats above 0, not {step}")


def _factors(table: ProbabilityTable, normalisation: Normalisation, prior: bool) -> list[NDArray[np.float64]]:
    """Normalised factors of every column memory, each shape ``(bins, rows)``, values 0 to 1."""
    # Its largest entry made 1: a factor common to all rows of every sample.
    scaled_prior = table.prior[None, :] / table.prior.max()
    streams = list(table.likelihoods)
    if not prior:
        streams[0] = streams[0] * scaled_prior
    if table.feedback is not None:
        streams.append(table.feedback)
    if prior:
        streams.append(scaled_prior)
    factors = []
    for column, stream in enumerate(streams):
        of_bin = stream.max(axis=1, keepdims=True)
        match normalisation:
            case "observation":
                divisor = of_bin
            case "column":
                divisor = np.full_like(of_bin, stream.max())
            case "none":
                if stream.max() > 1:
                    raise DesignError(
                        f'column {column} must hold probabilities of at most 1 for normalisation = "none", '
                        f'not {stream.max()}; use "observation" or "column"'
                    )
                divisor = np.ones_like(of_bin)
        factors.append(np.where(of_bin > 0, stream / np.where(of_bin > 0, divisor, 1.0), 1.0))
    return factors


def _choose_step(
    table: ProbabilityTable, logarithms: list[NDArray[np.float64]], largest: int, calibration: ArrayLike | None
) -> float:
    """The step whose sums give the posterior closest to the exact one.

    A smaller step rounds finer but clips more. Agreement of the decisions would be the plainer criterion, but on a
    small training set most steps reach 100 %; the posterior also tells a sure decision from one about to change.
    Feedback is left out: what the previous decision was is not in a single sample.
    """
    finite = max(float(np.max(logarithm, where=np.isfinite(logarithm), initial=0.0)) for logarithm in logarithms)
    if finite == 0:
        return 1.0
    samples = _draw(table) if calibration is None else calibration
    observations, invalid = check_observations(samples, table.bins)
    observations = observations[~invalid]
    exact = table.log_posterior(observations)
    possible = np.isfinite(exact).any(axis=1)
    exact, observations = _posterior(exact[possible]), observations[possible]
    if not len(observations):
        raise DesignError("calibration must hold at least one sample to which the table gives a probability above 0")

    addresses = list(observations.T)
    columns = logarithms[: len(addresses)]
    if len(logarithms) > len(addresses) + (table.feedback is not None):
        columns.append(logarithms[-1])
        addresses.append(np.zeros(len(observations), np.int64))
    steps = finite / largest * 2.0 ** (-np.arange(STEPS_PER_OCTAVE * STEP_OCTAVES + 1) / STEPS_PER_OCTAVE)
    errors = []
    for step in steps:
        words = [_clip(column, step, largest) for column in columns]
        sums = sum(word[address] for word, address in zip(words, addresses, strict=True))
        errors.append(np.abs(_posterior(-step * sums) - exact).mean())
    return float(steps[int(np.argmin(errors))])


def _draw(table: ProbabilityTable) -> NDArray[np.int64]:
    """Samples as the table says they occur, always the same ones: shape ``(DRAWN_SAMPLES, columns)``."""
    random = np.random.default_rng(0)
    classes = random.choice(table.rows, DRAWN_SAMPLES, p=table.prior / table.prior.sum())
    samples = np.empty((DRAWN_SAMPLES, len(table.likelihoods)), np.int64)
    for column, likelihood in enumerate(table.likelihoods):
        cumulative = np.cumsum(likelihood / likelihood.sum(axis=0), axis=0)
        numbers = random.random(DRAWN_SAMPLES)
        samples[:, column] = (cumulative[:-1, classes] <= numbers).sum(axis=0)
    return samples


def _posterior(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _clip(logarithm: NDArray[np.float64], step: float, largest: int) -> NDArray[np.float64]:
    return np.minimum(np.rint(logarithm / step), largest)
