"""The recorded results: estimates are near them, and they meet the project's bars."""

import json
from pathlib import Path
from typing import Any

import pytest

from boards.current import is_current
from boards.definitions import BOARDS
from boards.estimate import FITS, LUT_ERROR, estimate
from boards.page import as_markdown
from hwgen.design import load_machine

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "docs" / "results").glob("boards*.json"))


def recorded() -> list[dict[str, Any]]:
    return [result for file in FILES for result in json.loads(file.read_text(encoding="utf-8"))["results"]]


def name(result: dict[str, Any]) -> str:
    return f"{result['design']}-{result['board']}{'-core' if result['out_of_context'] else ''}"


def result_of(machine: str, board: str, *, out_of_context: bool) -> dict[str, Any]:
    """The result of a run; skips the test by name where there is none yet."""
    for result in recorded():
        if (result["machine"], result["board"], result["out_of_context"]) == (machine, board, out_of_context):
            return result
    pytest.skip(f"{machine} on {board} has not been recorded")


@pytest.mark.parametrize("result", [pytest.param(result, id=name(result)) for result in recorded()])
def test_estimate_is_near_what_was_recorded(result: dict[str, Any]) -> None:
    alone = result["out_of_context"]
    guess = estimate(load_machine(ROOT / result["file"]), BOARDS[result["board"]], out_of_context=alone)
    if result["refused"] is not None:
        assert guess.fit != FITS or result.get("kind") == "misses timing"
        return
    assert not guess.problems
    assert guess.block_rams == result["used"]["block_ram"]
    assert guess.sprams == result["used"]["spram"]
    assert guess.luts == pytest.approx(result["used"]["lut"], rel=LUT_ERROR)
    assert guess.ffs == pytest.approx(result["used"]["ff"], rel=LUT_ERROR)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_page_is_what_its_json_file_makes(file: Path) -> None:
    """If not: ``hwgen bench-boards --core CORE --page-only -o docs/results``."""
    core = file.stem.removeprefix("boards").removeprefix("-") or "bayes"
    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    assert file.with_suffix(".md").read_text(encoding="utf-8") == as_markdown(core, results)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_page_names_what_has_changed_since(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If not: ``hwgen bench-boards --core CORE --page-only -o docs/results``."""
    monkeypatch.chdir(ROOT)
    for result in json.loads(file.read_text(encoding="utf-8"))["results"]:
        assert is_current(result) == result["current"], name(result)


@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_the_gesture_size_machine_reaches_150_mhz_on_ecp5(mode: str) -> None:
    result = result_of(f"4x6x512 {mode}", "ulx3s-85f", out_of_context=True)
    assert result["refused"] is None
    [clock] = result["clocks"]
    assert len(clock["fmax_mhz_by_seed"]) >= 5
    assert sorted(clock["fmax_mhz_by_seed"])[len(clock["fmax_mhz_by_seed"]) // 2] >= 150


@pytest.mark.parametrize("board", ["ulx3s-85f", "icebreaker", "tang-nano-9k"])
@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_the_small_machine_has_a_bitstream_on_every_open_family(board: str, mode: str) -> None:
    result = result_of(f"4x4x8 {mode}", board, out_of_context=False)
    assert result["refused"] is None
    assert result["timing_closed"] and result["clock_mhz"] > 0
