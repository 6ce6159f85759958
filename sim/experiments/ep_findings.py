"""Outcomes of the experiment on equilibrium propagation, by setting."""

import numpy as np

from hwgen.ep.config import EPConfig
from sim.experiments.ep import Outcome
from sim.experiments.ep_clocks import Variant
from sim.experiments.ep_grid import Setting
from sim.experiments.findings import TrainingFindings

MIDDLE = {"mnist": "784-512-10", "digits": "digits 64-128-10"}
"""Settings that others are compared with, and whose clocks are told by phase."""
PUBLISHED = {"mnist": "784-512-10, published", "digits": "digits 64-128-10, published"}


class Findings(TrainingFindings[Setting, Outcome]):
    """Outcomes by setting. What samples cost is told by :meth:`~sim.experiments.ep_clocks.ClockedModel.take`."""

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

    def error(self, name: str, epochs: int | None = None) -> float | None:
        """Mean test error in % after so many epochs, by default all; None where there were fewer."""
        if epochs is not None and epochs > self.settings[name].epochs:
            return None
        return float(np.mean(self.errors(name, -1 if epochs is None else epochs - 1)))

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
