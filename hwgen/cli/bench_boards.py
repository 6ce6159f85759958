"""``hwgen bench-boards``: area and speed of the recorded designs."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.errors import DesignError, ToolError

SEEDS = 5


def bench_boards(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the page and the JSON file.")] = Path(
        "build/results"
    ),
    core: Annotated[str, typer.Option(help="Core whose recorded designs are taken.")] = "bayes",
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=99, help="Place and route a core so often; Fmax is the median [default: 5]."),
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Part of a machine's name, such as 4x4x8; may be given again [default: all]."),
    ] = None,
    page_only: Annotated[
        bool,
        typer.Option("--page-only", help="Measure nothing; write the page anew from the JSON file that is there."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take the recorded designs through the flow, one after the other; a run that was interrupted resumes.

    Run it in the repository's root: the designs are those of `examples`. The files are `boards.md` and
    `boards.json`, for cores other than bayes `boards-CORE.md` and `boards-CORE.json`. They are written after each run;
    the results of other runs that are in them stay, and the page tells which of them were measured on Verilog that has
    changed since.
    """
    from boards.bench import record, rewrite

    if page_only:
        for option, value in (("--seeds", seeds), ("--machine", machine)):
            if value:
                raise DesignError(f"{option} has no meaning with --page-only, which measures nothing; leave it out")
        recorded = rewrite(core, output)
    else:
        seeds = seeds or SEEDS
        chosen = "".join(f" --machine {shlex.quote(name)}" for name in machine or ())
        command = f"hwgen bench-boards --core {core} --seeds {seeds}{chosen} -o {shlex.quote(str(output))}"
        recorded = record(core, machine or (), seeds, output, command)
    if as_json:
        print_json({"results": recorded.results})
    else:
        print_pairs("recorded", {"runs": len(recorded.results), "files": "\n".join(map(str, recorded.files))})
    if recorded.failed:
        raise ToolError("a tool failed, and nothing was recorded of: " + ", ".join(recorded.failed))
