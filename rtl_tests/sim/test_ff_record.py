"""What the experiment on Forward-Forward learning has recorded is taken over by a run that adds to it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hwgen.cli.app import app
from hwgen.errors import HwgenError
from sim.experiments import ff, ff_grid, ff_identity, speed
from sim.experiments.ff import Outcome
from sim.experiments.ff_findings import Findings, Origin
from sim.experiments.ff_grid import Phase, Setting
from sim.experiments.ff_identity import Identity
from sim.experiments.ff_record import NAME, Record
from sim.images import load_images

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


NOW = Origin("2026-01-02", "this code")
BEFORE = Origin("2025-12-31", None)
IMAGES = {"digits": load_images("digits")}
DIGEST = IMAGES["digits"].digest()


def write(folder: Path, found: Findings, digest: str = DIGEST) -> None:
    more = {"date": "2026-01-03", "images": {"digits": digest}}
    (folder / NAME).write_text(json.dumps(found.recorded(NOW) | more), encoding="utf-8")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits", {RANDOM.name: BEFORE}))
    taken, origins = Record(tmp_path).take([*SETTINGS, MOVED], 2, "digits", IMAGES)
    assert taken == outcomes()
    assert origins == {LEARNING.name: NOW, RANDOM.name: BEFORE}
    again = Findings(SETTINGS, taken, "digits", origins)
    assert again.earlier("this code") == [
        f"Taken over from the record of 2025-12-31, of code that was not recorded: {RANDOM.name}.",
        f"Taken over from the record of 2026-01-02: {LEARNING.name}.",
    ]
    assert "of code that has changed since" in again.earlier("other code")[1]
    assert [each["date"] for each in again.recorded(NOW)["settings"]] == ["2026-01-02", "2025-12-31"]


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
def test_another_setting_of_the_same_name_is_not_taken(other: Setting, tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"))
    assert list(Record(tmp_path).take([other, RANDOM], 2, "digits", IMAGES)[1]) == [RANDOM.name]


def test_nothing_is_taken_of_other_images_or_for_more_seeds(tmp_path: Path) -> None:
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"))
    assert Record(tmp_path).take(SETTINGS, 3, "digits", IMAGES) == ([], {})
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"), "of other images")
    assert Record(tmp_path).take(SETTINGS, 2, "digits", IMAGES) == ([], {})


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"nothing to add to .*leave --add out"):
        Record(tmp_path)
    for text in (
        "{",
        "[]",
        '{"settings": 3}',
        '{"data": "digits", "seeds": 1, "date": "", "settings": [{"name": "a"}]}',
    ):
        (tmp_path / NAME).write_text(text, encoding="utf-8")
        with pytest.raises(HwgenError, match=r"ff\.json: no record of this experiment"):
            Record(tmp_path)
    write(tmp_path, Findings(SETTINGS, outcomes(), "fashion"))
    with pytest.raises(HwgenError, match="a record of data fashion, not digits"):
        Record(tmp_path).take(SETTINGS, 2, "digits", IMAGES)
    write(tmp_path, Findings(SETTINGS, outcomes(), "digits"))
    with pytest.raises(HwgenError, match="a record of 2 seeds; give --seeds 2, not 1"):
        Record(tmp_path).take(SETTINGS, 1, "digits", IMAGES)


def test_a_run_adds_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = [each for each in ff_grid.settings("digits", 1) if each.layers in ((64, 64, 64), (64, 128), (64, 256))]
    largest = replace(grid[-1], name="the largest", layers=ff_grid.LARGEST)
    trained = list[str]()
    run = ff.run

    def watched(settings: Sequence[Setting], *arguments: Any) -> list[Outcome]:
        trained.extend(each.name for each in settings)
        return run(settings, *arguments)

    def listed(data: str, epochs: int, full: bool) -> list[Setting]:
        return [*grid, *([largest] if full else [])]

    def same(config: Any, data: str, samples: int) -> Identity:
        return Identity(
            data, config.rule, list(config.layers), 1, samples, 0, 0, 1, {"clocks": 1}, {"clocks": 1}, "", ""
        )

    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setattr(ff, "run", watched)
    monkeypatch.setattr(ff_grid, "settings", listed)
    monkeypatch.setattr(ff_identity, "kept", same)
    arguments = ["experiment", "ff", "--data", "digits", "--epochs", "1", "--seeds", "1", "--processes", "1"]
    arguments += ["-o", str(tmp_path / "page")]
    last = grid.pop()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert trained == [each.name for each in grid]
    first = json.loads((tmp_path / "page" / NAME).read_text())
    trained.clear()
    grid.append(last)
    answer = CliRunner().invoke(app, [*arguments, "--add"])
    assert answer.exit_code == 0, answer.output
    assert trained == [last.name]
    second = json.loads((tmp_path / "page" / NAME).read_text())
    assert second["settings"][:-1] == first["settings"]
    assert second["settings"][-1]["name"] == last.name
    page = (tmp_path / "page" / "ff.md").read_text()
    assert f"\n\nTaken over from the record of {first['date']}: {grid[0].name}; " in page
    assert "--add" not in page and last.name not in page.splitlines()[-1]


def test_a_baseline_is_the_same_machine_whose_layers_do_not_learn() -> None:
    other = replace(LEARNING, name="with another margin", parameters={"margin": 5})
    found = Findings([*SETTINGS, MOVED, other], outcomes(), "digits")
    assert found.baseline(LEARNING) == RANDOM.name
    assert found.baseline(replace(LEARNING, phases=(Phase("layers", 2, shift=1), Phase("readout", 2)))) == RANDOM.name
    assert found.baseline(replace(LEARNING, phases=(Phase("joint", 2, shift=1),))) == MOVED.name
    assert found.baseline(other) is None
