"""``hwgen program``: a bitstream onto a board."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.cli.synth import BoardOption


def program(
    source: Annotated[
        Path, typer.Argument(help="Bitstream, or the design file that `hwgen build` has built.", metavar="FILE")
    ],
    board: BoardOption,
    flash: Annotated[bool, typer.Option("--flash", help="Write the flash memory: it survives power-off.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Build folder of a design file's bitstream (default: build/synth/<design>-<board>)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Program a board with openFPGALoader; where that is missing, print the command to run elsewhere."""
    from boards.definitions import board as find_board
    from boards.program import program as load

    outcome = load(source, find_board(board), flash=flash, directory=output)
    if as_json:
        print_json(outcome.as_dict())
    else:
        title = "programmed" if outcome.programmed else "openFPGALoader is not installed; run this where it is"
        print_pairs(title, {"command": outcome.command, "clock MHz": outcome.clock_mhz})
