"""``hwgen synth``: area and speed of a design on a board."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen import api
from hwgen.cli.output import ExitCode, JsonOption, print_json, print_pairs, print_report
from hwgen.design import load_machine
from hwgen.errors import DesignError

BoardOption = Annotated[str, typer.Option("--board", help="Board; `hwgen boards` names them.")]
FolderOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Build folder (default: build/synth/<design>-<board>); a run resumes in it."),
]


def synth(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    board: BoardOption,
    out_of_context: Annotated[
        bool, typer.Option("--out-of-context", help="Place the core alone, without pins, link and LEDs (ECP5).")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Answer from the parameters alone, synthesising nothing.")
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=99, help="Place and route so often; Fmax is the median (default: 1).")
    ] = None,
    output: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Synthesise, place and route a design, and report its area and speed; a run that was interrupted resumes.

    With --estimate, exits with 2 too when the design cannot fit.
    """
    from boards.definitions import board as find_board
    from boards.estimate import estimate as estimated

    wanted = find_board(board)
    if estimate:
        for option, value in (("--seeds", seeds), ("--output", output)):
            if value is not None:
                raise DesignError(f"{option} has no meaning with --estimate, which places nothing; leave it out")
        machine = load_machine(design)
        guess = estimated(machine, wanted, out_of_context=out_of_context)
        if as_json:
            print_json({"design": machine.name, "board": wanted.name, **guess.as_dict()})
        else:
            print_pairs(f"{machine.name} on {wanted.title}: estimate", guess.rows())
        if guess.problems:
            raise typer.Exit(ExitCode.INPUT)
        return
    from boards.flow import synthesise  # which takes as long to import as an estimate takes

    report = synthesise(api.load_design(design), wanted, output, out_of_context=out_of_context, seeds=seeds or 1)
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report.table())
