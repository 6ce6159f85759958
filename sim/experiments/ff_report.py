"""The page and the figure of the experiment on Forward-Forward learning, made from its outcomes."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwgen.ff.config import FFConfig
from hwgen.output import write_bytes, write_json, write_text
from hwgen.templates import render
from sim.experiments import placed as boards
from sim.experiments.ff_figures import learning_figure
from sim.experiments.ff_findings import CLOCKED, Findings, Origin
from sim.experiments.ff_grid import FEW_FEATURES, LAYER_EPOCHS, PUBLISHED_BATCH, PUBLISHED_RATE, READOUT, RULES
from sim.experiments.ff_identity import Identity
from sim.experiments.ff_tables import (
    accuracy_table,
    boards_table,
    clocks_table,
    identity_table,
    learning_table,
    published_table,
    second_layer,
    speed_table,
)
from sim.experiments.ff_targets import targets
from sim.experiments.page import about
from sim.experiments.targets import targets_table
from sim.experiments.trainings import version_of
from sim.images import ImageSplit

FIGURE = "ff-learning.png"


def write_report(
    found: Findings,
    speed: dict[str, Any],
    images: dict[str, ImageSplit],
    identities: Sequence[Identity],
    folder: Path,
    command: str,
) -> list[Path]:
    """Write ``ff.md``, ``ff.json`` and the figure into ``folder``; returns their paths.

    Args:
        found: outcomes.
        speed: what :func:`sim.experiments.ff_speed.measure` gave.
        images: by ``mnist`` and ``digits``, what was learnt from.
        identities: of RTL and golden model, of one machine each.
        folder: where ``boards-ff.json`` is looked for, too.
        command: what makes all this again.

    Raises :class:`~hwgen.errors.HwgenError` for a ``boards-ff.json`` that lacks something.
    """
    placed = boards.read(folder, FFConfig)
    asked = targets(found, placed, identities, speed)
    origin = about(command)
    code = version_of("ff")
    main = found.main
    tables = {f"digits_{rule}": accuracy_table(found, "digits", rule) for rule in RULES}
    if main == "mnist":
        tables |= {f"mnist_{rule}": accuracy_table(found, "mnist", rule) for rule in RULES}
    inputs = {
        found.settings[name].rule: f"{found.costs(name, 'last')['training']['active_inputs']:.0f}"
        for name in CLOCKED[main]
    }
    page = render(
        "sim.experiments",
        "ff.md.j2",
        mnist=main == "mnist",
        title=found.title if main == "mnist" else "digits",
        tests=f"{len(images[main].test):,}",
        seeds=found.seeds,
        epochs=max(setting.last.epochs for setting in found.settings.values()),
        layer_epochs=LAYER_EPOCHS,
        readout=READOUT,
        few_features=FEW_FEATURES,
        tables=tables,
        targets_table=targets_table(asked) if asked else "",
        digits_train=f"{len(images['digits'].train):,}",
        digits_test=len(images["digits"].test),
        batch=PUBLISHED_BATCH,
        rates=PUBLISHED_RATE,
        published_table=published_table(found),
        identity_title=found.title if main == "mnist" else "digits",
        identity_table=identity_table(identities),
        differences=sum(each.differences for each in identities),
        simulators=", ".join(sorted({each.simulator for each in identities})),
        clocks_table=clocks_table(found),
        learning_table=learning_table(found),
        inputs=inputs,
        size=found.settings[CLOCKED[main][0]].layers[0],
        speed=speed,
        speed_network="-".join(map(str, speed["layers"])),
        speed_table=speed_table(speed),
        boards_table=boards_table(found, placed),
        second_layer=second_layer(found),
        earlier=found.earlier(code),
        **origin,
    )
    write_bytes(folder / FIGURE, learning_figure(found))
    more = {
        "images": {name: split.digest() for name, split in images.items()},
        "targets": [asdict(target) for target in asked],
        "identities": [asdict(each) for each in identities],
        "speed": speed,
    }
    write_json(folder / "ff.json", origin | found.recorded(Origin(origin["date"], code)) | more)
    write_text(folder / "ff.md", page)
    return [folder / name for name in ("ff.md", "ff.json", FIGURE)]
