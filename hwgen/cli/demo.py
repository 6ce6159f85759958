"""``hwgen demo``: generate and co-simulate design files, all their held-out samples."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import ExitCode, JsonOption, print_json, print_table

SHOWN = ("design", "samples", "mismatches", "accuracy_float", "accuracy_rtl", "cycles_per_decision", "cycles_predicted")
"""What the table has room for; --json and summary.json have all."""


def demo(
    designs: Annotated[list[Path], typer.Argument(help="Design files.", metavar="DESIGN.toml ...")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for packages and summary.json.")] = Path(
        "build/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Train, generate and co-simulate each design; write summary.json and print it as a table.

    Exits with 1 when hardware and golden model differ in anything.
    """
    from sim.demo import SUMMARY, demonstrate

    summary = demonstrate(designs, output)
    if as_json:
        print_json({"designs": summary})
    else:
        print_table(f"hwgen demo ({output / SUMMARY})", [{key: entry[key] for key in SHOWN} for entry in summary])
    if not all(entry["identical"] for entry in summary):
        raise typer.Exit(ExitCode.DIFFERENCE)
