"""``hwgen experiment``: the measurements behind the documentation's results."""

import importlib.util
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from hwgen.cli.output import JsonOption, print_json, print_pairs, progress
from hwgen.errors import ToolError


class Name(StrEnum):
    """Experiments there are."""

    BAYES = "bayes"


def experiment(
    name: Annotated[Name, typer.Argument(help="bayes: accuracy against cycles, and the choice of settings.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the page, its data and figures.")] = Path(
        "build/results"
    ),
    splits: Annotated[int, typer.Option(min=2, help="Random splits of each task.")] = 10,
    processes: Annotated[int, typer.Option(min=1, help="Processes to use.")] = os.cpu_count() or 1,
    as_json: JsonOption = False,
) -> None:
    """Run an experiment and write its page, data and figures. Interrupting it writes nothing."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ToolError('matplotlib is not installed; try: pip install "hwgen[plot]"')
    from sim.experiments import bayes
    from sim.experiments.bayes_report import write_report

    with Progress(console=progress) as bar:
        task = bar.add_task(f"{name} experiment", total=None)
        outcomes = bayes.run(splits, processes, lambda done, total: bar.update(task, completed=done, total=total))
    command = f"hwgen experiment {name} --splits {splits} -o {output}"
    files = [str(file) for file in write_report(outcomes, output, command)]
    if as_json:
        print_json({"experiment": name, "files": files, "outcomes": [outcome.as_dict() for outcome in outcomes]})
    else:
        print_pairs(f"{name} experiment", {"outcomes": len(outcomes), "files": "\n".join(files)})
