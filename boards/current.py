"""Whether recorded results are of the Verilog that their design files give now."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from boards.definitions import BOARDS
from boards.flow import SOURCE, Flow
from boards.pinout import clock_choices
from boards.verilog import verilog_sha256
from hwgen.design import load_design
from hwgen.errors import DesignError

_log = logging.getLogger("hwgen")


def emitted_sha256(result: Mapping[str, Any]) -> str:
    """SHA-256 of the Verilog that a recorded run would synthesise now.

    Args:
        result: ``file``, ``board``, ``out_of_context``, and of a whole top level ``clock_mhz``, the clock that it was
            built for; one without was refused, and the first clock that is tried stands for all.

    Raises :class:`~hwgen.errors.DesignError` where there is no such Verilog any more.
    """
    design, board = load_design(Path(result["file"])), BOARDS[result["board"]]
    clock_mhz = None if result["out_of_context"] else result.get("clock_mhz") or clock_choices(board)[0]
    return verilog_sha256(Flow(design, board, Path(), clock_mhz).sources()[SOURCE])


def is_current(result: Mapping[str, Any]) -> bool | None:
    """Whether a recorded result is of the Verilog that is emitted now; None where it does not say of which it is.

    Emits the Verilog: seconds for each machine.
    """
    recorded = result.get("verilog_sha256")
    if recorded is None:
        return None
    _log.info("comparing the Verilog of %s on %s ...", Path(result["file"]).stem, BOARDS[result["board"]].title)
    try:
        return emitted_sha256(result) == str(recorded)
    except DesignError:
        return False


def remarks(machines: Iterable[tuple[str, bool | None]]) -> list[str]:
    """What is to be said below a table of recorded results; nothing where all are current.

    Args:
        machines: for each row its name, and what :func:`is_current` gave.
    """
    named = list(machines)
    changed = [name for name, current in named if current is False]
    unknown = [name for name, current in named if current is None]
    sentences = []
    if changed:
        sentences.append(f"Measured on Verilog that has changed since: {_list(changed, len(named))}.")
    if unknown:
        sentences.append(
            f"Measured on Verilog of which no hash was recorded, and which may have changed since: "
            f"{_list(unknown, len(named))}."
        )
    return sentences


def _list(names: list[str], rows: int) -> str:
    return "all of these" if len(names) == rows > 1 else "; ".join(names)
