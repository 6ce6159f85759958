"""``hwgen bench-boards``: area and speed of the recorded designs."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import JsonOption, print_json, print_pairs


def bench_boards(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for boards.md and boards.json.")] = Path(
        "build/results"
    ),
    seeds: Annotated[int, typer.Option(min=1, help="Place and route a core so often; Fmax is the median.")] = 5,
    geometry: Annotated[
        list[str] | None, typer.Option(help="Geometry, such as 4x4x8; may be given again [default: all].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take the recorded designs through the flow, one after the other; a run that was interrupted resumes.

    Run it in the repository's root: the designs are those of `examples`.
    """
    from boards.bench import GEOMETRIES, as_markdown, measure, runs
    from hwgen.output import write_json, write_text

    results = [measure(run, seeds) for run in runs(geometry or GEOMETRIES)]
    chosen = "".join(f" --geometry {name}" for name in geometry or ())
    command = f"hwgen bench-boards --seeds {seeds}{chosen} -o {output}"
    write_json(output / "boards.json", {"command": command, "results": results})
    write_text(output / "boards.md", as_markdown(results, command))
    if as_json:
        print_json({"results": results})
    else:
        files = "\n".join(str(output / name) for name in ("boards.md", "boards.json"))
        print_pairs("recorded", {"runs": len(results), "files": files})
