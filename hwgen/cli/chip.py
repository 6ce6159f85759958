"""``hwgen chip``: a bench with a fabricated Bayesian machine, beside the golden model."""

from collections.abc import Sequence
from itertools import starmap
from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen.bus.link.protocol import BAUDRATE
from hwgen.chips.config import MOST_CYCLES
from hwgen.chips.likelihoods import from_source
from hwgen.chips.profile import PROFILES, TARGET
from hwgen.chips.target import configured_target
from hwgen.cli.output import ExitCode, JsonOption, print_json, print_pairs
from hwgen.cli.sources import naming_options
from hwgen.errors import DesignError

SIMULATED_MHZ = 2
"""The fewest clocks in one of the chip's: a simulation is fastest with it."""

BINS = 16
"""Of each feature of a bundled data set, where the chip has room for them."""

CELL = "block row.block column.row.column"
"""What the numbers of a cell are, row and column being those of its block."""


def chip(
    name: Annotated[str, typer.Argument(help=f"{' or '.join(PROFILES)}.", metavar="CHIP")],
    dataset: Annotated[
        str | None, typer.Option(help="Likelihoods from bundled data: wine, iris, ... (default: wine).")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Likelihoods from an .npz file, as for `hwgen new --table`.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help="With --table: .npz file of held-out samples and labels.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="stochastic or logarithmic (default: all that the chip has).")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="rtl (the controller's Verilog, and a model of the chip) or serial:PORT (a bench).")
    ] = "rtl",
    baudrate: Annotated[int | None, typer.Option(help=f"Baud rate of the bench (default: {BAUDRATE}).")] = None,
    clock_mhz: Annotated[
        int | None, typer.Option(help="Clock of the controller in MHz, as generated (default: 12; rtl: 2).")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="File (TOML) of the controller's phases, delays and attempts, as generated.")
    ] = None,
    attempts: Annotated[
        int | None, typer.Option(help="rtl: program a cell so often at most (default: 8); a bench: see --config.")
    ] = None,
    form: Annotated[
        bool | None, typer.Option(help="Form the cells first (default: with rtl only, where they are programmed).")
    ] = None,
    program: Annotated[
        bool, typer.Option(help="Program and verify; --no-program: decide with what the chip holds.")
    ] = True,
    march: Annotated[
        bool, typer.Option("--march", help="Find stuck cells that read right, too: writes both bits, many times.")
    ] = False,
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Read and compare what the chip holds; no pulse, no decision.")
    ] = False,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds of the columns' generators: numbers from 1 to 255, with commas.")
    ] = None,
    cycles: Annotated[
        int | None, typer.Option(help="Stochastic cycles of a decision, 1 to 255 (default: 255).")
    ] = None,
    stuck: Annotated[float, typer.Option(help="rtl: share of the chip's devices that never change.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of all that is random in the model of the chip.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Program a fabricated chip, verify it, load seeds, decide samples in each mode, and compare with the golden model.

    With --verify-only or --no-program the chip holds the likelihoods of one mode already; the model of the chip of
    backend rtl then begins with them.

    Exits with 1 when a cell or a bit of a result is wrong, a cell suspect, a pulse was cut or a command refused. Cells
    are named by row and column of blocks, and row and column of the block.
    """
    from sim.chip_bench import run_bench

    profile = PROFILES.get(name)
    if profile is None:
        raise DesignError(f"CHIP must be {' or '.join(PROFILES)}, not {name!r}")
    simulated = backend == "rtl"
    if stuck and not simulated:
        raise DesignError("--stuck belongs to --backend rtl: it is told to the model of the chip; leave it out")
    if attempts is not None and not simulated:
        raise DesignError(
            "--attempts belongs to --backend rtl: a bench's are in its hardware; give --config with the file that it "
            "was generated with, or leave it out"
        )
    if not 0 <= stuck <= 1:
        raise DesignError(f"--stuck must be from 0 to 1, not {stuck}")
    if seed < 0:
        raise DesignError(f"--seed must be at least 0, not {seed}")
    if mode not in (None, *profile.modes):
        raise DesignError(f"--mode of {name} must be {' or '.join(profile.modes)}, not {mode!r}")
    modes = [mode] if mode else profile.modes
    programs = _programs(program, verify_only, modes, form, march)
    for option, value in (("--seeds", seeds), ("--cycles", cycles)):
        if value is not None and (verify_only or "stochastic" not in modes):
            raise DesignError(
                f"{option} belongs to stochastic mode, in which {name} does not decide here; leave it out"
            )
    if cycles is not None and not 1 <= cycles <= MOST_CYCLES:
        raise DesignError(f"--cycles must be from 1 to {MOST_CYCLES}, not {cycles}")
    chosen = None if seeds is None else _numbers(seeds, profile.columns)
    fast = {"clock_hz": SIMULATED_MHZ * 1_000_000} if simulated else None
    design = configured_target(f"{TARGET}{name}", config, clock_mhz, attempts, fast)
    source = _source(dataset, table, samples, min(BINS, profile.bins), profile.columns)
    with naming_options(name, "dataset", "table", "samples"):
        likelihoods = {each: from_source(profile, each, source) for each in modes}
    report = run_bench(
        design,
        likelihoods,
        backend,
        form=simulated and programs if form is None else form,
        program=programs,
        march=march,
        decide=not verify_only,
        seeds=chosen,
        cycles=cycles,
        stuck=stuck,
        seed=seed,
        baudrate=baudrate,
    )
    if as_json:
        print_json(report.as_dict())
    else:
        values = report.as_dict()
        for each in values.pop("modes"):
            print_pairs(f"{name}, {each['mode']}", dict(starmap(_named_cells, each.items())))
        print_pairs(f"{name}: {'verified' if report.ok else 'DIFFERENT'}", values)
    if not report.ok:
        raise typer.Exit(ExitCode.DIFFERENCE)


def _named_cells(key: str, value: Any) -> tuple[str, Any]:
    """A line of a mode's report, where it lists cells with what their numbers are."""
    if key not in ("failed_cells", "suspect_cells") or not value:
        return key, value
    return f"{key} ({CELL})", [".".join(map(str, cell)) for cell in value]


def _programs(program: bool, verify_only: bool, modes: Sequence[str], form: bool | None, march: bool) -> bool:
    """Whether cells are programmed; what is to be done must go together."""
    if program and not verify_only:
        return True
    option = "--verify-only" if verify_only else "--no-program"
    if verify_only and not program:
        raise DesignError("--verify-only decides nothing, and --no-program only decides; give one of them")
    for other, given in (("--form", form), ("--march", march)):
        if given:
            raise DesignError(f"{other} belongs to programming, which {option} leaves out; give one of them")
    if len(modes) > 1:
        allowed = " or ".join(f"--mode {mode}" for mode in modes)
        raise DesignError(f"{option}: a chip holds the likelihoods of one mode; name it with {allowed}")
    return False


def _source(dataset: str | None, table: Path | None, samples: Path | None, bins: int, columns: int) -> dict[str, Any]:
    """Where the likelihoods come from, as the ``[source]`` of a design file says it."""
    if table is not None and dataset is not None:
        raise DesignError("give --dataset or --table, not both")
    if table is None and samples is not None:
        raise DesignError("--samples belongs to --table; leave it out, or give both")
    if table is not None:
        return {"table": str(table.resolve()), **({"samples": str(samples.resolve())} if samples else {})}
    return {"dataset": dataset or "wine", "classifier": "GaussianNB", "features": columns, "bins": bins}


def _numbers(seeds: str, columns: int) -> list[int]:
    try:
        numbers = [int(seed, 0) for seed in seeds.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != columns or not all(1 <= number <= 255 for number in numbers):
        raise DesignError(f"--seeds must be {columns} numbers from 1 to 255, separated by commas, not {seeds!r}")
    return numbers
