"""The recorded designs on the recorded boards: what ``docs/results/boards.json`` holds."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards.build import build
from boards.definitions import BOARDS
from boards.flow import build_folder, synthesise
from boards.report import TITLES
from hwgen.design import load_design
from hwgen.errors import DesignError

_log = logging.getLogger("hwgen")

EXAMPLES = Path("examples")
GEOMETRIES = ("4x4x8", "4x4x512", "4x6x512", "10x64x17")
MODES = ("stochastic", "logarithmic")
OUT_OF_CONTEXT_BOARD = "ulx3s-85f"
BITSTREAM_BOARDS = ("ulx3s-85f", "icebreaker", "tang-nano-9k")
BITSTREAM_GEOMETRIES = {"ulx3s-85f": ("4x4x8",), "icebreaker": GEOMETRIES, "tang-nano-9k": GEOMETRIES}


@dataclass(frozen=True)
class Run:
    """One design on one board."""

    geometry: str
    mode: str
    board: str
    out_of_context: bool

    @property
    def file(self) -> Path:
        """The design file."""
        return EXAMPLES / f"bayes-{self.geometry}-{self.mode}.toml"


def runs(geometries: Sequence[str] = GEOMETRIES) -> list[Run]:
    """What is recorded, the smallest designs first; ``geometries`` leaves out the others."""
    found = []
    for geometry in geometries:
        for mode in MODES:
            found.append(Run(geometry, mode, OUT_OF_CONTEXT_BOARD, out_of_context=True))
            found += [
                Run(geometry, mode, board, out_of_context=False)
                for board in BITSTREAM_BOARDS
                if geometry in BITSTREAM_GEOMETRIES[board]
            ]
    return found


def measure(run: Run, seeds: int) -> dict[str, Any]:
    """One run's result as JSON values: its report, or why there is none.

    Out of context Fmax is the median of ``seeds`` seeds. A whole top level is built for the fastest clock that closes
    timing with margin.
    """
    design = load_design(run.file)
    board = BOARDS[run.board]
    entry = {
        "file": str(run.file),
        "geometry": run.geometry,
        "mode": run.mode,
        "design": design.name,
        "board": run.board,
        "out_of_context": run.out_of_context,
    }
    folder = build_folder(design, board)
    try:
        if run.out_of_context:
            core = folder.with_name(f"{folder.name}-core")
            report = synthesise(design, board, core, out_of_context=True, seeds=seeds)
        else:
            report = build(design, board, folder).report
    except DesignError as error:
        return {**entry, "refused": str(error)}
    return {**report.as_dict(), **entry, "refused": None}


def as_markdown(results: Sequence[dict[str, Any]], command: str) -> str:
    """The page of results."""
    lines = [
        "# Boards",
        "",
        f"Made by `{command}`. {_tools(results)}",
        "",
        "## The core alone",
        "",
        f"Out of context on {BOARDS[OUT_OF_CONTEXT_BOARD].title} (ECP5, speed grade 6). Fmax is the median over the "
        "seeds.",
        "",
        *_table([result for result in results if result["out_of_context"]], with_clock=False),
        "",
        "Critical paths:",
        "",
        *(
            f"- {result['geometry']} {result['mode']}: {_path(result)}"
            for result in results
            if result["out_of_context"] and result["refused"] is None
        ),
        "",
        "## Whole top levels",
        "",
        "With PLL, host link and LEDs, at the fastest clock that closes timing with 5 % of margin.",
        "",
        *_table([result for result in results if not result["out_of_context"]], with_clock=True),
        "",
    ]
    refused = [result for result in results if result["refused"] is not None]
    if refused:
        lines += ["Refused before synthesis:", ""]
        lines += [f"- {result['geometry']} {result['mode']}: {result['refused']}" for result in refused] + [""]
    return "\n".join(lines)


def _tools(results: Sequence[dict[str, Any]]) -> str:
    versions = {version for result in results if result["refused"] is None for version in result["tools"].values()}
    return f"Tools: {', '.join(sorted(versions))}."


def _table(results: Sequence[dict[str, Any]], *, with_clock: bool) -> list[str]:
    shown = ("lut", "ff", "block_ram")
    head = ["geometry", "mode", *(["board"] if with_clock else []), *(TITLES[key] for key in shown), "LUT estimated"]
    head += ["Fmax (MHz)", *(["clock (MHz)"] if with_clock else ["seeds"]), "cycles a sample", "samples/s"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for result in results:
        if result["refused"] is not None:
            continue
        cells = [result["geometry"], result["mode"], *([BOARDS[result["board"]].title] if with_clock else [])]
        cells += [f"{result['used'][key]:,}" for key in shown]
        cells += ["" if with_clock else f"{result['estimate']['luts']:,}", f"{result['fmax_mhz']:.1f}"]
        cells.append(f"{result['clock_mhz']:g}" if with_clock else str(len(result["clocks"][0]["fmax_mhz_by_seed"])))
        cells += [str(result["cycles_per_sample"]), f"{result['samples_per_second']:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _path(result: dict[str, Any]) -> str:
    path = result["clocks"][0]["critical_path"]
    if path is None:
        return "none"
    way = " → ".join(f"`{name}`" for name in (path["start"], *path["through"], path["end"]))
    return f"{way}, {path['logic_ns']:.2f} ns logic and {path['routing_ns']:.2f} ns routing"
