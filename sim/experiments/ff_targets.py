"""What was asked for of Forward-Forward learning on MNIST, and whether it was met."""

from collections.abc import Sequence
from typing import Any

from hwgen.ff.config import FFConfig
from sim.experiments.ff_findings import CLOCKED, Findings, useful
from sim.experiments.ff_grid import RULES
from sim.experiments.ff_identity import Identity
from sim.experiments.placed import Placed, fmax_target
from sim.experiments.targets import Target, at_least, at_most

ACCURACIES = {
    "supervised 784-256-256": 98.1,
    "supervised 784-500-500": 98.3,
    "contrastive 784-500": 97.2,
    "contrastive 784-2000": 98.0,
    "contrastive 784-500-500": 97.6,
}
"""Share of test images in % that are classified rightly after the last epoch, at least."""
LANES, CLOCKS = 128, 1700.0
"""Lanes of the contrastive machine of one layer, and clocks of a training sample, at most."""
USEFUL = 90.0
"""Of its clocks in which layers learn, the share in % in which weights are changed, at least."""
TRAINING_RATE = 8000.0
"""Training samples per second of the golden model on one core, at least."""
FMAX = (784, 256, 256), ("85k", "um5g-85k"), 60.0
"""Layers, devices (ECP5-85), and Fmax of the core alone in MHz, at least."""


def targets(
    found: Findings, placed: Sequence[Placed[FFConfig]], identities: Sequence[Identity], speed: dict[str, Any]
) -> list[Target]:
    """All of them; nothing on other data than MNIST."""
    if found.main != "mnist" or found.data != "mnist":
        return []
    accuracies = [at_least(f"accuracy, {name}, %", least, found.accuracy(name)) for name, least in ACCURACIES.items()]
    clocked = CLOCKED["mnist"][1]
    epochs = [found.machine(clocked, when, "training", LANES) for when in ("first", "last")]
    where = f"{clocked}, {LANES} lanes"
    clocks = max(epoch["clocks"] for epoch in epochs)
    shares = [share for epoch in epochs if (share := useful(epoch)) is not None]
    return [
        *accuracies,
        at_most(f"clocks a training sample, {where}", CLOCKS, clocks),
        at_least(f"useful share of update sweeps, {where}, %", USEFUL, min(shares, default=None)),
        *(_fmax(placed, rule) for rule in RULES),
        *(_rate(speed, rule) for rule in RULES),
        *(
            at_most(f"differences of RTL and golden model, {each.rule}, {each.samples:,} samples", 0, each.differences)
            for each in identities
        ),
    ]


def _rate(speed: dict[str, Any], rule: str) -> Target:
    network = "-".join(map(str, speed["layers"]))
    rate = speed["samples_per_second"][f"{rule}_golden_training"]
    return at_least(f"golden model of {rule} {network}, training samples a second", TRAINING_RATE, rate)


def _fmax(placed: Sequence[Placed[FFConfig]], rule: str) -> Target:
    layers, devices, least = FMAX
    alike = (
        machine
        for machine in placed
        if (machine.config.layers, machine.config.rule) == (layers, rule)
        and machine.report["out_of_context"]
        and machine.device in devices
    )
    return fmax_target(f"{rule} {'-'.join(map(str, layers))} on an ECP5-85", least, alike)
