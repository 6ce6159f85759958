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
from hwgen.design import load_design
from hwgen.errors import DesignError, ToolError

LOADER = "openFPGALoader"


@dataclass(frozen=True)
class Outcome:
    """What happened."""

    command: str
    """The command, as a shell takes it."""
    programmed: bool
    """False where openFPGALoader is not installed."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def program(source: Path, board: Board, *, flash: bool = False) -> Outcome:
    """Program ``board`` with a bitstream, or with the one that was built of a design file.

    Raises :class:`~hwgen.errors.DesignError` if there is no bitstream, and :class:`~hwgen.errors.ToolError` if
    openFPGALoader fails.
    """
    bitstream = _bitstream(source, board)
    arguments = [LOADER, *board.programmer, *(["--write-flash"] if flash else []), str(bitstream)]
    command = shlex.join(arguments)
    if shutil.which(LOADER) is None:
        return Outcome(command, programmed=False)
    code = subprocess.run(arguments, check=False).returncode
    if code != 0:
        raise ToolError(f"{command} failed with exit code {code}; is {board.title} connected and powered?")
    return Outcome(command, programmed=True)


def _bitstream(source: Path, board: Board) -> Path:
    suffix = FAMILIES[board.family].bitstream_suffix or ".bit"
    bitstream = source
    if source.suffix == ".toml":
        design = load_design(source)
        bitstream = build_folder(design, board) / f"{design.name}{suffix}"
    if not bitstream.is_file():
        made = f"; `hwgen build {source} --board {board.name}` makes it" if source.suffix == ".toml" else ""
        raise DesignError(f"{bitstream}: no such bitstream{made}")
    if bitstream.suffix != suffix:
        raise DesignError(f"a bitstream for {board.title} ends in {suffix}, not {bitstream.suffix}: {bitstream}")
    return bitstream
