"""The Bayesian machine's top module in cocotb benches, on both simulators."""

import re
from pathlib import Path

import pytest

from rtl_tests.bayes.designs import BENCH_CONFIGS, bench_design
from rtl_tests.bayes.scoreboard import DESIGN, FLIP
from sim.backends.cocotb_runner import run_cocotb

SIMULATORS = ["verilator", pytest.param("icarus", marks=pytest.mark.requires_icarus)]


def run(name: str, simulator: str, folder: Path, **environment: str) -> None:
    design = bench_design(name)
    environment = {DESIGN: name, FLIP: "", **environment}
    run_cocotb(
        design.verilog(),
        design.name,
        simulator,
        "rtl_tests.bayes.core_bench",
        folder,
        environment=environment,
        seed=1,
    )


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("name", BENCH_CONFIGS)
def test_benches_pass(name: str, simulator: str, tmp_path: Path) -> None:
    run(name, simulator, tmp_path)


@pytest.mark.parametrize("bit", [0, 100])
def test_an_expected_bit_that_is_altered_fails_the_bench(bit: int, tmp_path: Path) -> None:
    only_one = {"COCOTB_TEST_FILTER": "decisions_follow"}
    with pytest.raises(AssertionError, match=r"(?s)1 of 1 tests .* result \d+ is \w+, not \w+"):
        run("logarithmic", "verilator", tmp_path, **only_one, **{FLIP: str(bit)})


@pytest.mark.parametrize("name", BENCH_CONFIGS)
def test_nothing_in_the_verilog_waits_for_a_first_event(name: str) -> None:
    # A 4-state simulator does not run `always @*` at time 0: what it drives would be X until an input changes.
    text = bench_design(name).verilog().text
    assert not re.search(r"always\s*@\s*\(?\s*\*", text)
    assert set(re.findall(r"always\w*\s*@?\s*\(?[^)\n]*", text)) == {"always @(posedge clk"}
