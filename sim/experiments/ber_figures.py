"""Figures of the experiment on bit errors, as PNG files in memory."""

from collections.abc import Sequence
from typing import Any

from sim.experiments.bayes import NORMALISATIONS, TASKS
from sim.experiments.ber import KINDS, RATES, SIZES, Kind, Machine
from sim.experiments.ber_findings import Findings, summary
from sim.experiments.page import png

COLOURS = dict(zip(SIZES, ("tab:blue", "tab:red", "tab:orange"), strict=True))
STYLES = dict(zip(NORMALISATIONS, ("-", "--", ":"), strict=True))


def sweep_figure(found: Findings, kind: Kind) -> bytes:
    """Accuracy against the rate of errors: a panel for each task, a colour for each size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 3).flatten()
    for panel, task in zip(panels, TASKS, strict=False):
        for (mode, bits), colour in COLOURS.items():
            for normalisation, style in STYLES.items():
                points = found.accuracy(task, Machine(mode, bits, normalisation), kind)
                means = [mean for mean, _ in points]
                panel.plot(RATES, means, color=colour, linestyle=style, marker=".", markersize=4)
                if normalisation == "observation":
                    low, high = ([mean + sign * spread for mean, spread in points] for sign in (-1, 1))
                    panel.fill_between(RATES, low, high, color=colour, alpha=0.15, linewidth=0)
        panel.axhline(found.exact(task), color="black", linewidth=1)
        _rate_axis(panel, task)
    _legend(panels[len(TASKS)], f"{kind} errors")
    return png(figure)


def loss_figure(found: Findings, tasks: Sequence[str]) -> bytes:
    """Points lost against the rate of errors, the mean of several tasks, normalised by observation: a panel for each
    kind of errors. Rates at which hardly anything is lost are left out."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for panel, kind in zip(figure.subplots(1, 2, sharey=True), KINDS, strict=True):
        for (mode, bits), colour in COLOURS.items():
            losses = found.mean_loss(tasks, Machine(mode, bits, "observation"), kind)
            shown = range(RATES.index(1e-3), len(RATES))
            panel.plot(
                [RATES[index] for index in shown],
                [losses[index] for index in shown],
                color=colour,
                marker="o",
                markersize=4,
                label=f"{mode}, {bits} bits",
            )
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_ylim(0.01, 50)
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set_title(f"{kind} errors")
        panel.set_xlabel("rate of bit errors")
        panel.grid(alpha=0.3, which="both")
        panel.legend()
    figure.axes[0].set_ylabel("points lost")
    return png(figure)


def identity_figure(found: Findings) -> bytes:
    """The same points of golden model (lines) and RTL (circles): transient errors, one split."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 3).flatten()
    for panel, task in zip(panels, TASKS, strict=False):
        for identity in (each for each in found.identities if each.task == task):
            colour = COLOURS[identity.mode, identity.bits]
            for normalisation, style in STYLES.items():
                points = [
                    point
                    for point in identity.points
                    if (point.normalisation, point.kind) == (normalisation, "transient")
                ]
                rates = [point.rate for point in points]
                panel.plot(rates, [100 * point.golden for point in points], color=colour, linestyle=style)
                panel.plot(
                    rates,
                    [100 * point.rtl for point in points],
                    color=colour,
                    linestyle="",
                    marker="o",
                    markersize=5,
                    fillstyle="none",
                )
        _rate_axis(panel, task)
    _legend(panels[len(TASKS)], "lines: golden model\ncircles: RTL")
    return png(figure)


def upsets_figure(found: Findings) -> bytes:
    """A panel for each machine: what share of upsets was seen, changed a decision, did not pass."""
    from matplotlib.figure import Figure

    machines = list(dict.fromkeys((each.task, each.mode) for each in found.struck))
    rows = (len(machines) + 1) // 2
    figure = Figure(figsize=(12, 3.5 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, sharex=True, squeeze=False).flatten()
    bars = (
        ("seen", "a result is wrong", "tab:gray"),
        ("changed", "a decision is another", "tab:blue"),
        ("never", "does not recover by itself", "tab:red"),
    )
    for panel, machine in zip(panels, machines, strict=False):
        numbers = [summary(each) for each in found.struck if (each.task, each.mode) == machine]
        for index, (field, title, colour) in enumerate(bars):
            places = [place + 0.27 * (index - 1) for place in range(len(numbers))]
            shares = [100 * getattr(each, field) for each in numbers]
            panel.barh(places, shares, height=0.27, color=colour, label=title)
        panel.set_yticks(range(len(numbers)), [each.kind for each in numbers])
        panel.invert_yaxis()
        panel.set_title(f"{machine[0]}: {machine[1]}")
        panel.grid(alpha=0.3, axis="x")
        panel.set_xlim(0, 100)
        panel.set_xlabel("share of upsets, %")
    panels[0].legend(fontsize="small")
    return png(figure)


def _rate_axis(panel: Any, title: str) -> None:
    from matplotlib.ticker import NullLocator

    # Logarithmic, with room for a rate of 0.
    panel.set_xscale("symlog", linthresh=RATES[1], linscale=0.5)
    panel.set_xlim(0, 0.5)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_title(title)
    panel.set_xlabel("rate of bit errors")
    panel.set_ylabel("accuracy, %")
    panel.grid(alpha=0.3)


def _legend(panel: Any, title: str) -> None:
    """What colours and styles stand for, in a panel of its own."""
    panel.axis("off")
    for (mode, bits), colour in COLOURS.items():
        panel.plot([], [], color=colour, label=f"{mode}, {bits} bits")
    for normalisation, style in STYLES.items():
        panel.plot([], [], color="gray", linestyle=style, label=f"normalised: {normalisation}")
    if title.endswith("errors"):
        panel.plot([], [], color="black", linewidth=1, label="floating point, no errors")
    panel.legend(loc="center", title=title)
