"""The golden model against published facts, hand-computed cases, and a model that computes one bit at a time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import HwgenError
from rtl_tests.bayes.designs import random_config, random_table
from sim.golden import lfsr, sobol
from sim.golden.bayes import BayesModel

PUBLISHED_SEEDS = [0x5C, 0x7F, 0xFB, 0xEB]


def machine(streams: list[ArrayLike], **values: Any) -> BayesModel:
    """A model of a table with one row of likelihoods a bin; ``bins`` and ``rows`` follow from it."""
    observed = len(streams) - values.get("feedback", False) - values.get("prior", False)
    bins = [len(np.asarray(stream)) for stream in streams[:observed]]
    config = BayesConfig.parse({"bins": bins, "rows": len(np.asarray(streams[0])[0]), **values})
    return BayesModel(config, LikelihoodTable.for_config(config, streams))


def stochastic(streams: list[ArrayLike], **values: Any) -> BayesModel:
    return machine(streams, mode="stochastic", **values)


def test_the_published_lfsr_sequence() -> None:
    expected = bytes.fromhex("01 02 04 08 11 23 47 8e 1c 38 71 e2 c4 89 12 25")
    assert bytes(lfsr.sequence(8, 0x01, 16).astype(np.uint8)) == expected


def test_the_published_count() -> None:
    columns = [[[likelihood, 0], [0, 0]] for likelihood in (200, 180, 255, 90)]
    result = stochastic(columns, seeds=PUBLISHED_SEEDS).infer([[0, 0, 0, 0]])
    assert result.scores.tolist() == [[49, 0]]
    assert result.cycles.tolist() == [255]
    assert result.decisions.tolist() == [0]


@pytest.mark.parametrize("generator", ["lfsr", "sobol"])
@pytest.mark.parametrize("conversion", ["weighted-binary", "comparator"])
def test_the_count_over_a_period_is_the_likelihood(generator: str, conversion: str) -> None:
    # Four columns: each in turn holds the likelihood, the others 255, which is 1 in every cycle.
    likelihoods = np.arange(256)
    for varied in range(4):
        columns = [np.full((64, 4), 255) for _ in range(4)]
        columns[varied] = likelihoods.reshape(64, 4)
        model = stochastic(columns, generator=generator, conversion=conversion)
        result = model.infer(np.repeat(np.arange(64)[:, None], 4, axis=1))
        np.testing.assert_array_equal(result.scores.ravel(), likelihoods)


@pytest.mark.parametrize("conversion", ["weighted-binary", "comparator"])
def test_wider_generators_scale_the_count(conversion: str) -> None:
    likelihoods = np.arange(16).reshape(4, 4)
    result = stochastic([likelihoods], likelihood_bits=4, generator_bits=7, conversion=conversion).infer(
        np.arange(4)[:, None]
    )
    np.testing.assert_array_equal(result.scores, likelihoods << 3)


def test_logarithmic_sums_saturate() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 256, (8, 5)) for _ in range(4)]
    samples = rng.integers(0, 8, (200, 4))
    sums = sum(column[samples[:, index]] for index, column in enumerate(columns))
    assert (sums > 255).any() and (sums < 255).any()
    narrow = machine(columns, mode="logarithmic", score_bits=8).infer(samples)
    np.testing.assert_array_equal(narrow.scores, np.minimum(255, sums))
    np.testing.assert_array_equal(narrow.decisions, np.minimum(255, sums).argmin(axis=1))
    wide = machine(columns, mode="logarithmic").infer(samples)
    np.testing.assert_array_equal(wide.scores, sums)
    assert (narrow.cycles == 1).all()


@pytest.mark.parametrize(
    ("mode", "scores", "decision", "tie"),
    [
        ("logarithmic", [7, 3, 9], 1, False),
        ("logarithmic", [7, 3, 3], 1, True),
        ("logarithmic", [3, 7, 3], 0, True),
        ("logarithmic", [9, 9, 3], 2, False),
        ("logarithmic", [5, 5, 5], 0, True),
        ("stochastic", [7, 3, 9], 2, False),
        ("stochastic", [7, 9, 9], 1, True),
        ("stochastic", [9, 7, 9], 0, True),
        ("stochastic", [3, 3, 9], 2, False),
        ("stochastic", [0, 0, 0], 0, True),
    ],
)
def test_of_equal_rows_the_lowest_wins_and_the_tie_is_told(
    mode: str, scores: list[int], decision: int, tie: bool
) -> None:
    result = machine([[scores, scores]], mode=mode).infer([[1]])
    assert result.scores.tolist() == [scores]
    assert (result.decisions[0], result.ties[0]) == (decision, tie)


@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_an_invalid_sample_gets_a_flag_and_no_decision(mode: str) -> None:
    model = machine([[[1, 2], [3, 4]], [[5, 6], [7, 8], [9, 10]]], mode=mode)
    assert not model.infer([[1, 2]]).invalid[0]
    assert model.errors() == frozenset()
    result = model.infer([[0, 0], [2, 0], [-1, 0], [0, 3], [1, 2], [4000, 4000]])
    assert result.invalid.tolist() == [False, True, True, True, False, True]
    assert (result.decisions[result.invalid] == -1).all() and (result.decisions[~result.invalid] >= 0).all()
    assert not result.scores[result.invalid].any()
    assert not result.cycles[result.invalid].any() and not result.ties[result.invalid].any()
    assert model.errors() == {"invalid_observation"}
    model.clear_errors()
    assert model.errors() == frozenset()


def test_before_loading_everything_is_flagged() -> None:
    config = BayesConfig(mode="logarithmic", rows=2, bins=(2,), initialised=False)
    model = BayesModel(config)
    assert not any(stream.any() for stream in model.dump().streams)
    result = model.infer([[0], [1]])
    assert result.invalid.all() and result.busy_cycles == 2
    assert model.errors() == {"not_loaded"}
    table = LikelihoodTable.for_config(config, [[[1, 2], [4, 3]]])
    model.load(table)
    model.soft_reset()
    assert model.dump() == table
    assert model.infer([[0], [1]]).decisions.tolist() == [0, 1]
    assert model.errors() == frozenset()


STOPS = [{"stop": "fixed"}, {"stop": "first"}, {"stop": "lead", "lead": 1}, {"stop": "lead", "lead": 4}]


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_lanes_change_no_result(stop: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(150, 256, (4, 3)) for _ in range(3)]
    samples = rng.integers(0, 5, (100, 3))
    one = stochastic(columns, cycles=100, **stop).infer(samples)
    for lanes in (2, 4, 8, 16, 32, 64):
        many = stochastic(columns, cycles=100, lanes=lanes, **stop).infer(samples)
        assert not many.differences(one).any()
        assert many.busy_cycles < one.busy_cycles


@given(seed=st.integers(0, 2**32 - 1))
def test_every_result_is_that_of_one_bit_at_a_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    table = random_table(config, rng)
    model = BayesModel(config, table)
    samples = rng.integers(0, np.array(config.bins) + (rng.random(config.columns) < 0.1), (8, config.columns))
    restart = rng.random(8) < 0.2 if config.feedback else np.zeros(8, bool)
    result = model.infer(samples, restart if config.feedback else None)
    previous = config.rows
    for index, sample in enumerate(samples.tolist()):
        previous = config.rows if restart[index] else previous
        expected = one_at_a_time(config, table, sample, previous)
        assert of(result, index) == expected
        previous = config.rows if expected["decision"] < 0 else expected["decision"]


def of(result: BayesResult, index: int) -> dict[str, Any]:
    return {
        "decision": int(result.decisions[index]),
        "tie": bool(result.ties[index]),
        "cycles": int(result.cycles[index]),
        "scores": result.scores[index].tolist(),
    }


def one_at_a_time(config: BayesConfig, table: LikelihoodTable, sample: list[int], previous: int) -> dict[str, Any]:
    """A decision, computed as slowly and plainly as possible."""
    if any(bin_ >= bins for bin_, bins in zip(sample, config.bins, strict=True)):
        return {"decision": -1, "tie": False, "cycles": 0, "scores": [0] * config.rows}
    bins = [*sample, *[previous] * config.feedback, *[0] * config.prior]
    words = [stream[bin_].tolist() for stream, bin_ in zip(table.streams, bins, strict=True)]
    if config.mode == "logarithmic":
        scores = [0] * config.rows
        for word in words:
            scores = [min(score + n, (1 << config.score_bits) - 1) for score, n in zip(scores, word, strict=True)]
        best, cycles = min(scores), 1
    else:
        scores, cycles = count(config, words)
        best = max(scores)
    return {"decision": scores.index(best), "tie": scores.count(best) > 1, "cycles": cycles, "scores": scores}


def count(config: BayesConfig, words: list[list[int]]) -> tuple[list[int], int]:
    counts = [0] * config.rows
    states = list(config.seeds)
    points = sobol.points(config.generator_bits, config.streams, 1, config.cycles).tolist()
    scale = config.generator_bits - config.likelihood_bits
    for cycle in range(config.cycles):
        numbers = states if config.generator == "lfsr" else points[cycle]
        for row in range(config.rows):
            product = 1
            for number, word in zip(numbers, words, strict=True):
                if config.conversion == "comparator":
                    product &= number <= word[row] << scale
                else:
                    leading = number.bit_length() - 1 - scale
                    product &= leading >= 0 and word[row] >> leading & 1
            counts[row] += product
        states = [int(lfsr.sequence(config.generator_bits, state, 2)[1]) for state in states]
        ranked = sorted(counts)
        if config.stop == "first" and ranked[-1] > 0:
            return counts, cycle + 1
        if config.stop == "lead" and ranked[-1] - ranked[-2] >= config.lead:
            return counts, cycle + 1
    return counts, config.cycles


def test_feedback_observes_the_decision_before() -> None:
    # The transition column decides alone: 0 -> 1 -> 2 -> 0; without a previous decision, 2.
    transition = [[9, 1, 9], [9, 9, 1], [1, 9, 9], [9, 9, 1]]
    model = machine([np.zeros((2, 3), int), transition], mode="logarithmic", feedback=True)
    assert model.infer([[0]] * 5).decisions.tolist() == [2, 0, 1, 2, 0]
    assert model.infer([[0]]).decisions.tolist() == [1], "the series goes on in the next call"
    restart = np.array([False, True, False])
    assert model.infer([[0]] * 3, restart).decisions.tolist() == [2, 2, 0]
    model.soft_reset()
    assert model.infer([[0]] * 2).decisions.tolist() == [2, 0]
    assert model.infer([[0], [2], [0], [0]]).decisions.tolist() == [1, -1, 2, 0], "flagged: no previous decision"
    with pytest.raises(HwgenError, match="restart has no meaning for a machine without feedback"):
        machine([[[1, 2], [1, 2]]], mode="logarithmic").infer([[0]], restart=np.array([True]))


@pytest.mark.parametrize(
    ("values", "samples", "busy", "elapsed"),
    [
        # 21 cycles in slots of 4 are 6 clocks; 5 through memory and engine, 2 levels of 3 rows: 4 * 6 + 6 + 7.
        ({"rows": 3, "columns": 2, "cycles": 21, "lanes": 4}, 5, 30, 37),
        # 4 decisions a clock apart, 1 clock of work; 2 levels for 3 columns and 2 for 4 rows, 3 more: 9 + 1 + 7.
        ({"mode": "logarithmic", "rows": 4, "columns": 3}, 10, 10, 17),
        # Every row has a 1 in cycle 1; the engine learns 3 clocks later: 2 * 4 + 1 + 6.
        ({"rows": 2, "columns": 1, "cycles": 255, "stop": "first"}, 3, 12, 15),
        # But a decision never takes more than its 2 slots: 2 * 2 + 1 + 6.
        ({"rows": 2, "columns": 1, "cycles": 2, "stop": "first"}, 3, 6, 11),
        # With feedback each waits for the one before: 3 * (1 + 6).
        ({"rows": 2, "columns": 1, "cycles": 255, "stop": "first", "feedback": True}, 3, 12, 21),
        ({"rows": 2, "columns": 1, "cycles": 255}, 0, 0, 0),
    ],
    ids=str,
)
def test_clocks_of_hand_computed_cases(values: dict[str, Any], samples: int, busy: int, elapsed: int) -> None:
    rows, columns = values.pop("rows"), values.pop("columns")
    streams: list[ArrayLike] = [np.full((2, rows), 255)] * columns
    if values.get("feedback"):
        streams.append(np.full((rows + 1, rows), 255))
    result = machine(streams, **{"mode": "stochastic", **values}).infer(np.zeros((samples, columns), int))
    assert (result.busy_cycles, result.elapsed_cycles) == (busy, elapsed)


def test_an_invalid_sample_takes_one_clock() -> None:
    result = stochastic([np.full((2, 2), 255)], cycles=100).infer([[0], [2], [0]])
    assert result.busy_cycles == 100 + 1 + 100
    assert result.elapsed_cycles == 100 + 1 + 100 + 6
