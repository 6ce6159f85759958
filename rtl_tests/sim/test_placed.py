"""What pages of experiments take from the records of boards: which record, whose clocks, and of which Verilog."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boards.current import emitted_sha256
from hwgen.ff.config import FFConfig
from sim.experiments.ff_tables import boards_table
from sim.experiments.ff_targets import _fmax
from sim.experiments.placed import Placed, newest, read

ROOT = Path(__file__).resolve().parents[2]
COUNTS = dict.fromkeys(("lut", "ff", "block_ram", "dsp"), 7)
SMALL: dict[str, Any] = {
    "file": "examples/ff-64-32-icebreaker.toml",
    "machine": "64-32 supervised, 2 lanes",
    "board": "icebreaker",
    "out_of_context": False,
    "refused": None,
    "used": COUNTS,
    "available": COUNTS,
    "clock_mhz": 27.0,
    "fmax_mhz": 28.7,
    "date": "2026-01-02",
    "typical_cycles_train": 1735.386,
    "typical_cycles_infer": 883.754,
}
LARGE: dict[str, Any] = SMALL | {
    "file": "examples/ff-mnist-256.toml",
    "machine": "784-256-256 supervised, 64 lanes",
    "board": "ulx3s-85f",
    "out_of_context": True,
    "clock_mhz": None,
}
NONE: Any = SimpleNamespace(clocks_of=lambda config, what: None)
"""Findings of an experiment that trained nothing."""


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Design files are named as seen from there."""
    monkeypatch.chdir(ROOT)


def placed(folder: Path, *results: dict[str, Any]) -> list[Placed[FFConfig]]:
    (folder / "boards-ff.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    return read(folder, FFConfig)


def test_a_table_tells_of_which_verilog_its_rows_are(tmp_path: Path) -> None:
    current = SMALL | {"verilog_sha256": emitted_sha256(SMALL)}
    assert "Measured on Verilog" not in boards_table(NONE, placed(tmp_path, current))
    table = boards_table(NONE, placed(tmp_path, current, LARGE, SMALL | {"verilog_sha256": "0" * 64}))
    assert "changed since: 64-32 supervised, 2 lanes on 1BitSquared iCEBreaker." in table
    large = "784-256-256 supervised, 64 lanes on Radiona ULX3S 85F, core alone, speed grade 6"
    assert f"no hash was recorded, and which may have changed since: {large}." in table


def test_a_network_that_was_not_trained_has_the_clocks_that_were_recorded(tmp_path: Path) -> None:
    table = boards_table(NONE, placed(tmp_path, SMALL))
    assert "| 28.7 | 27.0 | 1,735 | 884 | 15,558 | 30,551 |" in table  # 27 MHz / 1,735.386 and 883.754
    assert "Not trained here: 64-32 supervised, 2 lanes on 1BitSquared iCEBreaker. Clocks are means over" in table
    without = {name: value for name, value in SMALL.items() if not name.startswith("typical")}
    table = boards_table(NONE, placed(tmp_path, without))
    assert "| 28.7 | 27.0 | - | - | - | - |" in table and "Not trained here" not in table
    trained: Any = SimpleNamespace(clocks_of=lambda config, what: 1000.0)
    table = boards_table(trained, placed(tmp_path, SMALL))
    assert "| 28.7 | 27.0 | 1,000 | 1,000 | 27,000 | 27,000 |" in table and "Not trained here" not in table


def test_a_target_takes_the_record_that_was_made_last_and_says_which(tmp_path: Path) -> None:
    older, newer = LARGE | {"fmax_mhz": 87.8}, LARGE | {"fmax_mhz": 59.5, "date": "2026-01-03"}
    target = _fmax(placed(tmp_path, older, newer), "supervised")
    assert (target.found, target.met) == ("59.5", False)
    assert target.what == (
        "Fmax, supervised 784-256-256 on an ECP5-85, 64 lanes, measured on 2026-01-03 on Verilog of which no hash was "
        "recorded, MHz"
    )
    [machine] = placed(tmp_path, LARGE)
    for current, end in ((True, "2026-01-02, MHz"), (False, "2026-01-02 on Verilog that has changed since, MHz")):
        assert _fmax([replace(machine, current=current)], "supervised").what.endswith(end)
    assert _fmax([], "supervised").found is None
    assert _fmax([machine], "contrastive").found is None


def test_of_records_of_one_day_the_slowest_is_taken(tmp_path: Path) -> None:
    machines = placed(tmp_path, *(LARGE | {"fmax_mhz": fmax} for fmax in (70.0, 60.0, None, 80.0)))
    found = newest(machines)
    assert found is not None and found.report["fmax_mhz"] == 60.0
    undated = LARGE | {"fmax_mhz": 50.0, "date": None}
    assert newest(placed(tmp_path, undated, LARGE)) == placed(tmp_path, LARGE)[0]
    assert newest([]) is None
