"""``hwgen build``: a design to a bitstream."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen import api
from hwgen.cli.output import JsonOption, print_json, print_report
from hwgen.cli.synth import BoardOption, FolderOption


def build(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    board: BoardOption,
    clock_mhz: Annotated[
        float | None,
        typer.Option(help="Clock (default: the fastest that is found to close timing with margin)."),
    ] = None,
    output: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the whole top level (clock, reset, host link, LEDs) and, on open-flow boards, its bitstream."""
    from boards.build import build as build_bitstream
    from boards.definitions import board as find_board

    built = build_bitstream(api.load_design(design), find_board(board), output, clock_mhz=clock_mhz)
    files = [str(file) for file in built.files]
    if as_json:
        print_json({**built.report.as_dict(), "files": files})
    else:
        print_report(built.report.table())
        print(*files, sep="\n")
