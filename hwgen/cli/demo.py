"""``hwgen demo``: generate design files and co-simulate them, on all their held-out samples or, where the machine
learns, in a training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen.cli.output import ExitCode, JsonOption, print_json, print_table

SHOWN = ("design", "samples", "mismatches", "accuracy_float", "accuracy_rtl", "cycles_per_decision", "cycles_predicted")
"""What the table of decisions has room for; --json and summary.json have all."""


def demo(
    designs: Annotated[list[Path], typer.Argument(help="Design files.", metavar="DESIGN.toml ...")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for packages and summary.json.")] = Path(
        "build/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Generate each design, co-simulate its held-out samples or, where it learns, a training; print a summary.

    Exits with 1 when hardware and golden model differ in anything.
    """
    from sim.demo import SUMMARY, demonstrate

    summary = demonstrate(designs, output)
    if as_json:
        print_json({"designs": summary})
    else:
        decisions = [{key: entry[key] for key in SHOWN} for entry in summary if "epochs" not in entry]
        trainings = [row for entry in summary if "epochs" in entry for row in _rows(entry)]
        for title, rows in (("decisions", decisions), ("trainings", trainings)):
            if rows:
                print_table(f"hwgen demo: {title} ({output / SUMMARY})", rows)
    if not all(entry["identical"] for entry in summary):
        raise typer.Exit(ExitCode.DIFFERENCE)


def _rows(training: dict[str, Any]) -> list[dict[str, Any]]:
    """A training's lines, one a backend."""
    shown = {"design": training["design"], "epochs": training["epochs"]}
    rows = []
    for backend in ("golden", "rtl"):
        values = {name: training[f"{name}_{backend}"] for name in ("test_error", "cycles", "weights_sha256")}
        values["weights_sha256"] = values["weights_sha256"][:16]
        rows.append({**shown, "backend": backend, **values, "identical": training["identical"]})
    return rows
