"""Figures of the Bayesian experiment, as PNG files in memory."""

import io
from typing import Any

from sim.experiments.bayes import BITS, NORMALISATIONS, TASKS, Setting
from sim.experiments.outcomes import Outcomes


def cycles_figure(data: Outcomes) -> bytes:
    """One panel a task: accuracy lost against mean cycles, a colour a normalisation, a marker a stop rule."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 3).flatten()
    colours = dict(zip(NORMALISATIONS, ("tab:blue", "tab:orange", "tab:gray"), strict=True))
    markers = {"fixed": "o", "first": "^", "lead": "s"}
    for panel, task in zip(panels, TASKS, strict=False):
        for setting in data.settings:
            if setting.mode != "stochastic" or setting.bits != 8:
                continue
            accuracy = 100 * data.mean(task, setting, "test")
            panel.plot(
                data.mean(task, setting, "cycles"),
                accuracy,
                marker=markers[setting.stop],
                color=colours[setting.normalisation],
                markersize=4,
                alpha=0.7,
                linestyle="",
            )
        panel.axhline(100 * data.mean(task, data.settings[0], "float_test"), color="black", linewidth=1)
        panel.set_xscale("log", base=2)
        panel.set_title(task)
        panel.set_xlabel("mean cycles")
        panel.set_ylabel("accuracy, %")
    legend = panels[len(TASKS)]
    legend.axis("off")
    for normalisation, colour in colours.items():
        legend.plot([], [], color=colour, marker="o", linestyle="", label=f"normalised: {normalisation}")
    for stop, marker in markers.items():
        legend.plot([], [], color="black", marker=marker, linestyle="", label=f"stop: {stop}")
    legend.plot([], [], color="black", label="floating point")
    legend.legend(loc="center")
    return _png(figure)


def bits_figure(data: Outcomes) -> bytes:
    """Points lost against likelihood bits, for both modes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    logarithmic, stochastic = figure.subplots(1, 2)
    for task in TASKS:
        losses = [data.loss(task, Setting("logarithmic", "observation", bits)) for bits in BITS]
        logarithmic.errorbar(
            BITS, [mean for mean, _ in losses], [spread for _, spread in losses], label=task, capsize=2
        )
        if task == "digits":
            continue
        settings = [
            Setting("stochastic", "observation", bits, "lfsr", "weighted-binary", "fixed", 255) for bits in BITS
        ]
        stochastic.errorbar(
            BITS,
            [data.loss(task, setting)[0] for setting in settings],
            [data.loss(task, setting)[1] for setting in settings],
            label=task,
            capsize=2,
        )
    for panel, title in ((logarithmic, "logarithmic"), (stochastic, "stochastic, 255 cycles")):
        panel.axhline(0, color="black", linewidth=1)
        panel.set_title(title)
        panel.set_xlabel("likelihood bits")
        panel.set_ylabel("loss, points")
        panel.legend()
    return _png(figure)


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    # No date or version inside: equal outcomes give equal files.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
