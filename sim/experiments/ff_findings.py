"""Outcomes of the experiment on Forward-Forward learning, by setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwgen.ff.config import FFConfig
from sim.experiments.ff import Outcome
from sim.experiments.ff_grid import Setting
from sim.experiments.page import mean_of

CLOCKED = {
    "mnist": ("supervised 784-256-256", "contrastive 784-256"),
    "digits": ("digits supervised 64-64-64", "digits contrastive 64-128"),
}
"""Settings whose clocks are told by phase."""
COMPARED = {
    "mnist": ("supervised 784-256-256", "contrastive 784-256-256"),
    "digits": ("digits supervised 64-64-64", "digits contrastive 64-64-64"),
}
"""Settings whose RTL is compared with the golden model."""


class Findings:
    """Outcomes by setting.

    Args:
        settings: what was trained.
        outcomes: for each setting as many as seeds.
        data: name of the data that the settings call mnist.
    """

    def __init__(self, settings: Sequence[Setting], outcomes: Sequence[Outcome], data: str) -> None:
        self.settings = {setting.name: setting for setting in settings}
        self.runs: dict[str, list[Outcome]] = {name: [] for name in self.settings}
        for outcome in outcomes:
            self.runs[outcome.setting].append(outcome)
        self.data = data
        self.seeds = max(outcome.seed for outcome in outcomes)
        self.main = "mnist" if any(setting.data == "mnist" for setting in settings) else "digits"

    @property
    def title(self) -> str:
        """Name of the data that the settings call mnist, as people write it."""
        return "MNIST" if self.data == "mnist" else self.data

    def of(self, data: str, rule: str, *groups: str) -> list[Setting]:
        """Settings of ``mnist`` or ``digits``, a rule, and one of some groups."""
        return [
            setting
            for setting in self.settings.values()
            if (setting.data, setting.rule) == (data, rule) and setting.group in groups
        ]

    def errors(self, name: str) -> list[float]:
        """Test errors of the seeds in % after the last epoch."""
        return [100 * run.test_errors[-1] for run in self.runs[name]]

    def accuracy(self, name: str) -> float | None:
        """Mean share of the test samples in % that are classified rightly after the last epoch; None where there was no
        such training."""
        return 100 - float(np.mean(self.errors(name))) if name in self.settings else None

    def curve(self, name: str) -> list[float]:
        """Mean test error in % of each epoch."""
        return [float(100 * error) for error in np.mean([run.test_errors for run in self.runs[name]], axis=0)]

    def costs(self, name: str, when: str) -> dict[str, Any]:
        """What samples cost in the ``first`` or ``last`` epoch, mean over the seeds: see
        :meth:`~sim.experiments.ff_clocks.ClockedModel.take`."""
        found: dict[str, Any] = mean_of([getattr(run, when) for run in self.runs[name]])
        return found

    def machine(self, name: str, when: str, what: str, lanes: int | None = None) -> dict[str, float]:
        """The same of ``training`` or ``inference`` on one machine, by default the setting's first one: clocks and
        words."""
        machines = self.costs(name, when)[what]["machines"]
        found: dict[str, float] = machines[str(lanes or self.settings[name].machines[0])]
        return found

    def clocks_of(self, config: FFConfig, what: str) -> float | None:
        """Clocks of a sample of ``training`` or ``inference`` in the last epoch, on a machine whose network was
        trained; None where it was not, or not with so many lanes."""
        for setting in self.settings.values():
            if setting.published or setting.group == "random" or config.lanes not in setting.machines:
                continue
            if setting.config().parameters() | {"lanes": config.lanes} == config.parameters():
                return self.machine(setting.name, "last", what, config.lanes)["clocks"]
        return None

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "data": self.data,
            "seeds": self.seeds,
            "settings": [self._setting(setting) for setting in self.settings.values()],
        }

    def _setting(self, setting: Setting) -> dict[str, Any]:
        costs = {} if setting.published else {when: self.costs(setting.name, when) for when in ("first", "last")}
        runs = [
            {"seed": run.seed, "test_errors": run.test_errors, "clocks": run.clocks} for run in self.runs[setting.name]
        ]
        return setting.as_dict() | {"runs": runs, "samples": costs}


def useful(machine: dict[str, float]) -> float | None:
    """Of the clocks in which layers learn, the share in % in which a word of weights is changed; None where nothing is
    learnt. ``machine``: clocks and words, see :meth:`Findings.machine`."""
    return 100 * machine["learn_words"] / machine["learn"] if machine["learn"] else None
