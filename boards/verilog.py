"""The Verilog that synthesis reads."""

from boards.definitions import Board
from boards.pinout import baudrate_at
from boards.top import BoardTop
from hwgen.design import Design
from hwgen.emit.verilog import Verilog, emit_verilog, header


def emit_top(design: Design, board: Board, clock_hz: float) -> Verilog:
    """The top level that every board shares, as the module ``<design>_system``: core, host link, LEDs."""
    top = BoardTop(design.component(), clock_hz, baudrate_at(board, clock_hz))
    return emit_verilog(top, f"{design.name}_system", header(design))
