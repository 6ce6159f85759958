"""Tables of the page on bit errors, in Markdown."""

from collections.abc import Sequence

from hwgen.bayes.quantise import Mode
from sim.experiments.bayes import TASKS
from sim.experiments.ber import KINDS, MACHINES, RATES, SIZES, Machine
from sim.experiments.ber_findings import BORNE, Findings, Summary, summary
from sim.experiments.page import number, table

MEMORY = "likelihood memory"
"""The kind of state that is no flip-flop."""


def rate(value: float | None) -> str:
    """A rate as people read it; a dash where there is none."""
    return "-" if value is None else f"{value:g}"


def worst_table(found: Findings, tasks: Sequence[str], rates: Sequence[float]) -> str:
    """The most points lost at any of some rates in any of some tasks, normalised by observation."""
    rows = []
    for mode, bits in SIZES:
        machine = Machine(mode, bits, "observation")
        for kind in KINDS:
            losses = {(task, each): found.loss_at(task, machine, kind, each) for task in tasks for each in rates}
            worst = max(losses, key=lambda place: losses[place])
            lossless = sum(loss <= BORNE for loss in losses.values())
            share = f"{lossless} of {len(losses)}"
            rows.append([machine.size, kind, f"{losses[worst]:.2f}", f"{worst[0]}, at {rate(worst[1])}", share])
    return table(["machine", "errors", "most points lost", "where", f"points with at most {BORNE:g} lost"], rows)


def loss_table(found: Findings, tasks: Sequence[str], rates: Sequence[float]) -> str:
    """Points lost at some rates, normalised by observation."""
    rows = []
    for mode, bits in SIZES:
        machine = Machine(mode, bits, "observation")
        for kind in KINDS:
            cells = [[found.loss_at(task, machine, kind, each) for each in rates] for task in tasks]
            means = [found.mean_loss(tasks, machine, kind)[RATES.index(each)] for each in rates]
            rows.append([machine.size, kind, *map(_losses, [*cells, means])])
    return table(["machine", "errors", *tasks, "mean"], rows)


def borne_table(found: Findings) -> str:
    """The highest rate that each machine bears."""
    rows = [
        [machine.size, machine.normalisation, kind, *(rate(found.borne(task, machine, kind)) for task in TASKS)]
        for machine in MACHINES
        for kind in KINDS
    ]
    return table(["machine", "normalisation", "errors", *TASKS], rows)


def sweep_table(found: Findings, task: str) -> str:
    """Accuracies at every rate."""
    rows = []
    for machine in MACHINES:
        for kind in KINDS:
            cells = [f"{mean:.1f} ± {spread:.1f}" for mean, spread in found.accuracy(task, machine, kind)]
            rows.append([machine.size, machine.normalisation, kind, *cells])
    return table(["machine", "normalisation", "errors", *map(rate, RATES)], rows)


def identity_table(found: Findings) -> str:
    """What was compared, and what differs."""
    rows = []
    for identity in found.identities:
        points = identity.points
        rows.append(
            [
                identity.task,
                identity.size,
                number(len(points)),
                number(identity.samples),
                number(sum(point.different for point in points)),
                number(sum(point.golden != point.rtl for point in points)),
                number(sum(point.clocks != 0 for point in points)),
                identity.date,
            ]
        )
    head = ["task", "machine", "points", "samples a point", "results that differ", "accuracies that differ"]
    return table([*head, "clocks that differ", "compared on"], rows)


def upsets_table(found: Findings, task: str, mode: Mode) -> str:
    """What upsets do to a machine, by kind of state."""
    rows = []
    for each in found.struck:
        if (each.task, each.mode) == (task, mode):
            rows.append(_upsets_row(summary(each)))
    head = ["state", "bits", "seen, %", "other decision, %", "accuracy of the next 10, %", "recovers in: results"]
    return table([*head, "clocks", "never, %", "accuracy for good, %", "brought back by"], rows)


def overall_table(found: Findings) -> str:
    """What an upset in any flip-flop does to each machine: kinds weighted by their bits."""
    rows = []
    for task, mode in dict.fromkeys((each.task, each.mode) for each in found.struck):
        held = [
            summary(each) for each in found.struck if (each.task, each.mode) == (task, mode) and each.kind != MEMORY
        ]
        bits = sum(each.bits for each in held)
        shares = [sum(each.bits * getattr(each, name) for each in held) / bits for name in ("seen", "changed", "never")]
        rows.append([task, mode, number(bits), *(number(100 * share, 1) for share in shares)])
    return table(["task", "machine", "flip-flops", "seen, %", "other decision, %", "never, %"], rows)


def _upsets_row(each: Summary) -> list[str]:
    recovery = ["-" if pair is None else f"{pair[0]:,.0f} / {pair[1]:,}" for pair in (each.samples, each.clocks)]
    remedies = ", ".join(f"{remedy} ({count})" for remedy, count in each.remedies.items())
    return [
        each.kind,
        number(each.bits),
        number(100 * each.seen, 1),
        number(100 * each.changed, 1),
        f"{100 * each.accuracy:.1f} of {100 * each.accuracy_undisturbed:.1f}",
        *recovery,
        number(100 * each.never, 1),
        f"{100 * each.lasting_accuracy:.2f} of {100 * each.lasting_undisturbed:.2f}",
        remedies or "-",
    ]


def _losses(points: Sequence[float]) -> str:
    return " / ".join(f"{round(each, 2) + 0.0:+.2f}" for each in points)  # no -0.00
