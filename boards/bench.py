"""The recorded designs on the recorded boards: what ``docs/results/boards*.json`` hold."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from boards.build import build
from boards.current import emitted_sha256, is_current
from boards.definitions import BOARDS
from boards.errors import KINDS, REFUSED
from boards.flow import build_folder, synthesise
from boards.page import as_markdown
from hwgen.design import load_design
from hwgen.errors import DesignError, ToolError
from hwgen.output import write_json, write_text

_log = logging.getLogger("hwgen")

EXAMPLES = Path("examples")
OUT_OF_CONTEXT_BOARD = "ulx3s-85f"
BITSTREAM_BOARDS = ("ulx3s-85f", "icebreaker", "tang-nano-9k")

Key = tuple[str, str, bool]
"""Machine, board, and whether out of context."""


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

    @property
    def key(self) -> Key:
        """What tells it from other runs."""
        return self.machine, self.board, self.out_of_context


def _bayes() -> list[Run]:
    """The published geometries, the gesture-size and a digits-size machine, each in both modes, the smallest first; and
    the smallest with a memristor array at its pins, which no board here has."""
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
    return [*found, Run("4x4x8 stochastic with an array", EXAMPLES / "bayes-4x4x8-array.toml")]


def _ep() -> list[Run]:
    """A small machine with a bitstream, and two that fill an ECP5-85."""
    found = [Run("196-64-10, 8 lanes", EXAMPLES / "ep-196-64-10-icebreaker.toml", "icebreaker", out_of_context=False)]
    for network, lanes in (("784-448-10", 448), ("484-512-10", 512)):
        found.append(Run(f"{network}, {lanes} lanes", EXAMPLES / f"ep-{network}.toml", most_seeds=1))
    return found


def _ff() -> list[Run]:
    """Small machines, and one of each rule that an ECP5-85 holds, alone and with its bitstream."""
    small = EXAMPLES / "ff-64-32-icebreaker.toml"
    found = [
        Run("64-32 supervised, 2 lanes", small, "icebreaker", out_of_context=False),
        Run("64-64-64 supervised, 64 lanes", EXAMPLES / "ff-digits.toml", out_of_context=False),
        Run("8-128 recurrent, 64 lanes", EXAMPLES / "ff-digits-recurrent.toml", most_seeds=1),
    ]
    for rule, file in (("supervised", "ff-mnist-256.toml"), ("contrastive", "ff-mnist-256-contrastive.toml")):
        machine = f"784-256-256 {rule}, 64 lanes"
        found.append(Run(machine, EXAMPLES / file, most_seeds=1))
        found.append(Run(machine, EXAMPLES / file, out_of_context=False))
    return found


RECORDED = {"bayes": _bayes, "ep": _ep, "ff": _ff}
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


@dataclass(frozen=True)
class Recorded:
    """What :func:`record` or :func:`rewrite` did."""

    results: list[dict[str, Any]]
    """Of the chosen runs; without any, all that are in the files."""
    failed: list[str]
    """Runs of which there is none, because a tool failed."""
    files: tuple[Path, Path]
    """The page and the JSON file."""


def record(core: str, chosen: Sequence[str], seeds: int, folder: Path, command: str) -> Recorded:
    """Measure a core's runs (see :func:`runs`), and write page and JSON file into ``folder`` after each.

    Results of other recorded runs that the JSON file holds stay in it; whether they are of the Verilog that is emitted
    now is checked first. A tool that fails ends one run, not those after it. ``command`` is what is said to have made
    the results.
    """
    files = _files(core, folder)
    selected = runs(core, chosen)
    kept = _compared(_read(files[1]), core)
    results, failed = [], []
    for run in selected:
        try:
            result = measure(run, seeds)
        except ToolError as error:
            _log.error("%s on %s: %s", run.machine, run.board, error)
            failed.append(f"{run.machine} on {run.board}")
            continue
        current = True if "verilog_sha256" in result else None
        results.append(result | {"current": current, "command": command, "date": date.today().isoformat()})
        kept[run.key] = results[-1]
        _write(core, kept, files)
    return Recorded(results, failed, files)


def rewrite(core: str, folder: Path) -> Recorded:
    """Measure nothing, and write page and JSON file of a core anew from what the JSON file holds: as :func:`record`
    leaves them, with the results compared with the Verilog that is emitted now.

    Raises :class:`~hwgen.errors.DesignError` for another core, and where there is no such file.
    """
    files = _files(core, folder)
    runs(core)
    if not files[1].is_file():
        raise DesignError(f"there is no {files[1]} to write a page from; name its folder with -o")
    return Recorded(_write(core, _compared(_read(files[1]), core), files), [], files)


def measure(run: Run, seeds: int) -> dict[str, Any]:
    """One run's result as JSON values: its report; or in ``kind`` and ``refused`` why there is none.

    Out of context Fmax is the median of ``seeds`` seeds, or of as many as the run allows. A whole top level is built
    for the fastest clock that is found to close timing with margin.
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
        kind = KINDS.get(type(error), REFUSED)
        of = {} if kind == REFUSED else {"verilog_sha256": emitted_sha256(entry)}
        return {**entry, **of, "kind": kind, "refused": str(error)}
    return {**report.as_dict(), **entry, "kind": None, "refused": None}


def _files(core: str, folder: Path) -> tuple[Path, Path]:
    """The page and the JSON file of a core."""
    name = "boards" if core == "bayes" else f"boards-{core}"
    return folder / f"{name}.md", folder / f"{name}.json"


def _compared(results: dict[Key, dict[str, Any]], core: str) -> dict[Key, dict[str, Any]]:
    """Those of results that are of recorded runs, with whether they are of the Verilog that is emitted now."""
    keys = [run.key for run in runs(core) if run.key in results]
    return {key: results[key] | {"current": is_current(results[key])} for key in keys}


def _write(core: str, results: dict[Key, dict[str, Any]], files: tuple[Path, Path]) -> list[dict[str, Any]]:
    """Write page and JSON file; returns what is in them, in the order of the runs."""
    page, data = files
    everything = [results[run.key] for run in runs(core) if run.key in results]
    write_json(data, {"results": everything})
    write_text(page, as_markdown(core, everything))
    return everything


def _read(data: Path) -> dict[Key, dict[str, Any]]:
    """The results that a JSON file holds, by run; those of a file that had one command for all get that."""
    if not data.is_file():
        return {}
    try:
        content = json.loads(data.read_text(encoding="utf-8"))
        return {
            (result["machine"], result["board"], result["out_of_context"]): {
                "command": content.get("command"),
                "date": None,
                "kind": None if result["refused"] is None else REFUSED,
                **result,
            }
            for result in content["results"]
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DesignError(f"{data} must be a file of bench-boards, to add results to it: {error!r}") from None
