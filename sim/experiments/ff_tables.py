"""Tables of the page on Forward-Forward learning, in Markdown."""

from collections.abc import Sequence
from typing import Any

from boards.report import TITLES
from hwgen.design import TYPICAL_SAMPLES
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import PHASES
from sim.experiments.ff_findings import CLOCKED, Findings, useful
from sim.experiments.ff_grid import RULES, Setting
from sim.experiments.ff_identity import Identity
from sim.experiments.page import WHENS, number, table
from sim.experiments.placed import Placed, verilog_remarks


def short(setting: Setting) -> str:
    """A setting's name where its data and its rule are known."""
    return setting.name.removeprefix("digits ").removeprefix(f"{setting.rule} ")


def accuracy_table(found: Findings, data: str, rule: str) -> str:
    """Accuracies of all machines of a rule that were trained on ``mnist`` or ``digits``, and clocks; of contrastive
    ones beside that of the same machine whose layers do not learn, where that was trained."""
    random = bool(found.of(data, rule, "random"))
    head = ["network", "weight", "accuracy, %", *(["random weights, %"] if random else []), "each seed's error, %"]
    rows = []
    for setting in found.of(data, rule, "machine"):
        cells = [short(setting), str(setting.config().master_bits), number(found.accuracy(setting.name), 2)]
        if random:
            cells.append(number(found.accuracy(found.baseline(setting) or ""), 2))
        cells.append(_each(found, setting))
        clocks = [found.machine(setting.name, when, what)["clocks"] for _, when, what in WHENS]
        rows.append([*cells, *map(number, clocks), str(setting.machines[0])])
    return table([*head, *(f"clocks: {title}" for title, *_ in WHENS), "lanes"], rows)


def second_layer(found: Findings) -> dict[str, str]:
    """What read-outs of one layer and of two give, in %; empty where they were not trained."""
    names = {"both": "contrastive 784-500-500", "first": "contrastive 784-500, moved", "still": "contrastive 784-500"}
    accuracies = {what: found.accuracy(name) for what, name in names.items()}
    return {} if None in accuracies.values() else {what: number(each, 2) for what, each in accuracies.items()}


def published_table(found: Findings) -> str:
    """Machines and published rules of the same rule and size."""
    rows = []
    for data, title in (("mnist", found.title), ("digits", "digits")):
        for rule in RULES:
            published = found.of(data, rule, "published")
            alike = {(setting.layers, setting.phases[0].shift) for setting in published}
            machines = [
                setting
                for setting in found.of(data, rule, "machine")
                if (setting.layers, setting.phases[0].shift) in alike
            ]
            for setting in (*machines, *published):
                what = "published rule" if setting.published else "this machine"
                accuracy = number(found.accuracy(setting.name), 2)
                rows.append([title, rule, short(setting), what, accuracy, _each(found, setting)])
    return table(["data", "rule", "network", "", "accuracy, %", "each seed's error, %"], rows)


def clocks_table(found: Findings) -> str:
    """Clocks by phase of one machine of each rule, for each number of lanes."""
    rows = []
    for name in CLOCKED[found.main]:
        setting = found.settings[name]
        for lanes in sorted(setting.machines, reverse=True):
            for title, when, what in WHENS:
                costs = found.machine(name, when, what, lanes)
                parts = [costs[phase] for phase in PHASES]
                parts += [costs["clocks"] - sum(parts), costs["clocks"], costs["words"]]
                share = useful(costs)
                ratio = number(costs["clocks"] / costs["words"], 2)
                network = f"{setting.rule} {setting.network}"
                rows.append([network, str(lanes), title, *map(number, parts), ratio, number(share, 1)])
    head = ["machine", "lanes", "sample", *PHASES, "rest", "clocks", "bound", "clocks / bound"]
    return table([*head, "useful share of updates, %"], rows)


def learning_table(found: Findings) -> str:
    """Clocks in which layers learn from both passes of a sample, for each weight: of the first epoch, in which the
    fewest updates are skipped."""
    rows = []
    for name in CLOCKED[found.main]:
        setting = found.settings[name]
        weights = setting.config().weights
        for lanes in sorted(setting.machines, reverse=True):
            clocks = found.machine(name, "first", "training", lanes)["learn"]
            network = f"{setting.rule} {setting.network}"
            rows.append([network, str(lanes), *map(number, (weights, clocks)), number(clocks / weights, 4)])
    return table(["machine", "lanes", "weights", "clocks of learning, a sample", "clocks a weight"], rows)


def identity_table(identities: Sequence[Identity]) -> str:
    """What was compared, and what differs."""
    rows = [
        [
            f"{each.rule} {'-'.join(map(str, each.layers))}, {each.lanes} lanes",
            number(each.samples),
            number(each.results),
            f"{each.weights:,} of {each.compared:,}",
            f"{sum(each.golden.get(name) != value for name, value in each.rtl.items()):,} of {len(each.rtl):,}",
            number(each.rtl["clocks"]),
            number(each.golden["clocks"]),
            each.date,
        ]
        for each in identities
    ]
    head = ["machine", "samples", "results that differ", "weights that differ", "statistics that differ"]
    return table([*head, "clocks, RTL", "clocks, golden model", "compared on"], rows)


def speed_table(speed: dict[str, Any]) -> str:
    """Samples per second of golden model and published rules."""
    rates = speed["samples_per_second"]
    rows = [
        [f"{rule}, {title}", *(number(rates[f"{rule}_{kind}_{what}"]) for what in ("training", "inference"))]
        for rule in RULES
        for kind, title in (("golden", "golden model"), ("published", "published rule, floating point"))
    ]
    return table(["", "training, 1/s", "inference, 1/s"], rows)


def boards_table(found: Findings, placed: Sequence[Placed[FFConfig]]) -> str:
    """Area, Fmax and samples per second of what was placed, and what is to be said of them; nothing where nothing was.

    Clocks of a network that was not trained are those that were recorded with its area, if they were.
    """
    shown = ("lut", "ff", "block_ram", "dsp")
    rows, typical = [], []
    for machine in placed:
        report, config = machine.report, machine.config
        cells = [f"{config.rule} {machine.network}", str(config.lanes), machine.place]
        cells += [f"{report['used'][key]:,} of {report['available'][key]:,}" for key in shown]
        cells += [number(report["fmax_mhz"], 1), number(report["clock_mhz"], 1)]
        clocks = [found.clocks_of(config, what) for what in ("training", "inference")]
        if clocks == [None, None]:
            clocks = [machine.typical(what) for what in ("training", "inference")]
            typical += [machine.name] if any(clocks) else []
        rates = [None if each is None else machine.rate(each) for each in clocks]
        rows.append([*cells, *map(number, clocks), *map(number, rates)])
    head = ["network", "lanes", "board", *(TITLES[key] for key in shown), "Fmax, MHz", "clock, MHz"]
    head += ["clocks: training", "inference", "training, 1/s", "inference, 1/s"]
    notes = verilog_remarks(placed)
    if typical:
        clocks_of = (
            f"Not trained here: {'; '.join(typical)}. Clocks are means over the first held-out samples of its "
            f"data set, {TYPICAL_SAMPLES} at most, and were recorded with area and Fmax: inference with the weights "
            "that the machine starts with, then training from there."
        )
        notes = [clocks_of, *notes]
    return "\n\n".join([table(head, rows), *notes]) if rows else ""


def _each(found: Findings, setting: Setting) -> str:
    return ", ".join(f"{error:.2f}" for error in found.errors(setting.name))
