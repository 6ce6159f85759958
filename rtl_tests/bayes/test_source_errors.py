"""What a [source] table refuses, and how."""

from typing import Any

import pytest

from hwgen.bayes.source import BayesSource
from hwgen.errors import DesignError
from rtl_tests.bayes.sources import WINE, resolved


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "source must have exactly one of dataset, table, model, not none"),
        ({**WINE, "table": "x.npz"}, "exactly one of dataset, table, model, not dataset and table"),
        (
            {"dataset": "mnist"},
            "source.dataset must be one of 'digits', 'wine', 'breast_cancer' or 'iris', not 'mnist'",
        ),
        ({"dataset": "wine"}, "source.classifier is missing"),
        ({**WINE, "classifier": "SVC"}, "source.classifier must be one of"),
        ({**WINE, "colour": 1}, "source.colour: no such parameter; allowed are alpha, binning"),
        ({**WINE, "bins": 1}, "source.bins must be between 2 and 4096, not 1"),
        ({**WINE, "bins": 4097}, "source.bins must be between 2 and 4096, not 4097"),
        ({**WINE, "bins": 2.5}, "source.bins .*integer, not 2.5"),
        ({**WINE, "binning": "log"}, "source.binning must be one of"),
        ({**WINE, "features": 0}, "source.features must be a number of features or a list of different indices, not 0"),
        ({**WINE, "features": True}, "source.features must be a number"),
        ({**WINE, "features": [1, 1]}, r"list of different indices, not \[1, 1\]"),
        ({**WINE, "features": [-1]}, r"list of different indices, not \[-1\]"),
        ({**WINE, "features": 14}, "source.features must be at most 13 for wine, not 14"),
        ({**WINE, "features": [13]}, "source.features must lie between 0 and 12 for wine, not 13"),
        ({**WINE, "alpha": 1.0}, "source.alpha has no meaning with GaussianNB"),
        ({**WINE, "join": [[0, 1]]}, "source.join has no meaning with GaussianNB"),
        ({**WINE, "classifier": "CategoricalNB", "join": [[0]]}, "source.join must be a list of lists of at least two"),
        ({**WINE, "classifier": "CategoricalNB", "join": [[0, 13]]}, "source.join must name columns below 13"),
        ({**WINE, "classifier": "CategoricalNB", "join": [[0, 1], [1, 2]]}, "column 1 must be joined once only"),
        ({**WINE, "classifier": "CategoricalNB", "join": [[0, 1, 2, 3]]}, "at most 4096 bins when joined, not 65536"),
        ({**WINE, "classifier": "CategoricalNB", "alpha": -1}, "source.alpha must be between 0 and"),
        ({**WINE, "classifier": "BernoulliNB", "bins": 4}, "source.bins has no meaning with BernoulliNB"),
        ({**WINE, "test_fraction": 1.0}, "source.test_fraction must be between 0.05 and 0.95, not 1.0"),
        ({**WINE, "split_seed": -1}, "source.split_seed must be between 0 and"),
        ({**WINE, "samples": "x.npz"}, "source.samples has no meaning with source.dataset"),
        ({**WINE, "zeros": "keep"}, "source.zeros has no meaning in logarithmic mode; leave it out"),
        ({**WINE, "step": 0.0}, "source.step must be between"),
        ({**WINE, "normalisation": "row"}, "source.normalisation must be one of"),
        ({"table": "x.npz", "classifier": "GaussianNB"}, "source.classifier has no meaning with source.table"),
        ({"table": "x.npz", "bins": 4}, "source.bins has no meaning with source.table"),
        ({"model": "x", "join": [[0, 1]]}, "source.join has no meaning with source.model"),
        ({"table": 7}, "source.table .*string, not 7"),
    ],
)
def test_a_wrong_source_is_refused(source: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=rf"^my\.toml: .*{message}"):
        resolved(source)


def test_a_step_has_no_meaning_in_stochastic_mode() -> None:
    with pytest.raises(DesignError, match=r"source\.step has no meaning in stochastic mode; leave it out"):
        resolved({**WINE, "step": 0.1}, {"mode": "stochastic"})


def test_several_mistakes_are_reported_at_once() -> None:
    with pytest.raises(DesignError) as error:
        BayesSource.parse({"dataset": "wine", "bins": 1, "alpha": "much"}, "my.toml")
    assert [line.split(" must")[0].split(" input")[0] for line in str(error.value).splitlines()] == [
        "my.toml: source.bins",
        "my.toml: source.alpha",
    ]
