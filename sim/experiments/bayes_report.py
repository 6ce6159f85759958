"""The page and the figures of the Bayesian experiment, made from its outcomes."""

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.emit.verilog import tool_versions
from sim.experiments.bayes import BITS, NORMALISATIONS, PUBLISHED, TASKS, Outcome, Setting
from sim.experiments.bayes_figures import bits_figure, cycles_figure
from sim.experiments.outcomes import Outcomes
from sim.output import write_bytes, write_json, write_text

CYCLE_BUDGET = 64
"""Mean cycles that a setting may take to be called fast."""

SURROGATE = Setting("stochastic", "observation", 8, "sobol", "comparator", "lead", lead=3)
"""The setting that a study of synthetic tasks found to reach the float accuracy in about 33 cycles."""


def write_report(outcomes: Sequence[Outcome], folder: Path, command: str) -> list[Path]:
    """Write ``bayes.md``, ``bayes.json`` and the figures into ``folder``; returns their paths."""
    data = Outcomes(outcomes)
    figures = {"bayes-cycles.png": cycles_figure(data), "bayes-bits.png": bits_figure(data)}
    for name, image in figures.items():
        write_bytes(folder / name, image)
    write_json(folder / "bayes.json", _summary(data))
    write_text(folder / "bayes.md", _page(data, command))
    return [folder / name for name in ("bayes.md", "bayes.json", *figures)]


def _small(data: Outcomes) -> list[str]:
    """Tasks with few columns: those that stochastic multiplication is made for."""
    return [task for task in TASKS if task != "digits"]


def _choices(data: Outcomes) -> dict[str, Setting]:
    small = _small(data)

    def stochastic(setting: Setting) -> bool:
        return setting.mode == "stochastic" and setting.bits == 8

    def fast(setting: Setting) -> bool:
        cycles = [data.mean(task, setting, "cycles") for task in small]
        return stochastic(setting) and max(cycles) <= CYCLE_BUDGET

    return {
        "published": PUBLISHED,
        "surrogate study": SURROGATE,
        "best stochastic": data.chosen(small, stochastic),
        f"best of at most {CYCLE_BUDGET} cycles": data.chosen(small, fast),
        "default, stochastic": Setting("stochastic", "observation", 8, "lfsr", "weighted-binary", "fixed", 255),
        "default, logarithmic": Setting("logarithmic", "observation", 8),
        "logarithmic, 4 bits": Setting("logarithmic", "observation", 4),
    }


def _page(data: Outcomes, command: str) -> str:
    choices = _choices(data)
    lines = [
        "# Bayesian machine: which settings to choose",
        "",
        f"Accuracy of the machine on real tasks, over {data.splits} random splits of each. A classifier is trained on "
        "one part of a split,",
        "settings are chosen on a second, and every accuracy below is quoted on the third, which chose nothing. *Loss* "
        "is accuracy lost to the",
        "same binned classifier in floating point, in points, mean ± standard deviation over the splits (negative: "
        "better than floating point);",
        "*cycles* is the mean number of stochastic cycles of a decision. All numbers come from the golden model, which "
        "the hardware equals bit for bit.",
        "",
        *_tasks_table(data),
        "",
        "## The settings beside each other",
        "",
        *_choices_table(data, choices),
        "",
        *_findings(data, choices),
        "",
        "## Accuracy against cycles",
        "",
        "![Accuracy against mean cycles for each normalisation, generator and stop rule](bayes-cycles.png)",
        "",
        "## Width of the likelihoods",
        "",
        "![Loss against likelihood bits](bayes-bits.png)",
        "",
        *_bits_table(data),
        "",
        "## Normalisation",
        "",
        "Loss after 255 cycles (stochastic, LFSR and weighted-binary) and of the logarithmic machine, with 8 bits.",
        "",
        *_normalisation_table(data),
        "",
        "## Generators and stop rules",
        "",
        "Loss and mean cycles with 8 bits, normalised by observation; the mean over all tasks but digits with its "
        "64 columns.",
        "",
        *_stop_table(data),
        "",
        f"Measured {datetime.datetime.now(tz=datetime.UTC).date().isoformat()} on {os.cpu_count()} CPUs, Python "
        f"{platform.python_version()}; {_versions()}. Again: `{command}`.",
        "",
    ]
    return "\n".join(lines)


def _tasks_table(data: Outcomes) -> list[str]:
    lines = ["| task | classes | columns | float accuracy on test data, % |", "|---|---|---|---|"]
    setting = data.settings[0]
    for task in TASKS:
        rows, columns = _geometry(task)
        lines.append(f"| {task} | {rows} | {columns} | {100 * data.mean(task, setting, 'float_test'):.1f} |")
    return lines


def _choices_table(data: Outcomes, choices: dict[str, Setting]) -> list[str]:
    lines = [
        "| | setting | " + " | ".join(f"{task}: loss / cycles" for task in TASKS) + " |",
        "|---|---|" + "---|" * len(TASKS),
    ]
    for name, setting in choices.items():
        cells = [f"{_loss(data, task, setting)} / {data.mean(task, setting, 'cycles'):.0f}" for task in TASKS]
        lines.append(f"| {name} | {setting} | {' | '.join(cells)} |")
    return lines


def _findings(data: Outcomes, choices: dict[str, Setting]) -> list[str]:
    small = _small(data)
    surrogate = [data.loss(task, SURROGATE)[0] for task in small]
    cycles = [data.mean(task, SURROGATE, "cycles") for task in small]
    gain = [data.loss(task, PUBLISHED)[0] - data.loss(task, choices["default, stochastic"])[0] for task in small]
    many = data.mean("digits", choices["default, stochastic"], "test")
    verdict = "confirmed" if max(surrogate) <= 1 and max(cycles) <= CYCLE_BUDGET else "not confirmed"
    return [
        f"- Normalising by observation instead of by column gains {min(gain):.1f} to {max(gain):.1f} points after 255 "
        "cycles of the published generator, and costs no hardware.",
        f"- That a lead of 3 counts on Sobol numbers and comparators reaches the float accuracy in about 33 cycles is "
        f"{verdict}: a loss of {min(surrogate):.2f} to {max(surrogate):.2f} points in {min(cycles):.0f} to "
        f"{max(cycles):.0f} mean cycles on the tasks with few columns.",
        f"- With 64 columns the stochastic machine fails: {100 * many:.1f} % on digits. A product of 64 probabilities "
        "gives no 1 within 255 cycles, so every row scores 0. Use the logarithmic machine there, or fewer columns.",
        "- Defaults: normalisation by observation in both modes; in stochastic mode the published generator, "
        "conversion and 255 cycles, whose loss is within the spread of the splits. A stop rule is a choice: fewer "
        "cycles, in exchange for a decision time that depends on the sample.",
    ]


def _bits_table(data: Outcomes) -> list[str]:
    lines = ["| bits | " + " | ".join(f"{task}: logarithmic" for task in TASKS) + " |", "|---|" + "---|" * len(TASKS)]
    for bits in BITS:
        setting = Setting("logarithmic", "observation", bits)
        lines.append(f"| {bits} | " + " | ".join(_loss(data, task, setting) for task in TASKS) + " |")
    return lines


def _normalisation_table(data: Outcomes) -> list[str]:
    lines = ["| mode | normalisation | " + " | ".join(TASKS) + " |", "|---|---|" + "---|" * len(TASKS)]
    for normalisation in NORMALISATIONS:
        for setting in (
            Setting("stochastic", normalisation, 8, "lfsr", "weighted-binary", "fixed", 255),
            Setting("logarithmic", normalisation, 8),
        ):
            cells = [_loss(data, task, setting) for task in TASKS]
            lines.append(f"| {setting.mode} | {normalisation} | {' | '.join(cells)} |")
    return lines


def _stop_table(data: Outcomes) -> list[str]:
    small = _small(data)
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
            loss = np.mean([data.loss(task, setting)[0] for task in small])
            mean = np.mean([data.mean(task, setting, "cycles") for task in small])
            cells.append(f"{loss:+.2f} / {mean:.1f}")
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return lines


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
