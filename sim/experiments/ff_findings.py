"""Outcomes of the experiment on Forward-Forward learning, by setting."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from hwgen.ff.config import FFConfig
from sim.experiments.ff import Outcome
from sim.experiments.ff_grid import Setting
from sim.experiments.findings import TrainingFindings

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


class Origin(NamedTuple):
    """Where outcomes come from."""

    date: str
    """When they were found, as YYYY-MM-DD."""
    code: str | None
    """Of which code, see :func:`sim.experiments.trainings.version_of`; None: it was not recorded."""


class Findings(TrainingFindings[Setting, Outcome]):
    """Outcomes by setting. What samples cost is told by :meth:`~sim.experiments.ff_clocks.ClockedModel.take`.

    Args:
        settings, outcomes, data: see :class:`~sim.experiments.findings.TrainingFindings`.
        origins: of the settings that an earlier run has trained.
    """

    def __init__(
        self,
        settings: Sequence[Setting],
        outcomes: Sequence[Outcome],
        data: str,
        origins: Mapping[str, Origin] | None = None,
    ) -> None:
        super().__init__(settings, outcomes, data)
        self.origins = dict(origins or {})

    def of(self, data: str, rule: str, *groups: str) -> list[Setting]:
        """Settings of ``mnist`` or ``digits``, a rule, and one of some groups."""
        return [
            setting
            for setting in self.settings.values()
            if (setting.data, setting.rule) == (data, rule) and setting.group in groups
        ]

    def accuracy(self, name: str) -> float | None:
        """Mean share of the test samples in % that are classified rightly after the last epoch; None where there was no
        such training."""
        return 100 - float(np.mean(self.errors(name))) if name in self.settings else None

    def machine(self, name: str, when: str, what: str, lanes: int | None = None) -> dict[str, float]:
        """What samples of ``training`` or ``inference`` cost on one machine, by default the setting's first one: clocks
        and words."""
        machines = self.costs(name, when)[what]["machines"]
        found: dict[str, float] = machines[str(lanes or self.settings[name].machines[0])]
        return found

    def recorded(self, now: Origin) -> dict[str, Any]:
        """As JSON values, with the origin of each setting; ``now`` is that of those trained in this run."""
        values = super().as_dict()
        for setting in values["settings"]:
            setting |= self.origins.get(setting["name"], now)._asdict()
        return values

    def earlier(self, code: str) -> list[str]:
        """A sentence on the settings of each earlier run, if any; ``code`` is that of this run."""
        known = {code: "", None: ", of code that was not recorded"}
        return [
            f"Taken over from the record of {origin.date}{known.get(origin.code, ', of code that has changed since')}: "
            f"{'; '.join(name for name, each in self.origins.items() if each == origin)}."
            for origin in sorted(set(self.origins.values()), key=lambda origin: (origin.date, origin.code or ""))
        ]

    def baseline(self, setting: Setting) -> str | None:
        """Name of the setting that differs only in that its layers do not learn, if there is one."""
        for other in self.of(setting.data, setting.rule, "random"):
            same_read_out = other.last == replace(setting.last, name="readout")
            if same_read_out and other.config().parameters() == setting.config().parameters():
                return other.name
        return None

    def clocks_of(self, config: FFConfig, what: str) -> float | None:
        """Clocks of a sample of ``training`` or ``inference`` in the last epoch, on a machine whose network was
        trained; None where it was not, or not with so many lanes."""
        for setting in self.settings.values():
            if setting.published or setting.group == "random" or config.lanes not in setting.machines:
                continue
            if setting.config().parameters() | {"lanes": config.lanes} == config.parameters():
                return self.machine(setting.name, "last", what, config.lanes)["clocks"]
        return None


def useful(machine: dict[str, float]) -> float | None:
    """Of the clocks in which layers learn, the share in % in which a word of weights is changed; None where nothing is
    learnt. ``machine``: clocks and words, see :meth:`Findings.machine`."""
    return 100 * machine["learn_words"] / machine["learn"] if machine["learn"] else None
