"""The parameters of a Forward-Forward machine: what is refused, in which words, bounds of widths, and the hash."""

from typing import Any

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig
from rtl_tests.ff.random_machines import random_config

BASE: dict[str, Any] = {"layers": [784, 256, 256]}
CONTRASTIVE: dict[str, Any] = {"layers": [784, 500], "rule": "contrastive"}
SEQUENCE: dict[str, Any] = {"layers": [8, 128], "rule": "contrastive", "recurrent": True}

REFUSED = [
    ({}, {}, ["ff.layers is missing"]),
    (BASE, {"layers": [784]}, ["ff.layers", "2 to 5 entries", "not [784]"]),
    (BASE, {"layers": [64], **dict.fromkeys(("bias", "update_shift", "initial_bits"), 5)}, ["not [64]"]),
    (BASE, {"layers": [64], "modulator": "thresholds", "thresholds": [5, 6]}, ["not [64]"]),
    ({"layers": [64, 64]}, {"master_bits": 7}, ["ff.master_bits must be at least 8, not 7"]),
    (BASE, {"layers": [7] * 6}, ["ff.layers", "2 to 5 entries", "not [7, 7, 7, 7, 7, 7]"]),
    (BASE, {"layers": [0, 5]}, ["ff.layers", "between 1 and 65536", "not 0"]),
    (BASE, {"layers": [5, 65537]}, ["ff.layers", "between 1 and 65536", "not 65537"]),
    (BASE, {"layers": 784}, ["ff.layers", "not 784"]),
    (BASE, {"rule": "hebbian"}, ["ff.rule", "'supervised' or 'contrastive'", "'hebbian'"]),
    (BASE, {"classes": 1}, ["ff.classes", "at least 2", "not 1"]),
    (BASE, {"classes": 65}, ["ff.classes", "at most 64", "not 65"]),
    (BASE, {"modulator": "step"}, ["ff.modulator", "'pairwise' or 'thresholds'"]),
    (BASE, {"candidates": 4}, ["ff.candidates", "at most 3", "not 4"]),
    (BASE, {"lanes": 96},
     ["ff.lanes must be a divisor of every layer's units (256, 256), not 96; try 8, 16, 32, 64, 128"]),
    (BASE, {"lanes": 0}, ["ff.lanes", "at least 1", "not 0"]),
    (BASE, {"master_bits": 7}, ["ff.master_bits", "at least 8", "not 7"]),
    (BASE, {"master_bits": 17}, ["ff.master_bits", "at most 16", "not 17"]),
    (BASE, {"activation_bits": 3}, ["ff.activation_bits", "at least 4"]),
    (BASE, {"modulator_bits": 9}, ["ff.modulator_bits", "at most 8"]),
    (BASE, {"pixel_bits": 3}, ["ff.pixel_bits", "1, 2, 4 or 8", "not 3"]),
    (BASE, {"input_bits": 8}, ["ff.input_bits", "at most 7", "not 8"]),
    (BASE, {"pixel_bits": 4, "input_bits": 5}, ["ff.input_bits", "between 1 and pixel_bits (4)", "not 5"]),
    (BASE, {"label_value": 256}, ["ff.label_value", "at most 255"]),
    (BASE, {"bias": [1]}, ["ff.bias", "one value or a list of 2, one for each layer", "not [1]"]),
    (BASE, {"bias": [128, 5]}, ["ff.bias.0", "at most 127", "not 128"]),
    (BASE, {"bias": "21"}, ["ff.bias", "not '21'"]),
    (BASE, {"modulator": "thresholds", "thresholds": [[1, 2]]}, ["ff.thresholds", "a list of 2", "not [(1, 2)]"]),
    (BASE, {"modulator": "thresholds", "thresholds": [[1, 2], [3]]}, ["ff.thresholds.1.1"]),
    (BASE, {"thresholds": [1, 2]}, ['ff.thresholds has no meaning with modulator = "pairwise"; leave it out']),
    (BASE, {"rms": 64}, ["ff.rms", "at most 63"]),
    (BASE, {"activation_shift": [25, 5]}, ["ff.activation_shift.0", "at most 24", "not 25"]),
    (BASE, {"goodness_shift": [32, 5]}, ["ff.goodness_shift.0", "at most 31"]),
    (BASE, {"update_shift": [0, 5]}, ["ff.update_shift.0", "at least 1", "not 0"]),
    (BASE, {"update_shift": [5, 27]}, ["ff.update_shift.1", "at most 26", "not 27"]),
    (BASE, {"initial_bits": [9, 5]}, ["ff.initial_bits.0", "at most 8"]),
    (BASE, {"readout": "hinge"}, ['ff.readout has no meaning with rule = "supervised"']),
    (BASE, {"view_shift": 1}, ['ff.view_shift has no meaning with rule = "supervised"']),
    (BASE, {"recurrent": True}, ['ff.recurrent has no meaning with rule = "supervised"']),
    (CONTRASTIVE, {"candidates": 2}, ['ff.candidates has no meaning with rule = "contrastive"']),
    (CONTRASTIVE, {"label_value": 20}, ['ff.label_value has no meaning with rule = "contrastive"']),
    (CONTRASTIVE, {"readout": "softmax", "margin": 3}, ['ff.margin has no meaning with readout = "softmax"']),
    (CONTRASTIVE, {"image_width": 28}, ["ff.image_width has no meaning with view_shift = 0"]),
    (CONTRASTIVE, {"view_shift": 4}, ["ff.view_shift", "at most 3"]),
    (CONTRASTIVE, {"view_shift": 1, "image_width": 30}, ["ff.image_width", "a divisor of the inputs (784)", "not 30"]),
    ({"layers": [7, 4], "rule": "contrastive"}, {"view_shift": 1},
     ["ff.view_shift", "less than the image's sides (1 x 7)", "not 1", "is ff.image_width right?"]),
    (CONTRASTIVE, {"readout_bits": 7}, ["ff.readout_bits", "at least 8"]),
    (CONTRASTIVE, {"readout_shift": 32}, ["ff.readout_shift", "at most 31"]),
    (CONTRASTIVE, {"layers": [64, 16], "readout_shift": 28},
     ["ff.readout_shift must be between 0 and 27, as sums of the read-out have 28 bits, not 28"]),
    ({"layers": [64, 64, 64]}, {"update_shift": [7, 18]},
     ["ff.update_shift must not differ by more than 10 between layers, not [7, 18]", "18 bits", "inputs of 7 bits"]),
    (BASE, {"label_value": 255, "update_shift": [18, 8]}, ["ff.update_shift", "by more than 9", "not [18, 8]"]),
    (CONTRASTIVE, {"readout_update_shift": 0}, ["ff.readout_update_shift", "at least 1"]),
    (CONTRASTIVE, {"margin": 256}, ["ff.margin", "at most 255"]),
    (CONTRASTIVE, {"steps": 2}, ["ff.steps has no meaning with recurrent = false"]),
    (SEQUENCE, {"steps": 1}, ["ff.steps", "between 2 and 8192 for steps of 8 inputs", "not 1"]),
    (SEQUENCE, {"steps": 8193}, ["ff.steps", "between 2 and 8192", "not 8193"]),
    (SEQUENCE, {"layers": [32769, 16], "steps": 2},
     ["ff.layers must have at most 32768 inputs with recurrent = true, as a sequence has 2 steps", "not 32769"]),
    (SEQUENCE, {"layers": [65536, 4]}, ["ff.layers must have at most 32768 inputs", "65536 inputs at most, not 65536"]),
    (SEQUENCE, {"layers": [8, 16, 16]}, ["ff.layers must have 2 entries with recurrent = true, not [8, 16, 16]"]),
    (SEQUENCE, {"view_shift": 1}, ["ff.view_shift has no meaning with recurrent = true"]),
    (BASE, {"learning_sweeps": "two"}, ["ff.learning_sweeps", "'separate' or 'union'", "'two'"]),
    (BASE, {"learning": False, "learning_sweeps": "union"},
     ["ff.learning_sweeps has no meaning with learning = false; leave it out"]),
    (SEQUENCE, {"learning_sweeps": "union"},
     ['ff.learning_sweeps must be "separate" with recurrent = true, not "union"']),
    (CONTRASTIVE, {"view_shift": 1, "learning_sweeps": "union"},
     ['ff.learning_sweeps must be "separate" with view_shift = 1, not "union"']),
    ({"layers": [784, 256]}, {"learning_sweeps": "union"},
     ['ff.learning_sweeps must be "separate" with one supervised layer', 'not "union"']),
    (BASE, {"learning": False, "update_shift": 9}, ["ff.update_shift has no meaning with learning = false"]),
    (BASE, {"learning": 1}, ["ff.learning", "boolean", "not 1"]),
    (BASE, {"seed": 0}, ["ff.seed", "at least 1", "not 0"]),
    (BASE, {"seed": 1 << 32}, ["ff.seed", "at most 4294967295"]),
    (BASE, {"stream_bits": 12}, ["ff.stream_bits", "multiple of 8", "not 12"]),
    (BASE, {"hidden": 512}, ["ff.hidden", "no such parameter", "layers, learning"]),
]  # fmt: skip


@pytest.mark.parametrize(("base", "change", "parts"), REFUSED, ids=str)
def test_refused_with_key_value_and_what_is_allowed(
    base: dict[str, Any], change: dict[str, Any], parts: list[str]
) -> None:
    with pytest.raises(DesignError) as caught:
        FFConfig.parse(base | change, "my.toml")
    for part in parts:
        assert part in str(caught.value)
    # What follows from a mistake has no line of its own.
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith("my.toml: ff.")


def test_one_value_stands_for_every_layer() -> None:
    values: dict[str, Any] = {
        "bias": 3,
        "activation_shift": 7,
        "goodness_shift": 9,
        "update_shift": 11,
        "initial_bits": 4,
    }
    one = FFConfig.parse({**BASE, **values, "modulator": "thresholds", "thresholds": [5, 6]})
    each: dict[str, Any] = {name: [value] * 2 for name, value in values.items()}
    assert one == FFConfig.parse({**BASE, **each, "modulator": "thresholds", "thresholds": [[5, 6], [5, 6]]})


def test_derived_sizes() -> None:
    config = FFConfig.parse(BASE | {"pixel_bits": 4, "classes": 7})
    assert (config.inputs, config.depth, config.class_bits, config.engines) == (784, 2, 3, 2)
    assert config.weight_shapes == ((784 + 1 + 7, 256), (257, 256))
    assert config.weights == 792 * 256 + 257 * 256
    assert config.readout_shape is None
    assert (config.pixel_beats, config.x_beats) == (98, 99)
    sequence = FFConfig.parse(SEQUENCE)
    assert (sequence.steps, sequence.inputs) == (8, 64)
    assert sequence.weight_shapes == ((8 + 1 + 128, 128),)
    assert sequence.readout_shape == (129, 10)
    assert sequence.engines == 2
    # Each step begins with a transfer of its own.
    uneven = FFConfig.parse(SEQUENCE | {"layers": [5, 128], "steps": 3, "stream_bits": 16})
    assert (uneven.step_beats, uneven.pixel_beats, uneven.x_beats) == (3, 9, 10)


WIDEST: list[dict[str, Any]] = [
    {"layers": [65536, 65536], "bias": 127, "input_bits": 7, "label_value": 255, "lanes": 1},
    {"layers": [65536, 65536, 65536], "rule": "contrastive", "bias": 127, "lanes": 1},
    {"layers": [65536, 16], "rule": "contrastive", "bias": 127, "view_shift": 3},
    {"layers": [32768, 65536], "rule": "contrastive", "bias": 127, "recurrent": True, "steps": 2, "lanes": 1},
]


@pytest.mark.parametrize("values", WIDEST, ids=str)
def test_the_largest_numbers_fit(values: dict[str, Any]) -> None:
    config = FFConfig.parse(values)
    half = 1 << 23  # of the largest activation_shift
    assert all(most + half < 1 << 31 for most in config.sum_max)
    assert all(most < 1 << 32 for most in config.goodness_max)
    input_max = 255 if config.supervised else 127
    assert config.scale_max * input_max < 1 << 25  # and a random number below 2**26
    assert config.readout_sum_max < 1 << 41


@pytest.mark.parametrize("bits", range(8, 17))
def test_defaults_are_allowed_values(bits: int) -> None:
    # Pydantic does not check defaults.
    for activation_bits in (4, 8):
        for base in (BASE, CONTRASTIVE, SEQUENCE):
            values = base | {
                "master_bits": bits,
                "activation_bits": activation_bits,
                "modulator_bits": 4,
                "pixel_bits": 1,
            }
            if base is not BASE:
                values |= {"readout_bits": bits}
            config = FFConfig.parse(values)
            assert FFConfig.parse(config.parameters()) == config


def test_every_parameter_changes_the_hash() -> None:
    supervised: dict[str, Any] = {"layers": [16, 8, 8]}
    contrastive = supervised | {"rule": "contrastive"}
    views = contrastive | {"view_shift": 1}
    changes: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        (supervised, [
            {}, {"layers": [16, 8, 4]}, {"classes": 9}, {"modulator": "thresholds"}, {"candidates": 2}, {"lanes": 2},
            {"unit_lanes": 2},
            {"master_bits": 9}, {"activation_bits": 7}, {"modulator_bits": 7}, {"pixel_bits": 4}, {"input_bits": 5},
            {"label_value": 9}, {"bias": 9}, {"rms": 9}, {"activation_shift": 3}, {"goodness_shift": 3},
            {"update_shift": 9}, {"initial_bits": 5}, {"learning": False}, {"seed": 9}, {"stream_bits": 64},
        ]),
        (contrastive, [
            {}, {"thresholds": [9, 9]}, {"readout": "softmax"}, {"readout_bits": 9}, {"readout_shift": 9},
            {"readout_update_shift": 9}, {"margin": 9}, {"learning_sweeps": "union"},
        ]),
        (views, [{}, {"view_shift": 2}, {"image_width": 8}]),
        ({"layers": [8, 8], "rule": "contrastive", "recurrent": True}, [{}, {"steps": 3}]),
    ]  # fmt: skip
    seen = [base | change for base, more in changes for change in more]
    assert {key for values in seen for key in values} == set(FFConfig.model_fields)
    assert len({FFConfig.parse(values).hash for values in seen}) == len(seen)


@given(seed=st.integers(0, 2**32 - 1))
def test_parameters_give_the_same_config_again(seed: int) -> None:
    config = random_config(np.random.default_rng(seed))
    for one in (config, FFConfig.parse({"layers": [784, 500], "learning": False})):
        again = FFConfig.parse(one.parameters())
        assert again == one
        assert again.hash == one.hash


def test_sweeps_that_are_separate_are_no_parameter() -> None:
    """Said or not, the machine and its hash are the same."""
    said = FFConfig.parse(BASE | {"learning_sweeps": "separate"})
    assert said == FFConfig.parse(BASE)
    assert said.hash == FFConfig.parse(BASE).hash
    assert "learning_sweeps" not in said.parameters()
    assert FFConfig.parse(BASE | {"learning_sweeps": "union"}).parameters()["learning_sweeps"] == "union"


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        FFConfig.parse(BASE).lanes = 5  # type: ignore[misc]
