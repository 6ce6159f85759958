"""``hwgen infer``: decisions of a machine for samples from a file."""

import re
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from hwgen import api
from hwgen.cli.output import JsonOption, print_json, print_report, print_table
from hwgen.design import Design
from hwgen.errors import HwgenError

SHOWN = 20
"""Results listed in the table; --json has all of them."""


def infer(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Samples: .npy or .csv, one row a sample, integers (bin numbers, pixels) (default: the design's "
            "held-out real samples)."
        ),
    ] = None,
    restart: Annotated[
        Path | None,
        typer.Option(help="With feedback: .npy or .csv, one 0 or 1 a sample; 1 begins a new series."),
    ] = None,
    backend: Annotated[str, typer.Option(help="golden, rtl or serial:PORT (a board).")] = "golden",
    baudrate: Annotated[int | None, typer.Option(help="Baud rate of the board (default: 3000000).")] = None,
    waves: Annotated[Path | None, typer.Option(help="Write waves: .vcd or .fst (rtl).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide samples and print what the machine says of each; nothing is learnt."""
    loaded = api.load_design(design)
    inputs = {"samples": _inputs(loaded, design, samples)}
    if restart is not None:
        if not getattr(loaded.config, "feedback", False):
            raise HwgenError(f"{design} describes a machine without feedback: --restart has no meaning; leave it out")
        inputs["restart"] = _read(restart, "restarts").reshape(-1) != 0
    machine = api.open_design(loaded, backend, waves=waves, baudrate=baudrate)
    try:
        result = machine.infer(**inputs)
        errors = sorted(machine.errors())
    finally:
        machine.close()
    accuracy = None
    if samples is None and loaded.evaluation is not None:
        accuracy = float((result.decisions == loaded.evaluation.labels).mean())
    if as_json:
        print_json(
            {
                "design": loaded.name,
                "backend": backend,
                "busy_cycles": result.busy_cycles,
                "elapsed_cycles": result.elapsed_cycles,
                "errors": errors,
                "accuracy": accuracy,
                "results": result.rows(),
            }
        )
    elif len(result):
        shown = f" (the first {SHOWN} of {len(result)})" if len(result) > SHOWN else ""
        rows = getattr(result, "columns", result.rows)()
        print_table(f"{loaded.name} on {backend}{shown}", rows[:SHOWN])
        if accuracy is not None:
            print_report(f"accuracy {accuracy:.2%} on {len(result):,} held-out samples")


def _inputs(loaded: Design, design: Path, samples: Path | None) -> Any:
    if samples is None:
        if loaded.evaluation is None:
            raise HwgenError(f"{design} has no held-out samples of its own; give some with --samples FILE")
        return loaded.evaluation.samples
    array = _read(samples, "samples")
    columns = loaded.core.load("stimulus")(loaded.config).random_inputs(1, np.random.default_rng(0))["samples"].shape[1]
    if array.ndim != 2 or array.shape[1] != columns:
        raise HwgenError(f"{samples}: samples must be rows of {columns} columns, not of shape {array.shape}")
    return array


def _read(path: Path, what: str) -> Any:
    """The array in a ``.npy`` or ``.csv`` file."""
    if path.suffix not in (".npy", ".csv"):
        raise HwgenError(f"{what} must be a .npy or .csv file, not {path}")
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        with warnings.catch_warnings(action="ignore"):  # of an empty file
            array = np.loadtxt(path, delimiter=",", dtype=np.int64, ndmin=2)
    except OSError as error:
        raise HwgenError(f"{path}: cannot be read as {what}: {error.strerror or error}") from None
    except (EOFError, ValueError):
        why = "it is not an array as numpy.save writes it" if path.suffix == ".npy" else _wrong_line(path)
        raise HwgenError(f"{path}: cannot be read as {what}: {why}") from None
    if not array.size:
        raise HwgenError(f"{path} is empty; it must hold {what}, a row each")
    return array


def _wrong_line(path: Path) -> str:
    """What is wrong with a ``.csv`` file; lines and columns count from 1."""
    columns = 0
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        cells = line.partition("#")[0].split(",")
        if cells == [""]:
            continue
        for column, cell in enumerate(cells, 1):
            if not re.fullmatch(r"\s*[+-]?\d+\s*", cell):
                return f"line {number}, column {column} must be an integer, not {cell.strip()!r}"
        columns = columns or len(cells)
        if len(cells) != columns:
            return f"line {number} must have {columns} columns as the lines before it, not {len(cells)}"
    return "it must hold rows of integers of 64 bits, separated by commas"
