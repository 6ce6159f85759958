"""The parameters of a Bayesian machine: what is refused, in which words, and the hash that names the hardware."""

from typing import Any

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.table import LikelihoodTable
from hwgen.errors import DesignError
from rtl_tests.bayes.designs import random_config

STOCHASTIC: dict[str, Any] = {"mode": "stochastic", "rows": 3, "bins": [4, 5]}
LOGARITHMIC: dict[str, Any] = {"mode": "logarithmic", "rows": 3, "bins": [4, 5]}

REFUSED = [
    (STOCHASTIC, {"mode": "analog"}, ["bayes.mode", "'stochastic' or 'logarithmic'", "'analog'"]),
    (STOCHASTIC, {"rows": 1}, ["bayes.rows", "at least 2", "not 1"]),
    (STOCHASTIC, {"rows": 65}, ["bayes.rows", "at most 64", "not 65"]),
    (STOCHASTIC, {"rows": 3.5}, ["bayes.rows", "integer", "not 3.5"]),
    (STOCHASTIC, {"rows": "3"}, ["bayes.rows", "integer", "not '3'"]),
    (STOCHASTIC, {"rows": True}, ["bayes.rows", "integer", "not True"]),
    (STOCHASTIC, {"bins": []}, ["bayes.bins", "at least 1", "not []"]),
    (STOCHASTIC, {"bins": [2] * 65}, ["bayes.bins", "at most 64", "not [2, 2"]),
    (STOCHASTIC, {"bins": [4, 1]}, ["bayes.bins.1", "at least 2", "not 1"]),
    (STOCHASTIC, {"bins": [4097, 4]}, ["bayes.bins.0", "at most 4096", "not 4097"]),
    (STOCHASTIC, {"bins": 4}, ["bayes.bins", "not 4"]),
    (STOCHASTIC, {"likelihood_bits": 2}, ["bayes.likelihood_bits", "at least 3", "not 2"]),
    (STOCHASTIC, {"likelihood_bits": 13}, ["bayes.likelihood_bits", "at most 12", "not 13"]),
    (STOCHASTIC, {"prior": 1}, ["bayes.prior", "boolean", "not 1"]),
    (STOCHASTIC, {"feedback": "yes"}, ["bayes.feedback", "boolean", "not 'yes'"]),
    (STOCHASTIC, {"initialised": 0}, ["bayes.initialised", "boolean", "not 0"]),
    (STOCHASTIC, {"generator": "halton"}, ["bayes.generator", "'lfsr' or 'sobol'", "not 'halton'"]),
    (STOCHASTIC, {"conversion": "gupta"}, ["bayes.conversion", "'weighted-binary' or 'comparator'", "not 'gupta'"]),
    (STOCHASTIC, {"generator_bits": 2}, ["bayes.generator_bits", "at least 3", "not 2"]),
    (STOCHASTIC, {"generator_bits": 13}, ["bayes.generator_bits", "at most 12", "not 13"]),
    (STOCHASTIC, {"generator_bits": 7}, ["bayes.generator_bits", "at least likelihood_bits (8)", "not 7"]),
    (STOCHASTIC, {"cycles": 0}, ["bayes.cycles", "at least 1", "not 0"]),
    (STOCHASTIC, {"cycles": 256}, ["bayes.cycles", "between 1 and 255", "not 256", "raise bayes.generator_bits"]),
    (STOCHASTIC, {"stop": "late"}, ["bayes.stop", "'fixed', 'first' or 'lead'", "not 'late'"]),
    (STOCHASTIC, {"lead": 2}, ["bayes.lead", 'stop = "fixed"', "leave it out"]),
    (STOCHASTIC, {"stop": "first", "lead": 2}, ["bayes.lead", 'stop = "first"', "leave it out"]),
    (STOCHASTIC, {"stop": "lead", "lead": 0}, ["bayes.lead", "at least 1", "not 0"]),
    (STOCHASTIC, {"stop": "lead", "lead": 9, "cycles": 8}, ["bayes.lead", "between 1 and cycles (8)", "not 9"]),
    (STOCHASTIC, {"lanes": 0}, ["bayes.lanes", "at least 1", "not 0"]),
    (STOCHASTIC, {"lanes": 128}, ["bayes.lanes", "at most 64", "not 128"]),
    (STOCHASTIC, {"lanes": 12}, ["bayes.lanes", "power of two", "not 12"]),
    (STOCHASTIC, {"seeds": [1]}, ["bayes.seeds", "each of the 2 columns", "not 1"]),
    (STOCHASTIC, {"seeds": [1, 2], "prior": True}, ["bayes.seeds", "each of the 3 columns", "prior", "not 2"]),
    (STOCHASTIC, {"seeds": [1, 0]}, ["bayes.seeds", "between 1 and 255", "not 0"]),
    (STOCHASTIC, {"seeds": [256, 1]}, ["bayes.seeds", "between 1 and 255", "not 256"]),
    (STOCHASTIC, {"seeds": [1, 2], "generator": "sobol"}, ["bayes.seeds", 'generator = "sobol"', "leave it out"]),
    (STOCHASTIC, {"score_bits": 8}, ["bayes.score_bits", "no meaning in stochastic mode", "leave it out"]),
    (LOGARITHMIC, {"score_bits": 2}, ["bayes.score_bits", "at least 3", "not 2"]),
    (LOGARITHMIC, {"score_bits": 7}, ["bayes.score_bits", "between likelihood_bits (8) and 9", "not 7"]),
    (LOGARITHMIC, {"score_bits": 10}, ["bayes.score_bits", "between likelihood_bits (8) and 9", "2 terms", "not 10"]),
    (LOGARITHMIC, {"speed": 3}, ["bayes.speed", "no such parameter", "likelihood_bits, memory, mode, prior, rows"]),
    (
        LOGARITHMIC,
        {"memory": "array", "array": {"clock_hz": 1_000_000, "clocks": 3}},
        ["bayes.array.clocks: no such parameter; allowed are attempts, clock_hz, columns, programming, read, rows,"],
    ),
    (
        LOGARITHMIC,
        {"memory": "array", "array": {"clock_hz": 1_000_000, "read": {"evalute_ns": 3}}},
        ["bayes.array.read.evalute_ns: no such parameter; allowed are evaluate_ns, hold_ns, off_ns, precharge_ns,"],
    ),
    (
        LOGARITHMIC,
        {"memory": "emulated", "errors": {"rat": 1}},
        ["bayes.errors.rat: no such parameter; allowed are mode, rate, seed"],
    ),
    *[
        (LOGARITHMIC, {key: value}, [f"bayes.{key}", "no meaning in logarithmic mode", "leave it out"])
        for key, value in {
            "generator": "lfsr",
            "conversion": "comparator",
            "generator_bits": 8,
            "seeds": [1, 2],
            "cycles": 255,
            "stop": "fixed",
            "lead": 3,
            "lanes": 1,
        }.items()
    ],
]


@pytest.mark.parametrize(("base", "change", "words"), REFUSED, ids=lambda value: None)
def test_a_wrong_value_is_refused_with_key_value_and_what_is_allowed(
    base: dict[str, Any], change: dict[str, Any], words: list[str]
) -> None:
    BayesConfig.parse(base)
    with pytest.raises(DesignError) as refusal:
        BayesConfig.parse({**base, **change}, "file.toml")
    message = str(refusal.value)
    assert message.startswith("file.toml: ")
    assert len(message.splitlines()) == 1
    for word in words:
        assert word in message


@pytest.mark.parametrize("key", ["mode", "rows", "bins"])
def test_what_has_no_default_must_be_given(key: str) -> None:
    values = {name: value for name, value in STOCHASTIC.items() if name != key}
    with pytest.raises(DesignError, match=rf"^bayes\.{key} is missing$"):
        BayesConfig.parse(values)


def test_every_problem_has_its_own_line() -> None:
    with pytest.raises(DesignError) as refusal:
        BayesConfig.parse({"mode": "stochastic", "rows": 1, "bins": [4], "lanes": 100, "colour": "red"})
    lines = str(refusal.value).splitlines()
    assert sorted(line.split()[0].rstrip(":") for line in lines) == ["bayes.colour", "bayes.lanes", "bayes.rows"]


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (STOCHASTIC, {"mode": "logarithmic"}),
    (STOCHASTIC, {"rows": 4}),
    (STOCHASTIC, {"bins": [5, 4]}),
    (STOCHASTIC, {"likelihood_bits": 7, "generator_bits": 8}),
    (STOCHASTIC, {"prior": True}),
    (STOCHASTIC, {"feedback": True}),
    (STOCHASTIC, {"initialised": False}),
    (STOCHASTIC, {"generator": "sobol"}),
    (STOCHASTIC, {"conversion": "comparator"}),
    (STOCHASTIC, {"generator_bits": 9, "cycles": 255}),
    (STOCHASTIC, {"seeds": [1, 2]}),
    (STOCHASTIC, {"cycles": 254}),
    (STOCHASTIC, {"stop": "first"}),
    (STOCHASTIC, {"lanes": 2}),
    ({**STOCHASTIC, "stop": "lead", "lead": 2}, {"lead": 5}),
    (LOGARITHMIC, {"score_bits": 8}),
    (LOGARITHMIC, {"memory": "array", "array": {"clock_hz": 1_000_000}}),
    (LOGARITHMIC, {"memory": "array", "array": {"clock_hz": 2_000_000}}),
    (LOGARITHMIC, {"memory": "emulated"}),
    (LOGARITHMIC, {"memory": "emulated", "errors": {"rate": 0.1}}),
    (LOGARITHMIC, {"memory": "emulated", "errors": {"mode": "frozen"}}),
    (LOGARITHMIC, {"memory": "emulated", "errors": {"seed": 1}}),
]


def test_every_parameter_changes_the_hash() -> None:
    assert {key for _, change in CHANGES for key in change} == set(BayesConfig.model_fields)
    for base, change in CHANGES:
        assert BayesConfig.parse(base).hash != BayesConfig.parse({**base, **change}).hash, change
    hashes = {BayesConfig.parse({**base, **change}).hash for base, change in CHANGES}
    assert len(hashes) == len(CHANGES)


def test_equal_tables_have_equal_digests_and_every_change_shows() -> None:
    config = BayesConfig.parse({"mode": "logarithmic", "rows": 2, "bins": [2, 3]})
    table = LikelihoodTable.for_config(config, [[[1, 2], [3, 4]], [[5, 6], [7, 8], [9, 10]]])
    assert LikelihoodTable(tuple(np.asfortranarray(part) for part in table.streams)).digest == table.digest
    one, two = table.streams
    others = [(one[::-1], two), (one.T, two), (two, one), (one, two ^ 256), (np.vstack([one, two]),)]
    others.append((np.vstack([one, two[:1]]), two[1:]))
    assert len({table.digest} | {LikelihoodTable(streams).digest for streams in others}) == len(others) + 1
    # Hardware in the field states it.
    assert f"{table.digest:016x}" == "5571028363e815ec"


def test_the_hash_is_the_same_for_ever() -> None:
    # Hardware in the field states it: a change here makes drivers refuse what was built before.
    assert f"{BayesConfig.parse(STOCHASTIC).hash:016x}" == "360c93b75b780ded"
    assert f"{BayesConfig.parse(LOGARITHMIC).hash:016x}" == "d9b5ce6931330a14"
    spelled_out = {
        **STOCHASTIC, "likelihood_bits": 8, "generator": "lfsr", "cycles": 255, "lanes": 1, "stop": "fixed",
    }  # fmt: skip
    assert BayesConfig.parse(spelled_out).hash == BayesConfig.parse(STOCHASTIC).hash


@given(seed=st.integers(0, 2**32 - 1))
def test_parameters_give_the_same_config_again(seed: int) -> None:
    config = random_config(np.random.default_rng(seed))
    again = BayesConfig.parse(config.parameters())
    assert again == config
    assert again.hash == config.hash
    assert 0 <= config.hash < 1 << 64


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        BayesConfig.parse(STOCHASTIC).rows = 5  # type: ignore[misc]
