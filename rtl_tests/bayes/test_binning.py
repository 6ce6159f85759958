"""Bins of measured features."""

import numpy as np
import pytest

from hwgen.bayes.binning import Binning
from hwgen.errors import DesignError


def test_uniform_bins_have_equal_width_and_reach_to_infinity() -> None:
    binning = Binning.uniform([[0.0], [8.0]], 4)
    assert binning.edges[0].tolist() == [2, 4, 6] and binning.bins == (4,)
    values = np.array([[-np.inf], [-5.0], [2.0], [2.1], [6.0], [99.0], [np.inf], [np.nan]])
    assert binning.transform(values)[:, 0].tolist() == [0, 0, 0, 1, 2, 3, 3, -1]


def test_quantile_bins_hold_equally_many_samples() -> None:
    features = np.random.default_rng(0).exponential(size=(800, 2))
    counts = [np.bincount(column) for column in Binning.quantile(features, 8).transform(features).T]
    assert np.array_equal(counts, np.full((2, 8), 100))


def test_equal_values_give_fewer_bins_but_at_least_two() -> None:
    assert Binning.uniform(np.full((5, 1), 3.0), 16).bins == (2,)
    assert Binning.quantile(np.array([[0.0]] * 90 + [[1.0]] * 10), 4).bins == (2,)


def test_integer_bins_are_the_categories_and_nothing_else() -> None:
    values = np.array([[0, 0], [2, 1], [3, 2], [-1, 1], [0.5, np.nan]], float)
    assert Binning.integers([3, 2]).transform(values).tolist() == [[0, 0], [2, 1], [-1, -1], [-1, 1], [-1, -1]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Binning.uniform([[1.0]], 1), "bins must be between 2 and 4096, not 1"),
        (lambda: Binning.quantile([[1.0]], 5000), "bins must be between 2 and 4096, not 5000"),
        (lambda: Binning.uniform([[np.nan]], 4), "features to bin must be finite"),
        (lambda: Binning.uniform([1.0], 4), r"must have shape \(n, columns\)"),
        (lambda: Binning.integers([2, 1]), "column 1 must have between 2 and 4096 categories, not 1"),
        (lambda: Binning(([2.0, 1.0],)), "edges of column 0 must be finite and rise"),
        (lambda: Binning(([],)), "column 0 must have between 1 and 4095 edges"),
        (lambda: Binning(([1.0],)).transform([[1.0, 2.0]]), r"features must have shape \(n, 1\), not \(1, 2\)"),
    ],
)
def test_wrong_bins_are_refused(make: object, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        make()
