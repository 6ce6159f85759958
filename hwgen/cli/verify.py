"""``hwgen verify``: hardware against golden model."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen import api
from hwgen.cli.output import ExitCode, JsonOption, print_json, print_pairs


def verify(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    simulator: Annotated[str, typer.Option(help="verilator or icarus.")] = "verilator",
    backend: Annotated[
        str | None,
        typer.Option(
            help="rtl (compiled, fast), cocotb (a test bench; icarus needs it) or serial:PORT (a board) (default: rtl)."
        ),
    ] = None,
    baudrate: Annotated[int | None, typer.Option(help="Baud rate of the board (default: 3000000).")] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Random samples, beside the design's real ones (default: 1024; with cocotb 64, "
            "and then as many real ones at most)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random samples.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare the emitted Verilog, or a board, with the golden model on real samples and on random ones, bit by bit.

    Exits with 1 when anything differs: a result, a cycle count (on a board: that of busy cycles only), the memories,
    the error flags.
    """
    if backend is None:
        backend = "cocotb" if simulator == "icarus" else "rtl"
    report = api.verify(design, backend=backend, simulator=simulator, baudrate=baudrate, samples=samples, seed=seed)
    if as_json:
        print_json(report.as_dict())
    else:
        print_pairs(f"{report.design}: {'verified' if report.ok else 'DIFFERENT'}", report.as_dict())
    if not report.ok:
        raise typer.Exit(ExitCode.DIFFERENCE)
