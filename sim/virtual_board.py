"""A board without the board: its whole top level in simulation, reached through its UART's pins."""

import ctypes
import functools
import logging
import os
import threading
import tty
from collections.abc import Collection, Sequence
from pathlib import Path

from boards.top import POWER_ON_CLOCKS, BoardTop
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.bus.link.uart import bit_time
from hwgen.closing import Closing
from hwgen.design import Design
from hwgen.emit.surrounded import surrounded
from hwgen.emit.verilog import emit_verilog, header
from hwgen.errors import DesignError, HwgenError
from sim.backends.verilator import compile_with_harness

CLOCK_HZ = 12e6
"""Four clocks a bit at the usual baud rate: the fewest that the link works with, and the fastest to simulate."""

_HARNESS = Path(__file__).parent / "backends" / "board_harness.cpp"
_LOOKS_A_CALL = 64  # between two looks at whether to stop; see board_harness.cpp
_FAILED, _CLOSED = -1, 0

_log = logging.getLogger("hwgen")


@functools.cache
def _library(path: Path) -> ctypes.CDLL:
    """Load a compiled board and declare the functions of ``board_harness.cpp``."""
    library = ctypes.CDLL(str(path))
    handle, count, text = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p
    for name, result, arguments in (
        ("open", handle, [ctypes.c_double]),
        ("close", None, [handle]),
        ("clocks", count, [handle]),
        ("led", ctypes.c_uint32, [handle]),
        ("message", text, [handle]),
        ("feed", None, [handle, text, text, count]),
        ("take", count, [handle, text, count]),
        ("run", ctypes.c_int, [handle, count, count]),
        ("serve", ctypes.c_int, [handle, ctypes.c_int, count]),
    ):
        function = getattr(library, f"board_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def compile_board(top: BoardTop, name: str, comment: Sequence[str] = ()) -> Path:
    """Compile a board top, or find it in the cache.

    Args:
        top: the board top.
        name: name of the Verilog module.
        comment: lines at the top of the Verilog.

    Returns the library for :class:`BoardSimulation`. Raises :class:`~hwgen.errors.ToolError` when Verilator or the
    compiler is missing.
    """
    verilog = emit_verilog(top, name, comment)
    outputs = {port: width for port, width in verilog.ports.items() if port in ("tx", "led")}
    inputs = {port: width for port, width in verilog.ports.items() if port not in outputs}
    return compile_with_harness(verilog.text, name, _HARNESS, [], inputs, outputs)


class BoardSimulation:
    """A board from power-up on; the caller is the other end of its serial line.

    Args:
        library: from :func:`compile_board`.
        clocks_per_bit: the board's clock rate by the baud rate of the caller's end, which may be a little off.
    """

    def __init__(self, library: Path, clocks_per_bit: float) -> None:
        self._library = _library(library)
        self._handle = self._library.board_open(clocks_per_bit)

    def feed(self, sent: bytes, broken: Collection[int] = ()) -> None:
        """Queue bytes for the board; those at the positions ``broken`` are sent without their stop bit."""
        stops = bytearray(b"\x01" * len(sent))
        for position in broken:
            stops[position] = 0
        self._library.board_feed(self._handle, sent, bytes(stops), len(sent))

    def take(self) -> bytes:
        """The bytes that the board has sent since the last call."""
        taken = b""
        buffer = ctypes.create_string_buffer(4096)
        while count := self._library.board_take(self._handle, buffer, len(buffer)):
            taken += buffer.raw[:count]
        return taken

    def run(self, clocks: int, silence: int = 0) -> None:
        """Simulate ``clocks`` clocks; with ``silence``, stop when both lines have been silent for so many."""
        self._check(self._library.board_run(self._handle, clocks, silence))

    def serve(self, file: int) -> bool:
        """Simulate for some 250,000 clocks, exchanging bytes with a file descriptor; False once it is closed."""
        return self._check(self._library.board_serve(self._handle, file, _LOOKS_A_CALL)) != _CLOSED

    @property
    def clocks(self) -> int:
        """Clocks since power-up."""
        return int(self._library.board_clocks(self._handle))

    @property
    def led(self) -> int:
        """The LEDs, see :class:`~boards.top.BoardTop`."""
        return int(self._library.board_led(self._handle))

    def close(self) -> None:
        """End the simulation; closing twice is allowed, any other use is not."""
        if self._handle is not None:
            self._library.board_close(self._handle)
            self._handle = None

    def _check(self, status: int) -> int:
        if status == _FAILED:
            message = self._library.board_message(self._handle).decode(errors="replace")
            raise HwgenError(f"the simulation of the board failed: {message}")
        return status


class VirtualBoard(Closing):
    """A design's board on a pseudo-terminal: to the serial backend it is a board.

    The simulation runs in a thread of its own from the constructor to :meth:`close`; it is bit-accurate on the pins
    and takes the time it takes.

    Args:
        design: what the board holds.
        clock_hz, baudrate: of the board.

    Raises :class:`~hwgen.errors.DesignError` when the baud rate does not fit the clock, and
    :class:`~hwgen.errors.ToolError` when Verilator or the compiler is missing.
    """

    def __init__(self, design: Design, *, clock_hz: float = CLOCK_HZ, baudrate: float = BAUDRATE) -> None:
        try:
            bit_time(clock_hz, baudrate)
        except ValueError as error:
            raise DesignError(str(error)) from None
        top = BoardTop(surrounded(design.component()), clock_hz, baudrate)
        library = compile_board(top, f"{design.name}_board", header(design))
        self._serve_on_terminal(BoardSimulation(library, clock_hz / baudrate))

    def _serve_on_terminal(self, simulation: BoardSimulation) -> None:
        self._simulation = simulation
        simulation.run(2 * POWER_ON_CLOCKS)  # who opens a board's port has switched it on before
        self._terminal, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._terminal, False)
        self.port = os.ttyname(self._slave)
        """Name of the pseudo-terminal, as a serial port."""
        self.failure: Exception | None = None
        """What ended the simulation, if anything did."""
        self._stopping = threading.Event()
        # Thread.join must not be interrupted: Python 3.11 then takes a thread for ended that is not.
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=self.port, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            while not self._stopping.is_set() and self._simulation.serve(self._terminal):
                pass
        except HwgenError as error:
            self.failure = error
            _log.error("%s", error)
        finally:
            self._ended.set()

    def wait(self) -> None:
        """Serve until Control-C, or until the simulation fails with :class:`~hwgen.errors.HwgenError`."""
        while not self._ended.wait(0.2):
            pass
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Switch the board off: the port is gone afterwards. Closing twice is allowed."""
        self._stopping.set()
        self._ended.wait()
        self._simulation.close()
        for file in (self._terminal, self._slave):
            if file >= 0:
                os.close(file)
        self._terminal = self._slave = -1
