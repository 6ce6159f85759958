"""What a bench says, and what its golden model refuses."""

from typing import Any

import pytest

from hwgen.chips.config import ChipConfig
from hwgen.chips.target import target_design
from hwgen.errors import DesignError, HwgenError
from sim.chip_bench import behavioural_chip, run_bench
from sim.chip_report import ChipReport
from sim.golden.chip import ChipModel


@pytest.mark.parametrize(("errors", "ok"), [([], True), (["array_pulse_cut"], False), (["array_refused"], False)])
def test_a_bench_with_an_error_is_not_verified(errors: list[str], ok: bool) -> None:
    report = ChipReport("bayes-8x8", "rtl", 2_000_000, 1_000_000, modes=[], errors=errors, breaches=[])
    assert report.ok == ok


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"control_clocks": -1}, "control_clocks must lie between 0 and 255, not -1"),
        ({"column_clocks": 1.0}, "column_clocks must be an integer, not 1.0"),
        ({"input_clocks": 0}, "input_clocks must lie between 1 and 255, not 0"),
        ({"inference_clocks": 0}, "inference_clocks must lie between 1 and 255, not 0"),
        ({"counter_start": 77}, "counter_start must lie between 0 and 15, not 77"),
        ({"inverted": 1}, "inverted must be True or False, not 1"),
        ({"pulse_ns": -1.0}, "pulse_ns must be a number of at least 0, not -1.0"),
        ({"forming_ns": float("nan")}, "forming_ns must be a number of at least 0, not nan"),
        ({"foo": 3}, "foo is no fact of a chip that may be another; those are inverted, input_clocks, .*, pulse_ns$"),
        ({"inner_bits": 6}, "inner_bits is no fact of a chip that may be another"),
        ({"stuck": 7}, "stuck must be a share from 0 to 1, not 7"),
        ({"stuck": -7}, "stuck must be a share from 0 to 1, not -7"),
        ({"stuck": float("nan")}, "stuck must be a share from 0 to 1, not nan"),
        ({"seed": -7}, "seed must be at least 0, not -7"),
    ],
)
def test_a_chip_that_cannot_be_is_refused(what: dict[str, Any], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        behavioural_chip(target_design("chip:bayes-8x8"), **what)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"stuck": 0.1}, "stuck belongs to backend rtl, as it is told to the model of the chip; leave it out"),
        ({"facts": {"control_clocks": 3}}, "facts belongs to backend rtl"),
    ],
)
def test_what_belongs_to_the_model_of_a_chip_is_refused_with_a_bench(what: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        run_bench(target_design("chip:bayes-8x8"), {}, "serial:/dev/none", **what)
    with pytest.raises(HwgenError, match="seed must be at least 0, not -7"):
        run_bench(target_design("chip:bayes-8x8"), {}, "serial:/dev/none", seed=-7)


@pytest.mark.parametrize(
    ("chip", "setting", "value", "message"),
    [
        ("bayes-64x64", "mode", "foo", "mode of bayes-64x64 must be stochastic or logarithmic, not 'foo'"),
        ("bayes-8x8", "mode", "stochastic", "mode of bayes-8x8 must be logarithmic, not 'stochastic'"),
        ("bayes-8x8", "seeds", [0, 1], "bayes-8x8 has no stochastic mode, and no seeds"),
        ("bayes-64x64", "seeds", [1, 2, 3], "seeds must be 4, one for each column, not 3"),
        ("bayes-64x64", "seeds", [1, 2, 3, 0], "a seed must lie between 1 and 255 .*, not 0"),
        ("bayes-8x8", "cycles", 5, "bayes-8x8 has no stochastic mode, and no cycles"),
        ("bayes-64x64", "cycles", 0, "cycles must lie between 1 and 255, not 0"),
        ("bayes-64x64", "cycles", 300, "cycles must lie between 1 and 255, not 300"),
    ],
)
def test_the_golden_model_refuses_what_the_driver_does(chip: str, setting: str, value: object, message: str) -> None:
    model = ChipModel(ChipConfig(chip=chip))
    change = {"mode": model.set_mode, "seeds": model.load_seeds, "cycles": model.set_cycles}[setting]
    with pytest.raises(HwgenError, match=message):
        change(value)
