"""The page and the figures of the experiment on bit errors, made from its findings."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.bayes.quantise import quantise
from hwgen.output import write_bytes, write_json, write_text
from hwgen.templates import render
from sim.experiments import ber, ber_target
from sim.experiments.bayes import NORMALISATIONS, TASKS
from sim.experiments.ber import DECISIONS, KINDS, RATES, Kind, Machine
from sim.experiments.ber_figures import identity_figure, loss_figure, sweep_figure, upsets_figure
from sim.experiments.ber_findings import BORNE, USABLE, Findings, summary
from sim.experiments.ber_tables import (
    MEMORY,
    borne_table,
    identity_table,
    loss_table,
    overall_table,
    rate,
    sweep_table,
    upsets_table,
    worst_table,
)
from sim.experiments.ber_upsets import MODES, Struck
from sim.experiments.page import about, counted

log = logging.getLogger("hwgen")

FEW_COLUMNS = tuple(task for task in TASKS if task != "digits")
"""Tasks in which the stochastic machine decides anything at all."""

MODERATE = (1e-3, 3e-3, 1e-2)
"""Rates of which it is asked who bears them."""

SHOWN = (1e-3, 1e-2, 1e-1)

STOCHASTIC = Machine("stochastic", 8, "observation")
LOGARITHMIC = Machine("logarithmic", 8, "observation")
NARROW = Machine("logarithmic", 4, "observation")

AHEAD = 0.5
"""Points by which a machine is called ahead."""

GUESSED = 15.0
"""Accuracy in %, of ten classes, below which a machine is said to decide nothing."""


def write_report(found: Findings, folder: Path, command: str) -> list[Path]:
    """Write ``ber.md``, ``ber.json`` and the figures into ``folder``; returns their paths. Where RTL and golden model
    differ, page and log say so first."""
    agreed, modelled = found.predicted
    differ = found.differences or agreed < modelled
    if differ:
        log.error(
            "RTL and golden model DIFFER: %d differences with errors of devices, %d of %d upsets",
            found.differences,
            modelled - agreed,
            modelled,
        )
    origin = about(command)
    points = sum(len(identity.points) for identity in found.identities)
    page = render(
        "sim.experiments",
        "ber.md.j2",
        differ=differ,
        differences=found.differences,
        points=points,
        decisions=sum(len(identity.points) * identity.samples for identity in found.identities),
        simulators=", ".join(sorted({identity.simulator for identity in found.identities})),
        agreed=agreed,
        modelled=modelled,
        splits=found.splits,
        least=DECISIONS,
        borne=BORNE,
        usable=USABLE,
        few=f"{', '.join(FEW_COLUMNS[:-1])} and {FEW_COLUMNS[-1]}",
        worst_table=worst_table(found, FEW_COLUMNS, MODERATE),
        **{kind: {rate(each): _means(found, kind, each) for each in SHOWN} for kind in KINDS},
        more_robust=_more_robust(found),
        narrow_helps=_narrow_helps(found),
        usable_tasks=_usable_tasks(found),
        frozen_more=_frozen_more(found),
        all_digits=max(mean for kind in KINDS for mean, _ in found.accuracy("digits", STOCHASTIC, kind)),
        guessed=GUESSED,
        crossings=_crossings(found),
        normalised=_normalised(found),
        luck={kind: _luck(found, kind) for kind in KINDS},
        highest=rate(RATES[-1]),
        ranges=[_range(task) for task in FEW_COLUMNS],
        moderate=f"{rate(MODERATE[0])} to {rate(MODERATE[-1])}",
        overall_table=overall_table(found),
        loss_table=loss_table(found, FEW_COLUMNS, SHOWN),
        shown=" / ".join(map(rate, SHOWN)),
        borne_table=borne_table(found),
        sweep_tables={task: sweep_table(found, task) for task in TASKS},
        exact={task: found.exact(task) for task in TASKS},
        identity_table=identity_table(found),
        upsets={
            (task, mode): upsets_table(found, task, mode)
            for task, mode in dict.fromkeys((each.task, each.mode) for each in found.struck)
        },
        upsets_count=max((len(each.effects) for each in found.struck), default=0),
        **_upsets(found),
        once=ber_target.PASS,
        watched=ber_target.WATCHED,
        **origin,
    )
    figures = {
        "ber-loss.png": loss_figure(found, FEW_COLUMNS),
        "ber-transient.png": sweep_figure(found, "transient"),
        "ber-frozen.png": sweep_figure(found, "frozen"),
        "ber-rtl.png": identity_figure(found),
        "ber-upsets.png": upsets_figure(found),
    }
    for name, image in figures.items():
        write_bytes(folder / name, image)
    write_json(folder / "ber.json", origin | found.as_dict())
    write_text(folder / "ber.md", page)
    return [folder / name for name in ("ber.md", "ber.json", *figures)]


def _means(found: Findings, kind: Kind, at: float) -> dict[str, float]:
    """Points lost at a rate, the mean of the tasks of few columns."""
    return {
        name: found.mean_loss(FEW_COLUMNS, machine, kind)[RATES.index(at)]
        for name, machine in (("stochastic", STOCHASTIC), ("logarithmic", LOGARITHMIC), ("narrow", NARROW))
    }


def _more_robust(found: Findings) -> bool:
    """Whether the stochastic machine loses less than the logarithmic one at all rates at which much is lost."""
    means = [_means(found, kind, at) for kind in KINDS for at in SHOWN[1:]]
    return all(each["stochastic"] < each["logarithmic"] for each in means)


def _narrow_helps(found: Findings) -> bool:
    """Whether fewer bits lose less to transient errors at the same rates."""
    means = [_means(found, "transient", at) for at in SHOWN[1:]]
    return all(each["narrow"] < each["logarithmic"] for each in means)


def _usable_tasks(found: Findings) -> str:
    """On how many of the tasks of few columns the stochastic machine is usable without errors."""
    texts = []
    for normalisation in NORMALISATIONS:
        machine = replace(STOCHASTIC, normalisation=normalisation)
        usable = sum(found.borne(task, machine, "transient") is not None for task in FEW_COLUMNS)
        texts.append(f"{usable} ({normalisation})")
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def _frozen_more(found: Findings) -> list[float]:
    """Points that frozen errors cost more than transient ones, for each machine and rate."""
    frozen, transient = ([_means(found, kind, at) for at in SHOWN] for kind in ("frozen", "transient"))
    return [mine[name] - other[name] for mine, other in zip(frozen, transient, strict=True) for name in mine]


def _crossings(found: Findings) -> str:
    """For each task of few columns, from which rate on the stochastic machine is ahead."""
    texts = []
    for task in FEW_COLUMNS:
        mine, other = (found.accuracy(task, machine, "transient") for machine in (STOCHASTIC, LOGARITHMIC))
        behind = [index for index in range(len(RATES)) if mine[index][0] < other[index][0] + AHEAD]
        first = 1 + max(behind, default=-1)
        texts.append(f"{rate(RATES[first]) if first < len(RATES) else 'no rate'} ({task})")
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def _normalised(found: Findings) -> str:
    """Points that the logarithmic machine loses with each normalisation."""
    texts = []
    for normalisation in NORMALISATIONS:
        lost = found.mean_loss(FEW_COLUMNS, replace(LOGARITHMIC, normalisation=normalisation), "transient")
        texts.append(f"{lost[RATES.index(SHOWN[-1])]:.1f} ({normalisation})")
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def _luck(found: Findings, kind: Kind) -> str:
    """How much what is lost at the highest rate differs from split to split, where a split has one draw of errors."""
    spreads = [found.loss(task, LOGARITHMIC, kind)[-1][1] for task in ("digits, 8 pixels", "digits")]
    return " and ".join(f"{spread:.1f}" for spread in spreads)


def _range(task: str) -> float:
    """What the largest integer of the logarithmic machine stands for, in nats, on the first split."""
    part = ber.prepare(task, 0)
    step = quantise(part.probabilities, "logarithmic", LOGARITHMIC.bits, calibration=part.training).step
    assert step is not None
    return step * ((1 << LOGARITHMIC.bits) - 1)


def _upsets(found: Findings) -> dict[str, Any]:
    """What the text says of upsets."""
    generators, buses = (
        [effect for each in found.struck if each.kind == kind for effect in each.effects]
        for kind in ("random numbers (LFSR)", "bus and registers")
    )
    seen = [effect.register for effect in buses if effect.wrong]
    return {
        "memory": {mode: _lasting([each for each in found.struck if each.mode == mode]) for mode in MODES},
        "generator": {
            "wrong": counted(max((effect.wrong for effect in generators), default=0), "result"),
            "clocks": counted(max((effect.clocks or 0 for effect in generators), default=0), "clock"),
        },
        "counters": _seen([each for each in found.struck if each.kind == "row counters"]),
        "sequence": _seen([each for each in found.struck if each.kind == "sequence of decisions"]),
        "passing": [
            kind
            for kind in dict.fromkeys(each.kind for each in found.struck)
            if not any(summary(each).never for each in found.struck if each.kind == kind)
        ],
        "bus": {
            "seen": len(seen),
            "upsets": len(buses),
            "registers": ", ".join(sorted(f"`{name}`" for name in set(seen))),
        },
    }


def _seen(struck: Sequence[Struck]) -> str:
    """From how many to how many percent of the upsets are seen, over the machines."""
    shares = sorted({f"{100 * summary(each).seen:.0f}" for each in struck}, key=int)
    return " to ".join(shares[:: max(1, len(shares) - 1)]) or "0"


def _lasting(struck: Sequence[Struck]) -> float:
    """Share of decisions that upsets in memory change for good."""
    return float(np.mean([summary(each).lasting for each in struck if each.kind == MEMORY]))
