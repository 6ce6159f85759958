"""The recorded designs on the recorded boards: what ``docs/results/boards*.json`` hold."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
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
OUT_OF_CONTEXT_BOARD = "ulx3s-85f"
BITSTREAM_BOARDS = ("ulx3s-85f", "icebreaker", "tang-nano-9k")


@dataclass(frozen=True)
class Run:
    """One design on one board."""

    machine: str
    """What the design is, in a word or two."""
    file: Path
    board: str = OUT_OF_CONTEXT_BOARD
    out_of_context: bool = True
    most_seeds: int = 99
    """A machine that takes long to place is not placed more often."""


def _bayes() -> list[Run]:
    """The published geometries, the gesture-size and a digits-size machine, each in both modes, the smallest first."""
    found = []
    for geometry in ("4x4x8", "4x4x512", "4x6x512", "10x64x17"):
        for mode in ("stochastic", "logarithmic"):
            machine, file = f"{geometry} {mode}", EXAMPLES / f"bayes-{geometry}-{mode}.toml"
            found.append(Run(machine, file, most_seeds=1 if geometry == "10x64x17" else 99))
            found += [
                Run(machine, file, board, out_of_context=False)
                for board in BITSTREAM_BOARDS
                # On the large device, the link tells the geometries apart no more than the core alone does.
                if board != OUT_OF_CONTEXT_BOARD or geometry == "4x4x8"
            ]
    return found


def _ep() -> list[Run]:
    """A small machine with a bitstream, and two that fill an ECP5-85."""
    return [
        Run("196-64-10, 8 lanes", EXAMPLES / "ep-196-64-10-icebreaker.toml", "icebreaker", out_of_context=False),
        Run("784-448-10, 448 lanes", EXAMPLES / "ep-784-448-10.toml", most_seeds=1),
        Run("484-512-10, 512 lanes", EXAMPLES / "ep-484-512-10.toml", most_seeds=1),
    ]


RECORDED = {"bayes": _bayes, "ep": _ep}
"""What is recorded of each core."""


def runs(core: str, chosen: Sequence[str] = ()) -> list[Run]:
    """What is recorded of a core; only the machines whose name holds one of ``chosen``, if any are given.

    Raises :class:`~hwgen.errors.DesignError` for another core, or where no machine is left.
    """
    if core not in RECORDED:
        raise DesignError(f"--core must be one of {', '.join(RECORDED)}, not {core!r}")
    found = RECORDED[core]()
    kept = [run for run in found if not chosen or any(part in run.machine for part in chosen)]
    if not kept:
        names = ", ".join(dict.fromkeys(run.machine for run in found))
        raise DesignError(f"--machine must be part of one of {names}, not {' or '.join(chosen)}")
    return kept


def measure(run: Run, seeds: int) -> dict[str, Any]:
    """One run's result as JSON values: its report, or why there is none.

    Out of context Fmax is the median of ``seeds`` seeds, or of as many as the run allows. A whole top level is built
    for the fastest clock that closes timing with margin.
    """
    design = load_design(run.file)
    board = BOARDS[run.board]
    entry = {
        "file": str(run.file),
        "machine": run.machine,
        "design": design.name,
        "board": run.board,
        "out_of_context": run.out_of_context,
    }
    folder = build_folder(design, board)
    _log.info("%s on %s", run.machine, board.title)
    try:
        if run.out_of_context:
            core = folder.with_name(f"{folder.name}-core")
            report = synthesise(design, board, core, out_of_context=True, seeds=min(seeds, run.most_seeds))
        else:
            report = build(design, board, folder).report
    except DesignError as error:
        return {**entry, "refused": str(error)}
    return {**report.as_dict(), **entry, "refused": None}


def as_markdown(core: str, results: Sequence[dict[str, Any]], command: str) -> str:
    """The page of results."""
    lines = [
        f"# Boards: {core}",
        "",
        f"Made by `{command}` on {date.today().isoformat()}. {_tools(results)}",
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
            f"- {result['machine']}: {_path(result)}"
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
        lines += [f"- {result['machine']}: {result['refused']}" for result in refused] + [""]
    return "\n".join(lines)


def _tools(results: Sequence[dict[str, Any]]) -> str:
    versions = {version for result in results if result["refused"] is None for version in result["tools"].values()}
    return f"Tools: {', '.join(sorted(versions))}."


def _table(results: Sequence[dict[str, Any]], *, with_clock: bool) -> list[str]:
    shown = ("lut", "ff", "block_ram")
    head = ["machine", *(["board"] if with_clock else []), *(TITLES[key] for key in shown), "LUT estimated"]
    head += ["Fmax (MHz)", *(["clock (MHz)"] if with_clock else ["seeds"]), "cycles a sample", "samples/s"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for result in results:
        if result["refused"] is not None:
            continue
        cells = [result["machine"], *([BOARDS[result["board"]].title] if with_clock else [])]
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
