"""Outcomes of the experiment on equilibrium propagation, by setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwgen.ep.config import EPConfig
from sim.experiments.ep import Outcome
from sim.experiments.ep_clocks import Variant
from sim.experiments.ep_grid import Setting
from sim.experiments.page import mean_of

MIDDLE = {"mnist": "784-512-10", "digits": "digits 64-128-10"}
"""Settings that others are compared with, and whose clocks are told by phase."""
PUBLISHED = {"mnist": "784-512-10, published", "digits": "digits 64-128-10, published"}


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
        self.main = "mnist" if MIDDLE["mnist"] in self.settings else "digits"

    @property
    def title(self) -> str:
        """Name of the data that the settings call mnist, as people write it."""
        return "MNIST" if self.data == "mnist" else self.data

    def of(self, data: str) -> list[Setting]:
        """Settings of ``mnist`` or ``digits``, without the candidates of a choice."""
        return [setting for setting in self.settings.values() if setting.data == data and not setting.choice]

    @property
    def candidates(self) -> list[Setting]:
        """Settings that were trained to choose one."""
        return [setting for setting in self.settings.values() if setting.choice]

    def chosen(self) -> Setting:
        """The candidate with the least mean error on the training images that were held out; the first of equals."""
        return min(self.candidates, key=lambda setting: np.mean(self.errors(setting.name)))

    def errors(self, name: str, epoch: int = -1) -> list[float]:
        """Test errors of the seeds in % after an epoch, counted from 0 or, if negative, from the end."""
        return [100 * run.test_errors[epoch] for run in self.runs[name]]

    def error(self, name: str, epochs: int | None = None) -> float | None:
        """Mean test error in % after so many epochs, by default all; None where there were fewer."""
        if epochs is not None and epochs > self.settings[name].epochs:
            return None
        return float(np.mean(self.errors(name, -1 if epochs is None else epochs - 1)))

    def curve(self, name: str) -> list[float]:
        """Mean test error in % of each epoch."""
        return [float(np.mean(self.errors(name, epoch))) for epoch in range(self.settings[name].epochs)]

    def costs(self, name: str, when: str) -> dict[str, Any]:
        """What samples cost in the ``first`` or ``last`` epoch, mean over the seeds: see
        :meth:`~sim.experiments.ep_clocks.ClockedModel.take`."""
        return mean_of([getattr(run, when) for run in self.runs[name]])

    def clocks(self, name: str, when: str, what: str, variant: str | None = None) -> float | None:
        """Clocks of a sample of ``training`` or ``inference``, by default on the setting's first machine; None where
        they were not counted for this variant."""
        machines = self.costs(name, when)[what]["machines"]
        found = machines.get(variant or str(self.settings[name].machines[0]))
        return None if found is None else float(found["clocks"])

    def clocks_of(self, config: EPConfig, what: str) -> float | None:
        """Clocks of a sample of ``training`` or ``inference`` in the last epoch, on a machine whose network was
        trained; None where it was not, or not on a machine built like this one."""
        for setting in self.settings.values():
            if setting.published or setting.layers != config.layers:
                continue
            alike = setting.config().parameters() | Variant.of(config)._asdict() == config.parameters()
            if alike and Variant.of(config) in setting.machines:
                return self.clocks(setting.name, "last", what, str(Variant.of(config)))
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
            {"seed": run.seed, "train_errors": run.train_errors, "test_errors": run.test_errors, "clocks": run.clocks}
            for run in self.runs[setting.name]
        ]
        return setting.as_dict() | {"runs": runs, "samples": costs}
