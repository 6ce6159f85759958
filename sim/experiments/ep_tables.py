"""Tables of the page on equilibrium propagation, in Markdown."""

from collections.abc import Sequence
from typing import Any

from boards.report import TITLES
from hwgen.ep.config import EPConfig
from sim.experiments.ep_clocks import Variant
from sim.experiments.ep_findings import MIDDLE, PUBLISHED, Findings
from sim.experiments.ep_grid import Setting
from sim.experiments.ep_identity import Identity
from sim.experiments.page import WHENS, number, table
from sim.experiments.placed import Placed, verilog_remarks


def short(name: str) -> str:
    """A setting's name where its data are known."""
    return name.removeprefix("digits ")


def accuracy_table(found: Findings, data: str) -> str:
    """Test errors of all machines trained on ``mnist`` or ``digits``."""
    settings = [setting for setting in found.of(data) if not setting.published]
    partial = sorted({setting.epochs for setting in settings})[:-1]
    head = ["network", "synapse", "tau", "epochs", *(f"after {epochs}, %" for epochs in partial), "at the end, %"]
    head += ["each seed, %", "clocks, first and last epoch", "lanes"]
    return table(head, (_accuracy(found, setting, partial) for setting in settings))


def _accuracy(found: Findings, setting: Setting, partial: Sequence[int]) -> list[str]:
    config = setting.config()
    cells = [short(setting.name), str(config.synapse_bits), ", ".join(map(str, config.threshold)), str(setting.epochs)]
    cells += [number(found.error(setting.name, epochs), 2) for epochs in partial]
    cells += [number(found.error(setting.name), 2), ", ".join(f"{error:.2f}" for error in found.errors(setting.name))]
    clocks = [found.clocks(setting.name, when, "training") for when in ("first", "last")]
    return [*cells, " → ".join(number(each) for each in clocks), str(setting.machines[0].lanes)]


def choice_table(found: Findings) -> str:
    """Errors of the candidates on training images that were held out; the chosen one in bold."""
    chosen = found.chosen()
    rows = []
    for setting in found.candidates:
        error = number(found.error(setting.name), 2)
        each = ", ".join(f"{error:.2f}" for error in found.errors(setting.name))
        rows.append([setting.name, str(setting.epochs), f"**{error}**" if setting is chosen else error, each])
    return table(["candidate", "epochs", "error on the held-out part, %", "each seed, %"], rows)


def identity_table(identity: Identity) -> str:
    """The sums of RTL and golden model side by side."""
    rows = [
        [title, number(identity.rtl[name]), number(identity.golden[name])]
        for name, title in (("errors", "samples misclassified"), ("flips", "synapses flipped"), ("clocks", "clocks"))
    ]
    return table(["", "RTL", "golden model"], rows)


def published_table(found: Findings) -> str:
    """Machine and published rule after equally many epochs."""
    rows = []
    for data, published in PUBLISHED.items():
        if published not in found.settings:
            continue
        epochs = found.settings[published].epochs
        for name, what in ((MIDDLE[data], "this machine"), (published, "published rule")):
            errors = found.errors(name, epochs - 1)
            layers = "-".join(map(str, found.settings[name].layers))
            each = ", ".join(f"{error:.2f}" for error in errors)
            title = found.title if data == "mnist" else data
            rows.append([title, layers, what, str(epochs), number(found.error(name, epochs), 2), each])
    return table(["data", "network", "", "epochs", "test error, %", "each seed, %"], rows)


def clocks_table(found: Findings) -> str:
    """Clocks by phase of the middle network, for each way to build it."""
    name = MIDDLE[found.main]
    rows = []
    for variant in found.settings[name].machines:
        for title, when, what in WHENS:
            costs = found.costs(name, when)[what]["machines"][str(variant)]
            parts = [costs["free"], costs["nudged"], costs["learn"]]
            parts += [costs["clocks"] - sum(parts), costs["clocks"], costs["drive"], costs["words"]]
            rows.append([str(variant), title, *map(number, parts), number(costs["clocks"] / costs["words"], 1)])
    head = ["machine", "sample", "free", "nudged", "learn", "rest", "clocks", "drive", "bound", "clocks / bound"]
    return table(head, rows)


def networks_table(found: Findings) -> str:
    """Clocks of the networks for boards and of the middle one, and samples per second at 100 MHz."""
    rows = []
    for setting in found.of(found.main):
        if setting.group != "board" and setting.name != MIDDLE[found.main]:
            continue
        for variant in setting.machines:
            clocks = [found.clocks(setting.name, "last", what, str(variant)) or 0 for what in ("training", "inference")]
            rows.append([setting.name, str(variant), *map(number, clocks), *(number(1e8 / each) for each in clocks)])
    return table(["network", "machine", "training", "inference", "training, 1/s", "inference, 1/s"], rows)


def boards_table(found: Findings, placed: Sequence[Placed[EPConfig]]) -> str:
    """Area, Fmax and samples per second of what was placed, and remarks on them; nothing where nothing was."""
    shown = ("lut", "ff", "block_ram", "spram")
    rows = []
    for machine in placed:
        report = machine.report
        cells = [machine.network, str(Variant.of(machine.config)), machine.place]
        cells += [f"{report['used'][key]:,} of {report['available'][key]:,}" for key in shown]
        cells += [number(report["fmax_mhz"], 1), number(report["clock_mhz"], 1)]
        clocks = [found.clocks_of(machine.config, what) for what in ("training", "inference")]
        rows.append([*cells, *map(number, clocks), *_rates(found, machine)])
    head = ["network", "machine", "board", *(TITLES[key] for key in shown), "Fmax, MHz", "clock, MHz"]
    head += ["clocks: training", "inference", "training, 1/s", "inference, 1/s"]
    return "\n\n".join([table(head, rows), *verilog_remarks(placed)]) if rows else ""


def speed_table(found: Findings, speed: dict[str, Any], placed: Sequence[Placed[EPConfig]]) -> str:
    """Samples per second of golden model, published rule and machines that were placed."""
    rates = speed["samples_per_second"]
    layers = "-".join(map(str, speed["layers"]))
    rows = [
        [f"{layers}, {title}", *(number(rates[f"{kind}_{what}"]) for what in ("training", "inference"))]
        for kind, title in (("golden", "golden model"), ("published", "published rule, floating point"))
    ]
    rows += [[f"{machine.network}, {machine.place}", *_rates(found, machine)] for machine in placed]
    return table(["", "training, 1/s", "inference, 1/s"], rows)


def _rates(found: Findings, machine: Placed[EPConfig]) -> list[str]:
    """Samples per second of training and inference."""
    clocks = [found.clocks_of(machine.config, what) for what in ("training", "inference")]
    return [number(None if each is None else machine.rate(each)) for each in clocks]
