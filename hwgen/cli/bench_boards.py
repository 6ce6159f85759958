"""``hwgen bench-boards``: area and speed of the recorded designs."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import JsonOption, print_json, print_pairs


def bench_boards(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the page and the JSON file.")] = Path(
        "build/results"
    ),
    core: Annotated[str, typer.Option(help="Core whose recorded designs are taken.")] = "bayes",
    seeds: Annotated[int, typer.Option(min=1, help="Place and route a core so often; Fmax is the median.")] = 5,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Part of a machine's name, such as 4x4x8; may be given again [default: all]."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take the recorded designs through the flow, one after the other; a run that was interrupted resumes.

    Run it in the repository's root: the designs are those of `examples`. The files are `boards.md` and
    `boards.json`, for cores other than bayes `boards-CORE.md` and `boards-CORE.json`.
    """
    from boards.bench import as_markdown, measure, runs
    from hwgen.output import write_json, write_text

    results = [measure(run, seeds) for run in runs(core, machine or ())]
    chosen = "".join(f" --machine '{name}'" for name in machine or ())
    command = f"hwgen bench-boards --core {core} --seeds {seeds}{chosen} -o {output}"
    name = "boards" if core == "bayes" else f"boards-{core}"
    page, data = (output / f"{name}.{suffix}" for suffix in ("md", "json"))
    write_json(data, {"command": command, "results": results})
    write_text(page, as_markdown(core, results, command))
    if as_json:
        print_json({"results": results})
    else:
        print_pairs("recorded", {"runs": len(results), "files": f"{page}\n{data}"})
