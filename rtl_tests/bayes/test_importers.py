"""Probability tables from scikit-learn classifiers and from counts, with dependent columns joined."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB, MultinomialNB

from hwgen.bayes.binning import Binning, ColumnGroups
from hwgen.bayes.importers import binning_of, estimate, from_classifier, from_gaussian_nb, gaussian_binning
from hwgen.errors import DesignError
from sim.datasets import load_split


def samples_of(seed: int, bins: tuple[int, ...], count: int = 50) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, bins, (count, len(bins)))


# scikit-learn


@pytest.mark.parametrize("fit_prior", [True, False])
def test_categorical_decides_exactly_as_scikit_learn(fit_prior: bool) -> None:
    train, test = load_split("digits", 0.25, 0)
    classifier = CategoricalNB(min_categories=17, fit_prior=fit_prior).fit(train.features.astype(int), train.labels)
    table = from_classifier(classifier)
    samples = binning_of(classifier).transform(test.features)
    assert table.bins == (17,) * 64 and table.rows == 10
    assert np.array_equal(table.decide(samples), classifier.predict(samples))
    assert np.allclose(table.log_posterior(samples), classifier.predict_joint_log_proba(samples))


@pytest.mark.parametrize("binarize", [8.0, None])
def test_bernoulli_decides_exactly_as_scikit_learn(binarize: float | None) -> None:
    train, test = load_split("digits", 0.25, 0)
    measured = [part.features if binarize is not None else (part.features > 8) * 1.0 for part in (train, test)]
    classifier = BernoulliNB(binarize=binarize).fit(measured[0], train.labels)
    samples = binning_of(classifier).transform(measured[1])
    assert set(np.unique(samples)) == {0, 1}
    assert np.array_equal(from_classifier(classifier).decide(samples), classifier.predict(measured[1]))


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "iris"])
def test_gaussian_with_many_bins_decides_nearly_as_scikit_learn(name: str) -> None:
    train, test = load_split(name, 0.25, 0)
    classifier = GaussianNB().fit(train.features, train.labels)
    binning = Binning.uniform(train.features, 1024)
    decisions = from_classifier(classifier, binning).decide(binning.transform(test.features))
    assert (decisions == classifier.predict(test.features)).mean() >= 0.99


def gaussian(means: list[float], deviations: list[float]) -> GaussianNB:
    classifier = GaussianNB().fit(np.array([[0.0], [1.0]] * 2), [0, 1, 0, 1])
    classifier.theta_ = np.array(means)[:, None]
    classifier.var_ = np.array(deviations)[:, None] ** 2
    return classifier


def test_gaussian_bins_hold_the_probability_between_their_edges() -> None:
    table = from_gaussian_nb(gaussian([0.0, 1.0], [1.0, 0.5]), Binning((np.array([-1.0, 0.0, 2.0]),)))
    cdf = [0.5 * (1 + math.erf(x / math.sqrt(2))) for x in (-1, 0, 2)]
    assert np.allclose(table.likelihoods[0][:, 0], np.diff([0, *cdf, 1]))
    assert np.allclose(table.likelihoods[0].sum(axis=0), 1)


def test_gaussian_tails_keep_their_true_tiny_values_on_both_sides() -> None:
    """20 standard deviations out a difference of cdfs is 0 on the right-hand side."""
    edges = np.array([-21.0, -20.0, 20.0, 21.0])
    likelihood = from_gaussian_nb(gaussian([0.0, 0.0], [1.0, 1.0]), Binning((edges,))).likelihoods[0][:, 0]
    tail = 0.5 * (math.erfc(20 / math.sqrt(2)) - math.erfc(21 / math.sqrt(2)))
    assert likelihood[1] == pytest.approx(tail, rel=1e-9, abs=0)
    assert likelihood[3] == pytest.approx(tail, rel=1e-9, abs=0)


def test_gaussian_bins_beyond_float64_still_tell_the_nearer_class() -> None:
    """200 standard deviations out, where exp(-20000) is 0 for every class."""
    table = from_gaussian_nb(gaussian([0.0, 1.0], [1.0, 1.0]), Binning((np.array([-200.0, 200.0]),)))
    assert table.decide([[0], [2]]).tolist() == [0, 1]


def test_gaussian_binning_covers_three_deviations_around_every_class() -> None:
    binning = gaussian_binning(gaussian([0.0, 10.0], [1.0, 2.0]), 19)
    assert np.allclose(binning.edges[0], np.arange(-2, 16))


def test_class_labels_may_be_anything() -> None:
    features = np.array([[0], [1], [0], [1]])
    classifier = CategoricalNB().fit(features, np.array(["yes", "no", "yes", "no"]))
    assert classifier.classes_[from_classifier(classifier).decide(features)].tolist() == ["yes", "no", "yes", "no"]


@pytest.mark.parametrize(
    ("classifier", "message"),
    [
        (CategoricalNB(), "the CategoricalNB was not fitted; call its fit first"),
        (BernoulliNB(), "the BernoulliNB was not fitted"),
        (MultinomialNB(), "must be a fitted CategoricalNB, BernoulliNB or GaussianNB, not MultinomialNB"),
        (DummyClassifier(), "not DummyClassifier"),
        (CategoricalNB, "must be a fitted CategoricalNB, BernoulliNB or GaussianNB, not CategoricalNB"),
        (GaussianNB(), "GaussianNB needs a binning"),
    ],
)
def test_a_classifier_without_a_table_is_refused(classifier: object, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        from_classifier(classifier)


def test_mismatched_bins_are_refused() -> None:
    fitted = CategoricalNB().fit([[0], [1]], [0, 1])
    with pytest.raises(DesignError, match=r"must have the classifier's bins \(2,\), not \(3,\)"):
        from_classifier(fitted, Binning.integers([3]))
    with pytest.raises(DesignError, match="the GaussianNB was not fitted"):
        from_classifier(GaussianNB(), Binning.integers([3]))
    with pytest.raises(DesignError, match="must have the classifier's 1 columns, not 2"):
        from_classifier(gaussian([0, 1], [1, 1]), Binning.integers([3, 3]))
    with pytest.raises(DesignError, match="feature 0 of the CategoricalNB must have at least 2 categories, not 1"):
        from_classifier(CategoricalNB().fit([[0], [0]], [0, 1]))
    with pytest.raises(DesignError, match="GaussianNB has no bins of its own"):
        binning_of(gaussian([0, 1], [1, 1]))


# Counting and joining


def test_counting_gives_what_categorical_nb_fits() -> None:
    samples, labels = samples_of(1, (2, 5)), samples_of(2, (3,))[:, 0]
    classifier = CategoricalNB(alpha=0.5, min_categories=[2, 5]).fit(samples, labels)
    expected = from_classifier(classifier)
    counted = estimate(samples, labels, (2, 5), 3, alpha=0.5)
    assert all(np.allclose(a, b) for a, b in zip(counted.likelihoods, expected.likelihoods, strict=True))
    assert np.allclose(counted.prior, expected.prior)


def test_counting_without_smoothing_gives_frequencies() -> None:
    table = estimate([[0], [0], [1], [1]], [0, 0, 0, 1], (2,), 2, alpha=0)
    assert np.allclose(table.likelihoods[0], [[2 / 3, 0], [1 / 3, 1]])


@pytest.mark.parametrize(
    ("samples", "labels", "alpha", "message"),
    [
        ([[2], [0]], [0, 1], 1.0, "sample 0 has an observation out of range"),
        ([[1], [0]], [0, 2], 1.0, "labels must lie between 0 and 1, not 0 to 2"),
        ([[1], [0]], [0, 0], 1.0, "class 1 must have at least one training sample"),
        ([[1], [0]], [0], 1.0, r"labels must be integers of shape \(2,\)"),
        ([[1], [0]], [0.0, 1.0], 1.0, "labels must be integers"),
        ([[1], [0]], [0, 1], -1.0, "alpha must be a finite number of at least 0, not -1"),
        ([[1.0], [0.0]], [0, 1], 1.0, "samples must be integers"),
        ([[1, 1], [0, 0]], [0, 1], 1.0, r"samples must have shape \(n, 1\)"),
    ],
)
def test_counting_refuses(samples: list, labels: list, alpha: float, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        estimate(samples, labels, (2,), 2, alpha)


def test_a_joint_column_holds_the_joint_likelihood() -> None:
    samples, labels = samples_of(3, (2, 3, 4), 200), samples_of(4, (2,), 200)[:, 0]
    groups = ColumnGroups.joining([[2, 0]], (2, 3, 4))
    assert groups.groups == ((2, 0), (1,)) and groups.joint_bins == (8, 3)
    table = estimate(groups.transform(samples), labels, groups.joint_bins, 2, alpha=0)
    for first in range(2):
        for third in range(4):
            hits = (samples[:, 0] == first) & (samples[:, 2] == third)
            expected = [(hits & (labels == row)).sum() / (labels == row).sum() for row in range(2)]
            assert np.allclose(table.likelihoods[0][third * 2 + first], expected)


def test_joining_decides_an_exclusive_or_that_separate_columns_cannot() -> None:
    samples = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    labels = samples[:, 0] ^ samples[:, 1]
    groups = ColumnGroups.joining([[0, 1]], (2, 2))
    joint = groups.transform(samples)
    assert (estimate(joint, labels, groups.joint_bins, 2).decide(joint) == labels).all()
    assert (estimate(samples, labels, (2, 2), 2).decide(samples) == labels).mean() == 0.5


@given(st.lists(st.integers(2, 6), min_size=1, max_size=6), st.data())
def test_joint_observations_are_different_for_different_members(bins: list[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(bins))))
    cut = data.draw(st.integers(0, min(3, len(bins))))
    groups = ColumnGroups.joining([order[:cut]], bins)
    samples = samples_of(5, tuple(bins))
    joint = groups.transform(samples)
    assert (joint >= 0).all() and (joint < groups.joint_bins).all()
    assert len(np.unique(joint, axis=0)) == len(np.unique(samples, axis=0))


def test_a_joint_column_with_a_member_out_of_range_is_out_of_range() -> None:
    groups = ColumnGroups.joining([[0, 1]], (2, 3, 2))
    assert groups.transform([[1, 3, 0], [-1, 0, 1], [1, 2, 2]]).tolist() == [[-1, 0], [-1, 1], [5, -1]]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (((0, 1), (1,)), "column 1 must be joined once only, not 2 times"),
        (((0,),), "groups must hold each of the 2 columns, not 1"),
        (((0, 1), (2,)), "columns to join must lie between 0 and 1, not 2"),
    ],
)
def test_wrong_groups_are_refused(groups: tuple[tuple[int, ...], ...], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        ColumnGroups(groups, (2, 2))


def test_a_joint_column_has_room_for_4096_bins() -> None:
    ColumnGroups(((0, 1),), (64, 64))
    with pytest.raises(DesignError, match=r"columns \[0, 1\] must have at most 4096 bins when joined, not 4160"):
        ColumnGroups(((0, 1),), (64, 65))
