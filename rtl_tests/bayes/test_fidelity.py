"""The report of what integers in place of probabilities cost."""

import json
from typing import Any

import pytest

from hwgen.bayes.fidelity import fidelity, never_winning_rows, uninformative_columns
from hwgen.bayes.quantise import quantise
from rtl_tests.bayes.tables import TABLE, config_of, hand_made, trained
from sim.golden.bayes import BayesModel


@pytest.mark.parametrize(
    ("mode", "streams", "expected"),
    [
        ("stochastic", [[[9, 5, 9], [4, 4, 8]], [[7, 7, 1]]], (1,)),
        ("stochastic", [[[9, 5], [4, 5]]], ()),
        ("stochastic", [[[9, 9], [4, 4]]], (0, 1)),
        ("logarithmic", [[[9, 5, 9], [4, 4, 8]], [[7, 7, 1]]], (0,)),
    ],
)
def test_rows_that_another_row_matches_everywhere_never_win(
    mode: Any, streams: list[list[list[int]]], expected: tuple[int, ...]
) -> None:
    assert never_winning_rows(hand_made(mode, streams)) == expected


def test_columns_whose_observation_changes_nothing_are_found() -> None:
    rows_equal, bins_equal, useful = [[5, 5], [9, 9]], [[5, 7], [5, 7]], [[5, 7], [7, 5]]
    assert uninformative_columns(hand_made("stochastic", [useful, rows_equal, bins_equal, useful])) == (1, 2)
    assert uninformative_columns(hand_made("stochastic", [useful, [[1, 1]]], prior=True)) == ()


def test_the_report_holds_the_accuracies_and_is_json() -> None:
    table, training, samples, labels = trained("iris", 0)
    quantised = quantise(table, "logarithmic", 8, calibration=training)
    model = BayesModel(config_of(quantised, table), quantised.table)
    report = fidelity(table, quantised, samples, labels, lambda x: model.infer(x).decisions)
    assert report.accuracy_float == (table.decide(samples) == labels).mean()
    assert report.accuracy_golden == report.accuracy_quantised == (quantised.decide(samples) == labels).mean()
    assert report.agreement_golden == (table.decide(samples) == quantised.decide(samples)).mean()
    assert report.samples == 38 and report.never_winning == () and report.uninformative_columns == ()
    values = json.loads(json.dumps(report.as_dict()))
    assert values["never_winning"] == [] and values["step"] == quantised.step
    assert fidelity(table, quantised, samples, labels).accuracy_golden is None


def test_a_flagged_sample_counts_as_wrong() -> None:
    quantised = quantise(TABLE, "stochastic", 8)
    report = fidelity(TABLE, quantised, [[0, 0], [3, 0]], [0, 0])
    assert report.accuracy_float == report.accuracy_quantised == 0.5
