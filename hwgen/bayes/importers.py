"""Importers: probability tables from trained scikit-learn classifiers, and from counted samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB
from sklearn.utils.validation import check_is_fitted

from hwgen.bayes.binning import Binning
from hwgen.bayes.probabilities import ProbabilityTable, check_observations
from hwgen.errors import DesignError

SMALLEST_LOG_MAXIMUM = np.log(1e-300)
"""Log of the smallest value that the most probable row of a bin may have; below, float64 runs out of numbers."""

GAUSSIAN_REACH = 3.0
"""Standard deviations around every class mean that :func:`gaussian_binning` covers with its inner bins."""


def from_classifier(classifier: Any, binning: Binning | None = None) -> ProbabilityTable:
    """The table of a fitted scikit-learn classifier; row ``i`` is class ``classifier.classes_[i]``.

    Args:
        classifier: ``CategoricalNB``, ``BernoulliNB`` or ``GaussianNB``.
        binning: how its features become bin numbers; required for ``GaussianNB``.

    Raises :class:`~hwgen.errors.DesignError` for another classifier, one that was not fitted, or one whose features
    do not fit ``binning``.
    """
    match classifier:
        case GaussianNB():
            if binning is None:
                raise DesignError("GaussianNB needs a binning of its features, such as Binning.uniform(features, 16)")
            return from_gaussian_nb(classifier, binning)
        case CategoricalNB():
            table = from_categorical_nb(classifier)
        case BernoulliNB():
            table = from_bernoulli_nb(classifier)
        case _:
            kind = classifier.__name__ if isinstance(classifier, type) else type(classifier).__name__
            raise DesignError(f"a classifier must be a fitted CategoricalNB, BernoulliNB or GaussianNB, not {kind}")
    if binning is not None and binning.bins != table.bins:
        raise DesignError(f"the binning must have the classifier's bins {table.bins}, not {binning.bins}")
    return table


def from_categorical_nb(classifier: CategoricalNB) -> ProbabilityTable:
    """The table of a fitted ``CategoricalNB``: one bin a category."""
    _check_fitted(classifier)
    for column, count in enumerate(classifier.n_categories_):
        if count < 2:
            raise DesignError(
                f"feature {column} of the CategoricalNB must have at least 2 categories, not {count}; "
                "fit it with min_categories=2, or drop the feature"
            )
    return ProbabilityTable(
        tuple(np.exp(log_probability.T) for log_probability in classifier.feature_log_prob_),
        np.exp(classifier.class_log_prior_),
    )


def from_bernoulli_nb(classifier: BernoulliNB) -> ProbabilityTable:
    """The table of a fitted ``BernoulliNB``: bin 1 of a column is a feature above the classifier's ``binarize``
    (:func:`binning_of`), bin 0 any other."""
    _check_fitted(classifier)
    ones = np.exp(classifier.feature_log_prob_)
    return ProbabilityTable(
        tuple(np.stack([1 - column, column]) for column in ones.T), np.exp(classifier.class_log_prior_)
    )


def from_gaussian_nb(classifier: GaussianNB, binning: Binning) -> ProbabilityTable:
    """The table of a fitted ``GaussianNB``: each class's Gaussian integrated over each bin."""
    _check_fitted(classifier)
    if len(binning.edges) != classifier.n_features_in_:
        raise DesignError(
            f"the binning must have the classifier's {classifier.n_features_in_} columns, not {len(binning.edges)}"
        )
    deviations = np.sqrt(classifier.var_)
    likelihoods = []
    for edges, mean, deviation in zip(binning.edges, classifier.theta_.T, deviations.T, strict=True):
        scaled = (edges[:, None] - mean) / deviation
        outer = np.full((1, len(mean)), np.inf)
        log_mass = _log_gaussian_mass(np.vstack([-outer, scaled]), np.vstack([scaled, outer]))
        # A bin so far out that float64 has a number for no class still tells which class is nearest: a factor common
        # to all rows keeps that.
        shift = np.maximum(0, SMALLEST_LOG_MAXIMUM - log_mass.max(axis=1, keepdims=True))
        likelihoods.append(np.exp(log_mass + shift))
    return ProbabilityTable(tuple(likelihoods), classifier.class_prior_)


def gaussian_binning(classifier: GaussianNB, bins: int) -> Binning:
    """Bins for a fitted ``GaussianNB`` whose training data are not at hand: of equal width, over three standard
    deviations around every class."""
    _check_fitted(classifier)
    reach = GAUSSIAN_REACH * np.sqrt(classifier.var_)
    return Binning.uniform(np.vstack([classifier.theta_ - reach, classifier.theta_ + reach]), bins)


def binning_of(classifier: Any) -> Binning:
    """How a fitted ``CategoricalNB`` or ``BernoulliNB`` itself bins its features.

    Raises :class:`~hwgen.errors.DesignError` for any other, and for one that was not fitted.
    """
    _check_fitted(classifier)
    match classifier:
        case CategoricalNB():
            return Binning.integers([int(count) for count in classifier.n_categories_])
        case BernoulliNB(binarize=None):
            return Binning.integers([2] * classifier.n_features_in_)
        case BernoulliNB():
            return Binning((np.array([classifier.binarize], np.float64),) * classifier.n_features_in_)
    raise DesignError(f"{type(classifier).__name__} has no bins of its own; CategoricalNB and BernoulliNB have")


def estimate(
    samples: ArrayLike, labels: ArrayLike, bins: Sequence[int], rows: int, alpha: float = 1.0
) -> ProbabilityTable:
    """Count p(o | y) and p(y): what ``CategoricalNB`` (and, for two bins, ``BernoulliNB``) fits.

    Args:
        samples: shape ``(n, columns)``, integers: the bin of each observation.
        labels: shape ``(n,)``, integers: the class of each sample, 0 to ``rows - 1``.
        bins: bins of each column.
        rows: classes.
        alpha: Laplace smoothing: counted on top of every bin of every class; above 0, no likelihood is 0.

    Raises :class:`~hwgen.errors.DesignError` for samples or labels out of range, and for a class without samples.
    """
    observations, invalid = check_observations(samples, tuple(bins))
    if invalid.any():
        raise DesignError(f"sample {int(invalid.argmax())} has an observation out of range; drop it from the training")
    classes = np.asarray(labels)
    if classes.shape != (len(observations),) or not np.issubdtype(classes.dtype, np.integer):
        raise DesignError(
            f"labels must be integers of shape ({len(observations)},), not {classes.dtype} of {classes.shape}"
        )
    if classes.size and not 0 <= classes.min() <= classes.max() < rows:
        raise DesignError(f"labels must lie between 0 and {rows - 1}, not {classes.min()} to {classes.max()}")
    if not (np.isfinite(alpha) and alpha >= 0):
        raise DesignError(f"alpha must be a finite number of at least 0, not {alpha}")
    of_class = np.bincount(classes, minlength=rows)
    if not of_class.all():
        raise DesignError(f"class {int(of_class.argmin())} must have at least one training sample, not 0")
    likelihoods = []
    for observation, size in zip(observations.T, bins, strict=True):
        counts = np.zeros((size, rows))
        np.add.at(counts, (observation, classes), 1)
        likelihoods.append((counts + alpha) / (of_class + alpha * size))
    return ProbabilityTable(tuple(likelihoods), of_class / of_class.sum())


def _log_gaussian_mass(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """``log(cdf(high) - cdf(low))`` of the standard Gaussian, for ``low < high``.

    By symmetry, intervals above 0 are taken below it: there the cdf is small and keeps its digits, while above it is
    close to 1 and a difference of two such numbers is 0 from eight standard deviations on.
    """
    above = low > 0
    low, high = np.where(above, -high, low), np.where(above, -low, high)
    log_high = log_ndtr(high)
    with np.errstate(divide="ignore"):
        return log_high + np.log(-np.expm1(log_ndtr(low) - log_high))


def _check_fitted(classifier: Any) -> None:
    try:
        check_is_fitted(classifier)
    except NotFittedError:
        raise DesignError(f"the {type(classifier).__name__} was not fitted; call its fit first") from None
