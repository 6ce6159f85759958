"""The ``rtl`` backend: the emitted Verilog, compiled by Verilator, running inside this process."""

import ctypes
import functools
import os
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from hwgen.closing import Closing
from hwgen.errors import BusError, DesignError, HwgenError
from hwgen.transport import Words
from sim.backends.native import compile_design
from sim.backends.verilator import Waves

BUS_LIMIT = 100_000  # clocks that a bus access may take
_CLOCKS_A_CALL = 8192  # clocks between two looks at pending signals: Control-C works during a long operation

# The states of a job in harness.cpp.
_RUNNING, _DONE, _REFUSED, _SILENT, _FAILED = range(5)


@functools.cache
def _library(path: Path) -> ctypes.CDLL:
    """Load a compiled design and declare the functions of ``harness.cpp``."""
    library = ctypes.CDLL(str(path))
    handle, words, count, share = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32
    for name, result, arguments in (
        ("open", handle, [ctypes.c_char_p]),
        ("close", None, [handle]),
        ("clocks", count, [handle]),
        ("message", ctypes.c_char_p, [handle]),
        ("progress", count, [handle]),
        ("elapsed", count, [handle]),
        ("start_bus", None, [handle, words, words, words, count, count]),
        ("start_stream", None, [handle, words, count, words, count, count, share, share, count]),
        ("run", ctypes.c_int, [handle, count]),
        ("idle", None, [handle]),
        ("reset", ctypes.c_int, [handle]),
    ):
        function = getattr(library, f"hwgen_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def _words(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Words:
    """``values`` as contiguous words; -1 in ``shape`` stands for any length."""
    array = np.ascontiguousarray(values, dtype=np.uint32)
    if array.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, array.shape, strict=True)):
        wanted = ", ".join("n" if want < 0 else str(want) for want in shape)
        raise ValueError(f"{name} must have shape ({wanted}), not {array.shape}")
    return array


def _share(name: str, probability: float) -> int:
    """A probability in 1/256 steps."""
    if not 0 <= probability < 1:
        raise ValueError(f"{name} must be from 0 up to, but not including, 1, not {probability!r}")
    return min(255, round(probability * 256))


class RtlTransport(Closing):
    """Register bus and streams of an emitted top module with native ports, simulated by compiled code.

    The design is compiled on first use (seconds for a small one) and kept in the cache. The hardware has been reset
    when the constructor returns. One thread at a time may use a transport; several transports, also of the same
    design, are independent.

    An operation that fails or is interrupted (Control-C) leaves the hardware where it stood, its requests withdrawn:
    call :meth:`reset` before going on.
    """

    _compile = staticmethod(compile_design)

    def __init__(
        self, verilog: str, top: str, x_bits: int, y_bits: int, *, waves: Path | None = None, limit: int = 1_000_000
    ) -> None:
        """Compile and open a design.

        Args:
            verilog: source text of the design.
            top: name of its top module.
            x_bits, y_bits: payload widths of the streams, at least 1.
            waves: waveform file to write, ``.vcd`` or ``.fst``; a clock is 10 ns there. Complete once closed.
            limit: clocks without a transfer after which a stream counts as hung.

        Raises :class:`~hwgen.errors.ToolError` when Verilator or the compiler is missing or refuses the design, and
        :class:`~hwgen.errors.DesignError` when ports, widths or the waveform's suffix are wrong.
        """
        for name, bits in (("x_bits", x_bits), ("y_bits", y_bits)):
            if bits < 1:
                raise DesignError(f"{name} must be at least 1, not {bits!r}")
        try:
            kind = Waves.NONE if waves is None else Waves(waves.suffix)
        except ValueError:
            raise DesignError(f"waves must be a .vcd or a .fst file, not {waves}") from None
        if waves is not None and not os.access(waves.parent, os.W_OK):
            reason = "cannot be written" if waves.parent.is_dir() else "is no folder"
            raise DesignError(f"cannot write the waveform {waves}: {waves.parent} {reason}")
        self._x_bits = x_bits
        self._x_words, self._y_words = -(-x_bits // 32), -(-y_bits // 32)
        self._limit = limit
        self._library = _library(self._compile(verilog, top, x_bits, y_bits, kind))
        self._handle: int | None = self._library.hwgen_open(None if waves is None else os.fsencode(waves))
        if self._handle is None:
            raise HwgenError(f"cannot write the waveform {waves}")
        # Also when the transport is forgotten or Python ends: a waveform must not lose its last clocks.
        self._finalizer = weakref.finalize(self, self._library.hwgen_close, self._handle)
        self.reset()

    def write(self, addresses: Words, values: Words) -> None:
        """Write 32-bit ``values`` to byte ``addresses``, both shape ``(n,)``, in order.

        Raises :class:`~hwgen.errors.BusError` naming the first access that was answered with an error (those after
        it are not made), :class:`~hwgen.errors.HwgenError` when the bus does not answer in ``BUS_LIMIT`` clocks.
        """
        addresses = _words("addresses", addresses, (-1,))
        values = _words("values", values, (len(addresses),))
        self._access(addresses, values, None)

    def read(self, addresses: Words) -> Words:
        """Read 32-bit words, shape ``(n,)``, from byte ``addresses``, in order; errors as for :meth:`write`."""
        addresses = _words("addresses", addresses, (-1,))
        values = np.zeros_like(addresses)
        self._access(addresses, None, values)
        return values

    def _access(self, addresses: Words, written: Words | None, read: Words | None) -> None:
        """Make bus accesses, all writes or all reads."""
        pointers = [None if data is None else data.ctypes.data for data in (addresses, written, read)]
        handle = self._open_handle()
        self._library.hwgen_start_bus(handle, *pointers, len(addresses), BUS_LIMIT)
        status, done, _ = self._finish(handle)
        if status == _DONE:
            return
        access = "read" if written is None else f"write of 0x{written[done]:08x}"
        where = f"{access} at address 0x{addresses[done]:08x}"
        if status == _REFUSED:
            raise BusError(f"{where} was answered with an error")
        raise HwgenError(f"{where} was not answered in {BUS_LIMIT} clocks")

    def stream(
        self, x: Words, results: int, *, x_stall: float = 0.0, y_stall: float = 0.0, seed: int = 0
    ) -> tuple[Words, int]:
        """Push ``x`` into the ``x`` stream while taking ``results`` payloads from ``y``, both at full speed.

        Args:
            x: shape ``(n, x_words)``, one payload a row, least significant word first, unused bits 0; ``n`` may be 0.
            results: how many payloads to take.
            x_stall, y_stall: probability that a payload not yet offered is held back for a clock, and that a result
                is refused for a clock; in steps of 1/256, below 1. For tests of back-pressure.
            seed: of the stalls.

        Returns:
            the ``y`` payloads, shape ``(results, y_words)``, and the clocks from the first ``x`` transfer to the
            last ``y`` transfer after it (0 when there is none).

        Raises :class:`~hwgen.errors.HwgenError` when no transfer happens for ``limit`` clocks.
        """
        x = _words("x", x, (-1, self._x_words))
        excess = self._x_bits % 32
        # A model computes rubbish from an input that exceeds its port, where hardware has no such wires.
        if excess and (x[:, -1] >> np.uint32(excess)).any():
            raise ValueError(f"x has payloads with bits set above the port's {self._x_bits} bits")
        if results < 0:
            raise ValueError(f"results must be at least 0, not {results!r}")
        stalls = _share("x_stall", x_stall), _share("y_stall", y_stall)
        y = np.zeros((results, self._y_words), dtype=np.uint32)
        handle = self._open_handle()
        self._library.hwgen_start_stream(
            handle, x.ctypes.data, len(x), y.ctypes.data, results, self._limit, *stalls, seed & 0xFFFF_FFFF_FFFF_FFFF
        )
        status, done, elapsed = self._finish(handle)
        if status == _SILENT:
            expected = f"{done} of {len(x) + results} transfers ({len(x)} inputs, {results} results)"
            raise HwgenError(f"the streams made no transfer in {self._limit} clocks, after {expected}")
        return y, elapsed

    def _finish(self, handle: int) -> tuple[int, int, int]:
        """Run the job just started to its end; returns its status, progress and elapsed clocks."""
        try:
            while (status := self._advance(handle)) == _RUNNING:
                pass
            if status == _FAILED:
                self._fail(handle)
            return status, self._library.hwgen_progress(handle), self._library.hwgen_elapsed(handle)
        finally:
            self._library.hwgen_idle(handle)

    def _advance(self, handle: int) -> int:
        """Some clocks of the job; returns its status."""
        return self._library.hwgen_run(handle, _CLOCKS_A_CALL)

    def reset(self) -> None:
        """Assert the hardware's reset: state returns to its initial value, memories keep their content."""
        handle = self._open_handle()
        if self._library.hwgen_reset(handle) == _FAILED:
            self._fail(handle)

    @property
    def clocks(self) -> int:
        """Clocks simulated since the hardware was opened, resets included."""
        return int(self._library.hwgen_clocks(self._open_handle()))

    def close(self) -> None:
        """End the simulation and complete its waveform; closing twice is allowed, any other use is an error."""
        self._handle = None
        self._finalizer()

    def _open_handle(self) -> int:
        if self._handle is None:
            raise HwgenError("the transport is closed")
        return self._handle

    def _fail(self, handle: int) -> None:
        raise HwgenError(f"the simulation failed: {self._library.hwgen_message(handle).decode(errors='replace')}")
