"""The figure of the experiment on Forward-Forward learning, as a PNG file in memory."""

from sim.experiments.ff_findings import Findings
from sim.experiments.ff_grid import RULES
from sim.experiments.ff_tables import short
from sim.experiments.page import png

STYLES = {"machine": "-", "random": ":", "published": "--"}


def learning_figure(found: Findings) -> bytes:
    """Test error over epochs, a panel for each rule."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(12, 5), layout="constrained")
    for panel, rule in zip(figure.subplots(1, 2), RULES, strict=True):
        for setting in found.of(found.main, rule, *STYLES):
            curve = found.curve(setting.name)
            panel.plot(
                range(1, len(curve) + 1), curve, marker=".", linestyle=STYLES[setting.group], label=short(setting)
            )
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter(PercentFormatter(decimals=0))
        panel.yaxis.set_minor_formatter(PercentFormatter(decimals=0))
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_title(rule)
        # Room for the legend above the curves.
        bottom, top = panel.get_ylim()
        panel.set_ylim(bottom, top * (top / bottom) ** 0.5)
        panel.set_xlabel("epoch")
        panel.set_ylabel("test error")
        panel.grid(alpha=0.3, which="both")
        panel.legend(fontsize="small", ncols=2, loc="upper right")
    return png(figure)
