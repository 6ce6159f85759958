"""The Bayesian experiment: its report comes from its outcomes, and the settings it recommends keep their promise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.experiments import bayes
from sim.experiments.bayes_report import CYCLE_BUDGET, RECOMMENDED, write_report


def test_the_report_is_made_of_the_outcomes(tmp_path: Path) -> None:
    iris = bayes.run_split("iris", 0)
    assert len({outcome.setting for outcome in iris}) == len(list(bayes.settings()))
    outcomes = [replace(outcome, task=task) for task in bayes.TASKS for outcome in iris]
    files = write_report(outcomes, tmp_path, "the command")
    assert {file.name for file in files} == {file.name for file in tmp_path.iterdir()}
    page = (tmp_path / "bayes.md").read_text()
    assert "Again: `the command`." in page
    assert f"| iris | 3 | 4 | {100 * iris[0].float_test:.1f} |" in page
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("bayes-cycles.png", "bayes-bits.png"))


def test_outcomes_are_kept_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path))
    monkeypatch.setattr(bayes, "settings", lambda: iter([RECOMMENDED]))
    first = bayes._kept_split("iris", 1)
    monkeypatch.setattr(bayes, "run_split", None)  # not called again
    assert bayes._kept_split("iris", 1) == first


@pytest.mark.parametrize("task", ["wine", "breast cancer"])
def test_the_recommended_setting_is_within_a_point_of_floating_point_in_few_cycles(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bayes, "settings", lambda: iter([RECOMMENDED]))
    outcomes = [bayes.run_split(task, number)[0] for number in range(10)]
    assert np.mean([outcome.float_test - outcome.test for outcome in outcomes]) <= 0.01
    assert np.mean([outcome.cycles for outcome in outcomes]) <= CYCLE_BUDGET


@pytest.mark.parametrize(("bits", "points"), [(8, 0.5), (4, 1.5)])
@pytest.mark.parametrize("task", ["wine", "breast cancer", "iris", "digits"])
def test_the_logarithmic_machine_is_near_floating_point(
    task: str, bits: int, points: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bayes, "settings", lambda: iter([bayes.Setting("logarithmic", "observation", bits)]))
    splits = 3 if task == "digits" else 10
    outcomes = [bayes.run_split(task, number)[0] for number in range(splits)]
    assert 100 * np.mean([outcome.float_test - outcome.test for outcome in outcomes]) <= points
