"""The page and the figures of the Bayesian experiment, made from its outcomes."""

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.emit.verilog import tool_versions
from hwgen.output import write_bytes, write_json, write_text
from hwgen.templates import render
from sim.experiments.bayes import BITS, NORMALISATIONS, PUBLISHED, TASKS, Outcome, Setting
from sim.experiments.bayes_figures import bits_figure, cycles_figure
from sim.experiments.outcomes import Outcomes

CYCLE_BUDGET = 64
"""Mean cycles that a setting may take to be called fast."""

SURROGATE = Setting("stochastic", "observation", 8, "sobol", "comparator", "lead", lead=3)
"""The setting that a study of synthetic tasks found to reach the float accuracy in about 33 cycles."""

DEFAULT = Setting("stochastic", "observation", 8, "lfsr", "weighted-binary", "fixed", 255)
"""What a design file gets that says nothing but ``mode = "stochastic"``."""

RECOMMENDED = Setting("stochastic", "observation", 8, "lfsr", "weighted-binary", "lead", lead=4)
"""What ``hwgen new`` proposes."""

FEW_COLUMNS = ("wine", "breast cancer", "iris")
"""Tasks that stochastic multiplication is made for: settings are chosen on their validation data."""

SMALL_TASKS = tuple(task for task in TASKS if task != "digits")
"""Tasks in which the stochastic machine decides anything at all."""


def write_report(outcomes: Sequence[Outcome], folder: Path, command: str) -> list[Path]:
    """Write ``bayes.md``, ``bayes.json`` and the figures into ``folder``; returns their paths."""
    data = Outcomes(outcomes)
    figures = {"bayes-cycles.png": cycles_figure(data), "bayes-bits.png": bits_figure(data)}
    for name, image in figures.items():
        write_bytes(folder / name, image)
    write_json(folder / "bayes.json", _summary(data))
    write_text(folder / "bayes.md", _page(data, command))
    return [folder / name for name in ("bayes.md", "bayes.json", *figures)]


def _choices(data: Outcomes) -> dict[str, Setting]:
    def stochastic(setting: Setting) -> bool:
        return setting.mode == "stochastic" and setting.bits == 8

    def fast(setting: Setting) -> bool:
        return stochastic(setting) and max(data.mean(task, setting, "cycles") for task in FEW_COLUMNS) <= CYCLE_BUDGET

    return {
        "published": PUBLISHED,
        "surrogate study": SURROGATE,
        "best on validation data": data.chosen(FEW_COLUMNS, stochastic),
        f"best of at most {CYCLE_BUDGET} cycles": data.chosen(FEW_COLUMNS, fast),
        "recommended with a stop rule": RECOMMENDED,
        "default, stochastic": DEFAULT,
        "default, logarithmic": Setting("logarithmic", "observation", 8),
        "logarithmic, 4 bits": Setting("logarithmic", "observation", 4),
    }


def _page(data: Outcomes, command: str) -> str:
    gains = [data.loss(task, PUBLISHED)[0] - data.loss(task, DEFAULT)[0] for task in FEW_COLUMNS]
    losses = [data.loss(task, SURROGATE)[0] for task in FEW_COLUMNS]
    cycles = [data.mean(task, SURROGATE, "cycles") for task in FEW_COLUMNS]
    hard = "digits, 8 pixels"
    sobol = replace(RECOMMENDED, generator="sobol", conversion="comparator")
    return render(
        "sim.experiments",
        "bayes.md.j2",
        splits=data.splits,
        few=f"{', '.join(FEW_COLUMNS[:-1])} and {FEW_COLUMNS[-1]}",
        tasks_table=_tasks_table(data),
        choices_table=_choices_table(data),
        gain=gains,
        verdict="confirmed" if max(losses) <= 1 and max(cycles) <= CYCLE_BUDGET else "refuted",
        surrogate_loss=losses,
        surrogate_cycles=cycles,
        hard=hard,
        hard_surrogate_loss=_loss(data, hard, SURROGATE),
        hard_surrogate_cycles=data.mean(hard, SURROGATE, "cycles"),
        hard_default_loss=_loss(data, hard, DEFAULT),
        wine_lfsr=_loss(data, "wine", RECOMMENDED),
        wine_sobol=_loss(data, "wine", sobol),
        many=100 * data.mean("digits", DEFAULT, "test"),
        bits_table=_bits_table(data, Setting("logarithmic", "observation", 8), tuple(TASKS)),
        stochastic_bits_table=_bits_table(data, DEFAULT, SMALL_TASKS),
        lead_bits_table=_bits_table(data, replace(SURROGATE, lead=4), SMALL_TASKS),
        normalisation_table=_normalisation_table(data),
        stop_table=_stop_table(data, FEW_COLUMNS),
        stop_tables={task: _stop_table(data, [task]) for task in SMALL_TASKS},
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine=f"{os.cpu_count()} CPUs, Python {platform.python_version()}",
        versions=_versions(),
        command=command,
    )


def _tasks_table(data: Outcomes) -> str:
    lines = ["| task | classes | columns | float accuracy on test data, % |", "|---|---|---|---|"]
    setting = data.settings[0]
    for task in TASKS:
        rows, columns = _geometry(task)
        lines.append(f"| {task} | {rows} | {columns} | {100 * data.mean(task, setting, 'float_test'):.1f} |")
    return "\n".join(lines)


def _choices_table(data: Outcomes) -> str:
    lines = [
        "| | setting | " + " | ".join(f"{task}: loss / cycles" for task in TASKS) + " |",
        "|---|---|" + "---|" * len(TASKS),
    ]
    for name, setting in _choices(data).items():
        cells = [f"{_loss(data, task, setting)} / {data.mean(task, setting, 'cycles'):.0f}" for task in TASKS]
        lines.append(f"| {name} | {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _bits_table(data: Outcomes, like: Setting, tasks: Sequence[str]) -> str:
    """Losses of ``like`` with every width of likelihoods."""
    lines = [f"| bits | {' | '.join(tasks)} |", "|---|" + "---|" * len(tasks)]
    for bits in BITS:
        cells = [_loss(data, task, replace(like, bits=bits)) for task in tasks]
        lines.append(f"| {bits} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _normalisation_table(data: Outcomes) -> str:
    lines = ["| mode | normalisation | " + " | ".join(TASKS) + " |", "|---|---|" + "---|" * len(TASKS)]
    for normalisation in NORMALISATIONS:
        for setting in (
            Setting("stochastic", normalisation, 8, "lfsr", "weighted-binary", "fixed", 255),
            Setting("logarithmic", normalisation, 8),
        ):
            cells = [_loss(data, task, setting) for task in TASKS]
            lines.append(f"| {setting.mode} | {normalisation} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _stop_table(data: Outcomes, tasks: Sequence[str]) -> str:
    """Mean loss and cycles over ``tasks`` for every stop rule and generator."""
    chosen = [
        setting
        for setting in data.settings
        if setting.mode == "stochastic" and setting.bits == 8 and setting.normalisation == "observation"
    ]
    columns = list(dict.fromkeys((setting.generator, setting.conversion) for setting in chosen))
    rules = list(dict.fromkeys((setting.stop, setting.cycles, setting.lead) for setting in chosen))
    lines = [
        "| stop rule | " + " | ".join(f"{generator}, {conversion}" for generator, conversion in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for stop, cycles, lead in sorted(rules):
        rule = {"fixed": f"{cycles} cycles", "first": "first 1", "lead": f"lead of {lead}"}[stop]
        cells = []
        for generator, conversion in columns:
            setting = Setting("stochastic", "observation", 8, generator, conversion, stop, cycles, lead)
            loss = np.mean([data.loss(task, setting)[0] for task in tasks])
            mean = np.mean([data.mean(task, setting, "cycles") for task in tasks])
            cells.append(f"{loss:+.2f} / {mean:.1f}")
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _summary(data: Outcomes) -> dict[str, Any]:
    return {
        "splits": data.splits,
        "choices": {
            name: {
                "setting": str(setting),
                "tasks": {
                    task: {
                        "loss_points": data.loss(task, setting)[0],
                        "loss_spread": data.loss(task, setting)[1],
                        "mean_cycles": data.mean(task, setting, "cycles"),
                    }
                    for task in TASKS
                },
            }
            for name, setting in _choices(data).items()
        },
        "settings": [
            {
                "task": task,
                "setting": str(setting),
                "loss_points": data.loss(task, setting)[0],
                "loss_spread": data.loss(task, setting)[1],
                "mean_cycles": data.mean(task, setting, "cycles"),
            }
            for task in TASKS
            for setting in data.settings
        ],
    }


def _loss(data: Outcomes, task: str, setting: Setting) -> str:
    mean, spread = data.loss(task, setting)
    return f"{mean:+.2f} ± {spread:.2f}"


def _geometry(task: str) -> tuple[int, int]:
    from sim.datasets import load_dataset

    dataset = load_dataset(TASKS[task]["dataset"])
    columns = int(TASKS[task].get("features") or dataset.features.shape[1])
    return int(dataset.labels.max()) + 1, columns


def _versions() -> str:
    import sklearn

    versions = {**tool_versions(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    return ", ".join(f"{name} {version}" for name, version in versions.items())
