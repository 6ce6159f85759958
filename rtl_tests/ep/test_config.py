"""The parameters of an equilibrium-propagation machine: what is refused, in which words, and the config hash."""

from typing import Any

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ep.config import EPConfig
from hwgen.errors import DesignError
from rtl_tests.ep.reference import random_config

BASE: dict[str, Any] = {"layers": [784, 512, 10]}
DEEP: dict[str, Any] = {"layers": [784, 512, 200, 10]}
SCALES = {"state_bits": [4, 6], "feedback_shift": 3}

REFUSED = [
    ({}, {}, ["ep.layers is missing"]),
    (BASE, {"layers": [784, 10]}, ["ep.layers", "3 to 6 entries", "one to four hidden layers", "not [784, 10]"]),
    (BASE, {"layers": [64], **dict.fromkeys(("state_bits", "feedback_shift", "counter_bits", "threshold"), 4)},
     ["not [64]"]),
    (BASE, {"layers": [7] * 7}, ["ep.layers", "3 to 6 entries", "not [7, 7, 7, 7, 7, 7, 7]"]),
    (BASE, {"layers": [0, 5, 2]}, ["ep.layers", "between 1 and 65536", "not 0"]),
    (BASE, {"layers": [5, 65537, 2]}, ["ep.layers", "between 1 and 65536", "not 65537"]),
    (BASE, {"layers": [5, 5, 1]}, ["ep.layers", "between 2 and 256 for the outputs", "not 1"]),
    (BASE, {"layers": [5, 5, 257]}, ["ep.layers", "between 2 and 256 for the outputs", "not 257"]),
    (BASE, {"layers": 784}, ["ep.layers", "not 784"]),
    (BASE, {"layers": [5, 5.5, 2]}, ["ep.layers.1", "integer", "not 5.5"]),
    (BASE, {"outputs_per_class": 0}, ["ep.outputs_per_class", "at least 1", "not 0"]),
    (BASE, {"outputs_per_class": 3}, ["ep.outputs_per_class", "divide the outputs (10)", "not 3; try 1, 2 or 5"]),
    (BASE, {"outputs_per_class": 10}, ["ep.outputs_per_class", "at least 2 classes", "not 10"]),
    ({"layers": [5, 5, 7]}, {"outputs_per_class": 7}, ["ep.outputs_per_class", "not 7; try 1"]),
    ({"layers": [784, 500, 10]}, {"lanes": 64},
     ["ep.lanes must be a divisor of every hidden size (500), not 64; try 50, 100, 125, 250 or 500"]),
    (DEEP, {"lanes": 512}, ["ep.lanes", "every hidden size (512, 200)", "not 512; try 1, 2, 4 or 8"]),
    (BASE, {"lanes": 0}, ["ep.lanes", "at least 1", "not 0"]),
    (BASE, {"relaxation": "fast"}, ["ep.relaxation", "'serial' or 'parallel'", "'fast'"]),
    (BASE, {"relaxation": "parallel", "lanes": 256}, ["ep.relaxation", "one hidden layer", "256 lanes"]),
    (DEEP, {"relaxation": "parallel"}, ["ep.relaxation", "not hidden layers of 512, 200 neurons and 8 lanes"]),
    (BASE, {"nudging": "none"}, ["ep.nudging", "'symmetric' or 'random-sign'", "'none'"]),
    (BASE, {"free_steps": 0}, ["ep.free_steps", "at least 1", "not 0"]),
    (BASE, {"free_steps": 256}, ["ep.free_steps", "at most 255", "not 256"]),
    (BASE, {"nudged_steps": 0}, ["ep.nudged_steps", "at least 1", "not 0"]),
    (BASE, {"nudged_steps": 256}, ["ep.nudged_steps", "at most 255", "not 256"]),
    (BASE, {"beta": 3}, ["ep.beta", "1, 2, 4 or 8", "not 3"]),
    (BASE, {"state_bits": [4]}, ["ep.state_bits", "a list of 2, one for each layer after the inputs", "[4]"]),
    (BASE, {"state_bits": [4, 1]}, ["ep.state_bits.1", "at least 2", "not 1"]),
    (BASE, {"state_bits": [9, 4]}, ["ep.state_bits.0", "at most 8", "not 9"]),
    (BASE, {"state_bits": "4"}, ["ep.state_bits", "not '4'"]),
    (BASE, {"feedback_shift": [3, 3]}, ["ep.feedback_shift", "a list of 1, one for each hidden layer", "not [3, 3]"]),
    (BASE, {"feedback_shift": 8}, ["ep.feedback_shift.0", "at most 7", "not 8"]),
    (BASE, {"feedback_shift": -1}, ["ep.feedback_shift.0", "at least 0", "not -1"]),
    (BASE, {"counter_bits": [7]}, ["ep.counter_bits", "a list of 2, one for each weight layer", "not [7]"]),
    (BASE, {"counter_bits": [1, 7]}, ["ep.counter_bits.0", "at least 2", "not 1"]),
    (BASE, {"counter_bits": [16, 7]}, ["ep.counter_bits.0", "at most 15", "not 16"]),
    (BASE, {"threshold": [0, 1]}, ["ep.threshold.0", "at least 1", "not 0"]),
    (BASE, {"threshold": [32, 65]}, ["ep.threshold", "at most 64", "7 bits", "not 65 (weight layer 1)", "raise"]),
    (BASE, {"threshold": [32, 16, 16]}, ["ep.threshold", "a list of 2", "not [32, 16, 16]"]),
    (BASE, {"pixel_bits": 3}, ["ep.pixel_bits", "1, 2, 4 or 8", "not 3"]),
    (BASE, {"input_bits": 2}, ["ep.input_bits", "between 1 and pixel_bits (1)", "not 2"]),
    (BASE, {"input_bits": 0}, ["ep.input_bits", "at least 1", "not 0"]),
    (BASE, {"input_threshold": 2}, ["ep.input_threshold", "between 1 and 1 for pixels of 1 bits", "not 2"]),
    (BASE, {"pixel_bits": 8, "input_bits": 5, "input_threshold": 7}, ["ep.input_threshold", "between 8 and 255", "7"]),
    (BASE, {"pixel_bits": 8, "input_threshold": 256}, ["ep.input_threshold", "between 1 and 255", "not 256"]),
    (BASE, {"learning": 1}, ["ep.learning", "boolean", "not 1"]),
    (BASE, {"learning": False, "beta": 2}, ["ep.beta", "no meaning with learning = false", "leave it out"]),
    (BASE, {"learning": False, "threshold": [1, 1]}, ["ep.threshold", "no meaning with learning = false"]),
    (BASE, {"seed": 0}, ["ep.seed", "at least 1", "not 0"]),
    (BASE, {"seed": 1 << 32}, ["ep.seed", "at most 4294967295", "not 4294967296"]),
    (BASE, {"stream_bits": 12}, ["ep.stream_bits", "multiple of 8", "not 12"]),
    (BASE, {"stream_bits": 136}, ["ep.stream_bits", "at most 128", "not 136"]),
    ({"layers": [5, 5, 200]}, {"stream_bits": 8},
     ["ep.stream_bits must be at least 16 for a label of 8 bits (200 classes)", "not 8"]),
    (BASE, {"hidden": 512}, ["ep.hidden", "no such parameter", "layers, learning"]),
]  # fmt: skip


@pytest.mark.parametrize(("base", "change", "parts"), REFUSED, ids=str)
def test_refused_with_key_value_and_what_is_allowed(
    base: dict[str, Any], change: dict[str, Any], parts: list[str]
) -> None:
    with pytest.raises(DesignError) as caught:
        EPConfig.parse(base | change, "my.toml")
    for part in parts:
        assert part in str(caught.value)
    # What follows from a mistake has no line of its own.
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith("my.toml: ep.")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"layers": [64, 128, 10]}, {"state_bits": (3, 5), "feedback_shift": (2,), "threshold": (32, 16)}),
        (DEEP, {"state_bits": (5, 5, 7), "feedback_shift": (1, 5), "threshold": (16, 64, 16)}),
        (DEEP | {"counter_bits": 5}, {"threshold": (16, 16, 16)}),
        ({"layers": [784, 4096, 10]}, {"state_bits": (4, 8), "feedback_shift": (2,)}),
        (BASE, {"lanes": 512, "state_bits": (4, 6), "feedback_shift": (3,), "threshold": (32, 16)}),
        ({"layers": [784, 2048, 10]}, {"lanes": 512, "state_bits": (4, 7), "feedback_shift": (2,)}),
        ({"layers": [784, 521, 10]}, {"lanes": 1}),
        (DEEP, {"lanes": 8}),
        ({"layers": [64, 1030, 10]}, {"lanes": 206}),
        (BASE | {"counter_bits": 5}, {"counter_bits": (5, 5), "threshold": (16, 16)}),
        (BASE | {"counter_bits": [6, 4]}, {"threshold": (32, 8)}),
        (BASE, {"pixel_bits": 1, "input_threshold": 1}),
        (BASE | {"pixel_bits": 2}, {"input_threshold": 1}),
        (BASE | {"pixel_bits": 8}, {"input_threshold": 64}),
    ],
    ids=str,
)
def test_defaults_follow_from_the_layers(values: dict[str, Any], expected: dict[str, Any]) -> None:
    config = EPConfig.parse(values)
    assert {key: getattr(config, key) for key in expected} == expected


def test_one_number_stands_for_every_layer() -> None:
    one = EPConfig.parse(DEEP | {"state_bits": 5, "feedback_shift": 2, "counter_bits": 6, "threshold": 20})
    each = {"state_bits": [5] * 3, "feedback_shift": [2] * 2, "counter_bits": [6] * 3, "threshold": [20] * 3}
    assert one == EPConfig.parse(DEEP | each)
    assert one.hash == EPConfig.parse(DEEP | each).hash


def test_derived_sizes() -> None:
    config = EPConfig.parse(
        {"layers": [20, 12, 6, 10], "outputs_per_class": 2, "counter_bits": [7, 5, 6], "pixel_bits": 4,
         "input_bits": 3, "state_bits": [4, 5, 6]}
    )  # fmt: skip
    assert (config.inputs, config.hidden, config.outputs, config.classes) == (20, (12, 6), 10, 5)
    assert config.weight_layers == 3
    assert config.weight_shapes == ((12, 20), (6, 12), (10, 6))
    assert config.synapses == 12 * 20 + 6 * 12 + 10 * 6
    assert config.state_max == (15, 31, 63)
    assert config.counter_max == (63, 15, 31)
    assert config.synapse_bits == 8
    assert (config.drive_shift, EPConfig.parse(BASE).drive_shift) == (3, 0)
    assert config.class_bits == 3
    assert (config.pixel_beats, config.sample_beats) == (3, 4)
    assert EPConfig.parse(BASE | {"learning": False}).synapse_bits == 1


def test_every_parameter_changes_the_hash() -> None:
    base = {"layers": [8, 4, 4], "pixel_bits": 8}
    changes: list[dict[str, Any]] = [
        {}, {"layers": [8, 4, 6]}, {"outputs_per_class": 2}, {"lanes": 2}, {"memory_ports": 1},
        {"relaxation": "parallel"}, {"nudging": "random-sign"}, {"free_steps": 21}, {"nudged_steps": 11}, {"beta": 4},
        {"state_bits": [4, 4]}, {"feedback_shift": [1]}, {"counter_bits": [7, 8]}, {"threshold": [31, 16]},
        {"pixel_bits": 4}, {"input_bits": 2}, {"input_threshold": 65}, {"learning": False}, {"seed": 2},
        {"stream_bits": 64},
    ]  # fmt: skip
    assert {key for change in changes for key in change} == set(EPConfig.model_fields)
    assert len({EPConfig.parse(base | change).hash for change in changes}) == len(changes)


def test_the_hash_is_the_same_for_ever() -> None:
    # Hardware in the field states it: a change here makes drivers refuse what was built before.
    assert f"{EPConfig.parse(BASE | SCALES | {'threshold': [32, 16]}).hash:016x}" == "a201290718314bac"
    assert f"{EPConfig.parse(BASE | SCALES | {'learning': False}).hash:016x}" == "4131480b85c5f83c"


@given(seed=st.integers(0, 2**32 - 1))
def test_parameters_give_the_same_config_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for config in (random_config(rng), EPConfig.parse({"layers": [784, 512, 10], "learning": False})):
        again = EPConfig.parse(config.parameters())
        assert again == config
        assert again.hash == config.hash


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        EPConfig.parse(BASE).lanes = 5  # type: ignore[misc]
