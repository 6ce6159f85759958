"""`hwgen verify` of Forward-Forward machines: no difference in bits, counters or clocks, in a test bench too."""

from typing import Any

import pytest

from hwgen import api
from hwgen.design import Design
from hwgen.ff.driver import FFDriver
from rtl_tests.ff.machines import tiny

DESIGNS: dict[str, Design] = {
    "supervised": tiny(layers=[6, 4, 2], bias=5),
    "contrastive": tiny(rule="contrastive"),
    "recurrent": tiny(rule="contrastive", recurrent=True, steps=3),
}


@pytest.mark.parametrize("rule", DESIGNS)
def test_the_verilog_is_the_golden_model(rule: str) -> None:
    report = api.verify(DESIGNS[rule], samples=100)
    assert report.ok
    assert report.samples == 100
    assert report.cycles_measured == report.cycles_predicted > report.busy_cycles_measured > 0


@pytest.mark.parametrize(
    ("rule", "simulator"),
    [
        pytest.param("supervised", "icarus", marks=pytest.mark.requires_icarus),
        pytest.param("contrastive", "icarus", marks=[pytest.mark.requires_icarus, pytest.mark.slow]),
        pytest.param("recurrent", "icarus", marks=[pytest.mark.requires_icarus, pytest.mark.slow]),
        pytest.param("supervised", "verilator", marks=pytest.mark.slow),
        pytest.param("contrastive", "verilator", marks=pytest.mark.slow),
    ],
)
def test_a_bench_finds_no_difference(rule: str, simulator: str) -> None:
    assert api.verify(DESIGNS[rule], backend="cocotb", simulator=simulator, samples=24).ok


@pytest.mark.parametrize("name", ["goodness_positive_0", "saturated_0", "pass_cycles"])
def test_a_counter_that_differs_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = FFDriver.statistics

    def wrong(self: FFDriver) -> dict[str, Any]:
        statistics = honest(self)
        return statistics | {name: statistics[name] + 1}

    monkeypatch.setattr(FFDriver, "statistics", wrong)
    report = api.verify(DESIGNS["contrastive"], samples=20)
    assert not report.ok and not report.statistics_equal and report.mismatches == 0
