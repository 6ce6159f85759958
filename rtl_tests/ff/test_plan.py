"""The array's plan: where weights lie, and how wide numbers are."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ff.config import OPERAND_BITS, FFConfig
from hwgen.ff.layout import engine_array
from hwgen.ff.plan import ArrayLayer, ArrayPlan, Frame, engine_plan, readout_plan
from rtl_tests.ff.random_machines import KINDS, random_config

VALUES = {
    "layers": (ArrayLayer(5, 12, 14, 4), ArrayLayer(13, 8, 17, 3)),
    "lanes": 4,
    "unit_lanes": 2,
    "master_bits": 12,
    "mac_bits": 8,
    "value_bits": 7,
    "step_bits": 17,
    "sum_bits": 24,
    "entries": 12,
    "banks": 2,
}


LISTS: dict[str, int] = {"unit_lanes": 2, "entries": 36, "banks": 3}


def test_words_lie_group_after_group() -> None:
    plan = ArrayPlan(**VALUES)
    assert plan.bases == ((0, 5, 10), (15, 28))
    assert plan.word_format.depth == 41
    assert plan.rotations == ((0, 4, 8), (0, 4))
    assert plan.beats == 2


def test_one_shift_serves_all_layers() -> None:
    plan = ArrayPlan(**VALUES)
    assert (plan.update_shift, plan.value_shifts, plan.operand_bits) == (17, (3, 0), (17, 11))


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_multiplier_is_one_of_the_device(kind: str, seed: int) -> None:
    config = random_config(np.random.default_rng(seed), kind)
    plan = engine_array(config)
    assert plan.value_bits == max(config.largest_inputs).bit_length()
    most = OPERAND_BITS - 1 - plan.value_bits
    widest = {"update_shift": [20 - most, *[20] * (config.depth - 1)]} if config.depth > 1 else {}
    again = engine_array(FFConfig.parse(config.parameters() | widest))
    assert max(again.operand_bits) <= OPERAND_BITS
    assert config.depth == 1 or again.operand_bits[1] == OPERAND_BITS


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"rule": "contrastive"},
        {"rule": "contrastive", "view_shift": 1},
        {"rule": "contrastive", "activation_bits": 5, "bias": 0},
        {"bias": 127, "label_value": 255, "activation_bits": 5, "modulator_bits": 7},
    ],
)
def test_no_sum_and_no_step_is_too_wide(values: dict[str, Any]) -> None:
    config = FFConfig.parse({"layers": [36, 8, 4], **values})
    for layer in range(2):
        plan = engine_plan(config, (layer,), unit_lanes=2, entries=36, banks=3)
        image = config.layers[layer] * (config.feature_max if layer else (1 << config.input_bits) - 1)
        total = image + config.bias[layer]
        if layer == 0:
            total = total + config.label_value if config.supervised else 2 * total
        assert -128 * total >= -1 << plan.sum_bits - 1
        step = ((1 << config.modulator_bits) - 1) * ((1 << config.activation_bits) - 1)
        assert step < 1 << plan.step_bits - 1
        if layer == 0 and not config.supervised and not config.view_shift:
            assert 2 * step < 1 << plan.step_bits - 1
        largest = max(image // config.layers[layer], config.bias[layer])
        assert max(largest, 0 if layer or not config.supervised else config.label_value) < 1 << plan.value_bits
    shared = engine_plan(config, (0, 1), unit_lanes=2, entries=36, banks=3)
    assert shared.groups == (2, 1)
    assert (shared.frame is not None) == (config.view_shift > 0)


def test_a_readouts_sums_fit() -> None:
    config = FFConfig.parse({"layers": [36, 8, 4], "rule": "contrastive", "classes": 7})
    plan = readout_plan(config, entries=8, banks=2)
    assert (plan.lanes, plan.layers[0].rows, plan.mac_bits) == (7, 13, 16)
    assert -(1 << 15) * (12 * config.feature_max + config.readout_bias) >= -1 << plan.sum_bits - 1


def test_two_products_a_lane_have_a_chain_for_both_steps() -> None:
    values: dict[str, Any] = {"layers": [36, 8, 4], "rule": "contrastive", "learning_sweeps": "union"}
    plan = engine_plan(FFConfig.parse(values), (0, 1), **LISTS)
    assert plan.merges and 1 << plan.other_bits - 1 > 255 * 255
    assert (plan.step_bits, plan.other_bits, plan.chain_bits) == (18, 17, 35)
    separate = engine_plan(FFConfig.parse(values | {"learning_sweeps": "separate"}), (0, 1), **LISTS)
    assert not separate.merges and separate.chain_bits == max(separate.sum_bits, separate.step_bits)


def test_margins() -> None:
    frame = Frame(12, 4, 2)
    image = np.arange(12).reshape(3, 4)
    for pixel in range(12):
        row, column = divmod(pixel, 4)
        for direction, (down, right) in enumerate(((0, 1), (0, -1), (1, 0), (-1, 0))):
            inside = [
                0 <= row + down * far < image.shape[0] and 0 <= column + right * far < image.shape[1] for far in (1, 2)
            ]
            assert frame.margins(pixel)[direction] == sum(inside)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mac_bits": 13}, r"mac_bits must be from 1 to master_bits \(12\), not 13"),
        ({"unit_lanes": 3}, r"unit_lanes must be a divisor of lanes \(4\), not 3"),
        ({"lanes": 6}, r"units must be a multiple of lanes \(6\), not 8"),
        ({"other_bits": 17, "ports": 1}, "other_bits must be 0 with one port or with moved images, not 17"),
        ({"other_bits": 17, "frame": Frame(12, 4, 2)}, "other_bits must be 0 with one port or with moved images"),
        ({"layers": (ArrayLayer(5, 12, 27, 4),)}, "update_shift must be from 1 to 26, not 27"),
        (
            {"layers": (ArrayLayer(5, 12, 9, 4), ArrayLayer(5, 12, 9, 0))},
            "initial_bits must be 0 for all layers or none",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ArrayPlan(**VALUES | changes)
