"""Outcomes of the experiments on learning cores, by setting."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from sim.experiments.page import mean_of
from sim.experiments.trainings import S


class Outcome(Protocol):
    """What a training of one setting with one seed gave."""

    @property
    def setting(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def test_errors(self) -> list[float]: ...


O = TypeVar("O", bound=Outcome)  # noqa: E741


class TrainingFindings(Generic[S, O]):
    """Outcomes by setting.

    Args:
        settings: what was trained.
        outcomes: for each setting as many as seeds; dataclasses whose ``first`` and ``last`` are what samples cost in
            the first and in the last epoch.
        data: name of the data that the settings call mnist.
    """

    def __init__(self, settings: Sequence[S], outcomes: Sequence[O], data: str) -> None:
        self.settings = {setting.name: setting for setting in settings}
        self.runs: dict[str, list[O]] = {name: [] for name in self.settings}
        for outcome in outcomes:
            self.runs[outcome.setting].append(outcome)
        self.data = data
        self.seeds = max(outcome.seed for outcome in outcomes)
        self.main = "mnist" if any(setting.data == "mnist" for setting in settings) else "digits"

    @property
    def title(self) -> str:
        """Name of the data that the settings call mnist, as people write it."""
        return "MNIST" if self.data == "mnist" else self.data

    def errors(self, name: str, epoch: int = -1) -> list[float]:
        """Test errors of the seeds in % after an epoch, counted from 0 or, if negative, from the end."""
        return [100 * run.test_errors[epoch] for run in self.runs[name]]

    def curve(self, name: str) -> list[float]:
        """Mean test error in % of each epoch."""
        return [float(100 * error) for error in np.mean([run.test_errors for run in self.runs[name]], axis=0)]

    def costs(self, name: str, when: str) -> dict[str, Any]:
        """What samples cost in the ``first`` or ``last`` epoch, mean over the seeds."""
        found: dict[str, Any] = mean_of([getattr(run, when) for run in self.runs[name]])
        return found

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "data": self.data,
            "seeds": self.seeds,
            "settings": [self._setting(setting) for setting in self.settings.values()],
        }

    def _setting(self, setting: S) -> dict[str, Any]:
        costs = {} if setting.published else {when: self.costs(setting.name, when) for when in ("first", "last")}
        left_out = {"setting", "first", "last"}
        runs = [
            {name: value for name, value in asdict(run).items() if name not in left_out}  # type: ignore[call-overload]
            for run in self.runs[setting.name]
        ]
        return setting.as_dict() | {"runs": runs, "samples": costs}
