"""Figures of the experiment on equilibrium propagation, as PNG files in memory."""

from sim.experiments.ep_findings import MIDDLE, Findings
from sim.experiments.ep_tables import short
from sim.experiments.page import WHENS, error_axes, png
from sim.golden.ep_cycles import PHASES

COLOURS = dict(zip(PHASES[1:], ("tab:blue", "tab:orange", "tab:green"), strict=True))


def learning_figure(found: Findings) -> bytes:
    """Test error over epochs: networks of several sizes, and other ways to train the middle one."""
    from matplotlib.figure import Figure

    middle = found.settings[MIDDLE[found.main]]
    figure = Figure(figsize=(12, 5), layout="constrained")
    sizes, others = figure.subplots(1, 2)
    for setting in found.of(found.main):
        curve = found.curve(setting.name)
        panels = []
        if setting.group in ("size", "best", "depth", "board"):
            panels.append(sizes)
        if setting.name == middle.name or setting.group in ("counter", "threshold", "input", "nudging", "published"):
            panels.append(others)
        for panel in panels:
            style = {"color": "black", "linewidth": 2} if setting.name == middle.name else {}
            style |= {"linestyle": "--"} if setting.published else {}
            panel.plot(range(1, len(curve) + 1), curve, marker=".", label=short(setting.name), **style)
    for panel, title in ((sizes, "networks"), (others, f"other ways to train {short(middle.name)}")):
        error_axes(panel, title)
    return png(figure)


def clocks_figure(found: Findings) -> bytes:
    """Clocks of a sample by phase: a bar for each kind of sample, on the machines of the middle network that have most
    lanes."""
    from matplotlib.figure import Figure

    middle = found.settings[MIDDLE[found.main]]
    most = max(variant.lanes for variant in middle.machines)
    machines = [variant for variant in middle.machines if variant.lanes == most]
    figure = Figure(figsize=(11, 2 + 0.45 * len(WHENS) * len(machines)), layout="constrained")
    panel = figure.subplots()
    names: list[str] = []
    for variant in machines:
        for title, when, what in WHENS:
            costs = found.costs(middle.name, when)[what]["machines"][str(variant)]
            row = len(names)
            left = 0.0
            for phase in PHASES[1:]:
                panel.barh(row, costs[phase], left=left, color=COLOURS[phase], height=0.6)
                left += costs[phase]
            panel.barh(row, costs["clocks"] - left, left=left, color="lightgray", height=0.6)
            panel.plot([costs["words"]] * 2, [row - 0.4, row + 0.4], color="black", linewidth=2)
            panel.text(costs["clocks"], row, f" {costs['clocks']:.0f}", va="center", fontsize="small")
            names.append(f"{variant}: {title}")
    for phase in PHASES[1:]:
        panel.barh(0, 0, color=COLOURS[phase], label=phase)
    panel.barh(0, 0, color="lightgray", label="rest")
    panel.plot([], [], color="black", linewidth=2, label="bound: synapse words of active inputs")
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.set_xlabel("clocks a sample")
    panel.set_title(short(middle.name))
    figure.legend(fontsize="small", loc="outside lower center", ncols=len(PHASES) + 1)
    return png(figure)
