"""The equilibrium-propagation machine's top module in cocotb benches, on both simulators."""

import re
from pathlib import Path

import pytest

from rtl_tests.ep.core_bench import CONFIG, FLIP
from rtl_tests.ep.designs import BENCH_CONFIGS, bench_config, make_design, tiny_machine
from sim.backends.cocotb_runner import run_cocotb

SIMULATORS = ["verilator", pytest.param("icarus", marks=pytest.mark.requires_icarus)]


SEEDS = range(1, 21)
QUICK_SEEDS = {"icarus": (2, 6, 18), "verilator": (1,)}
"""Of random machines; the others are slow tests."""
RANDOM = [
    pytest.param(
        seed,
        simulator,
        marks=[pytest.mark.slow] * (seed not in QUICK_SEEDS[simulator])
        + [pytest.mark.requires_icarus] * (simulator == "icarus"),
    )
    for seed in SEEDS
    for simulator in QUICK_SEEDS
]


def run(name: str, simulator: str, folder: Path, seed: int = 1, **environment: str) -> None:
    verilog = make_design(bench_config(name)).verilog()
    environment = {CONFIG: name, FLIP: "", **environment}
    run_cocotb(verilog, "machine", simulator, "rtl_tests.ep.core_bench", folder, environment=environment, seed=seed)


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("name", BENCH_CONFIGS)
def test_benches_pass(name: str, simulator: str, tmp_path: Path) -> None:
    run(name, simulator, tmp_path)


@pytest.mark.parametrize(("seed", "simulator"), RANDOM)
def test_random_machines_pass_under_random_back_pressure(seed: int, simulator: str, tmp_path: Path) -> None:
    run(str(seed), simulator, tmp_path, seed, COCOTB_TEST_FILTER="back_pressure")


def test_the_quick_random_machines_have_what_the_others_lack() -> None:
    machines = [tiny_machine(seed) for seed in QUICK_SEEDS["icarus"]]
    assert any(not config.learning for config in machines)
    assert any(config.learning and config.memory_ports == 1 for config in machines)
    assert any(config.input_bits > 1 for config in machines)
    assert any(config.outputs_per_class > 1 for config in machines)


@pytest.mark.requires_icarus
@pytest.mark.parametrize(
    ("flip", "message"), [("result", r"result 0 is .*, not "), ("memory", r"0x\w+ holds .*, not ")]
)
def test_an_expected_bit_that_is_altered_fails_the_bench(flip: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=rf"(?s)1 of 1 tests .*{message}"):
        run("serial", "icarus", tmp_path, COCOTB_TEST_FILTER="back_pressure", **{FLIP: flip})


@pytest.mark.parametrize("name", BENCH_CONFIGS)
def test_nothing_in_the_verilog_waits_for_a_first_event(name: str) -> None:
    # A 4-state simulator does not run `always @*` at time 0: what it drives would be X until an input changes.
    text = make_design(bench_config(name)).verilog().text
    assert set(re.findall(r"always\w*\s*@?\s*\(?[^)\n]*", text)) == {"always @(posedge clk"}
