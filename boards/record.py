"""What a build leaves beside its bitstream, so that nobody has to guess which design is in it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from boards.definitions import Board
from boards.families import FAMILIES
from boards.report import Report
from boards.steps import Steps
from hwgen.design import Design
from hwgen.errors import DesignError

RECORD = "report.json"
"""The report of the build beside which it lies, with the name and the SHA-256 of the bitstream."""

VIVADO_SUFFIX = ".bit"


def bitstream_name(design: Design, board: Board) -> str:
    """Name of a design's bitstream, whoever makes it."""
    return f"{design.name}{bitstream_suffix(board)}"


def bitstream_suffix(board: Board) -> str:
    """How the names of a board's bitstreams end."""
    return FAMILIES[board.family].bitstream_suffix or VIVADO_SUFFIX


def script_name(design: Design) -> str:
    """Name of the script with which Vivado makes the bitstream."""
    return f"{design.name}_board.tcl"


def publish_bitstream(steps: Steps, file: Path, name: str, report: Report) -> tuple[Path, Path]:
    """Put a bitstream and its record into the build folder; returns their paths.

    In between there is no record: an interruption never leaves one that is another's.
    """
    record = steps.directory / RECORD
    record.unlink(missing_ok=True)
    bitstream = steps.publish(file, name)
    return bitstream, steps.publish_text(_text(report, name, _digest(bitstream)), RECORD)


def publish_project(steps: Steps, texts: dict[str, str], bitstream: str, report: Report) -> tuple[Path, ...]:
    """Put the files of a Vivado project and their record into the build folder; returns their paths.

    A bitstream that Vivado made of other files is removed.
    """
    folder = steps.directory
    (folder / RECORD).unlink(missing_ok=True)
    if any(
        not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != texts[name] for name in texts
    ):
        (folder / bitstream).unlink(missing_ok=True)
    files = [steps.publish_text(text, name) for name, text in texts.items()]
    return (*files, steps.publish_text(_text(report, bitstream, None), RECORD))


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a build folder; None where there is none."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and "bitstream" in record else None


def check_bitstream(bitstream: Path, record: dict[str, Any], board: Board) -> None:
    """Raise :class:`~hwgen.errors.DesignError` unless ``record`` tells of this bitstream, and of this board."""
    if record["board"] != board.name:
        raise DesignError(f"{bitstream} was built for {record['board']}, not {board.name}")
    expected = record["bitstream"]["sha256"]
    if expected is not None and _digest(bitstream) != expected:
        raise DesignError(f"{bitstream} is not the bitstream that {bitstream.parent / RECORD} tells of; build it anew")


def is_built_of(record: dict[str, Any], design: Design, board: Board) -> bool:
    """Whether a record tells of this machine, with what its memories start with, on this board."""
    hashes = (f"{design.config.hash:016x}", f"{design.content_hash:016x}", board.name)
    return (record["config_hash"], record["content_hash"], record["board"]) == hashes


def _text(report: Report, bitstream: str, sha256: str | None) -> str:
    record = report.as_dict() | {"bitstream": {"file": bitstream, "sha256": sha256}}
    return json.dumps(record, indent=2) + "\n"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
