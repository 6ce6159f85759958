"""Machines whose scales keep them from learning say so, and what to change; machines that learn do not."""

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig
from hwgen.ep.latch import FEWEST, STUCK_WINDOW, WINDOW, LatchUpWarning, warn_if_latched
from hwgen.ep.result import EPResult
from rtl_tests.ep.designs import open_machine
from rtl_tests.ep.digits import digits, train_and_test
from sim.golden.ep import EPModel

CONFIG = EPConfig.parse({"layers": [12, 4, 6], "outputs_per_class": 2, "state_bits": [4, 3], "feedback_shift": 3})
DEEP = EPConfig.parse({"layers": [12, 4, 4, 6], "outputs_per_class": 2, "state_bits": [4, 4, 3]})
ONE, BOTH, NONE, ZERO = [7, 4, 0, 3, 3, 0], [4, 0, 0, 0, 7, 0], [3] * 6, [0] * 6
"""Output states: active from 4 on. One class active, two classes active, none, and no state but 0."""


def warn(
    states: list[list[int]],
    predictions: Any = 0,
    labels: Any = None,
    *,
    config: EPConfig = CONFIG,
    samples: Any = None,
    learnt: Any = False,
    changed: Any = 0,
) -> None:
    """Tell of samples whose outputs ended so; by default all samples differ, and none was learnt from."""
    count = len(states)

    def each(value: Any) -> NDArray[np.int32]:
        return np.broadcast_to(np.asarray(value, np.int32), count)

    result = EPResult(
        predictions=each(predictions),
        states=np.array(states, np.int32).reshape(-1, 6),
        free_steps=each(3),
        negative_steps=each(learnt),
        positive_steps=each(learnt),
        changed=each(changed),
        flips=each(0),
    )
    different = np.arange(1, count + 1)[:, None] >> np.arange(12) & 1
    warn_if_latched(config, different if samples is None else samples, result, labels)


def test_outputs_of_several_classes_active_are_latched() -> None:
    with pytest.warns(
        LatchUpWarning, match=r"90% of the last 100 samples .* latched.* ep.state_bits of the outputs \(3\)"
    ):
        warn([BOTH] * 90 + [ONE] * 10)
    with pytest.warns(LatchUpWarning, match=r"ep.feedback_shift of the last hidden layer \(3\)"):
        warn([ONE] * 3000 + [BOTH] * WINDOW)


@pytest.mark.parametrize("learnt", [[False] * FEWEST, [True] * FEWEST, [True] + [False] * (FEWEST - 1)], ids=sum)
def test_no_state_but_0_is_silent_with_and_without_labels(learnt: list[bool]) -> None:
    with pytest.warns(
        LatchUpWarning, match=r"100% of the last 100 samples .* silent. Lower ep.state_bits \(\[4, 3\]\)"
    ):
        warn([ZERO] * FEWEST, learnt=learnt)
    with pytest.warns(LatchUpWarning, match=r"97% of the last 1000 samples .* raise ep.feedback_shift \(\[3\]\)"):
        warn([ONE] * 500 + [ZERO] * 970 + [ONE] * 30)


def test_a_deep_network_is_silent_only_where_it_does_not_learn() -> None:
    with pytest.warns(LatchUpWarning, match="the network is silent"):
        warn([ZERO] * FEWEST, config=DEEP, learnt=True)


@pytest.mark.parametrize(("config", "window"), [(CONFIG, STUCK_WINDOW), (DEEP, WINDOW)], ids=["one layer", "deep"])
def test_one_class_predicted_for_all_is_stuck(config: EPConfig, window: int) -> None:
    labels = np.arange(window + 200, dtype=np.int32) % 3
    with pytest.warns(
        LatchUpWarning,
        match=rf"class 2 was predicted for 100% of the last {window} samples, 100% of which .* stuck. Lower ep.state",
    ):
        warn([ONE] * 200 + [NONE] * window, [1] * 200 + [2] * window, labels, config=config)
    with pytest.warns(LatchUpWarning, match="0% of which left every output inactive: .* Raise ep.state_bits .* lower"):
        warn([ONE] * window, 0, labels[:window], config=config, learnt=True, changed=3)


@pytest.mark.parametrize(
    ("states", "values"),
    [
        ([BOTH] * (FEWEST - 1), {}),
        ([BOTH] * 80 + [ONE] * 20, {}),
        ([BOTH] * 3000 + [ONE] * WINDOW, {}),
        ([ZERO] * (FEWEST - 1), {}),
        ([ZERO] * 1940 + [ONE] * 40, {}),
        ([NONE] * WINDOW, {}),
        ([ZERO] * WINDOW, {"samples": np.zeros((WINDOW, 12), np.uint8)}),
        ([ZERO] * WINDOW, {"samples": np.arange(WINDOW)[:, None] % 99 >> np.arange(12) & 1}),
        ([ZERO] * WINDOW, {"learnt": True, "changed": [1] * 40 + [0] * 960}),
        ([ZERO] * WINDOW, {"config": DEEP}),
        ([ZERO] * WINDOW, {"config": DEEP, "learnt": [True] * 99 + [False] * 901}),
        ([ONE] * WINDOW, {}),
        ([NONE] * STUCK_WINDOW, {"labels": np.zeros(STUCK_WINDOW, np.int32)}),
        ([NONE] * (STUCK_WINDOW - 1), {"labels": np.arange(STUCK_WINDOW - 1, dtype=np.int32) % 3}),
        ([NONE] * (WINDOW - 1), {"labels": np.arange(WINDOW - 1, dtype=np.int32) % 3, "config": DEEP}),
        ([NONE] * 300, {"labels": np.arange(300, dtype=np.int32) % 3, "predictions": [0] * 290 + [1] * 10}),
        ([], {}),
    ],
    ids=[
        "few samples",
        "a fifth is fine",
        "at first only",
        "few silent samples",
        "a few are not silent",
        "inactive but not silent",
        "no active input",
        "few different samples",
        "silent but learning",
        "deep and untrained",
        "deep and hardly trained",
        "unlabelled",
        "one class",
        "few labels",
        "few labels for a deep network",
        "two answers",
        "no samples",
    ],
)
def test_what_says_nothing_gives_no_warning(states: Any, values: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn(states, **values)


def test_inputs_below_the_threshold_are_not_active() -> None:
    values: dict[str, Any] = {"layers": [12, 4, 6], "outputs_per_class": 2, "pixel_bits": 4, "input_threshold": 4}
    dark = np.random.default_rng(1).integers(0, 4, (200, 12))
    dim = np.random.default_rng(1).integers(0, 8, (200, 12))
    config = EPConfig.parse(values)
    gray = EPConfig.parse(values | {"input_bits": 2})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn([ZERO] * 200, config=config, samples=dark)
        warn([ZERO] * 200, config=gray, samples=dark)
    for each in (config, gray):
        with pytest.warns(LatchUpWarning, match="silent"):
            warn([ZERO] * 200, config=each, samples=dim)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"state_bits": [4, 3], "feedback_shift": 3}, "the outputs are latched"),
        ({"state_bits": [3, 4], "feedback_shift": 3}, "the outputs are latched"),
        ({"state_bits": [7, 4]}, "the network is silent"),
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


SILENT = EPConfig.parse(
    {"layers": [64, 32, 10], "pixel_bits": 4, "lanes": 16, "state_bits": [5, 3], "feedback_shift": 0}
)


@pytest.mark.parametrize("count", [100, 999, 1200])
def test_a_dead_network_is_told_of_however_it_is_used(count: int) -> None:
    samples, labels, _, _ = digits()
    samples, labels = samples[:count], labels[:count]
    for learn in (None, np.arange(count) != count // 2):
        with pytest.warns(LatchUpWarning, match="the network is silent. Lower ep.state_bits"):
            EPModel(SILENT).run(samples, labels, learn)
    with pytest.warns(LatchUpWarning, match="the network is silent"):
        EPModel(SILENT).infer(samples)


def test_the_driver_tells_of_it_too() -> None:
    samples, labels, _, _ = digits()
    driver = open_machine(SILENT)
    with pytest.warns(LatchUpWarning, match="the network is silent"):
        driver.infer(samples[:120])
    with pytest.warns(LatchUpWarning, match="the network is silent"):
        driver.run(samples[:120], labels[:120], np.arange(120) > 0)
    driver.close()


@pytest.mark.parametrize("layers", [[64, 16, 10], [64, 128, 10], [64, 64, 64, 10]], ids=str)
def test_untrained_networks_and_those_in_training_are_let_be(layers: list[int]) -> None:
    samples, labels, test, _ = digits()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = EPModel(EPConfig.parse({"layers": layers, "pixel_bits": 4}))
        model.infer(samples)
        for start in range(0, 400, 100):
            model.train(samples[start : start + 100], labels[start : start + 100])
        model.train(samples, labels)
        model.infer(test)
