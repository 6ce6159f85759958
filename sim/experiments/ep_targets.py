"""What was asked for of equilibrium propagation on MNIST, and whether it was met."""

from collections.abc import Sequence
from typing import Any

from hwgen.ep.config import EPConfig
from sim.experiments.ep_findings import MIDDLE, Findings
from sim.experiments.ep_identity import Identity
from sim.experiments.page import WHENS
from sim.experiments.placed import Placed, fmax_target
from sim.experiments.targets import Target, at_least, at_most

ERRORS = {"784-512-10": 3.5, "784-1024-10": 2.8, "784-2048-10, moved": 2.2}
"""Test error after the last epoch, %, at most."""
CLOCKS = (470, 350, 240)
"""Clocks a sample of the middle network on as many lanes as hidden neurons, at most: for each of
:data:`~sim.experiments.page.WHENS`."""
FMAX = "784-448-10", ("85k", "um5g-85k"), 60.0
"""Network, devices (ECP5-85), and Fmax of the core alone in MHz, at least."""
TRAINING_RATE = 30_000
"""Samples a second that the golden model of the middle network learns from, at least."""
GENERATE = 10.0
"""CPU seconds of ``hwgen generate`` for the middle network on as many lanes as hidden neurons, at most."""
BITSTREAM = "196-64-10", "up5k"
"""Network and device of which there shall be a bitstream."""


def targets(
    found: Findings, placed: Sequence[Placed[EPConfig]], identity: Identity, speed: dict[str, Any]
) -> list[Target]:
    """All of them; nothing on other data than MNIST."""
    if found.main != "mnist" or found.data != "mnist":
        return []
    middle = MIDDLE["mnist"]
    errors = [at_most(f"test error, {name}, %", most, float(found.error(name) or 0)) for name, most in ERRORS.items()]
    clocks = [
        at_most(f"clocks a sample, {middle}, {title}", most, float(found.clocks(middle, when, what) or 0))
        for (title, when, what), most in zip(WHENS, CLOCKS, strict=True)
    ]
    same = at_most(f"differences of RTL and golden model over an epoch of {middle}", 0, identity.differences)
    return [*errors, *clocks, same, _fmax(placed), _bitstream(placed), *_speed(speed)]


def _speed(speed: dict[str, Any]) -> list[Target]:
    network, made = "-".join(map(str, speed["layers"])), speed["generate"]
    rate = speed["samples_per_second"]["golden_training"]
    return [
        at_least(f"golden model of {network}, training samples a second", TRAINING_RATE, rate),
        at_most(
            f"`hwgen generate`, {network} with {made['lanes']} lanes, seconds of CPU time",
            GENERATE,
            made["cpu_seconds"],
        ),
    ]


def _fmax(placed: Sequence[Placed[EPConfig]]) -> Target:
    network, devices, least = FMAX
    alike = (
        machine
        for machine in placed
        if machine.network == network and machine.report["out_of_context"] and machine.device in devices
    )
    return fmax_target(f"{network} on an ECP5-85", least, alike)


def _bitstream(placed: Sequence[Placed[EPConfig]]) -> Target:
    network, device = BITSTREAM
    clocks = [
        machine.report["clock_mhz"]
        for machine in placed
        if machine.network == network and not machine.report["out_of_context"] and machine.device == device
    ]
    found = f"at {clocks[0]:g} MHz" if clocks and clocks[0] else None
    return Target(f"bitstream of {network} for an iCE40 UP5K", "there is one", found, found is not None)
