"""The classifier in floating point: its decisions, its file, what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.errors import DesignError

TWO_ROWS = np.array([[0.9, 0.2], [0.1, 0.8]])


def table_of(seed: int, rows: int = 3, bins: tuple[int, ...] = (2, 4, 3), feedback: bool = False) -> ProbabilityTable:
    random = np.random.default_rng(seed)
    return ProbabilityTable(
        tuple(random.dirichlet(np.ones(size), rows).T for size in bins),
        random.dirichlet(np.ones(rows)),
        random.dirichlet(np.ones(rows), rows + 1) if feedback else None,
    )


def samples_of(seed: int, bins: tuple[int, ...], count: int = 50) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, bins, (count, len(bins)))


def test_the_table_decides_by_bayes_theorem() -> None:
    table = table_of(7)
    samples = samples_of(8, table.bins)
    for sample, decision, score in zip(samples, table.decide(samples), table.log_posterior(samples), strict=True):
        product = table.prior * np.prod(
            [likelihood[bin_] for likelihood, bin_ in zip(table.likelihoods, sample, strict=True)], axis=0
        )
        assert decision == product.argmax()
        assert np.allclose(np.exp(score), product)


def test_zeros_veto_and_observations_out_of_range_decide_nothing() -> None:
    table = ProbabilityTable((np.array([[1.0, 0.0], [0.0, 1.0]]), TWO_ROWS), np.array([0.01, 0.99]))
    assert table.decide([[0, 1], [1, 0], [2, 0], [0, -1]]).tolist() == [0, 1, -1, -1]
    assert table.log_posterior([[0, 0]])[0, 1] == -np.inf
    assert np.isnan(table.log_posterior([[2, 0]])).all()


def test_feedback_takes_the_previous_decision_as_an_observation() -> None:
    stay = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]])
    table = ProbabilityTable((np.array([[0.6, 0.4], [0.4, 0.6], [0.95, 0.05]]),), np.ones(2), stay)
    assert table.decide([[1], [0], [0], [2], [1]]).tolist() == [1, 1, 1, 0, 0]
    # A sample that begins a new series, or follows one that was flagged, has no previous decision.
    assert table.decide([[1], [0], [0]], [False, True, False]).tolist() == [1, 0, 0]
    assert table.decide([[1], [3], [0]]).tolist() == [1, -1, 0]


@pytest.mark.parametrize("feedback", [False, True])
def test_a_table_survives_its_file(tmp_path: Path, feedback: bool) -> None:
    table = table_of(9, bins=(2, 30) + (3,) * 10, feedback=feedback)
    path = tmp_path / "table.npz"
    path.write_text("an older file is replaced")
    table.save(path)
    again = ProbabilityTable.load(path)
    assert all(np.array_equal(a, b) for a, b in zip(table.likelihoods, again.likelihoods, strict=True))
    assert np.array_equal(table.prior, again.prior)
    assert (again.feedback is not None) == feedback and np.array_equal(table.feedback, again.feedback)
    assert [file.name for file in tmp_path.iterdir()] == ["table.npz"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"prior": np.ones(2)}, "array likelihood_0 is missing; found prior"),
        ({"likelihood_0": TWO_ROWS}, "array prior is missing"),
        ({"likelihood_0": TWO_ROWS, "likelihood_2": TWO_ROWS, "prior": np.ones(2)}, "likelihood_1 is missing"),
        ({"likelihood_0": TWO_ROWS, "prior": np.ones(2), "priors": np.ones(2)}, "no such array: priors"),
        ({"likelihood_0": TWO_ROWS, "prior": np.ones(3)}, r"table\.npz: likelihood_0 must have shape \(bins, rows\)"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "table.npz", **arrays)
    with pytest.raises(DesignError, match=message):
        ProbabilityTable.load(tmp_path / "table.npz")


def test_what_is_no_npz_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    with pytest.raises(DesignError, match=r"table\.npz does not exist"):
        ProbabilityTable.load(path)
    table_of(1).save(path)
    whole = path.read_bytes()
    np.save(tmp_path / "single.npy", TWO_ROWS)
    for content in (b"", b"text", whole[:100], whole[:-30], (tmp_path / "single.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(DesignError, match=r"table\.npz is not an \.npz file of numbers"):
            ProbabilityTable.load(path)


@pytest.mark.parametrize(
    ("likelihoods", "prior", "feedback", "message"),
    [
        ((TWO_ROWS,), np.ones((1, 2)), None, r"prior must have shape \(rows,\)"),
        ((TWO_ROWS[:, :1],), [1.0], None, "with 2 to 64 rows"),
        ((np.ones((2, 65)),), np.ones(65), None, "with 2 to 64 rows"),
        ((TWO_ROWS,), [0.0, 0.0], None, "prior must give at least one row"),
        ((TWO_ROWS,), [0.5, np.nan], None, "prior must hold finite probabilities of at least 0, not nan"),
        ((TWO_ROWS,), ["a", "b"], None, "prior must hold real numbers"),
        ((-TWO_ROWS,), [1, 1], None, "likelihood_0 must hold finite probabilities of at least 0, not -0.9"),
        ((TWO_ROWS, TWO_ROWS[:1]), [1, 1], None, r"likelihood_1 must have shape \(bins, rows\)"),
        ((np.ones((4097, 2)),), [1, 1], None, "with 2 to 4096 bins"),
        ((), [1, 1], None, "must have 1 to 64 columns, not 0"),
        ((TWO_ROWS,) * 65, [1, 1], None, "must have 1 to 64 columns, not 65"),
        ((np.array([[1.0, 0.0], [1.0, 0.0]]),), [1, 1], None, "row 1 has none"),
        ((TWO_ROWS,), [1, 1], TWO_ROWS, r"feedback must have shape \(rows \+ 1, rows\) = \(3, 2\)"),
        ((TWO_ROWS,), [1, 1], [[1, 1], [0, 0], [1, 1]], "feedback must have at least one probability above 0"),
    ],
)
def test_a_table_that_is_no_classifier_is_refused(
    likelihoods: tuple, prior: object, feedback: object, message: str
) -> None:
    with pytest.raises(DesignError, match=message):
        ProbabilityTable(likelihoods, prior, feedback)
