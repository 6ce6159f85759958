"""Builds, with tools that write what the real ones would: choice of clock, and what lies beside a bitstream."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards.build import build
from boards.definitions import BOARDS
from boards.errors import MissesTiming
from boards.flow import synthesise
from boards.report import Report
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError

BOARD = BOARDS["ulx3s-85f"]


def test_interrupted_build_leaves_no_bitstream_and_is_resumed(design: Design, tools: Any, tmp_path: Path) -> None:
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


def test_a_design_that_the_board_does_not_connect_is_refused_before_a_tool_is_missed(
    design: Design, tools: Any, tmp_path: Path
) -> None:
    tools.missing = "yosys"
    parameters = design.config.parameters() | {"memory": "array", "array": {"clock_hz": 25_000_000}}
    machine = replace(design, config=BayesConfig.parse(parameters))
    with pytest.raises(DesignError, match="tiny has pins of its own"):
        build(machine, BOARD, tmp_path)
    assert not list(tmp_path.iterdir())


def test_default_clock_is_the_fastest_with_margin(design: Design, tools: Any, tmp_path: Path) -> None:
    built = build(design, BOARD, tmp_path)
    report: Report = built.report
    # 111 MHz were reached: 110 would have no margin.
    assert report.clock_mhz == 100
    assert report.timing_closed
    assert tools.runs == ["yosys", "nextpnr-ecp5"] * 2 + ["ecppack"]


def test_clock_that_does_not_close_timing_is_refused(design: Design, tools: Any, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"does not close timing at 150 MHz: Fmax is 111\.0 MHz; lower --clock-mhz"):
        build(design, BOARD, tmp_path, clock_mhz=150)
    assert not list(tmp_path.glob("*.bit"))


def test_xilinx_gets_a_project_and_says_that_no_timing_was_closed(
    design: Design, tools: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
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


def test_a_faster_clock_is_tried_where_a_lower_aim_reached_more(design: Design, tools: Any, tmp_path: Path) -> None:
    """As recorded on a Tang Nano 9K: aiming high, place and route reaches less."""
    tools.fmax_at = lambda aim: {120: 72.7, 66: 83.3}.get(aim, 81.0)
    built = build(design, BOARDS["tang-nano-9k"], tmp_path)
    assert tools.aims == [120, 66, 75]
    assert built.report.clock_mhz == 75
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["clock_mhz"] == 75


def test_a_faster_clock_that_fails_leaves_the_one_that_closed(design: Design, tools: Any, tmp_path: Path) -> None:
    tools.fmax_at = lambda aim: {120: 72.7, 66: 83.3}.get(aim, 50.0)
    assert build(design, BOARDS["tang-nano-9k"], tmp_path).report.clock_mhz == 66
    assert tools.aims == [120, 66, 75, 72]


def test_the_slowest_clock_is_tried_where_no_attempt_promised_any(design: Design, tools: Any, tmp_path: Path) -> None:
    tools.fmax_at = lambda aim: 5.0 if aim > 12 else 12.0
    assert build(design, BOARDS["icebreaker"], tmp_path).report.clock_mhz == 12
    assert tools.aims == [48, 12]
    tools.fmax_at = lambda aim: 5.0
    with pytest.raises(MissesTiming, match=r"closes timing at no clock that is tried: Fmax is 6\.0 MHz"):
        build(design, BOARDS["icebreaker"], tmp_path / "slow")


def test_the_report_beside_a_bitstream_is_that_of_its_build(design: Design, tools: Any, tmp_path: Path) -> None:
    built = build(design, BOARD, tmp_path, clock_mhz=100)
    record = json.loads(built.files[1].read_text(encoding="utf-8"))
    assert record["config_hash"] == f"{design.config.hash:016x}"
    assert (record["content_hash"], record["clock_mhz"]) == ("0" * 16, 100)
    assert record["bitstream"] == {"file": "tiny.bit", "sha256": hashlib.sha256(b"whole").hexdigest()}
    before = built.files[1].read_bytes()
    synthesise(design, BOARD, tmp_path)
    synthesise(design, BOARD, tmp_path, out_of_context=True)
    with pytest.raises(MissesTiming):
        build(design, BOARD, tmp_path, clock_mhz=150)
    assert built.files[1].read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"tiny.bit", "report.json", "synth.json", "core.json", "steps"}


def test_a_build_that_is_interrupted_while_it_publishes_leaves_no_report(
    design: Design, tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(design, BOARD, tmp_path, clock_mhz=100)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("boards.steps.Steps.publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build(design, BOARD, tmp_path, clock_mhz=90)
    assert not (tmp_path / "report.json").exists()


def test_a_project_that_changes_takes_the_bitstream_of_the_last_one_away(
    design: Design, tools: Any, tmp_path: Path
) -> None:
    board = BOARDS["arty-a7-35t"]
    build(design, board, tmp_path)
    assert "tiny.bit" in (tmp_path / "tiny_board.tcl").read_text(encoding="utf-8").splitlines()[-1].split()
    bitstream = tmp_path / "tiny.bit"
    bitstream.write_bytes(b"by Vivado")
    build(design, board, tmp_path)
    assert bitstream.exists()
    build(design, board, tmp_path, clock_mhz=50)
    assert not bitstream.exists()
