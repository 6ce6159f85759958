"""From probabilities to integers."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwgen.bayes.probabilities import ProbabilityTable
from hwgen.bayes.quantise import Quantised, quantise
from hwgen.errors import DesignError
from rtl_tests.bayes.tables import TABLE, config_of, hand_made, trained
from sim.golden.bayes import BayesModel

NORMALISATIONS = ("observation", "column", "none")


@st.composite
def tables(draw: st.DrawFn, feedback: bool = True) -> ProbabilityTable:
    rows = draw(st.integers(2, 5))
    bins = draw(st.lists(st.integers(2, 5), min_size=1, max_size=4))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return ProbabilityTable(
        tuple(random.dirichlet(np.ones(size), rows).T for size in bins),
        random.dirichlet(np.ones(rows)),
        random.dirichlet(np.ones(rows), rows + 1) if feedback and draw(st.booleans()) else None,
    )


def samples_of(table: ProbabilityTable, count: int = 60, outside: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, np.array(table.bins) + outside, (count, len(table.bins)))


def words(quantised: Quantised) -> list[list[list[int]]]:
    return [stream.tolist() for stream in quantised.table.streams]


# What the integers are


@pytest.mark.parametrize(
    ("normalisation", "first"),
    [
        ("observation", [[255, 64], [64, 255], [64, 255]]),
        ("column", [[255, 64], [64, 255], [32, 128]]),
        ("none", [[204, 51], [51, 204], [26, 102]]),
    ],
)
def test_stochastic_words_by_normalisation(normalisation: Any, first: list[list[int]]) -> None:
    quantised = quantise(TABLE, "stochastic", 8, normalisation=normalisation)
    assert words(quantised)[0] == first
    assert quantised.step is None and quantised.table.streams[0].dtype == np.uint16


def test_logarithmic_words_are_steps_of_minus_log_and_clip() -> None:
    quantised = quantise(TABLE, "logarithmic", 4, step=0.5)
    assert words(quantised) == [[[0, 3], [3, 0], [3, 0]], [[1, 0], [0, 15]]]  # ln 4 = 1.39, ln 2 = 0.69
    assert quantised.clipped == 1
    assert words(quantise(TABLE, "logarithmic", 4, step=0.05))[0][0] == [0, 15]


def test_only_what_the_largest_integer_cannot_say_is_clipped() -> None:
    """ln 4 is exactly 15 steps; only the probability 0 is beyond."""
    quantised = quantise(TABLE, "logarithmic", 4, step=math.log(4) / 15)
    assert words(quantised)[0] == [[0, 15], [15, 0], [15, 0]] and quantised.clipped == 1


def test_the_prior_is_a_factor_of_column_0_or_the_last_column() -> None:
    table = ProbabilityTable((np.array([[0.5, 0.5], [0.5, 0.5]]),) * 2, [0.2, 0.8])
    assert words(quantise(table, "stochastic", 8)) == [[[64, 255]] * 2, [[255, 255]] * 2]
    assert words(quantise(table, "stochastic", 8, prior=True)) == [[[255, 255]] * 2] * 2 + [[[64, 255]]]


def test_a_uniform_prior_costs_no_resolution() -> None:
    assert words(quantise(TABLE, "stochastic", 8, normalisation="none"))[0][0] == [204, 51]


def test_feedback_stands_between_the_columns_and_the_prior() -> None:
    feedback = np.array([[0.5, 1.0], [1.0, 0.5], [1.0, 1.0]])
    table = ProbabilityTable(TABLE.likelihoods, [1, 1], feedback)
    assert words(quantise(table, "stochastic", 8, prior=True))[2:] == [
        [[128, 255], [255, 128], [255, 255]],
        [[255] * 2],
    ]


# Zeros


def test_a_probability_that_rounds_to_0_is_raised_or_kept() -> None:
    table = ProbabilityTable((np.array([[0.999, 0.0], [0.001, 1.0]]),), [1, 1])
    floored, kept = quantise(table, "stochastic", 8), quantise(table, "stochastic", 8, zeros="keep")
    assert words(floored) == [[[255, 1], [1, 255]]] and floored.floored == 2
    assert words(kept) == [[[255, 0], [0, 255]]] and kept.floored == 0


def test_a_kept_zero_vetoes_its_class_and_a_floored_one_does_not() -> None:
    """One column rules row 1 out, six others speak for it."""
    veto, support = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.1, 0.9], [0.9, 0.1]])
    table = ProbabilityTable((veto, *[support] * 6), [1, 1])
    sample = [[0] * 7]
    assert table.decide(sample).tolist() == [0]
    assert quantise(table, "stochastic", 8, zeros="keep").decide(sample).tolist() == [0]
    assert quantise(table, "stochastic", 8).decide(sample).tolist() == [1]


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize("zeros", ["floor", "keep"])
def test_a_bin_that_no_class_has_carries_no_information(normalisation: Any, zeros: Any) -> None:
    table = ProbabilityTable((np.array([[0.5, 1.0], [0.5, 0.0], [0.0, 0.0]]),), [1, 1])
    stochastic = quantise(table, "stochastic", 8, normalisation=normalisation, zeros=zeros)
    assert words(stochastic)[0][2] == [255, 255]
    assert words(quantise(table, "logarithmic", 8, normalisation=normalisation))[0][2] == [0, 0]


# Decisions


@given(tables(), st.booleans(), st.sampled_from(NORMALISATIONS), st.integers(4, 12))
def test_exact_sums_decide_as_the_golden_model(
    table: ProbabilityTable, prior: bool, normalisation: Any, bits: int
) -> None:
    quantised = quantise(table, "logarithmic", bits, normalisation=normalisation, prior=prior)
    samples = samples_of(table, outside=1)
    restart = np.arange(len(samples)) % 7 == 0
    model = BayesModel(config_of(quantised, table), quantised.table)
    golden = model.infer(samples, restart if quantised.feedback else None).decisions
    assert np.array_equal(quantised.decide(samples, restart if quantised.feedback else None), golden)


@given(tables(feedback=False), st.booleans(), st.sampled_from(NORMALISATIONS))
def test_exact_products_are_the_products_of_the_integers(
    table: ProbabilityTable, prior: bool, normalisation: Any
) -> None:
    quantised = quantise(table, "stochastic", 12, normalisation=normalisation, prior=prior)
    samples = samples_of(table)
    for sample, decision in zip(samples, quantised.decide(samples), strict=True):
        addresses = [*sample, *[0] * prior]
        products = [
            math.prod(int(stream[a, row]) for stream, a in zip(quantised.table.streams, addresses, strict=True))
            for row in range(table.rows)
        ]
        assert decision == products.index(max(products))


def test_products_of_64_columns_are_exact() -> None:
    """They have 512 bits: int64 would wrap, and float64 would tell equal products apart by the order of factors."""
    better = hand_made("stochastic", [[[255, 255], [254, 255]]] * 64)
    samples = np.tri(65, 64, -1, dtype=int)  # sample k has k ones
    assert better.decide(samples).tolist() == [0] + [1] * 64
    random = np.random.default_rng(0)
    for _ in range(20):
        factors = random.integers(200, 256, 64)
        equal = hand_made(
            "stochastic", [[pair] for pair in np.stack([factors, random.permutation(factors)]).T.tolist()]
        )
        assert equal.decide([[0] * 64]).tolist() == [0]


@given(tables(feedback=False), st.booleans(), st.sampled_from(NORMALISATIONS))
def test_no_normalisation_changes_a_decision_beyond_the_reported_error(
    table: ProbabilityTable, prior: bool, normalisation: Any
) -> None:
    quantised = quantise(table, "logarithmic", 16, normalisation=normalisation, prior=prior)
    samples = samples_of(table)
    ranked = np.sort(table.log_posterior(samples), axis=1)
    sure = ranked[:, -1] - ranked[:, -2] > 2 * len(quantised.table.streams) * quantised.max_error
    if quantised.clipped == 0:
        assert np.array_equal(quantised.decide(samples)[sure], table.decide(samples)[sure])


# Errors reported


@given(tables(feedback=False), st.integers(4, 12))
def test_the_reported_stochastic_error_is_the_largest_found(table: ProbabilityTable, bits: int) -> None:
    quantised = quantise(table, "stochastic", bits, normalisation="none", prior=True)
    wanted = [*table.likelihoods, table.prior[None, :] / table.prior.max()]
    errors = np.concatenate(
        [np.abs(w / (2**bits - 1) - p).ravel() for w, p in zip(quantised.table.streams, wanted, strict=True)]
    )
    assert quantised.max_error == pytest.approx(errors.max()) and quantised.mean_error == pytest.approx(errors.mean())
    assert quantised.floored == sum(int((np.rint(p * (2**bits - 1)) == 0).sum()) for p in wanted)


@given(tables(feedback=False), st.floats(0.01, 2))
def test_the_logarithmic_error_is_at_most_half_a_step(table: ProbabilityTable, step: float) -> None:
    quantised = quantise(table, "logarithmic", 4, step=step)
    assert quantised.mean_error <= quantised.max_error <= step / 2 * (1 + 1e-9)
    assert quantised.step == step
    assert quantised.clipped <= sum(int((stream == 15).sum()) for stream in quantised.table.streams)


# The step


def test_a_table_without_information_needs_no_step() -> None:
    assert quantise(ProbabilityTable((np.ones((2, 2)),), [1, 1]), "logarithmic", 8).step == 1.0


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize(("bits", "points"), [(8, 0.5), (4, 1.5)])
@pytest.mark.parametrize("name", ["digits", "wine", "breast_cancer", "iris"])
def test_logarithms_keep_the_accuracy_of_floating_point(name: str, bits: int, points: float, calibrated: bool) -> None:
    """Mean over splits: one sample of iris is 2.6 points."""
    lost = []
    for seed in range(2 if name == "digits" else 6):
        table, training, samples, labels = trained(name, seed)
        quantised = quantise(table, "logarithmic", bits, calibration=training if calibrated else None)
        lost.append((table.decide(samples) == labels).mean() - (quantised.decide(samples) == labels).mean())
    assert 100 * np.mean(lost) <= points


def test_the_step_serves_a_prior_with_a_column_of_its_own() -> None:
    """The coarsest step, 20 / 15 nats, would make ln 9 = 2.2 nats of prior 2.7."""
    table = ProbabilityTable((np.array([[1.0, 1.0], [1.0, math.exp(-20)]]),), [0.9, 0.1])
    quantised = quantise(table, "logarithmic", 4, prior=True, calibration=[[0]])
    assert words(quantised)[1][0][1] * quantised.step == pytest.approx(math.log(9), abs=0.05)


def test_samples_drawn_from_the_table_are_always_the_same() -> None:
    table = trained("wine", 0)[0]
    assert quantise(table, "logarithmic", 8).step == quantise(table, "logarithmic", 8).step


def test_calibration_ignores_samples_that_say_nothing() -> None:
    table = ProbabilityTable((np.array([[0.5, 1.0], [0.5, 0.0], [0.0, 0.0]]),), [1, 1])
    good, useless = [[0], [1]], [[2], [-1]]
    assert (
        quantise(table, "logarithmic", 8, calibration=good + useless).step
        == quantise(table, "logarithmic", 8, calibration=good).step
    )
    with pytest.raises(DesignError, match="calibration must hold at least one sample"):
        quantise(table, "logarithmic", 8, calibration=useless)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "analog"}, "mode must be one of stochastic, logarithmic, not 'analog'"),
        ({"likelihood_bits": 0}, "likelihood_bits must be between 1 and 16, not 0"),
        ({"likelihood_bits": 17}, "likelihood_bits must be between 1 and 16, not 17"),
        ({"normalisation": "row"}, "normalisation must be one of observation, column, none, not 'row'"),
        ({"zeros": "drop"}, "zeros must be one of floor, keep, not 'drop'"),
        ({"step": 0.1}, "step has no meaning in stochastic mode"),
        ({"mode": "logarithmic", "step": 0.0}, "step must be a finite number of nats above 0, not 0.0"),
        ({"mode": "logarithmic", "step": math.inf}, "step must be a finite number of nats above 0, not inf"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        quantise(TABLE, **{"mode": "stochastic", "likelihood_bits": 8, **arguments})


def test_densities_above_1_need_normalisation() -> None:
    table = ProbabilityTable((np.array([[3.0, 1.0], [1.0, 2.0]]),), [1, 1])
    assert words(quantise(table, "stochastic", 8, normalisation="column"))[0] == [[255, 85], [85, 170]]
    with pytest.raises(DesignError, match="column 0 must hold probabilities of at most 1"):
        quantise(table, "stochastic", 8, normalisation="none")
