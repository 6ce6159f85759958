"""``hwgen experiment``: the measurements behind the documentation's results."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from hwgen.cli.output import JsonOption, print_json, print_pairs, progress
from hwgen.cli.train import warnings_as_sentences
from hwgen.errors import DesignError, ToolError


class Name(StrEnum):
    """Experiments there are."""

    BAYES = "bayes"
    BER = "ber"
    EP = "ep"
    FF = "ff"


OPTIONS: dict[Name, dict[str, Any]] = {
    Name.BAYES: {"splits": 10},
    Name.BER: {"splits": 10, "samples": 150, "upsets": 100},
    Name.EP: {"data": "mnist", "epochs": 20, "seeds": 3},
    Name.FF: {"data": "mnist", "epochs": 20, "seeds": 3, "samples": 10_000, "full": False, "add": False},
}
"""Options that not every experiment has, and their defaults."""

Report = Callable[[int, int], None]
"""What to call with the parts done and the parts there are."""


def experiment(
    name: Annotated[
        Name,
        typer.Argument(
            help="bayes: accuracy against cycles, and the choice of settings. ber: accuracy against errors of memory "
            "bits, and upsets. ep, ff: accuracy, clocks, speed."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the page, its data and figures.")] = Path(
        "build/results"
    ),
    splits: Annotated[
        int | None, typer.Option(min=2, help="bayes, ber: random splits of each task (default: 10).")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="ep, ff: mnist (in the folder HWGEN_DATA), a folder in MNIST's format, or digits (bundled, which are "
            "always measured) for nothing else (default: mnist)."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="ep: epochs of the longest trainings; ff: of all (default: 20).")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="ep, ff: trainings of each network (default: 3).")] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="ff: training samples over which RTL and golden model are compared (default: 10000). "
            "ber: test samples with which they are compared at each point (default: 150).",
        ),
    ] = None,
    upsets: Annotated[
        int | None, typer.Option(min=1, help="ber: upsets in each kind of a machine's state (default: 100).")
    ] = None,
    full: Annotated[bool | None, typer.Option("--full", help="ff: train the network of 2000 units, too.")] = None,
    add: Annotated[
        bool | None,
        typer.Option(
            "--add", help="ff: take over what the record in the output folder has, and train only what it lacks."
        ),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes to use.")] = os.cpu_count() or 1,
    as_json: JsonOption = False,
) -> None:
    """Run an experiment and write its page, data and figures.

    Interrupting it writes nothing; what is finished is kept in the cache, and another call goes on from there.
    """
    given = {"splits": splits, "data": data, "epochs": epochs, "seeds": seeds, "samples": samples, "upsets": upsets}
    given |= {"full": full, "add": add}
    options = _options(name, given)
    if importlib.util.find_spec("matplotlib") is None:
        raise ToolError('matplotlib is not installed; try: pip install "hwgen[plot]"')
    runs: dict[Name, Callable[..., tuple[list[Path], list[dict[str, Any]]]]] = {
        Name.BAYES: _bayes,
        Name.BER: _ber,
        Name.EP: _ep,
        Name.FF: _ff,
    }
    with _bar(name) as report:
        files, summary = runs[name](output, processes, _command(name, options, output), report, **options)
    if as_json:
        print_json({"experiment": name, "files": [str(file) for file in files], "outcomes": summary})
    else:
        print_pairs(f"{name} experiment", {"outcomes": len(summary), "files": "\n".join(map(str, files))})


def _options(name: Name, given: dict[str, Any]) -> dict[str, Any]:
    """The experiment's own options, filled up with its defaults. Raises DesignError for one of another experiment."""
    for option, value in given.items():
        if value is not None and option not in OPTIONS[name]:
            owners = " or ".join(other for other, options in OPTIONS.items() if option in options)
            raise DesignError(f"--{option} belongs to the experiment {owners}; leave it out")
    return {option: default if given[option] is None else given[option] for option, default in OPTIONS[name].items()}


def _command(name: Name, options: dict[str, Any], output: Path) -> str:
    """What runs the experiment again, all of it."""
    given = {option: value for option, value in options.items() if value is not False and option != "add"}
    parts = [f" --{option}" + ("" if value is True else f" {value}") for option, value in given.items()]
    return f"hwgen experiment {name}{''.join(parts)} -o {output}"


def _bayes(
    output: Path, processes: int, command: str, report: Report, splits: int
) -> tuple[list[Path], list[dict[str, Any]]]:
    from sim.experiments import bayes
    from sim.experiments.bayes_report import write_report

    outcomes = bayes.run(splits, processes, report)
    return write_report(outcomes, output, command), [outcome.as_dict() for outcome in outcomes]


def _ber(
    output: Path, processes: int, command: str, report: Report, splits: int, samples: int, upsets: int
) -> tuple[list[Path], list[dict[str, Any]]]:
    from dataclasses import asdict

    from sim.experiments import ber_findings
    from sim.experiments.ber_report import write_report

    found, outcomes = ber_findings.measure(splits, samples, upsets, processes, report)
    return write_report(found, output, command), [asdict(outcome) for outcome in outcomes]


def _ep(
    output: Path, processes: int, command: str, report: Report, data: str, epochs: int, seeds: int
) -> tuple[list[Path], list[dict[str, Any]]]:
    from dataclasses import asdict

    from hwgen.ep.config import EPConfig
    from sim.experiments import ep, ep_identity, ep_speed
    from sim.experiments.ep_findings import MIDDLE, Findings
    from sim.experiments.ep_grid import settings
    from sim.experiments.ep_report import write_report
    from sim.images import load_images

    images = {"digits": load_images("digits")}
    if data != "digits":
        images["mnist"] = load_images(data)
    chosen = [setting for name in sorted(images, reverse=True) for setting in settings(name, epochs)]
    with warnings_as_sentences():
        outcomes = ep.run(chosen, seeds, data, processes, report)
    middle = MIDDLE["mnist" if "mnist" in images else "digits"]
    setting = next(setting for setting in chosen if setting.name == middle)
    config = EPConfig.parse(setting.config().parameters() | setting.machines[0]._asdict())
    identity = ep_identity.kept(config, str(setting.machines[0]), data)
    found = Findings(chosen, outcomes, next(reversed(images.values())).train.name)
    speed = ep_speed.measure(setting.layers, images[found.main])
    return write_report(found, speed, images, identity, output, command), [asdict(outcome) for outcome in outcomes]


def _ff(
    output: Path,
    processes: int,
    command: str,
    report: Report,
    data: str,
    epochs: int,
    seeds: int,
    samples: int,
    full: bool,
    add: bool,
) -> tuple[list[Path], list[dict[str, Any]]]:
    from dataclasses import asdict

    from sim.experiments import ff, ff_identity, ff_speed
    from sim.experiments.ff_findings import COMPARED, Findings, Origin
    from sim.experiments.ff_grid import LARGEST, settings
    from sim.experiments.ff_record import Record
    from sim.experiments.ff_report import write_report
    from sim.images import load_images

    images = {"digits": load_images("digits")}
    if data != "digits":
        images["mnist"] = load_images(data)
    main = next(reversed(images.values())).train.name
    chosen = [each for name in sorted(images, reverse=True) for each in settings(name, epochs, full or add)]
    taken, origins = list[ff.Outcome](), dict[str, Origin]()
    if add:
        record = Record(output)
        # What is in the record stays there.
        chosen = [each for each in chosen if full or each.layers != LARGEST or each in record]
        taken, origins = record.take(chosen, seeds, main, images)
    missing = [each for each in chosen if each.name not in origins]
    configs = {each.name: each.config() for each in chosen if not each.published}
    compared = [configs[name] for name in COMPARED["mnist" if "mnist" in images else "digits"]]
    parts = len(missing) * seeds + len(compared)
    with warnings_as_sentences():
        trained = ff.run(missing, seeds, data, processes, lambda done, total: report(done, parts))
    identities = []
    for config in compared:
        identities.append(ff_identity.kept(config, data, samples))
        report(len(trained) + len(identities), parts)
    outcomes = [*taken, *trained]
    found = Findings(chosen, outcomes, main, origins)
    speed = ff_speed.measure(compared[0].layers, images[found.main])
    return write_report(found, speed, images, identities, output, command), [asdict(outcome) for outcome in outcomes]


@contextmanager
def _bar(name: Name) -> Iterator[Report]:
    """A progress bar."""
    with Progress(console=progress) as bar:
        task = bar.add_task(f"{name} experiment", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
