"""Recording results: after each run, by kind of failure, beside what was recorded before."""

import json
from pathlib import Path
from typing import Any

import pytest

import boards.bench
from boards.bench import measure, record, runs
from boards.definitions import BOARDS
from boards.errors import DoesNotFit, MissesTiming
from boards.estimate import CANNOT_FIT, estimate
from hwgen.design import load_design
from hwgen.errors import DesignError, ToolError

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "hwgen bench-boards --machine 4x4x8"
FOUND = {
    "used": {"lut": 1000, "ff": 900, "block_ram": 7, "spram": 2, "dsp": 1},
    "estimate": {"luts": 1100},
    "fmax_mhz": 100.0,
    "clock_mhz": 95.0,
    "clocks": [{"fmax_mhz_by_seed": [100.0], "critical_path": None}],
    "cycles_per_sample": 1,
    "samples_per_second": 95e6,
    "tools": {"yosys": "yosys 1.0"},
}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs' files are named as seen from there."""
    monkeypatch.chdir(ROOT)


class Measured:
    """Stands for the measurement: results by run."""

    def __init__(self) -> None:
        self.runs: list[Any] = []
        self.outcomes: dict[Any, Any] = {}

    def __call__(self, run: Any, seeds: int) -> dict[str, Any]:
        self.runs.append(run.key)
        outcome = self.outcomes.get(run.key, {})
        if isinstance(outcome, BaseException):
            raise outcome
        entry = {"machine": run.machine, "board": run.board, "out_of_context": run.out_of_context}
        return {**FOUND, **entry, "design": run.machine, "kind": None, "refused": None, **outcome}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    stand_in = Measured()
    monkeypatch.setattr(boards.bench, "measure", stand_in)
    return stand_in


def written(folder: Path) -> list[tuple[str, str, bool]]:
    results = json.loads((folder / "boards.json").read_text(encoding="utf-8"))["results"]
    return [(result["machine"], result["board"], result["out_of_context"]) for result in results]


def test_results_are_written_after_each_run(measured: Measured, tmp_path: Path) -> None:
    third = runs("bayes")[2].key
    measured.outcomes[third] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        record("bayes", (), 1, tmp_path, COMMAND)
    assert written(tmp_path) == [run.key for run in runs("bayes")[:2]]
    assert (tmp_path / "boards.md").exists()


def test_a_tool_that_fails_ends_one_run_only(measured: Measured, tmp_path: Path) -> None:
    first, *others = (run.key for run in runs("bayes", ["4x4x8"]))
    measured.outcomes[first] = ToolError("it crashed")
    recorded = record("bayes", ["4x4x8"], 1, tmp_path, COMMAND)
    assert recorded.failed == ["4x4x8 stochastic on ulx3s-85f"]
    assert written(tmp_path) == others


def test_some_machines_are_added_to_what_there_is(measured: Measured, tmp_path: Path) -> None:
    record("bayes", ["4x6x512"], 5, tmp_path, "the first command")
    record("bayes", ["4x4x8"], 1, tmp_path, "the second command")
    chosen = [run.key for run in runs("bayes", ["4x4x8", "4x6x512"])]
    assert written(tmp_path) == chosen
    results = json.loads((tmp_path / "boards.json").read_text(encoding="utf-8"))["results"]
    assert {(result["machine"][:5], result["command"]) for result in results} == {
        ("4x4x8", "the second command"),
        ("4x6x5", "the first command"),
    }
    made = (tmp_path / "boards.md").read_text(encoding="utf-8").split("## Made by")[1]
    [second, first] = [line for line in made.splitlines() if line.startswith("- ")]
    assert second.startswith("- `the second command` on 20") and "4x6x512" not in second
    assert first.startswith("- `the first command` on 20") and "4x4x8" not in first


def test_results_from_before_rows_had_commands_keep_that_of_their_file(measured: Measured, tmp_path: Path) -> None:
    old = {**FOUND, "machine": "4x6x512 stochastic", "board": "ulx3s-85f", "out_of_context": True, "refused": None}
    (tmp_path / "boards.json").write_text(json.dumps({"command": "the old one", "results": [old]}), encoding="utf-8")
    record("bayes", ["4x4x8"], 1, tmp_path, COMMAND)
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert "- `the old one` on a day that was not recorded: 4x6x512 stochastic (core alone)" in page


def test_a_file_of_something_else_is_not_overwritten(measured: Measured, tmp_path: Path) -> None:
    (tmp_path / "boards.json").write_text('{"results": [{"machine": "x"}]}', encoding="utf-8")
    with pytest.raises(DesignError, match="must be a file of bench-boards"):
        record("bayes", (), 1, tmp_path, COMMAND)
    assert measured.runs == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DoesNotFit("needs more"), "does not fit"),
        (MissesTiming("is slow"), "misses timing"),
        (DesignError("needs 33 block RAMs"), "refused before synthesis"),
    ],
)
def test_a_run_without_a_result_is_recorded_by_kind(
    error: DesignError, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(boards.bench, "build", refuse)
    [run] = [run for run in runs("bayes", ["4x4x8 stochastic"]) if run.board == "icebreaker"]
    result = measure(run, 1)
    assert (result["kind"], result["refused"]) == (kind, str(error))
    monkeypatch.setattr(boards.bench, "measure", lambda *_: result)
    record("bayes", ["4x4x8 stochastic"], 1, tmp_path, COMMAND)
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert f"4x4x8 stochastic on 1BitSquared iCEBreaker: {kind}. {error}" in page


def test_the_table_shows_every_resource_and_the_estimate_of_whole_top_levels(
    measured: Measured, tmp_path: Path
) -> None:
    record("bayes", ["4x4x8 stochastic"], 1, tmp_path, COMMAND)
    page = (tmp_path / "boards.md").read_text(encoding="utf-8")
    assert "| machine | board | LUT | FF | block RAM | SPRAM | DSP | LUT estimated |" in page
    assert "| 4x4x8 stochastic | 1BitSquared iCEBreaker | 1,000 | 900 | 7 | 2 | 1 | 1,100 | 100.0 | 95 |" in page


def test_a_core_alone_is_told_with_its_speed_grade(measured: Measured, tmp_path: Path) -> None:
    record("ep", ["784-448"], 1, tmp_path, COMMAND)
    page = (tmp_path / "boards-ep.md").read_text(encoding="utf-8")
    assert "| 784-448-10, 448 lanes | Radiona ULX3S 85F, speed grade 6 | 1,000 |" in page
    assert "- 784-448-10, 448 lanes, Radiona ULX3S 85F, speed grade 6: none" in page


def test_both_rules_of_forward_forward_are_recorded(measured: Measured, tmp_path: Path) -> None:
    names = [f"784-256-256 {rule}, 64 lanes" for rule in ("supervised", "contrastive")]
    keys = [(name, "ulx3s-85f", alone) for name in names for alone in (True, False)]
    assert [run.key for run in runs("ff", ["784"])] == keys
    files = record("ff", (), 1, tmp_path, COMMAND).files
    assert [file.name for file in files] == ["boards-ff.md", "boards-ff.json"]
    page = files[0].read_text(encoding="utf-8")
    assert all(f"| {name} | Radiona ULX3S 85F, speed grade 6 | 1,000 |" in page for name in names)
    whole = (*names, "64-64-64 supervised, 64 lanes")
    assert all(f"| {name} | Radiona ULX3S 85F | 1,000 |" in page for name in whole)
    assert "| 8-128 recurrent, 64 lanes | Radiona ULX3S 85F, speed grade 6 | 1,000 |" in page


@pytest.mark.parametrize("core", ["ep", "ff"])
def test_no_recorded_learning_machine_is_sure_not_to_fit(core: str) -> None:
    for run in runs(core):
        design: Any = load_design(run.file)
        assert estimate(design, BOARDS[run.board], out_of_context=run.out_of_context).fit != CANNOT_FIT, run
        assert run.machine.endswith(f" {design.config.lanes} lanes")
