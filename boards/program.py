"""A bitstream onto a board, through openFPGALoader."""

import shlex
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from boards.definitions import Board
from boards.families import FAMILIES
from boards.flow import build_folder
from boards.record import bitstream_name, bitstream_suffix, check_bitstream, is_built_of, read_record, script_name
from hwgen.design import load_design
from hwgen.errors import DesignError, ToolError

LOADER = "openFPGALoader"
STANDARD_ERROR = 2
"""File descriptor."""


@dataclass(frozen=True)
class Outcome:
    """What happened."""

    command: str
    """The command, as a shell takes it."""
    programmed: bool
    """False where openFPGALoader is not installed."""
    clock_mhz: float | None
    """The clock that the bitstream was built for, as the report beside it has it; None where there is none."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def program(source: Path, board: Board, *, flash: bool = False, directory: Path | None = None) -> Outcome:
    """Program ``board`` with a bitstream, or with the one that was built of a design file.

    Args:
        source: a bitstream, or a design file (``.toml``).
        board: the board.
        flash: write the flash memory, which survives power-off; a board whose programmer reaches only that always does.
        directory: the build folder of a design file's bitstream, if it is not the usual one.

    What openFPGALoader prints goes to standard error. Raises :class:`~hwgen.errors.DesignError` if there is no
    bitstream, or if it was not built of the design as it is now, or for another board; and
    :class:`~hwgen.errors.ToolError` if openFPGALoader fails.
    """
    if source.suffix == ".toml":
        bitstream, clock_mhz = _built(source, board, directory)
    else:
        bitstream, clock_mhz = _given(source, board, directory)
    arguments = [LOADER, *board.programmer, *(["--write-flash"] if flash or board.flash_only else []), str(bitstream)]
    command = shlex.join(arguments)
    if shutil.which(LOADER) is None:
        return Outcome(command, False, clock_mhz)
    code = subprocess.run(arguments, stdout=STANDARD_ERROR, check=False).returncode
    if code != 0:
        raise ToolError(f"{command} failed with exit code {code}; is {board.title} connected and powered?")
    return Outcome(command, True, clock_mhz)


def _built(source: Path, board: Board, directory: Path | None) -> tuple[Path, float | None]:
    """The bitstream that was built of a design file, and its clock in MHz."""
    design = load_design(source)
    folder = directory or build_folder(design, board)
    bitstream = folder / bitstream_name(design, board)
    elsewhere = "" if directory is None else f" -o {shlex.quote(str(directory))}"
    build = f"hwgen build {shlex.quote(str(source))} --board {board.name}{elsewhere}"
    record = read_record(folder)
    if record is not None and not is_built_of(record, design, board):
        raise DesignError(
            f"{folder} holds a build of another {board.title} design than {source} is now; `{build}` builds that"
        )
    if record is None:
        raise DesignError(f"{bitstream}: no such bitstream with its report; `{build}` makes both")
    if not bitstream.is_file():
        way = f"`{build}`"
        if FAMILIES[board.family].bitstream_suffix is None:
            way = f"`cd {shlex.quote(str(folder))} && vivado -mode batch -source {script_name(design)}`"
        raise DesignError(f"{bitstream}: no such bitstream; {way} makes it")
    check_bitstream(bitstream, record, board)
    return bitstream, record["clock_mhz"]


def _given(bitstream: Path, board: Board, directory: Path | None) -> tuple[Path, float | None]:
    """A bitstream, and its clock in MHz if its record lies beside it."""
    if directory is not None:
        raise DesignError("--output has no meaning with a bitstream; leave it out")
    if not bitstream.is_file():
        raise DesignError(f"{bitstream}: no such bitstream")
    suffix = bitstream_suffix(board)
    if bitstream.suffix != suffix:
        raise DesignError(f"a bitstream for {board.title} ends in {suffix}, not {bitstream.suffix}: {bitstream}")
    record = read_record(bitstream.parent)
    if record is None or record["bitstream"]["file"] != bitstream.name:
        return bitstream, None
    check_bitstream(bitstream, record, board)
    return bitstream, record["clock_mhz"]
