"""Machines whose scales keep them from learning say so, and what to change; machines that learn do not."""

import warnings
from typing import Any

import numpy as np
import pytest

from hwgen.ep.config import EPConfig
from hwgen.ep.latch import FEWEST, WINDOW, LatchUpWarning, warn_if_latched
from rtl_tests.ep.digits import digits, train_and_test
from sim.golden.ep import EPModel

CONFIG = EPConfig.parse({"layers": [8, 4, 6], "outputs_per_class": 2, "state_bits": [4, 3], "feedback_shift": 3})
ONE, BOTH, NONE = [7, 4, 0, 3, 3, 0], [4, 0, 0, 0, 7, 0], [3] * 6
"""Output states: active from 4 on. One class active, two classes active, none."""


def warn(states: list[list[int]], predictions: Any = 0, labels: Any = None) -> None:
    predictions = np.broadcast_to(np.asarray(predictions, np.int32), len(states))
    warn_if_latched(CONFIG, np.array(states, np.int32).reshape(-1, 6), predictions, labels)


def test_outputs_of_several_classes_active_are_latched() -> None:
    with pytest.warns(
        LatchUpWarning, match=r"90% of the last 100 samples .* latched.* ep.state_bits of the outputs \(3\)"
    ):
        warn([BOTH] * 90 + [ONE] * 10)
    with pytest.warns(LatchUpWarning, match=r"ep.feedback_shift of the last hidden layer \(3\)"):
        warn([ONE] * 5000 + [BOTH] * WINDOW)


def test_one_class_predicted_for_all_is_stuck() -> None:
    labels = np.arange(WINDOW, dtype=np.int32) % 3
    with pytest.warns(
        LatchUpWarning, match=r"class 2 was predicted for 100% of the last 1000 samples, 100% of which .* stuck"
    ):
        warn([NONE] * WINDOW, 2, labels)
    with pytest.warns(LatchUpWarning, match="0% of which left every output inactive"):
        warn([ONE] * WINDOW, 0, labels)


@pytest.mark.parametrize(
    ("states", "predictions", "labels"),
    [
        ([BOTH] * (FEWEST - 1), 0, None),
        ([BOTH] * 80 + [ONE] * 20, 0, None),
        ([BOTH] * 5000 + [ONE] * WINDOW, 0, None),
        ([ONE] * WINDOW, 0, None),
        ([NONE] * WINDOW, 0, np.zeros(WINDOW, np.int32)),
        ([NONE] * (WINDOW - 1), 0, np.arange(WINDOW - 1, dtype=np.int32) % 3),
        ([NONE] * WINDOW, np.arange(WINDOW) % 2, np.arange(WINDOW, dtype=np.int32) % 3),
        ([], 0, None),
    ],
    ids=[
        "few samples",
        "a fifth is fine",
        "at first only",
        "unlabelled",
        "one class",
        "few labels",
        "two answers",
        "no samples",
    ],
)
def test_what_says_nothing_gives_no_warning(states: Any, predictions: Any, labels: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn(states, predictions, labels)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"state_bits": [4, 3], "feedback_shift": 3}, "the outputs are latched"),
        ({"state_bits": [3, 4], "feedback_shift": 3}, "the outputs are latched"),
        ({"state_bits": [7, 4]}, "the states are stuck"),
    ],
    ids=str,
)
def test_scales_that_keep_a_machine_from_learning_are_told(values: dict[str, Any], message: str) -> None:
    with pytest.warns(LatchUpWarning, match=message):
        error = train_and_test(2, **values)
    assert error > 0.7


def test_inference_tells_of_latched_outputs_too() -> None:
    samples = digits()[0][:200]
    model = EPModel(
        EPConfig.parse({"layers": [64, 128, 10], "pixel_bits": 4, "state_bits": [3, 2], "feedback_shift": 3})
    )
    with pytest.warns(LatchUpWarning, match="the outputs are latched"):
        model.infer(samples)
