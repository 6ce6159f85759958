"""Single-event upsets: the ``rtl`` backend, in which a bit of the Verilog's state is inverted in a chosen clock."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.transport import Words
from sim.backends.native import REGISTER, compile_for_upsets
from sim.backends.rtl import _SILENT, RtlTransport, _words

_INSTANCE = re.compile(r"^  (\\?\S+) +(\\?\S+) +\($", re.MULTILINE)
_MODULE = re.compile(r"^module (\\?[^\s(]+) *\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Register:
    """State of a machine: a register, or a memory of several words."""

    scope: str
    """The instance that holds it, such as ``engine.generators.column_0``; empty in the top module."""
    name: str
    bits: int
    """Of a word."""
    words: int = 1

    @property
    def path(self) -> str:
        """Scope and name."""
        return f"{self.scope}.{self.name}".strip(". ")


def registers(verilog: str, top: str) -> list[Register]:
    """All state of a module that hwgen has emitted, its instances included, in the order of the text."""
    modules = {match[1]: match[0] for match in _MODULE.finditer(verilog)}

    def inside(module: str, scope: str) -> Iterator[Register]:
        text = modules[module]
        for match in REGISTER.finditer(text):
            yield Register(scope, match["name"], 1 + int(match["last_bit"] or 0), 1 + int(match["last_word"] or 0))
        for kind, instance in _INSTANCE.findall(text):
            if kind in modules:
                yield from inside(kind, f"{scope}.{instance}".strip(".").replace("\\", ""))

    return list(inside(top, ""))


class UpsetTransport(RtlTransport):
    """The simulated design, with :meth:`upset`."""

    _compile = staticmethod(compile_for_upsets)

    def __init__(self, verilog: str, top: str, x_bits: int, y_bits: int, *, limit: int = 1_000_000) -> None:
        """As :class:`~sim.backends.rtl.RtlTransport`, without waveforms."""
        super().__init__(verilog, top, x_bits, y_bits, limit=limit)
        self.registers = registers(verilog, top)
        """All state, in the order of the Verilog."""
        self._top = top
        pointer, count = ctypes.c_void_p, ctypes.c_uint64
        find, start = self._library.hwgen_find, self._library.hwgen_start_upset
        find.restype, find.argtypes = pointer, [pointer, ctypes.c_char_p, ctypes.c_char_p, pointer]
        start.restype = None
        start.argtypes = [pointer, pointer, count, pointer, count, count, pointer, ctypes.c_uint32, count, pointer]

    def upset(
        self, x: Words, results: int, register: Register, word: int, bit: int, clock: int
    ) -> tuple[Words, NDArray[np.uint64]]:
        """Push ``x`` at full speed while taking ``results`` payloads, with one bit inverted on the way.

        Args:
            x: shape ``(n, x_words)``, as for :meth:`~sim.backends.rtl.RtlTransport.stream`.
            results: how many payloads to take.
            register, word, bit: which bit; word 0 but in memories.
            clock: after which rising edge, counted from 0, the first with ``x`` offered; one that does not come
                inverts nothing.

        Returns the payloads, shape ``(m, y_words)``, and the clock of each one's transfer, shape ``(m,)``, uint64. When
        the streams make no transfer for ``limit`` clocks, ``m`` is less than ``results``. Raises
        :class:`~hwgen.errors.HwgenError` for a bit that the machine does not have.
        """
        x = _words("x", x, (-1, self._x_words))
        y = np.zeros((results, self._y_words), np.uint32)
        times = np.zeros(results, np.uint64)
        handle = self._open_handle()
        place = self._place(handle, register, word, bit)
        self._library.hwgen_start_upset(
            handle,
            x.ctypes.data,
            len(x),
            y.ctypes.data,
            results,
            self._limit,
            place,
            1 << bit % 8,
            clock,
            times.ctypes.data,
        )
        status, received, _ = self._finish(handle)
        return (y[:received], times[:received]) if status == _SILENT else (y, times)

    def _place(self, handle: int, register: Register, word: int, bit: int) -> int:
        """The address of the byte that holds the bit."""
        size = ctypes.c_uint64()
        scope = ".".join(filter(None, ("TOP", self._top, register.scope)))
        address = self._library.hwgen_find(handle, scope.encode(), register.name.encode(), ctypes.byref(size))
        if address is None or not (0 <= word < register.words and 0 <= bit < register.bits):
            raise HwgenError(f"the design has no bit {bit} in word {word} of {register.path}")
        # Words of all widths are little-endian, as this processor is.
        return int(address) + word * size.value + bit // 8
