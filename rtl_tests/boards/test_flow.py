"""The flow, with tools that write what the real ones would: caching, resumption, reports, choice of clock."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import boards.flow
from boards.build import build
from boards.definitions import BOARDS
from boards.flow import synthesise
from boards.report import Report
from boards.tools import Tool
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError

BOARD = BOARDS["ulx3s-85f"]


@pytest.fixture
def design() -> Design:
    values = {"mode": "logarithmic", "rows": 2, "bins": [2, 2], "initialised": False}
    return Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(values))


class Tools:
    """Stands for the tools: writes their outputs and remembers their runs."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.fmax = 110.0
        self.interrupted = ""

    def find(self, name: str) -> Tool:
        return Tool(name, f"/bin/{name}", f"{name} 1.0")

    def run(self, tool: Tool, arguments: Sequence[str], folder: Path) -> float:
        self.runs.append(tool.name)
        if tool.name == self.interrupted:
            (folder / "bitstream.bit").write_bytes(b"half")
            raise KeyboardInterrupt
        match tool.name:
            case "yosys":
                top = "tiny" if "module tiny_board" not in (folder / "design.v").read_text() else "tiny_board"
                cells = {
                    "engine": "$scopeinfo",
                    "engine.total_LUT4_Z": "LUT4",
                    "ready_FF": "TRELLIS_FF",
                }
                module = {
                    "ports": {},
                    "cells": {name: {"type": kind, "connections": {}} for name, kind in cells.items()},
                }
                (folder / "netlist.json").write_text(json.dumps({"modules": {top: module}}))
            case "nextpnr-ecp5":
                (folder / "routed").write_text("routed")
                seed = int(arguments[arguments.index("--seed") + 1])
                timing = {
                    "fmax": {"clk": {"achieved": self.fmax + seed}},
                    "critical_paths": [],
                    "utilization": {"TRELLIS_COMB": {"used": 7}, "TRELLIS_FF": {"used": 3}},
                }
                (folder / "timing.json").write_text(json.dumps(timing))
            case "ecppack":
                (folder / "bitstream.bit").write_bytes(b"whole")
        return 0.0


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    stand_in = Tools()
    monkeypatch.setattr(boards.flow, "find_tool", stand_in.find)
    monkeypatch.setattr(boards.flow, "run_tool", stand_in.run)
    return stand_in


def test_second_run_runs_no_tool(design: Design, tools: Tools, tmp_path: Path) -> None:
    first = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert tools.runs == ["yosys", "nextpnr-ecp5"]
    second = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert tools.runs == ["yosys", "nextpnr-ecp5"]
    assert first == second


def test_more_seeds_keep_what_was_placed(design: Design, tools: Tools, tmp_path: Path) -> None:
    synthesise(design, BOARD, tmp_path, out_of_context=True)
    report = synthesise(design, BOARD, tmp_path, out_of_context=True, seeds=3)
    assert tools.runs == ["yosys", *["nextpnr-ecp5"] * 3]
    assert report.clocks[0].fmax_mhz_by_seed == (111, 112, 113)
    assert report.fmax_mhz == 112


def test_report_counts_what_was_placed_and_what_each_module_takes(design: Design, tools: Tools, tmp_path: Path) -> None:
    report = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert report.used == {"lut": 7, "ff": 3, "block_ram": 0, "spram": 0, "dsp": 0}
    assert {module: (count["lut"], count["ff"]) for module, count in report.modules.items()} == {
        "(top)": (0, 1),
        "engine": (1, 0),
    }
    assert report.samples_per_second == 111e6
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(report.as_dict()))
    assert written["available"]["block_ram"] == 208
    assert written["memory_port_utilisation"] == 1


def test_interrupted_build_leaves_no_bitstream_and_is_resumed(design: Design, tools: Tools, tmp_path: Path) -> None:
    tools.interrupted = "ecppack"
    with pytest.raises(KeyboardInterrupt):
        build(design, BOARD, tmp_path, clock_mhz=100)
    assert not list(tmp_path.rglob("*.bit"))

    tools.interrupted = ""
    tools.runs.clear()
    built = build(design, BOARD, tmp_path, clock_mhz=100)
    assert tools.runs == ["ecppack"]
    assert built.files[0] == tmp_path / "tiny.bit"
    assert built.files[0].read_bytes() == b"whole"


def test_default_clock_is_the_fastest_with_margin(design: Design, tools: Tools, tmp_path: Path) -> None:
    built = build(design, BOARD, tmp_path)
    report: Report = built.report
    # 111 MHz were reached: 110 would have no margin.
    assert report.clock_mhz == 100
    assert report.timing_closed
    assert tools.runs == ["yosys", "nextpnr-ecp5"] * 2 + ["ecppack"]


def test_clock_that_does_not_close_timing_is_refused(design: Design, tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"does not close timing at 150 MHz: Fmax is 111\.0 MHz; lower --clock-mhz"):
        build(design, BOARD, tmp_path, clock_mhz=150)
    assert not list(tmp_path.glob("*.bit"))


def test_xilinx_gets_a_project_and_says_that_no_timing_was_closed(
    design: Design, tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    built = build(design, BOARDS["arty-a7-35t"], tmp_path)
    assert tools.runs == ["yosys"]
    assert {file.name for file in built.files} == {"tiny_board.v", "tiny_board.xdc", "tiny_board.tcl", "report.json"}
    script = (tmp_path / "tiny_board.tcl").read_text(encoding="utf-8")
    assert "xc7a35ticsg324-1L" in script
    assert "PACKAGE_PIN E3" in (tmp_path / "tiny_board.xdc").read_text(encoding="utf-8")
    assert (built.report.timing_closed, built.report.fmax_mhz) == (None, None)
    Console(width=120).print(built.report.table())
    assert "no timing was closed" in capsys.readouterr().out


def test_changed_parameters_synthesise_anew(design: Design, tools: Tools, tmp_path: Path) -> None:
    synthesise(design, BOARD, tmp_path, out_of_context=True)
    values = design.config.parameters() | {"rows": 3}
    synthesise(Design("tiny", design.core, BayesConfig.parse(values)), BOARD, tmp_path, out_of_context=True)
    assert tools.runs.count("yosys") == 2
