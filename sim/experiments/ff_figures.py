"""The figure of the experiment on Forward-Forward learning, as a PNG file in memory."""

from sim.experiments.ff_findings import Findings
from sim.experiments.ff_grid import RULES
from sim.experiments.ff_tables import short
from sim.experiments.page import error_axes, png

TABLEAU = ("blue", "orange", "green", "red", "purple", "brown", "pink", "gray", "olive", "cyan")
COLOURS = [*(f"tab:{name}" for name in TABLEAU), "black", "darkblue", "saddlebrown", "teal", "gold", "deeppink"]
"""The usual ones and more: there are more settings."""
STYLES = {"machine": "-", "random": ":", "published": "--"}


def learning_figure(found: Findings) -> bytes:
    """Test error over epochs, a panel for each rule."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    for panel, rule in zip(figure.subplots(1, 2), RULES, strict=True):
        panel.set_prop_cycle(color=COLOURS)
        for setting in found.of(found.main, rule, *STYLES):
            curve = found.curve(setting.name)
            panel.plot(
                range(1, len(curve) + 1), curve, marker=".", linestyle=STYLES[setting.group], label=short(setting)
            )
        error_axes(panel, rule)
    return png(figure)
