"""What a bench says, and what its golden model refuses."""

import pytest

from hwgen.chips.config import ChipConfig
from hwgen.errors import HwgenError
from sim.chip_report import ChipReport
from sim.golden.chip import ChipModel


@pytest.mark.parametrize(("errors", "ok"), [([], True), (["array_pulse_cut"], False), (["array_refused"], False)])
def test_a_bench_with_an_error_is_not_verified(errors: list[str], ok: bool) -> None:
    report = ChipReport("bayes-8x8", "rtl", 2_000_000, 1_000_000, modes=[], errors=errors, breaches=[])
    assert report.ok == ok


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
