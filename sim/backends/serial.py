"""The ``serial`` backend: a board on a serial port, real or virtual."""

import contextlib
import errno
import os
import time
from collections.abc import Iterator

import numpy as np

from hwgen.bus.link.protocol import BAUDRATE, CHAINED, MOST_WORDS, WORD_BYTES, Opcode, Status
from hwgen.bus.packing import WORD_BITS, words_for
from hwgen.closing import Closing
from hwgen.errors import BusError, HwgenError, ToolError
from hwgen.transport import Words
from sim.backends.framing import NO_WORDS, Request
from sim.backends.host import LinkHost
from sim.backends.transfer import StreamTransfer

TIMEOUT = 1.0
"""Seconds; a board answers within milliseconds, the rest is for the operating system and for slow simulations."""
ATTEMPTS = 4
SLOWEST_CLOCK_HZ = 100_000
"""At least so many clocks a second: those of a large machine in simulation. Boards have a hundred times as many."""


class SerialLine:
    """A serial port, through pyserial."""

    def __init__(self, port: str, baudrate: int, timeout: float) -> None:
        try:
            import serial
        except ImportError:
            raise ToolError('pyserial is not installed; try: pip install "hwgen[serial]"') from None
        self.name = f"{port} at {baudrate} baud"
        self._gone = (serial.SerialException, OSError)
        try:
            self._serial = serial.Serial(port, baudrate, timeout=timeout, write_timeout=timeout, exclusive=True)
            self._serial.reset_input_buffer()
        except (*self._gone, ValueError) as error:
            raise HwgenError(f"cannot open {self.name}: {_reason(error)}; {_ports()}") from None

    def write(self, sent: bytes) -> None:
        """Send bytes."""
        with self._one_error():
            self._serial.write(sent)

    def read(self) -> bytes:
        """What has come in, at least a byte; empty after the timeout."""
        with self._one_error():
            received: bytes = self._serial.read(1)
            if received:
                received += self._serial.read(self._serial.in_waiting)
            return received

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(*self._gone):
            self._serial.close()

    @contextlib.contextmanager
    def _one_error(self) -> Iterator[None]:
        if not self._serial.is_open:
            raise HwgenError(f"{self.name} has been closed")
        try:
            yield
        except self._gone as error:
            raise HwgenError(f"the board on {self.name} is gone: {error}") from None


class SerialTransport(Closing):
    """Register bus and streams of a board's core, over its host link.

    The core has been reset when the constructor returns. One thread at a time may use a transport. An operation that
    fails or is interrupted leaves the hardware where it stood; the transport stays usable, call :meth:`reset` first.
    """

    def __init__(
        self,
        port: str,
        baudrate: int = BAUDRATE,
        *,
        timeout: float = TIMEOUT,
        attempts: int = ATTEMPTS,
        patience: int = 0,
    ) -> None:
        """Open a port and begin a session.

        Args:
            port: such as ``/dev/ttyUSB0``.
            baudrate: the board's.
            timeout: seconds without an answer after which requests are sent again.
            attempts: how often a request is sent before the board counts as gone.
            patience: clocks that the core may take before its streams move; they have ``timeout * attempts`` seconds
                more.

        Raises :class:`~hwgen.errors.HwgenError` when the port cannot be opened or nothing answers,
        :class:`~hwgen.errors.HardwareMismatch` when it speaks another version of the protocol, and
        :class:`~hwgen.errors.ToolError` when pyserial is missing.
        """
        self._patience = timeout * attempts + patience / SLOWEST_CLOCK_HZ
        self._line = SerialLine(port, baudrate, timeout)
        try:
            self._host = LinkHost(self._line, timeout, attempts)
            self.reset()
        except BaseException:
            self._line.close()
            raise
        info = self._host.info
        self._x_bits = info.x_bits
        self._x_words, self._y_words = words_for(info.x_bits), words_for(info.y_bits)

    def write(self, addresses: Words, values: Words) -> None:
        """Write 32-bit ``values`` to byte ``addresses``, both shape ``(n,)``, in order.

        Raises :class:`~hwgen.errors.BusError` naming the first access that was answered with an error (those after
        it are not made), :class:`~hwgen.errors.HwgenError` when the bus or the board does not answer.
        """
        if addresses.ndim != 1 or addresses.shape != values.shape:
            raise ValueError(f"addresses and values must have one shape (n,), not {addresses.shape}, {values.shape}")
        self._access(addresses, values)

    def read(self, addresses: Words) -> Words:
        """Read 32-bit words, shape ``(n,)``, from byte ``addresses``, in order; errors as for :meth:`write`."""
        if addresses.ndim != 1:
            raise ValueError(f"addresses must have shape (n,), not {addresses.shape}")
        return self._access(addresses, None)

    def _access(self, addresses: Words, written: Words | None) -> Words:
        """Make bus accesses, all writes or all reads, in bursts; returns what was read."""
        bursts = list(_bursts(addresses, may_repeat=written is None))

        def requests() -> Iterator[Request]:
            for start, end, opcode in bursts:
                chained = CHAINED if start else 0
                address = int(addresses[start])
                if written is None:
                    yield Request(opcode | chained, end - start, address)
                else:
                    yield Request(Opcode.WRITE | chained, end - start, address, written[start:end])

        parts = [NO_WORDS]
        failed: tuple[int, int] | None = None
        for (start, _, _), response in zip(bursts, self._host.run(requests()), strict=True):
            parts.append(response.payload)
            if response.status != Status.OK and failed is None:  # none behind it is executed
                failed = start + response.count, response.status
        if failed is not None:
            index, status = failed
            access = "read" if written is None else f"write of 0x{written[index]:08x}"
            where = f"{access} at address 0x{addresses[index]:08x}"
            if status == Status.BUS_ERROR:
                raise BusError(f"{where} was answered with an error")
            if status == Status.TIMEOUT:
                raise HwgenError(f"{where} was not answered in the time that the board allows; reset the core")
            raise HwgenError(f"{where} was refused by the board with status 0x{status:02x}")
        return np.concatenate(parts)

    def stream(self, x: Words, results: int) -> tuple[Words, int]:
        """Push ``x`` into the ``x`` stream while taking ``results`` payloads from ``y``.

        Args:
            x: shape ``(n, x_words)``, one payload a row, least significant word first, unused bits 0; ``n`` may be 0.
            results: how many payloads to take.

        Returns:
            the ``y`` payloads, shape ``(results, y_words)``, and 0: a host sees no clocks.

        Raises :class:`~hwgen.errors.HwgenError` when no word moves for so long that the core must hang.
        """
        if x.ndim != 2 or x.shape[1] != self._x_words:
            raise ValueError(f"x must have shape (n, {self._x_words}), not {x.shape}")
        excess = self._x_bits % WORD_BITS
        if excess and (x[:, -1] >> np.uint32(excess)).any():
            raise ValueError(f"x has payloads with bits set above the port's {self._x_bits} bits")
        if results < 0:
            raise ValueError(f"results must be at least 0, not {results!r}")
        room = self._host.info.y_words
        # Several payloads may make a sample.
        x_words = self._x_words * max(1, len(x) // max(1, results))
        transfer = StreamTransfer(x.reshape(-1), results * self._y_words, x_words, self._y_words, room)
        moved = time.monotonic()
        while not transfer.done:
            for response in self._host.run(transfer.chain()):
                transfer.answer(response)
                if response.count:
                    moved = time.monotonic()
                elif time.monotonic() - moved > self._patience:
                    raise HwgenError(
                        f"the streams moved no word in {self._patience:g} s, after "
                        f"{transfer.pushed // self._x_words} of {len(x)} inputs and "
                        f"{transfer.taken // self._y_words} of {results} results"
                    )
        return transfer.results.reshape(results, self._y_words), 0

    def reset(self) -> None:
        """Reset the core and both streams; memories keep their content."""
        for response in self._host.run([Request(Opcode.RESET)]):
            if response.status != Status.OK:
                raise HwgenError(f"the board answered a reset with status 0x{response.status:02x}")

    def close(self) -> None:
        """Give the port back; closing twice is allowed, any other use is an error."""
        self._line.close()


def _reason(error: Exception) -> str:
    """Why a port cannot be opened."""
    number = getattr(error, "errno", None)
    if number is not None:
        return os.strerror(number)
    return "it is no serial port" if os.strerror(errno.ENOTTY) in str(error) else str(error)


def _ports() -> str:
    """Which ports there are, and what else there can be."""
    from serial.tools.list_ports import comports

    found = ", ".join(sorted(port.device for port in comports()))
    return f"serial ports here: {found or 'none'}; `hwgen board-sim` serves a virtual board"


def _bursts(addresses: Words, *, may_repeat: bool) -> Iterator[tuple[int, int, Opcode]]:
    """First and last index + 1 of accesses that make one burst, and the opcode to read it with."""
    steps = np.diff(addresses.astype(np.int64))
    start = 0
    while start < len(addresses):
        step = steps[start] if start < len(steps) else WORD_BYTES
        if step != WORD_BYTES and not (may_repeat and step == 0):
            step, end = WORD_BYTES, start + 1
        else:
            other = np.flatnonzero(steps[start : start + MOST_WORDS - 1] != step)
            end = start + 1 + int(other[0]) if len(other) else min(start + MOST_WORDS, len(addresses))
        yield start, end, Opcode.READ if step == WORD_BYTES else Opcode.READ_FIXED
        start = end
