"""What ``--target chip:...`` emits: the package, its bench, and a controller behind a serial link."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.api import golden_vectors
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.chips.likelihoods import chip_words
from hwgen.chips.profile import PROFILES
from hwgen.emit.package import package_files
from rtl_tests.chips.benches import quick_design, random_table
from rtl_tests.emit.run_bench import run_bench
from sim.virtual_board import VirtualBoard


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    hwgen.generate(replace(quick_design("bayes-8x8"), name="dut"), folder / "dut")
    return folder / "dut"


def test_the_package_is_reproducible_and_complete(package: Path) -> None:
    design = replace(quick_design("bayes-8x8"), name="dut")
    files = package_files(design, golden_vectors(design.with_trial_parameters()), Interfaces())
    assert {path.name: path.read_text() for path in package.iterdir()} == files
    assert {"dut.v", "dut_uart.v", "dut_registers.md", "dut_registers.rdl", "dut_tb.sv", "dut.core"} <= files.keys()
    pins = ", ".join(f"chip_{pin.name}" for pin in PROFILES["bayes-8x8"].pins)
    assert f"module dut_uart(clk, rst, rx, tx, {pins}, chip_supply);" in files["dut_uart.v"]


@pytest.mark.requires_icarus
def test_the_bench_of_the_package_passes_and_finds_an_altered_bit(package: Path) -> None:
    assert "PASS: 64 results and the cycle counter" in run_bench(package, "icarus").stdout
    expected = package / "dut_y.hex"
    text = expected.read_text()
    last = text.rstrip()[-1]
    expected.write_text(text.rstrip()[:-1] + format(int(last, 16) ^ 1, "x") + "\n")
    try:
        assert "PASS" not in run_bench(package, "icarus").stdout
    finally:
        expected.write_text(text)


def test_a_bench_on_a_serial_port_programs_and_decides() -> None:
    design = quick_design("bayes-8x8")
    table = random_table("logarithmic", 2, seed=8)
    with VirtualBoard(design) as virtual:
        driver = hwgen.open_design(design, f"serial:{virtual.port}")
        try:
            model = hwgen.open_design(design)
            assert not driver.program(table).failed.any()
            model.load(table)
            samples = np.random.default_rng(9).integers(0, 2, (6, 4))
            assert not driver.infer(samples).differences(model.infer(samples)).any()
            assert len(chip_words(design.config.profile, table)) == len(driver.verify(table).read)
        finally:
            driver.close()
