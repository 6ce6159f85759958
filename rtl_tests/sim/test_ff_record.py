"""What the experiment on Forward-Forward learning has recorded is taken over by a run that adds to it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hwgen.cli.app import app
from hwgen.errors import HwgenError
from sim.experiments import ff_record
from sim.experiments.ff import Outcome
from sim.experiments.ff_findings import Findings
from sim.experiments.ff_grid import Phase, Setting

LEARNING = Setting("digits contrastive 64-16", "machine", "digits", "contrastive", (64, 16), (Phase("joint", 2),))
RANDOM = replace(LEARNING, name=f"{LEARNING.name}, random weights", group="random", phases=(Phase("readout", 2),))
MOVED = replace(RANDOM, name=f"{LEARNING.name}, moved", phases=(Phase("readout", 2, shift=1),))
SETTINGS = [LEARNING, RANDOM]


def outcomes(seeds: int = 2) -> list[Outcome]:
    costs = {"training": {"samples": 5.0}}
    return [
        Outcome(setting.name, seed, [0.5, seed / 10], [7.0, 8.0], costs, costs)
        for setting in SETTINGS
        for seed in range(1, seeds + 1)
    ]


def write(folder: Path, found: Findings) -> None:
    (folder / ff_record.NAME).write_text(json.dumps({"date": "2026-01-02"} | found.as_dict()), encoding="utf-8")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits", {RANDOM.name: "2025-12-31"}))
    record = ff_record.read(tmp_path, [*SETTINGS, MOVED], 2, "digits")
    assert record.outcomes == outcomes()
    assert record.dates == {LEARNING.name: "2026-01-02", RANDOM.name: "2025-12-31"}
    # Of more seeds, the first ones are taken.
    assert ff_record.read(tmp_path, SETTINGS, 1, "digits").outcomes == outcomes(1)
    again = Findings(SETTINGS, record.outcomes, "digits", record.dates)
    assert again.earlier() == {"2025-12-31": [RANDOM.name], "2026-01-02": [LEARNING.name]}
    dates = [setting["date"] for setting in again.as_dict()["settings"]]
    assert dates == ["2026-01-02", "2025-12-31"]


@pytest.mark.parametrize(
    "other",
    [
        replace(LEARNING, parameters={"margin": 5}),
        replace(LEARNING, phases=(Phase("joint", 3),)),
        replace(LEARNING, phases=(Phase("joint", 2, shift=1),)),
        replace(LEARNING, lanes=(8,)),
        replace(LEARNING, layers=(64, 32)),
    ],
)
def test_another_setting_of_the_same_name_is_trained(other: Setting, tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"))
    assert ff_record.read(tmp_path, [other, RANDOM], 2, "digits").dates == {RANDOM.name: "2026-01-02"}


def test_fewer_seeds_than_wanted_are_trained_again(tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"))
    assert ff_record.read(tmp_path, SETTINGS, 3, "digits") == ff_record.Record([], {})


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"nothing to add to .*leave --add out"):
        ff_record.read(tmp_path, SETTINGS, 2, "digits")
    (tmp_path / ff_record.NAME).write_text('{"settings": 3}', encoding="utf-8")
    with pytest.raises(HwgenError, match=r"ff\.json: no record of this experiment"):
        ff_record.read(tmp_path, SETTINGS, 2, "digits")
    write(tmp_path, Findings(SETTINGS, outcomes(), "fashion"))
    with pytest.raises(HwgenError, match="a record of data fashion, not digits"):
        ff_record.read(tmp_path, SETTINGS, 2, "digits")
    called = CliRunner().invoke(app, ["experiment", "ff", "--add", "--data", "digits", "-o", str(tmp_path / "none")])
    assert called.exit_code == 1 and isinstance(called.exception, HwgenError)


def test_a_baseline_is_the_same_machine_whose_layers_do_not_learn() -> None:
    other = replace(LEARNING, name="with another margin", parameters={"margin": 5})
    found = Findings([*SETTINGS, MOVED, other], outcomes(), "digits")
    assert found.baseline(LEARNING) == RANDOM.name
    assert found.baseline(replace(LEARNING, phases=(Phase("layers", 2, shift=1), Phase("readout", 2)))) == RANDOM.name
    assert found.baseline(replace(LEARNING, phases=(Phase("joint", 2, shift=1),))) == MOVED.name
    assert found.baseline(other) is None
