"""The Verilog that synthesis reads."""

import hashlib
import re

from boards.definitions import Board
from boards.pinout import baudrate_at
from boards.top import BoardTop
from hwgen.design import Design
from hwgen.emit.verilog import Verilog, emit_verilog, header
from hwgen.errors import DesignError


def check_pins(design: Design, board: Board) -> None:
    """Raise :class:`~hwgen.errors.DesignError` for a core with pins of its own, which no board connects."""
    if pins := design.config.own_pins:
        raise DesignError(
            f"{design.name} has pins of its own ({', '.join(pins)}), which {board.title} does not connect: put the "
            "Verilog of hwgen generate into a top level of yours, or take --out-of-context for area and Fmax"
        )


def emit_top(design: Design, board: Board, clock_hz: float) -> Verilog:
    """The top level that every board shares, as the module ``<design>_system``: core, host link, LEDs.

    Raises :class:`~hwgen.errors.DesignError` as :func:`check_pins` does.
    """
    check_pins(design, board)
    top = BoardTop(design.component(), clock_hz, baudrate_at(board, clock_hz))
    return emit_verilog(top, f"{design.name}_system", header(design))


def verilog_sha256(text: str) -> str:
    """SHA-256 of Verilog, 64 hexadecimal digits: without its lines that start with ``//``, which name the versions of
    what wrote it. ``grep -v '^//' design.v | sha256sum`` gives the same."""
    return hashlib.sha256(re.sub(r"^//.*\n", "", text, flags=re.MULTILINE).encode()).hexdigest()
