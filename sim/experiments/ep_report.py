"""The page and the figures of the experiment on equilibrium propagation, made from its outcomes."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwgen.ep.config import EPConfig
from hwgen.output import write_bytes, write_json, write_text
from hwgen.templates import render
from sim.experiments import placed as boards
from sim.experiments.ep import held_out
from sim.experiments.ep_figures import clocks_figure, learning_figure
from sim.experiments.ep_findings import MIDDLE, PUBLISHED, Findings
from sim.experiments.ep_grid import PUBLISHED_BATCH, Setting
from sim.experiments.ep_identity import Identity
from sim.experiments.ep_tables import (
    accuracy_table,
    boards_table,
    choice_table,
    clocks_table,
    identity_table,
    networks_table,
    published_table,
    short,
    speed_table,
)
from sim.experiments.ep_targets import targets
from sim.experiments.page import about
from sim.experiments.placed import Placed
from sim.experiments.targets import Target, targets_table
from sim.golden import ep_cycles
from sim.golden.ep_cycles import Timing
from sim.images import ImageSplit

FIGURES = {"ep-learning.png": learning_figure, "ep-clocks.png": clocks_figure}


def write_report(
    found: Findings,
    speed: dict[str, Any],
    images: dict[str, ImageSplit],
    identity: Identity,
    folder: Path,
    command: str,
) -> list[Path]:
    """Write ``ep.md``, ``ep.json`` and the figures into ``folder``; returns their paths.

    Args:
        found: outcomes.
        speed: what :func:`sim.experiments.ep_speed.measure` gave.
        images: by ``mnist`` and ``digits``, what was learnt from.
        identity: of RTL and golden model.
        folder: where ``boards-ep.json`` is looked for, too.
        command: what makes all this again.

    Raises :class:`~hwgen.errors.HwgenError` for a ``boards-ep.json`` that lacks something.
    """
    placed = boards.read(folder, EPConfig)
    origin = about(command)
    asked = targets(found, placed, identity, speed)
    page = _page(found, speed, images, identity, placed, asked, origin)
    for name, figure in FIGURES.items():
        write_bytes(folder / name, figure(found))
    more = {"targets": [asdict(target) for target in asked], "identity": asdict(identity), "speed": speed}
    write_json(folder / "ep.json", origin | found.as_dict() | more)
    write_text(folder / "ep.md", page)
    return [folder / name for name in ("ep.md", "ep.json", *FIGURES)]


def _page(
    found: Findings,
    speed: dict[str, Any],
    images: dict[str, ImageSplit],
    identity: Identity,
    placed: list[Placed[EPConfig]],
    asked: list[Target],
    origin: dict[str, str],
) -> str:
    mnist = found.main == "mnist"
    middle = found.settings[MIDDLE[found.main]]
    title = found.title if mnist else "digits"
    machine = middle.machines[0]
    return render(
        "sim.experiments",
        "ep.md.j2",
        core="equilibrium-propagation machine (`ep`)",
        tests=f"{len(images[found.main].test):,}",
        title=title,
        data=title,
        seeds=found.seeds,
        epochs=max(setting.epochs for setting in found.of(found.main)),
        targets_table=targets_table(asked) if asked else "",
        main_machine=f"{short(middle.name)} with {machine}",
        main_machine_network=short(middle.name),
        mnist_table=accuracy_table(found, "mnist") if mnist else "",
        tau_rule="by default 32 and 16, between hidden layers 64, at most what the counter can hold",
        **(_mnist_texts(found, images["mnist"]) if mnist else {}),
        identity=identity,
        identity_network="-".join(map(str, identity.layers)),
        identity_title=found.title if identity.data == found.data else identity.data,
        identity_table=identity_table(identity),
        bias_rate=f"{found.settings[PUBLISHED[found.main]].rule().bias_rate:g}",
        digits_train=f"{len(images['digits'].train):,}",
        digits_test=len(images["digits"].test),
        digits_table=accuracy_table(found, "digits"),
        digits_batch=PUBLISHED_BATCH["digits"],
        mnist_batch=PUBLISHED_BATCH["mnist"],
        published_table=published_table(found),
        clocks_table=clocks_table(found),
        bound_text=_bound_text(found, middle),
        formula_text=_formula_text(middle),
        boards_table=boards_table(found, placed),
        networks_table=networks_table(found),
        speed=speed,
        speed_network="-".join(map(str, speed["layers"])),
        speed_text=_speed_text(found, speed, middle),
        speed_table=speed_table(found, speed, placed),
        **origin,
    )


def _mnist_texts(found: Findings, images: ImageSplit) -> dict[str, str]:
    """What the table of accuracies says, in sentences."""
    middle = MIDDLE["mnist"]
    sizes = sorted((s for s in found.of("mnist") if s.group == "size"), key=lambda setting: setting.layers)
    best = next(s for s in found.of("mnist") if s.group == "best")
    return {
        "choice_table": choice_table(found),
        "choice_text": _choice_text(found, best, held_out(images.train)),
        "size_text": f"{_list([_percent(found, s.name) for s in sizes])}.",
        "best_text": f"{_percent(found, best.name)}: inputs of {best.config().input_bits} bits, and training images "
        f"moved by up to {best.shift} pixel in each direction, anew in each epoch.",
        "counter_text": _compared(found, "counter", middle),
        "nudging_text": f"{_compared(found, 'nudging', middle)} {_clocks_of(found, 'nudging', middle)}",
        "depth_text": f"{_compared(found, 'depth', middle)} {_clocks_of(found, 'depth', middle)}",
    }


def _choice_text(found: Findings, best: Setting, parts: ImageSplit) -> str:
    """How the best configuration was chosen, and whether it was this one."""
    chosen = found.chosen()
    alike = (chosen.parameters, chosen.shift) == (best.parameters, best.shift)
    verdict = (
        f"It is how {best.name} above was trained."
        if alike
        else f"{best.name} above was trained in another way, and is not the best that there is."
    )
    return (
        f"Each candidate learnt from the first {len(parts.train):,} training images for {chosen.epochs} epochs and was "
        f"tested on the last {len(parts.test):,}, which it never learnt from; test images had no part in it. Least "
        f"errors has {chosen.name}. {verdict}"
    )


def _compared(found: Findings, group: str, middle: str) -> str:
    """Settings of a group beside the middle network after equally many epochs."""
    settings = [setting for setting in found.of("mnist") if setting.group == group]
    epochs = settings[0].epochs
    each = [_percent(found, setting.name) for setting in settings]
    return f"After {epochs} epochs {_list([_percent(found, middle, epochs), *each])}."


def _clocks_of(found: Findings, group: str, middle: str) -> str:
    """Whether a group's one setting is better than the middle network, and what it costs."""
    setting = next(setting for setting in found.of("mnist") if setting.group == group)
    error, reference = (found.error(name, setting.epochs) for name in (setting.name, middle))
    assert error is not None and reference is not None
    clocks = [found.runs[name][0].clocks[setting.epochs - 1] for name in (setting.name, middle)]
    lanes = [each.machines[0].lanes for each in (setting, found.settings[middle])]
    on = "" if lanes[0] == lanes[1] else f", with {lanes[0]} lanes instead of {lanes[1]}"
    return (
        f"It is {'better' if error < reference else 'worse'} by {abs(error - reference):.2f} points, and takes "
        f"{clocks[0]:,.0f} clocks a training sample in that epoch instead of {clocks[1]:,.0f}{on}."
    )


def _percent(found: Findings, name: str, epochs: int | None = None) -> str:
    return f"{found.error(name, epochs):.2f} % with {name}"


def _list(parts: list[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def _bound_text(found: Findings, middle: Setting) -> str:
    inputs = found.costs(middle.name, "last")["training"]["active_inputs"]
    learnt = found.costs(middle.name, "last")["training"]["changed"]
    first = found.costs(middle.name, "first")["training"]["changed"]
    return (
        f"Of {middle.layers[0]} inputs {inputs:.0f} are active in the mean; {first:.1f} hidden neurons learn from a "
        f"sample in the first epoch, {learnt:.1f} in the last."
    )


def _formula_text(middle: Setting) -> str:
    """Clocks of the phases of the middle network's machines, as the cycle model has them."""
    lines = ["A phase ends with the step that changes no state. Where *a* inputs are active, the phases take:", ""]
    for variant in middle.machines:
        config = EPConfig.parse(middle.config().parameters() | variant._asdict())
        timing = Timing.of(config)
        drive = (
            f"{timing.groups} (1 + *a*) + {ep_cycles.DRIVE - 1}" if timing.groups > 1 else f"*a* + {ep_cycles.DRIVE}"
        )
        fixed = timing.rows + timing.slots + timing.flips_drain + 1
        sweep = f"*a* + {ep_cycles.LEARN_INPUTS}" + (" for each slot that changed" if timing.groups > 1 else "")
        lines.append(
            f"- {variant}: {timing.step} clocks a step and {timing.decision} a phase; drive {drive}; "
            f"learning {fixed} and {sweep}."
        )
    return "\n".join(lines)


def _speed_text(found: Findings, speed: dict[str, Any], middle: Setting) -> str:
    rates, made = speed["samples_per_second"], speed["generate"]
    clocks = found.clocks(middle.name, "last", "training")
    assert clocks is not None
    return (
        f"The golden model learns {rates['golden_training'] / rates['published_training']:.1f} times as fast as the "
        f"published rule. The hardware, at {clocks:.0f} clocks a sample in the last epoch, is as fast as the golden "
        f"model from {rates['golden_training'] * clocks / 1e6:.1f} MHz on. `hwgen generate` makes the package of the "
        f"machine with {made['lanes']} lanes in {made['cpu_seconds']:.1f} s of CPU time, {made['seconds']:.1f} s on "
        "the clock of this CPU, which may have had other work; what is compiled on a first run had been."
    )
