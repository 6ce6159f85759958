"""What subcommands print, and where: one JSON object on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

ERRORS = Console(stderr=True)
progress = ERRORS

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


class ExitCode(IntEnum):
    """Exit codes of the command."""

    OK = 0
    DIFFERENCE = 1
    INPUT = 2
    TOOL = 3
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()  # who reads it from a pipe may be waiting for it, as for a virtual board's port


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of equal keys as a table on standard output."""
    table = Table(title=title, title_justify="left")
    for key in rows[0]:
        table.add_column(key.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(format_value(value) for value in row.values()))
    _output().print(table)


def print_report(report: RenderableType) -> None:
    """What rich can render on standard output."""
    _output().print(report)


def print_pairs(title: str, values: Mapping[str, Any]) -> None:
    """Names and values, one a line, as a table on standard output."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in values.items():
        table.add_row(key.replace("_", " "), format_value(value))
    _output().print(table)


def _output() -> Console:
    """Standard output; where it is no terminal, and has no width, wide enough for every table."""
    return Console(width=None if sys.stdout.isatty() else 140)


def format_value(value: Any) -> str:
    """A value as a person reads it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(format_value, value)) or "none"
        case _:
            # Square brackets are text here, not markup.
            return escape(str(value))
