"""Devices at the array pins of a cocotb bench: they serve a good controller and find bad ones."""

import os
import re
from pathlib import Path

import pytest

from hwgen import registry
from hwgen.api import load_design
from hwgen.design import Design
from hwgen.emit.verilog import Verilog
from hwgen.memristor import interface
from rtl_tests.devices.array_bench import CONFIG
from rtl_tests.memristor import mutants
from sim.backends.cocotb_runner import run_cocotb

pytestmark = pytest.mark.requires_icarus

GOOD = "programmed_devices|cut_by_a_reset|as_they_have_fallen|weak_pulses"

X_LINES = """
module machine(input clk, rst, output [3:0] array_row, array_column, output reg array_cwl,
               output array_cblen, array_cbl, array_csl, output [2:0] array_supply, input [7:0] array_data);
assign {array_row, array_column, array_cblen, array_cbl, array_csl, array_supply} = 0;
endmodule
"""

WRONG_PINS = """
module machine(input clk, rst, output array_row, output [1:0] array_column, array_cwl,
               output array_cblen, array_cbl, array_csl, input [2:0] array_data);
endmodule
"""


def run(folder: Path, benches: str, simulator: str = "icarus", verilog: Verilog | None = None) -> None:
    design = Design("machine", registry.core("bayes", "a test"), CONFIG)
    run_cocotb(
        design.verilog() if verilog is None else verilog,
        design.name,
        simulator,
        "rtl_tests.devices.array_bench",
        folder,
        environment={"COCOTB_TEST_FILTER": benches},
        seed=1,
    )


@pytest.mark.parametrize("simulator", ["icarus", pytest.param("verilator", marks=pytest.mark.slow)])
def test_devices_serve_a_good_controller(tmp_path: Path, simulator: str) -> None:
    run(tmp_path, GOOD, simulator)


@pytest.mark.parametrize(
    ("bench", "message"),
    [
        ("a_set_pulse", "devices under weak RESET take RESET pulses only"),
        ("unannounced", "ProtocolBreach: .*a line changes near an open word line"),
    ],
)
def test_a_host_that_does_what_it_must_not_fails_the_bench(tmp_path: Path, bench: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        run(tmp_path, bench)


@pytest.mark.parametrize(
    ("damage", "breach"),
    [
        (mutants.move_the_address_with_the_word_line, "a line changes near an open word line"),
        (mutants.switch_without_a_wait, "a cell is connected before the supply stands"),
    ],
)
def test_a_controller_with_a_bug_fails_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: mutants.Damage, breach: str
) -> None:
    monkeypatch.setattr(interface, "ArraySequencers", lambda config: mutants.mutant(config, damage))
    with pytest.raises(AssertionError, match=rf"ProtocolBreach: clock \d+: .*{breach}"):
        run(tmp_path, "programmed_devices")


def test_the_example_of_the_documentation_passes(tmp_path: Path) -> None:
    pages = Path(__file__).resolve().parents[2] / "docs"
    page = (pages / "howto" / "cocotb.md").read_text()
    (block,) = re.findall(r"```py\n(.*?)```", page.split("\n## ", 1)[1].split("\n### ", 1)[0], re.DOTALL)
    (tmp_path / "example_bench.py").write_text(block)
    (table,) = re.findall(r"_text\('''\n(.*?)'''", (pages / "memristor.md").read_text(), re.DOTALL)
    (tmp_path / "machine.toml").write_text(table.replace("... ", ""))
    design = load_design(tmp_path / "machine.toml")
    path = os.pathsep.join([str(tmp_path), str(pages.parent)])
    environment = {"PYTHONPATH": path}
    run_cocotb(design.verilog(), design.name, "icarus", "example_bench", tmp_path, environment=environment, seed=1)


def test_a_line_without_a_level_fails_the_bench(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ProtocolBreach: a line of the array has no level: cwl is X"):
        run(tmp_path, "no_level", verilog=Verilog(X_LINES, {}))


def test_pins_that_do_not_fit_the_array_fail_the_bench(tmp_path: Path) -> None:
    pins = re.escape(
        "HwgenError: machine has not the pins of the array: there is no array_supply (`prefix`, 'array_', is what the "
        "names of pins begin with); array_row must have at least 2 bits, not 1; array_column must have at least 3 "
        "bits, not 2; array_cwl must have 1 bit, not 2; array_data must have at least 8 bits, not 3"
    )
    with pytest.raises(AssertionError, match=pins):
        run(tmp_path, "no_level", verilog=Verilog(WRONG_PINS, {}))
