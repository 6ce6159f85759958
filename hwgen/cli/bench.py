"""``hwgen bench``: how fast the simulations are."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.output import JsonOption, print_json, print_table


def bench(
    designs: Annotated[list[Path], typer.Argument(help="Design files.", metavar="DESIGN.toml ...")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for speed.md and speed.json (default: write none).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure samples per second of the rtl backend and of a cocotb bench, side by side."""
    from hwgen.output import write_json, write_text
    from sim.speed import measure_speed, speed_markdown

    results = measure_speed(designs)
    if output is not None:
        command = f"hwgen bench {' '.join(map(str, designs))} -o {output}"
        write_json(output / "speed.json", results)
        write_text(output / "speed.md", speed_markdown(results, command))
    if as_json:
        print_json(results)
    else:
        print_table("samples per second", results["designs"])
