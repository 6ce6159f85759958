"""A small design, and tools that write what the real ones would."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

import boards.flow
from boards.definitions import Board
from boards.tools import Tool
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import ToolError


@pytest.fixture
def design() -> Design:
    """The smallest machine."""
    values = {"mode": "logarithmic", "rows": 2, "bins": [2, 2], "initialised": False}
    return Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(values))


PLACED = {
    "nextpnr-ecp5": ("TRELLIS_COMB", "TRELLIS_FF"),
    "nextpnr-ice40": ("ICESTORM_LC",),
    "nextpnr-himbaechel-gowin": ("LUT4", "DFF"),
}


class Tools:
    """Stands for the tools: writes their outputs and remembers their runs."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.aims: list[float] = []
        self.fmax = 110.0
        self.fmax_at: Callable[[float], float] = lambda aim: self.fmax
        """Fmax in MHz by the clock that place and route aims at; each seed adds its number."""
        self.luts = 1
        self.missing = ""
        self.interrupted = ""
        self.failing = ("", "")
        """A tool, and what it says when it fails."""

    def find(self, name: str) -> Tool:
        if name == self.missing:
            raise ToolError(f"{name} is not installed")
        return Tool(name, f"/bin/{name}", f"{name} 1.0")

    def run(self, tool: Tool, arguments: Sequence[str], folder: Path) -> float:
        self.runs.append(tool.name)
        if tool.name == self.interrupted:
            (folder / "bitstream.bit").write_bytes(b"half")
            raise KeyboardInterrupt
        if tool.name == self.failing[0]:
            raise ToolError(self.failing[1])
        match tool.name:
            case "yosys":
                self._synthesise(folder)
            case "nextpnr-ecp5" | "nextpnr-ice40" | "nextpnr-himbaechel-gowin":
                self._place(tool.name, arguments, folder)
            case "ecppack":
                (folder / "bitstream.bit").write_bytes(b"whole")
            case "icepack":
                (folder / "bitstream.bin").write_bytes(b"whole")
            case "gowin_pack":
                (folder / "bitstream.fs").write_bytes(b"whole")
        return 0.0

    def _synthesise(self, folder: Path) -> None:
        top = "tiny" if "module tiny_board" not in (folder / "design.v").read_text() else "tiny_board"
        cells = {"engine": "$scopeinfo", "ready_FF": "TRELLIS_FF", "bank_FF": "DFF"}
        script = (folder / "synthesise.ys").read_text(encoding="utf-8")
        lut = next((name for command, name in (("ice40", "SB_LUT4"), ("gowin", "LUT4")) if command in script), "LUT4")
        cells |= {f"engine.total_{number}_Z": lut for number in range(self.luts)}
        module = {
            "ports": {},
            "cells": {
                name: {"type": kind, "connections": {"O": [name]}, "port_directions": {"O": "output"}}
                for name, kind in cells.items()
            },
        }
        (folder / "netlist.json").write_text(json.dumps({"modules": {top: module}}))

    def _place(self, tool: str, arguments: Sequence[str], folder: Path) -> None:
        (folder / "routed").write_text("routed")
        seed = int(arguments[arguments.index("--seed") + 1])
        aim = float(arguments[arguments.index("--freq") + 1])
        self.aims.append(aim)
        used = dict(zip(PLACED[tool], (7, 3), strict=False))
        timing = {
            "fmax": {"clk": {"achieved": self.fmax_at(aim) + seed}},
            "critical_paths": [],
            "utilization": {name: {"used": count} for name, count in used.items()},
        }
        (folder / "timing.json").write_text(json.dumps(timing))


def emit_top(design: Design, board: Board, clock_hz: float) -> SimpleNamespace:
    """Stands for the Verilog of the whole top level."""
    return verilog(design, f"{board.name} {clock_hz}")


def verilog(design: Design, setting: str) -> SimpleNamespace:
    """Stands for a design's Verilog: as text, what it depends on."""
    return SimpleNamespace(text=f"// {design.config.parameters()} {setting}\n", ports={"led": 3})


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    """The tools that the flow runs meanwhile."""
    stand_in = Tools()
    monkeypatch.setattr(boards.flow, "find_tool", stand_in.find)
    monkeypatch.setattr(boards.flow, "run_tool", stand_in.run)
    # Emitting the Verilog takes seconds, and the stand-ins only look for the top module's name.
    monkeypatch.setattr(boards.flow, "emit_top", emit_top)
    monkeypatch.setattr(Design, "verilog", lambda self: verilog(self, ""))
    return stand_in
