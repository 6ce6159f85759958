"""Likelihoods in an array of memristors: the same machine, read and programmed through pins."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.stimulus import BayesStimulus
from hwgen.errors import BusError, DesignError, HwgenError
from rtl_tests.bayes.designs import make_design, random_table
from rtl_tests.emit.run_bench import run_bench
from sim.backends import open_rtl
from sim.virtual_board import VirtualBoard

PHASES = {"clock_hz": 1_000_000, "programming": {"forming_ns": 2000, "supply_ns": 2000}}
MACHINES: dict[str, dict[str, Any]] = {
    "stochastic": {"mode": "stochastic", "rows": 3, "bins": [5, 3, 4], "likelihood_bits": 5, "cycles": 21, "lanes": 2},
    # A decision takes longer than the reads of the next.
    "slow": {"mode": "stochastic", "rows": 2, "bins": [3], "cycles": 255},
    "stop": {"mode": "stochastic", "rows": 3, "bins": [4, 9], "stop": "lead", "lead": 2, "likelihood_bits": 6},
    "logarithmic": {"mode": "logarithmic", "rows": 4, "bins": [20, 7, 2], "likelihood_bits": 8},
    "filter": {"mode": "logarithmic", "rows": 3, "bins": [6], "likelihood_bits": 4, "feedback": True, "prior": True},
}
ARRAYS: dict[str, dict[str, Any]] = {
    "stochastic": {"columns": 32, "sense": "row", "read": {"evaluate_ns": 3000, "off_ns": 2000}},
    "stop": {"columns": 16, "rows": 32},
}


def config_of(name: str, **others: Any) -> BayesConfig:
    array = PHASES | ARRAYS.get(name, {}) | others
    return BayesConfig.parse(MACHINES[name] | {"memory": "array", "array": array})


@pytest.mark.parametrize("name", MACHINES)
def test_hardware_equals_golden_in_every_bit_and_clock(name: str) -> None:
    config = config_of(name)
    rng = np.random.default_rng(1)
    stimulus = BayesStimulus(config)
    design = make_design(config, random_table(config, rng))
    machine, model = hwgen.open_design(design, "rtl"), hwgen.open_design(design)
    try:
        assert machine.dump() == model.dump() == design.parameters
        for count in (1, 2, 30):
            inputs = stimulus.random_inputs(count, rng)
            found, expected = machine.infer(**inputs), model.infer(**inputs)
            assert not found.differences(expected).any()
            assert found.elapsed_cycles == expected.elapsed_cycles
            assert found.busy_cycles == expected.busy_cycles
        assert machine.errors() == model.errors()
        inputs = stimulus.random_inputs(30, rng)
        expected = model.infer(**inputs)
        payloads = stimulus.pack_samples(**inputs)
        results, _ = machine.transport.stream(payloads, len(payloads), x_stall=0.3, y_stall=0.6, seed=1)
        np.testing.assert_array_equal(results, stimulus.pack_results(expected))
        machine.soft_reset()
        assert machine.status("loaded") and machine.dump() == design.parameters
    finally:
        machine.close()


def test_the_bus_reads_while_words_wait_and_is_refused_while_unlocked() -> None:
    config = config_of("logarithmic")
    design = make_design(config, random_table(config, np.random.default_rng(2)))
    stimulus = BayesStimulus(config)
    machine = hwgen.open_design(design, "rtl")
    model = hwgen.open_design(design)
    try:
        inputs = stimulus.random_inputs(8, np.random.default_rng(3))
        payloads = stimulus.pack_samples(**inputs)
        # The machine is full, and y takes nothing.
        machine.transport.stream(payloads[:3], 0)
        assert machine.status("busy")
        with pytest.raises(HwgenError, match="the array cannot be unlocked while a sample is in the machine"):
            machine.array.unlock()
        with pytest.raises(HwgenError, match="likelihoods cannot be loaded while a sample is in the machine"):
            machine.load(design.parameters)
        machine.clear_errors()
        assert machine.dump() == design.parameters
        results, _ = machine.transport.stream(payloads[3:], 8)
        np.testing.assert_array_equal(results, stimulus.pack_results(model.infer(**inputs)))
        address = stimulus.likelihood_addresses()[:1]
        with pytest.raises(BusError):
            machine.transport.write(address, np.array([1], np.uint32))
        with machine.array.programming():
            with pytest.raises(BusError):
                machine.transport.read(address)
        with pytest.raises(BusError):
            machine.transport.read(address + np.uint32(4 * machine.map.window("likelihoods").words - 4))
        assert machine.transport.read(address)[0] == design.parameters.streams[0][0, 0]
    finally:
        machine.close()


def test_samples_wait_while_the_array_is_unlocked() -> None:
    config = config_of("logarithmic")
    design = make_design(config, random_table(config, np.random.default_rng(2)))
    stimulus = BayesStimulus(config)
    machine = open_rtl(design)
    try:
        machine.transport._limit = 500
        payloads = stimulus.pack_samples(np.zeros((1, 3), int))
        with machine.array.programming(), pytest.raises(HwgenError, match="after 0 of 2 transfers"):
            machine.transport.stream(payloads, 1)
        assert len(machine.transport.stream(payloads, 1)[0]) == 1
    finally:
        machine.close()


def test_a_host_that_locks_a_locked_array_disturbs_no_decision() -> None:
    config = config_of("logarithmic")
    design = make_design(config, random_table(config, np.random.default_rng(2)))
    stimulus = BayesStimulus(config)
    machine = open_rtl(design)
    try:
        inputs = stimulus.random_inputs(1, np.random.default_rng(4))
        machine.transport.stream(stimulus.pack_samples(**inputs), 0)
        machine.array.abort()
        machine.array.lock()
        results, _ = machine.transport.stream(np.zeros((0, 1), np.uint32), 1)
        expected = hwgen.open_design(design).infer(**inputs)
        np.testing.assert_array_equal(results, stimulus.pack_results(expected))
        # A soft reset in mid-read drops the sample, and the next one is read.
        machine.transport.stream(stimulus.pack_samples(**inputs), 0)
        machine.soft_reset()
        assert not machine.infer(**inputs).differences(expected).any()
        assert machine.read_register("samples") == 1
    finally:
        machine.close()


def test_verify_finds_no_difference() -> None:
    found = hwgen.verify(make_design(config_of("stop"), None), samples=50)
    assert found.ok and found.samples == 50


def test_a_virtual_board_has_an_array_at_its_pins() -> None:
    values = {"mode": "logarithmic", "rows": 2, "bins": [2, 3], "likelihood_bits": 4, "memory": "array"}
    config = BayesConfig.parse(values | {"array": PHASES | {"programming": {"forming_ns": 1000, "supply_ns": 1000}}})
    design = make_design(config, random_table(config, np.random.default_rng(5)))
    with VirtualBoard(design) as virtual:
        machine = hwgen.open_design(design, f"serial:{virtual.port}")
        try:
            assert machine.dump() == design.parameters
            inputs = machine.stimulus.random_inputs(10, np.random.default_rng(6))
            assert not machine.infer(**inputs).differences(hwgen.open_design(design).infer(**inputs)).any()
        finally:
            machine.close()


def test_the_published_geometry_follows_from_the_machine() -> None:
    published = {"mode": "stochastic", "rows": 4, "bins": [512] * 4, "memory": "array"}
    geometry = BayesConfig.parse(published | {"array": {"clock_hz": 1_000_000, "columns": 64}}).array_config.geometry
    assert geometry == hwgen.memristor.geometry.BAYES_64X64
    geometry = BayesConfig.parse(published | {"bins": [8] * 4, "array": PHASES}).array_config.geometry
    assert geometry == hwgen.memristor.geometry.BAYES_8X8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"array": None}, 'bayes.array is missing: with memory = "array" it says at least clock_hz'),
        ({"memory": "bram"}, 'bayes.array has no meaning with memory = "bram"; leave it out'),
        ({"memory": "flash"}, "bayes.memory must be one of 'bram', 'array' or 'emulated', not 'flash'"),
        ({"initialised": True}, 'bayes.initialised must be false with memory = "array"'),
        (
            {"array": {"clock_hz": 1_000_000, "rows": 16}},
            "bayes.array.rows must be at least 32: 20 likelihoods, 1 in a",
        ),
        *(
            (
                {"array": {"clock_hz": 1_000_000, "columns": columns}},
                f"bayes.array.columns must be a power of two of at least 8, the cells of a likelihood, not {columns}",
            )
            for columns in (4, 12)
        ),
        ({"array": {"clock_hz": 1}}, "bayes.array.clock_hz must be at least 1000000, not 1"),
        ({"array": PHASES | {"attempts": 0}}, "bayes.array.attempts must be at least 1, not 0"),
        (
            {"array": {"clock_hz": 1_000_000, "programming": {"set_ns": 200_000}}},
            "bayes.array: set_ns must be at most 100000, not 200000",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    values = MACHINES["logarithmic"] | {"memory": "array", "array": PHASES} | change
    with pytest.raises(DesignError, match=message):
        BayesConfig.parse(values)


def test_what_a_machine_needs_is_what_is_emitted() -> None:
    config = config_of("stop")
    design = make_design(config, None)
    needs = design.needs
    (ledger,) = needs.memories
    found = re.findall(r"^ *reg \[(\d+):0\] \S+ +\[(\d+):0\];", design.verilog().text, flags=re.MULTILINE)
    assert [(int(width) + 1, int(last) + 1) for width, last in found] == [(ledger.width, ledger.words)]
    assert ledger.initialised  # wear and failed cells count from zero
    clocks = config.array_config.read_clocks.total * config.streams
    assert (config.memory_clocks, config.interval) == (clocks + 3, clocks + 4)
    assert needs.cycles_per_sample == max(config.slots, config.interval)
    assert needs.start_clocks > config.array_config.programming_clocks.supply


def test_machines_with_block_ram_keep_their_hash() -> None:
    config = BayesConfig.parse(MACHINES["logarithmic"])
    assert "memory" not in config.parameters() and "array" not in config.parameters()
    assert BayesConfig.parse(MACHINES["logarithmic"] | {"memory": "bram"}).hash == config.hash
    assert config_of("logarithmic").hash != config.hash


SIMULATORS = [pytest.param("icarus", marks=pytest.mark.requires_icarus), "verilator"]


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_the_package_has_an_array_in_its_bench(simulator: str, tmp_path: Path) -> None:
    design = make_design(config_of("stop"), None, "dut")
    hwgen.generate(design, tmp_path / "dut")
    verilog = (tmp_path / "dut" / "dut.v").read_text()
    ports = re.search(r"^module dut\((.*)\);", verilog, flags=re.MULTILINE)
    assert ports is not None
    names = ("row", "column", "cblen", "cbl", "csl", "cwl", "supply", "data")
    assert ports[1].split(", ")[-8:] == [f"array_{name}" for name in names]
    assert "model" not in verilog
    result = run_bench(tmp_path / "dut", simulator)
    assert result.returncode == 0 and "PASS" in result.stdout, result.stdout


def test_the_bench_fails_where_the_array_holds_another_bit(tmp_path: Path) -> None:
    design = make_design(config_of("stop"), None, "dut")
    folder = tmp_path / "dut"
    hwgen.generate(design, folder)
    bench = (folder / "dut_tb.sv").read_text()
    damaged = re.sub(r"(wire|assign) (.*pins_data = )", r"\1 \2 1 ^ ", bench, count=1)
    assert damaged != bench
    (folder / "dut_tb.sv").write_text(damaged)
    assert run_bench(folder, "verilator").returncode != 0


def test_behind_other_buses(tmp_path: Path) -> None:
    design = make_design(config_of("stop"), None, "dut")
    hwgen.generate(design, tmp_path / "dut", bus="axi4lite", stream="axi4stream")
    result = run_bench(tmp_path / "dut", "verilator")
    assert result.returncode == 0 and "PASS" in result.stdout, result.stdout
