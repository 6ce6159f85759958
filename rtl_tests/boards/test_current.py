"""Recorded results and the Verilog that they are of: the hash, whether it is that of now, and what pages say of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from boards.bench import Run, measure, record, rewrite, runs
from boards.current import emitted_sha256, is_current, remarks
from boards.definitions import BOARDS
from boards.errors import DoesNotFit
from boards.flow import SOURCE, Flow
from boards.verilog import verilog_sha256
from hwgen.design import Design, load_design
from hwgen.errors import DesignError

ROOT = Path(__file__).resolve().parents[2]
SMALL = "examples/bayes-4x4x8-logarithmic.toml"
ALONE = {"file": SMALL, "board": "ulx3s-85f", "out_of_context": True}
WHOLE = {"file": SMALL, "board": "icebreaker", "out_of_context": False, "clock_mhz": 24.0}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Design files are named as seen from there."""
    monkeypatch.chdir(ROOT)


def test_the_hash_is_of_the_circuit_and_not_of_the_versions_that_wrote_it() -> None:
    circuit = "\nmodule a(clk);\n  casez (s) // parallel\nendmodule\n"
    digest = hashlib.sha256(circuit.encode()).hexdigest()
    assert verilog_sha256(f"// a\n// made by 1.0\n{circuit}") == digest == verilog_sha256(f"// made by 2.0\n{circuit}")
    assert verilog_sha256(circuit.replace("parallel", "full")) != digest


def test_a_report_tells_of_which_verilog_it_is(design: Design, tools: Any, tmp_path: Path) -> None:
    board = BOARDS["ulx3s-85f"]
    for name, clock_mhz in (("alone", None), ("whole", 25)):
        flow = Flow(design, board, tmp_path / name, clock_mhz)
        report = flow.run()
        [synthesised] = (tmp_path / name / "steps").glob(f"synthesise-*/{SOURCE}")
        assert report.verilog_sha256 == verilog_sha256(synthesised.read_text(encoding="utf-8"))
        assert report.as_dict()["verilog_sha256"] == report.verilog_sha256


def test_a_result_is_current_as_long_as_its_verilog_is_emitted(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = ALONE | {"verilog_sha256": verilog_sha256(load_design(SMALL).verilog().text)}
    assert emitted_sha256(ALONE) == alone["verilog_sha256"] and is_current(alone) is True
    whole = WHOLE | {"verilog_sha256": emitted_sha256(WHOLE)}
    assert is_current(whole) is True and whole["verilog_sha256"] != alone["verilog_sha256"]
    assert is_current(whole | {"clock_mhz": 27.0}) is False
    # Verilog that changes where no parameter does: the config's hash stays what it was.
    monkeypatch.setattr("hwgen.emit.verilog.YOSYS_SCRIPT", "proc\nmemory_collect\nwrite_verilog -noattr -")
    assert is_current(alone) is False and is_current(whole) is False


def test_a_result_without_a_hash_or_without_its_design(tmp_path: Path) -> None:
    assert is_current(ALONE) is None
    gone = {"file": str(tmp_path / "gone.toml"), "verilog_sha256": "0" * 64}
    assert is_current(ALONE | gone) is False


def test_a_run_that_synthesis_refused_tells_of_which_verilog(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(error: DesignError) -> dict[str, Any]:
        def fail(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr("boards.bench.build", fail)
        return measure(Run("small", Path(SMALL), "icebreaker", out_of_context=False), 1)

    refused = refuse(DoesNotFit("needs more"))
    assert is_current(refused) is True
    assert "verilog_sha256" not in refuse(DesignError("needs 33 block RAMs"))  # its parameters say so


def test_remarks_name_what_is_not_current() -> None:
    assert remarks([("a", True), ("b", True)]) == []
    assert remarks([("a", True), ("b", False), ("c", False)]) == ["Measured on Verilog that has changed since: b; c."]
    unknown = "Measured on Verilog of which no hash was recorded, and which may have changed since: {}."
    assert remarks([("a", None), ("b", True)]) == [unknown.format("a")]
    assert remarks([("a", None), ("b", None)]) == [unknown.format("all of these")]
    assert remarks([("a", None)]) == [unknown.format("a")]


PLACED = {
    "used": {"lut": 1000, "ff": 900, "block_ram": 7, "spram": 2, "dsp": 1},
    "estimate": {"luts": 1100},
    "fmax_mhz": 100.0,
    "clock_mhz": None,
    "clocks": [{"fmax_mhz_by_seed": [100.0], "critical_path": None}],
    "cycles_per_sample": 4000,
    "samples_per_second": 25e3,
    "tools": {"yosys": "yosys 1.0"},
    "refused": None,
    "kind": None,
    "command": "the command",
    "date": "2026-01-02",
}


def result_of(run: Run, **more: Any) -> dict[str, Any]:
    """A made-up result of a run, without a hash."""
    entry = {"file": str(run.file), "machine": run.machine, "board": run.board, "out_of_context": run.out_of_context}
    return PLACED | entry | {"clock_mhz": None if run.out_of_context else 24.0} | more


def kept(folder: Path, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a page that is written anew leaves of these results in the JSON file."""
    (folder / "boards.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    rewritten = rewrite("bayes", folder)
    left: list[dict[str, Any]] = json.loads((folder / "boards.json").read_text(encoding="utf-8"))["results"]
    assert rewritten.results == left
    return left


def test_a_page_is_written_anew_without_measuring(tmp_path: Path) -> None:
    alone, *_, board = (run for run in runs("bayes", ["4x4x8 logarithmic"]))
    digest = emitted_sha256(result_of(alone))
    results = [result_of(board, verilog_sha256="0" * 64), result_of(alone, verilog_sha256=digest)]
    left = kept(tmp_path, results)
    assert [(each["board"], each["current"]) for each in left] == [(alone.board, True), (board.board, False)]
    assert left[0] == results[1] | {"current": True}
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    table, whole = page.split("## Whole top levels")
    assert "Measured on" not in table
    assert f"Measured on Verilog that has changed since: {board.machine} on Sipeed Tang Nano 9K." in whole
    assert f"{alone.machine} (core alone, Verilog `{digest[:12]}`)" in page
    first = page
    assert rewrite("bayes", tmp_path).files[0].read_text(encoding="utf-8") == first


def test_results_from_before_hashes_were_recorded_stay_and_are_told(tmp_path: Path) -> None:
    chosen = runs("bayes", ["4x4x8 log", "4x4x512 log"])
    alone = [run for run in chosen if run.out_of_context]
    left = kept(tmp_path, [result_of(run) for run in alone])
    assert [each["current"] for each in left] == [None, None]
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert "no hash was recorded, and which may have changed since: all of these." in page


def test_a_run_compares_the_others_with_the_verilog_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (run for run in runs("bayes", ["4x4x8"]) if run.out_of_context and "array" not in run.machine)
    (tmp_path / "boards.json").write_text(
        json.dumps({"results": [result_of(first, verilog_sha256="0" * 64), result_of(second)]}), encoding="utf-8"
    )
    found = {"verilog_sha256": "1" * 64}
    monkeypatch.setattr("boards.bench.measure", lambda run, seeds: result_of(run, **found))
    record("bayes", [second.machine], 1, tmp_path, "another command")
    results = json.loads((tmp_path / "boards.json").read_text(encoding="utf-8"))["results"]
    by_run = {(each["machine"], each["board"], each["out_of_context"]): each for each in results}
    assert by_run[first.key]["current"] is False and by_run[first.key]["command"] == "the command"
    assert by_run[second.key]["current"] is True and by_run[second.key]["command"] == "another command"
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert f"has changed since: {first.machine} on Radiona ULX3S 85F, speed grade 6." in page


def test_columns_tell_the_most_cycles_from_the_mean(tmp_path: Path) -> None:
    alone, other = (run for run in runs("bayes", ["4x4x8 log", "4x4x512 log"]) if run.out_of_context)
    kept(tmp_path, [result_of(alone), result_of(other)])
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert "| most cycles a sample | samples/s at least |\n" in page and "*Most cycles* are those" in page
    assert "| 100.0 | 1 | 4,000 | 25,000 |\n" in page and "mean cycles" not in page.lower()
    kept(tmp_path, [result_of(alone, typical_cycles_infer=883.75, typical_cycles_train=1600.0), result_of(other)])
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    head = "| most cycles a sample | samples/s at least | mean cycles a sample, inference | samples/s |"
    assert f"{head} mean cycles a sample, training | samples/s |\n" in page
    assert "| 4,000 | 25,000 | 884 | 113,154 | 1,600 | 62,500 |\n" in page  # 100 MHz / 883.75 and 1,600
    assert "| 4,000 | 25,000 | - | - | - | - |\n" in page
    assert "*Mean cycles* are those of the first held-out samples" in page


def test_there_is_no_page_without_results(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"there is no .*boards-ff\.json to write a page from"):
        rewrite("ff", tmp_path)
    with pytest.raises(DesignError, match="--core must be one of"):
        rewrite("none", tmp_path)
    assert list(tmp_path.iterdir()) == []
