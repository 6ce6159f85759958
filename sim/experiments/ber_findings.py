"""What the experiment on bit errors has found: sweeps, comparisons and upsets, and what follows from them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.experiments import ber, ber_identity, ber_upsets
from sim.experiments.bayes import TASKS
from sim.experiments.ber import KINDS, MACHINES, RATES, Kind, Machine, Outcome
from sim.experiments.ber_identity import Identity
from sim.experiments.ber_target import WATCHED
from sim.experiments.ber_upsets import Struck

BORNE = 1.0
"""Points of accuracy that a machine may lose and still be said to bear its errors."""

USABLE = 10.0
"""Points that a machine without errors may be below floating point: others have little to lose."""


class Findings:
    """Outcomes by task, machine and kind of errors.

    Args:
        outcomes: of every machine, on the same splits of every task.
        identities: RTL and golden model beside each other.
        struck: single-event upsets.
    """

    def __init__(
        self, outcomes: Sequence[Outcome], identities: Sequence[Identity] = (), struck: Sequence[Struck] = ()
    ) -> None:
        self.identities, self.struck = list(identities), list(struck)
        self.splits = 1 + max(outcome.split for outcome in outcomes)
        self._by_key: dict[tuple[str, Machine, Kind], list[Outcome]] = {}
        for outcome in outcomes:
            self._by_key.setdefault((outcome.task, outcome.machine, outcome.kind), []).append(outcome)

    def accuracy(self, task: str, machine: Machine, kind: Kind) -> list[tuple[float, float]]:
        """For each rate: mean accuracy in % and its standard deviation over the splits."""
        return _spread(100 * np.array([outcome.accuracies for outcome in self._by_key[task, machine, kind]]))

    def loss(self, task: str, machine: Machine, kind: Kind) -> list[tuple[float, float]]:
        """For each rate: points lost to the same machine without errors, mean and standard deviation."""
        accuracies = 100 * np.array([outcome.accuracies for outcome in self._by_key[task, machine, kind]])
        return _spread(accuracies[:, :1] - accuracies)

    def loss_at(self, task: str, machine: Machine, kind: Kind, rate: float) -> float:
        """Mean points lost at one of the rates."""
        return self.loss(task, machine, kind)[RATES.index(rate)][0]

    def mean_loss(self, tasks: Sequence[str], machine: Machine, kind: Kind) -> list[float]:
        """For each rate: points lost, the mean of several tasks."""
        losses = [[mean for mean, _ in self.loss(task, machine, kind)] for task in tasks]
        return [sum(column) / len(tasks) for column in zip(*losses, strict=True)]

    def borne(self, task: str, machine: Machine, kind: Kind) -> float | None:
        """The highest rate tried up to which no rate loses more than :data:`BORNE` points; None for a machine that is
        not :data:`USABLE`."""
        if self.accuracy(task, machine, kind)[0][0] < self.exact(task) - USABLE:
            return None
        borne = 0.0
        for rate, (mean, _) in zip(RATES, self.loss(task, machine, kind), strict=True):
            if mean > BORNE:
                break
            borne = rate
        return borne

    def exact(self, task: str) -> float:
        """Accuracy of the classifier in floating point, in %."""
        return 100 * float(np.mean([outcome.exact for outcome in self._by_key[task, MACHINES[0], KINDS[0]]]))

    @property
    def differences(self) -> int:
        """Results, and points' clocks, in which RTL and golden model differ."""
        return sum(identity.differences for identity in self.identities)

    @property
    def predicted(self) -> tuple[int, int]:
        """Upsets of which the golden model says the same results as the RTL gives, and upsets that it models."""
        modelled = [effect for each in self.struck for effect in each.effects if effect.predicted is not None]
        return sum(bool(effect.predicted) for effect in modelled), len(modelled)

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rates": RATES,
            "splits": self.splits,
            "sweeps": [
                {
                    "task": task,
                    **asdict(machine),
                    "kind": kind,
                    "float_accuracy": self.exact(task),
                    "accuracy": [mean for mean, _ in self.accuracy(task, machine, kind)],
                    "accuracy_spread": [spread for _, spread in self.accuracy(task, machine, kind)],
                    "loss_points": [mean for mean, _ in self.loss(task, machine, kind)],
                    "loss_spread": [spread for _, spread in self.loss(task, machine, kind)],
                    "borne_rate": self.borne(task, machine, kind),
                }
                for task in TASKS
                for machine in MACHINES
                for kind in KINDS
            ],
            "identities": [asdict(identity) for identity in self.identities],
            "upsets": [asdict(summary(each)) for each in self.struck],
        }


@dataclass(frozen=True)
class Summary:
    """Upsets in one kind of state. Shares are of all these upsets, as fractions."""

    task: str
    mode: str
    kind: str
    bits: int
    upsets: int
    seen: float
    """Share after which any result was wrong."""
    changed: float
    """Share after which one of the next decisions was another."""
    accuracy: float
    """Of the next decisions."""
    accuracy_undisturbed: float
    never: float
    """Share after which the machine does not recover by itself."""
    lasting: float
    """Share of decisions that are others in the last pass."""
    lasting_accuracy: float
    """In the last pass."""
    lasting_undisturbed: float
    samples: tuple[float, int] | None
    """Median and maximum of the results until it has recovered, of upsets that were seen and passed; None: there was
    none."""
    clocks: tuple[float, int] | None
    """The same in clocks."""
    remedies: dict[str, int]
    """How often each brought it back."""


def summary(struck: Struck) -> Summary:
    """What upsets in one kind of state did, in numbers."""
    effects = struck.effects
    count = len(effects)
    passed = [effect for effect in effects if effect.wrong and effect.samples is not None]
    samples = [effect.samples for effect in passed if effect.samples is not None]
    clocks = [effect.clocks for effect in passed if effect.clocks is not None]
    return Summary(
        task=struck.task,
        mode=struck.mode,
        kind=struck.kind,
        bits=struck.bits,
        upsets=count,
        seen=sum(effect.wrong > 0 for effect in effects) / count,
        changed=sum(effect.changed > 0 for effect in effects) / count,
        accuracy=sum(effect.right for effect in effects) / (WATCHED * count),
        accuracy_undisturbed=sum(effect.right_undisturbed for effect in effects) / (WATCHED * count),
        never=sum(effect.samples is None for effect in effects) / count,
        lasting=sum(effect.lasting for effect in effects) / (struck.samples * count),
        lasting_accuracy=sum(effect.right_lasting for effect in effects) / (struck.samples * count),
        lasting_undisturbed=struck.right / struck.samples,
        samples=(float(np.median(samples)), max(samples)) if samples else None,
        clocks=(float(np.median(clocks)), max(clocks)) if clocks else None,
        remedies=dict(Counter(effect.remedy for effect in effects if effect.remedy)),
    )


def measure(
    splits: int, samples: int, upsets: int, processes: int, report: Callable[[int, int], None]
) -> tuple[Findings, list[Outcome]]:
    """The whole experiment; what is in the cache is not measured again.

    Args:
        splits: random splits of each task, at least 1.
        samples: test samples that RTL and golden model decide at each point.
        upsets: in each kind of state.
        processes: how many to use for the sweeps.
        report: called with the parts done and the parts there are.
    """
    sizes = [(task, *size) for task in TASKS for size in ber.SIZES]
    targets = [(task, mode) for task in ber_upsets.TASKS for mode in ber_upsets.MODES]
    swept = splits * len(TASKS)
    parts = swept + len(sizes) + len(targets)
    report(0, parts)
    outcomes = ber.run(splits, processes, lambda done: report(done, parts))
    identities: list[Identity] = []
    for size in sizes:
        identities.append(ber_identity.kept(*size, samples))
        report(swept + len(identities), parts)
    struck: list[Struck] = []
    for done, target in enumerate(targets, start=1):
        struck += ber_upsets.kept(*target, upsets)
        report(swept + len(identities) + done, parts)
    return Findings(outcomes, identities, struck), outcomes


def _spread(values: Any) -> list[tuple[float, float]]:
    """Mean and standard deviation of each column."""
    return list(zip(values.mean(axis=0).tolist(), values.std(axis=0).tolist(), strict=True))
