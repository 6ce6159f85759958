"""The flow, with tools that write what the real ones would: caching, resumption, reports, refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from boards.build import build
from boards.definitions import BOARDS
from boards.errors import DoesNotFit
from boards.estimate import FITS
from boards.flow import Flow, synthesise
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError, ToolError

BOARD = BOARDS["ulx3s-85f"]


def test_second_run_runs_no_tool(design: Design, tools: Any, tmp_path: Path) -> None:
    first = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert tools.runs == ["yosys", "nextpnr-ecp5"]
    second = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert tools.runs == ["yosys", "nextpnr-ecp5"]
    assert first == second


def test_more_seeds_keep_what_was_placed(design: Design, tools: Any, tmp_path: Path) -> None:
    synthesise(design, BOARD, tmp_path, out_of_context=True)
    report = synthesise(design, BOARD, tmp_path, out_of_context=True, seeds=3)
    assert tools.runs == ["yosys", *["nextpnr-ecp5"] * 3]
    assert report.clocks[0].fmax_mhz_by_seed == (111, 112, 113)
    assert report.fmax_mhz == 112


def test_report_counts_what_was_placed_and_what_each_module_takes(design: Design, tools: Any, tmp_path: Path) -> None:
    report = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert report.used == {"lut": 7, "ff": 3, "block_ram": 0, "spram": 0, "dsp": 0}
    assert {module: (count["lut"], count["ff"]) for module, count in report.modules.items()} == {
        "(top)": (0, 1),
        "engine": (1, 0),
    }
    assert report.samples_per_second == 111e6
    written = json.loads((tmp_path / "core.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(report.as_dict()))
    assert written["available"]["block_ram"] == 208
    assert written["memory_port_utilisation"] == 1


def test_changed_parameters_synthesise_anew(design: Design, tools: Any, tmp_path: Path) -> None:
    synthesise(design, BOARD, tmp_path, out_of_context=True)
    values = design.config.parameters() | {"rows": 3}
    synthesise(Design("tiny", design.core, BayesConfig.parse(values)), BOARD, tmp_path, out_of_context=True)
    assert tools.runs.count("yosys") == 2


def test_without_a_chosen_clock_the_rate_is_that_at_fmax(design: Design, tools: Any, tmp_path: Path) -> None:
    report = synthesise(design, BOARD, tmp_path)
    assert tools.aims == [200]
    assert (report.target_mhz, report.clock_mhz, report.timing_closed, report.baudrate) == (200, None, None, None)
    assert report.samples_per_second == 111e6
    assert json.loads((tmp_path / "synth.json").read_text(encoding="utf-8"))["samples_per_second"] == 111e6


def test_the_rate_of_a_clock_that_fmax_does_not_reach_is_that_at_fmax(
    design: Design, tools: Any, tmp_path: Path
) -> None:
    assert Flow(design, BOARD, tmp_path, 150).run().samples_per_second == 111e6
    assert Flow(design, BOARD, tmp_path, 100).run().samples_per_second == 100e6


def test_without_timing_there_is_no_rate(design: Design, tools: Any, tmp_path: Path) -> None:
    for clock_mhz in (None, 100):
        report = Flow(design, BOARDS["arty-a7-35t"], tmp_path, clock_mhz).run()
        assert report.samples_per_second is None


def test_the_report_has_the_clock_that_the_pll_makes(design: Design, tools: Any, tmp_path: Path) -> None:
    report = Flow(design, BOARDS["orangecrab-85f"], tmp_path, 11.95).run()
    assert (report.clock_mhz, report.target_mhz, report.baudrate) == (12, 12, 3_000_000)
    assert tools.aims == [12]


def test_timing_is_checked_against_the_clock_that_the_pll_makes(design: Design, tools: Any, tmp_path: Path) -> None:
    tools.fmax = 10.97
    with pytest.raises(DesignError, match=r"does not close timing at 12 MHz: Fmax is 12\.0 MHz"):
        build(design, BOARDS["orangecrab-85f"], tmp_path, clock_mhz=11.95)


@pytest.mark.parametrize("clock_mhz", [0.0, -1.0, float("nan"), float("inf"), 1e6, 0.1])
@pytest.mark.parametrize("name", ["ulx3s-85f", "arty-a7-35t", "icebreaker", "tang-nano-9k"])
def test_a_clock_that_cannot_be_made_is_refused_before_anything_is_written(
    design: Design, tools: Any, tmp_path: Path, name: str, clock_mhz: float
) -> None:
    with pytest.raises(DesignError, match="clock-mhz must be"):
        build(design, BOARDS[name], tmp_path / "run", clock_mhz=clock_mhz)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("name", "held"), [("icebreaker", "5,280"), ("tang-nano-9k", "8,640")])
def test_a_netlist_that_is_too_large_is_refused_before_it_is_placed(
    design: Design, tools: Any, tmp_path: Path, name: str, held: str
) -> None:
    tools.luts = 9_000
    board = BOARDS[name]
    with pytest.raises(DoesNotFit) as refusal:
        synthesise(design, board, tmp_path)
    assert str(refusal.value) == (
        f"tiny needs 9,000 look-up tables, and {board.title} has {held}: "
        "lower bayes.rows, the number of columns, bayes.likelihood_bits"
    )
    assert tools.runs == ["yosys"]


def test_a_netlist_that_the_placer_has_no_room_for_names_what_to_change(
    design: Design, tools: Any, tmp_path: Path
) -> None:
    said = "Unable to place cell 'a', no BELs remaining to implement cell type 'ICESTORM_LC'"
    tools.failing = ("nextpnr-ecp5", said)
    with pytest.raises(DoesNotFit, match=r"tiny leaves the placer no room: it needs 1 of 83,640 .*; lower bayes.rows"):
        synthesise(design, BOARD, tmp_path)
    tools.failing = ("nextpnr-ecp5", "it crashed")
    with pytest.raises(ToolError, match="it crashed"):
        synthesise(design, BOARD, tmp_path)


def test_typical_cycles_are_in_the_full_report(
    design: Design, tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Design, "typical_cycles", lambda self: {"infer": 2.0})
    report = synthesise(design, BOARD, tmp_path, out_of_context=True)
    assert report.as_dict()["typical_cycles_infer"] == 2.0
    assert report.estimate.fit == FITS
