"""Programming an array of memristors from Python, through the registers of the core that has it."""

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.driver import CoreDriver
from hwgen.bus.map import WORD_BYTES
from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.registers import COMMANDS, UNLOCK_KEY, WEAR_BITS

ACCESS_CLOCKS = 5
"""Clocks that reading a register takes at least."""


class ProgrammedWords(NamedTuple):
    """What became of ``n`` words."""

    read: NDArray[np.uint32]
    """Shape ``(n,)``: each word as it was read last."""
    attempts: NDArray[np.uint8]
    """Shape ``(n, word_bits)``: in how many attempts each cell got pulses; cell 0 holds the lowest bit."""
    failed: NDArray[np.bool_]
    """Shape ``(n, word_bits)``: cells that were still wrong then."""


class ArrayProgrammer:
    """The programming interface of an array.

    Args:
        core: driver of the core that has the array.
        config: the array.
        longest_command: clocks of the core in which any command on a word ends; by default the array's own.

    Words are numbered as :meth:`~hwgen.memristor.geometry.ArrayGeometry.address` has it; ``addresses`` left out stands
    for all words there are, in this order.
    """

    def __init__(self, core: CoreDriver, config: ArrayConfig, longest_command: int | None = None) -> None:
        self.core = core
        self.config = config
        self._longest_command = longest_command or config.longest_command
        geometry = config.geometry
        window = core.map.window("failed_cells")
        first, words = core.map.base(window.name), np.arange(1 << geometry.address_bits)
        row = words >> geometry.fields[0].lowest
        column = words >> geometry.fields[1].lowest & (1 << geometry.fields[1].bits) - 1
        self.addresses: NDArray[np.int64] = words[(row < geometry.block_rows) & (column < geometry.block_columns)]
        """Of all words there are."""
        self._failed_cells = (first + WORD_BYTES * self.addresses).astype(np.uint32)
        self._wear = (core.map.base("wear") + WORD_BYTES * self.addresses).astype(np.uint32)
        cells = np.arange(geometry.word_bits)
        self._attempts = (core.map.base("array_attempts") + WORD_BYTES * cells).astype(np.uint32)

    @property
    def unlocked(self) -> bool:
        """Whether the array may be programmed; the core does not use it then."""
        return self._state("unlocked")

    def unlock(self) -> None:
        """Let the array be programmed. Raises :class:`~hwgen.errors.HwgenError` while the core uses it."""
        self.core.write_register("array_key", UNLOCK_KEY)
        if not self.unlocked:
            raise HwgenError("the array cannot be unlocked while a sample is in the machine; take its result first")

    def lock(self) -> None:
        """Drop what is under way, and let the core use the array again."""
        self._command("lock")

    def abort(self) -> None:
        """Drop what is under way: all lines return to their inactive level at once."""
        self._command("abort")

    @contextmanager
    def programming(self) -> Iterator[None]:
        """Unlock the array; lock it again whatever happens."""
        self.unlock()
        try:
            yield
        finally:
            self.lock()

    def set_pulses(self, **clocks: int) -> None:
        """Set the lengths of pulses in clocks: ``forming``, ``set``, ``reset``; soft reset returns to the config's.

        Raises :class:`~hwgen.errors.HwgenError` for another name, and a length that the hardware would cut.
        """
        most = self.config.programming_clocks.longest_pulse
        for supply, length in clocks.items():
            if supply not in SUPPLIES:
                raise HwgenError(f"pulses must be {', '.join(SUPPLIES)}, not {supply!r}")
            check_integer(supply, length, 1, most, f"clocks ({self.config.programming.longest_pulse_ns} ns)")
        for supply, length in clocks.items():
            self.core.write_register(f"{supply}_clocks", length)

    def form(self, addresses: Sequence[int] | None = None) -> None:
        """Form both devices of all cells of some words. Errors as for :meth:`program`."""
        chosen = self._chosen(addresses)
        self._run("form", words=np.zeros(len(chosen), np.uint32), addresses=chosen.tolist())

    def program(
        self, words: ArrayLike, addresses: Sequence[int] | None = None, *, form: bool | Container[int] = False
    ) -> ProgrammedWords:
        """Write words: SET and RESET every cell, read, and do again what reads wrong.

        Args:
            words: shape ``(n,)``, integers of ``word_bits`` bits.
            addresses: shape ``(n,)``.
            form: also give forming pulses, which virgin cells need; formed ones do not mind. Addresses: to these words.

        Raises :class:`~hwgen.errors.HwgenError` for a locked array, and for words or addresses that there are not.
        """
        return self._run("set", "reset", "verify", words=words, addresses=addresses, form=form)

    def verify(self, words: ArrayLike, addresses: Sequence[int] | None = None) -> ProgrammedWords:
        """Read words and compare them, without a pulse. Arguments and errors as for :meth:`program`."""
        return self._run("verify", words=words, addresses=addresses)

    def read(self, addresses: Sequence[int] | None = None) -> NDArray[np.uint32]:
        """Shape ``(n,)``: words as they read, whatever they are to hold. Cells that had failed still count as failed,
        and so does a cell that reads otherwise a second time. Errors as for :meth:`program`."""
        chosen = self._chosen(addresses)
        cells = np.zeros((1 << self.config.geometry.address_bits, self.config.geometry.word_bits), np.bool_)
        cells[self.addresses] = self.failed_cells()
        failed = (cells[chosen] << np.arange(cells.shape[1])).sum(axis=1)
        had_failed = "array_cells_failed" in self.core.errors()
        read = self.verify(np.zeros(len(chosen), np.uint32), chosen.tolist()).read
        if not had_failed:
            register = self.core.map.register("errors")
            self.core.write_register("errors", 1 << register.lsb(register.field("array_cells_failed")))
        # A read is recorded as a comparison: this one leaves what was known.
        self.verify(read ^ failed, chosen.tolist())
        return read

    def failed_cells(self) -> NDArray[np.bool_]:
        """Shape ``(words, word_bits)``: cells that are not known to hold what was last written."""
        found = self.core.transport.read(self._failed_cells)
        return _bits(found, self.config.geometry.word_bits)

    def wear(self) -> NDArray[np.uint32]:
        """Shape ``(words,)``: attempts in which each word got pulses, since power-on or :meth:`restore_wear`."""
        return self.core.transport.read(self._wear)

    def restore_wear(self, counts: ArrayLike) -> None:
        """Go on counting from ``counts``, as :meth:`wear` gave them before the power went."""
        values = self._words("counts", counts, self._wear.shape, (1 << WEAR_BITS) - 1)
        self.core.transport.write(self._wear, values)

    def _run(
        self,
        *fields: str,
        words: ArrayLike,
        addresses: Sequence[int] | None,
        form: bool | Container[int] = False,
    ) -> ProgrammedWords:
        """Carry out a command on words, one after the other; with forming on all, none or some of them."""
        chosen = self._chosen(addresses)
        width = self.config.geometry.word_bits
        targets = self._words("words", words, chosen.shape, (1 << width) - 1)
        if not self.unlocked:
            raise HwgenError("the array is locked; call unlock() first, or use `with programming():`")
        read, wrong, attempts = [], [], []
        for address, target in zip(chosen.tolist(), targets.tolist(), strict=True):
            self.core.write_register("array_place", address)
            self.core.write_register("array_target", target)
            forms = form if isinstance(form, bool) else address in form
            self._command(*(("form",) if forms else ()), *fields)
            self._wait()
            read.append(self.core.read_register("array_word"))
            wrong.append(self.core.read_register("array_wrong"))
            attempts.append(self.core.transport.read(self._attempts))
        return ProgrammedWords(
            np.array(read, np.uint32),
            np.array(attempts, np.uint8).reshape(-1, width),
            _bits(np.array(wrong, np.uint32), width),
        )

    def _wait(self) -> None:
        for _ in range(self._longest_command // ACCESS_CLOCKS + 1):
            if not self._state("active"):
                return
        raise HwgenError(f"a command took more than the {self._longest_command} clocks that it may take")

    def _chosen(self, addresses: Sequence[int] | None) -> NDArray[np.int64]:
        if addresses is None:
            return self.addresses
        for address in addresses:
            self.config.geometry.place(address)
        return np.asarray(addresses, np.int64)

    def _words(self, name: str, values: ArrayLike, shape: tuple[int, ...], most: int) -> NDArray[np.uint32]:
        array = np.asarray(values)
        if array.shape != shape or array.dtype.kind not in "iu":
            raise HwgenError(f"{name} must be integers of shape {shape}, not {array.dtype} of shape {array.shape}")
        for value in (array.min(initial=0), array.max(initial=0)):
            check_integer(f"each of {name}", value, 0, most)
        return array.astype(np.uint32)

    def _command(self, *fields: str) -> None:
        names = [field.name for field in COMMANDS]
        self.core.write_register("array_command", sum(1 << names.index(field) for field in fields))

    def _state(self, field: str) -> bool:
        register = self.core.map.register("array_state")
        return bool(self.core.read_register(register.name) >> register.lsb(register.field(field)) & 1)


def _bits(words: NDArray[np.uint32], width: int) -> NDArray[np.bool_]:
    """Shape ``(n, width)``: the bits of words, the lowest first."""
    return (words[:, None] >> np.arange(width, dtype=np.uint32) & 1).astype(np.bool_)
