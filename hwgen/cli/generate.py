"""``hwgen generate``: a design file to a package of Verilog."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hwgen import api
from hwgen.bus.wrappers.interfaces import STREAM_WIDTHS, Bus, Interfaces, Stream
from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.errors import DesignError


def generate(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the package; built aside, then moved.")],
    bus: Annotated[Bus, typer.Option(help="Register bus of the Verilog.")] = Bus.NATIVE,
    stream: Annotated[Stream, typer.Option(help="Streams of the Verilog.")] = Stream.NATIVE,
    stream_width: Annotated[
        int | None, typer.Option(help="Bits of an AXI4-Stream: a multiple of 8, 8 to 128 (default: 32).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a design's package: Verilog, register documents, self-checking test bench, FuseSoC core, manifest."""
    if stream_width is not None and stream is not Stream.AXI4STREAM:
        raise DesignError("--stream-width belongs to --stream axi4stream; leave it out, or give both")
    if stream_width not in (None, *STREAM_WIDTHS):
        raise DesignError(f"--stream-width must be a multiple of 8 from 8 to 128, not {stream_width}")
    loaded = api.load_design(design)
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
