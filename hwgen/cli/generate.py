"""``hwgen generate``: a design file to a package of Verilog."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen import api
from hwgen.bus.wrappers.interfaces import STREAM_WIDTHS, Bus, Interfaces, Stream
from hwgen.chips.target import configured_target
from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.design import Design
from hwgen.errors import DesignError


def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the package; built aside, then moved.")],
    design: Annotated[
        Path | None, typer.Argument(help="Design file (TOML); not with --target.", metavar="DESIGN.toml")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="In place of a design: chip:bayes-64x64 or chip:bayes-8x8, the controller of a bench with it."
        ),
    ] = None,
    clock_mhz: Annotated[
        int | None, typer.Option(help="With --target: clock of the controller in MHz (default: 12).")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="With --target: file (TOML) of the controller's phases, delays and attempts.")
    ] = None,
    bus: Annotated[Bus, typer.Option(help="Register bus of the Verilog.")] = Bus.NATIVE,
    stream: Annotated[Stream, typer.Option(help="Streams of the Verilog.")] = Stream.NATIVE,
    stream_width: Annotated[
        int | None, typer.Option(help="Bits of an AXI4-Stream: a multiple of 8, 8 to 128 (default: 32).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the package of a design, or of the controller for a fabricated chip.

    It holds Verilog, register documents, a self-checking test bench, a FuseSoC core and a manifest.
    """
    if stream_width is not None and stream is not Stream.AXI4STREAM:
        raise DesignError("--stream-width belongs to --stream axi4stream; leave it out, or give both")
    if stream_width not in (None, *STREAM_WIDTHS):
        raise DesignError(f"--stream-width must be a multiple of 8 from 8 to 128, not {stream_width}")
    loaded = _design(design, target, clock_mhz, config)
    width = {} if stream_width is None else {"stream_width": stream_width}
    files = api.generate(loaded, output, bus=bus, stream=stream, **width)
    summary: dict[str, Any] = {
        "design": loaded.name,
        "core": loaded.core.name,
        "config_hash": f"{loaded.config.hash:016x}",
        **Interfaces(bus, stream, **width).manifest(),
        "directory": str(output),
        "files": [file.name for file in files],
        "fidelity": loaded.fidelity(),
    }
    if as_json:
        print_json(summary)
    else:
        fidelity = summary.pop("fidelity")
        print_pairs(f"{loaded.name}: generated", {**summary, "files": "\n".join(summary["files"]), **fidelity})


def _design(design: Path | None, target: str | None, clock_mhz: int | None, config: Path | None) -> Design:
    """What is to be generated."""
    if target is not None and design is not None:
        raise DesignError(
            f"--target {target} takes no design file, as the chip holds the likelihoods, which `hwgen chip` programs; "
            f"leave out {design}"
        )
    if target is not None:
        return configured_target(target, config, clock_mhz)
    for option, value in (("--clock-mhz", clock_mhz), ("--config", config)):
        if value is not None:
            raise DesignError(f"{option} belongs to --target; leave it out, or name a target")
    if design is None:
        raise DesignError("name a design file, or a chip with --target chip:NAME")
    return api.load_design(design)
