"""Outcomes of the Bayesian experiment, by task and setting."""

from collections.abc import Callable, Sequence

import numpy as np

from sim.experiments.bayes import Outcome, Setting


class Outcomes:
    """Outcomes by task and setting."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.splits = 1 + max(outcome.split for outcome in outcomes)
        self._by_key: dict[tuple[str, Setting], list[Outcome]] = {}
        for outcome in outcomes:
            self._by_key.setdefault((outcome.task, outcome.setting), []).append(outcome)
        self.settings = list(dict.fromkeys(outcome.setting for outcome in outcomes))

    def mean(self, task: str, setting: Setting, field: str) -> float:
        """Mean over the splits."""
        return float(np.mean([getattr(outcome, field) for outcome in self._by_key[task, setting]]))

    def loss(self, task: str, setting: Setting, part: str = "test") -> tuple[float, float]:
        """Points of accuracy lost to the float classifier on the same samples: mean and spread over the splits."""
        points = [
            100 * (getattr(outcome, f"float_{part}") - getattr(outcome, part))
            for outcome in self._by_key[task, setting]
        ]
        return float(np.mean(points)), float(np.std(points))

    def chosen(self, tasks: Sequence[str], allowed: Callable[[Setting], bool]) -> Setting:
        """The allowed setting with the least mean loss on the validation parts, of equals that with fewest cycles."""
        candidates = [setting for setting in self.settings if allowed(setting)]
        return min(
            candidates,
            key=lambda setting: (
                round(np.mean([self.loss(task, setting, "validation")[0] for task in tasks]), 2),
                np.mean([self.mean(task, setting, "cycles") for task in tasks]),
            ),
        )
