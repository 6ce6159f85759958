"""Commands to an array of memristors, one after the other, through the registers of the core that has it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.driver import CoreDriver
from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.registers import UNLOCK_KEY, command_bits

ACCESS_CLOCKS = 5
"""Clocks that reading a register takes at least."""

MOST_POLLS = 64
"""Reads of the state at a time, while a command is under way."""


class ArrayCommands:
    """Lock, pulse lengths and commands of an array; :class:`~hwgen.memristor.driver.ArrayProgrammer` has the operations
    that are made of them.

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
        words = np.arange(1 << geometry.address_bits)
        row = words >> geometry.fields[0].lowest
        column = words >> geometry.fields[1].lowest & (1 << geometry.fields[1].bits) - 1
        self.addresses: NDArray[np.int64] = words[(row < geometry.block_rows) & (column < geometry.block_columns)]
        """Of all words there are."""
        names = ("array_place", "array_target", "array_command")
        self._registers = np.array([core.map.base(name) for name in names], np.uint32)

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
        """Unlock the array; lock it again whatever happens. One that is unlocked already stays so."""
        if self.unlocked:
            yield
            return
        self.unlock()
        try:
            yield
        finally:
            self.lock()

    def check_locked(self) -> None:
        """Raise :class:`~hwgen.errors.HwgenError` for an unlocked array: the core takes no samples."""
        if self.unlocked:
            raise HwgenError("the array is unlocked, and no sample is taken; call lock() first")

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

    def carry_out(
        self,
        *fields: str,
        words: ArrayLike,
        addresses: Sequence[int] | None,
        form: bool | Collection[int] = False,
    ) -> Iterator[int]:
        """Carry out a command on words, one after the other, and yield their addresses; with forming on all, none or
        some of them."""
        chosen = self.chosen(addresses)
        targets = self.words("words", words, chosen.shape, (1 << self.config.geometry.word_bits) - 1)
        formed = self._formed(form, chosen)
        if not self.unlocked:
            raise HwgenError("the array is locked; call unlock() first, or use `with programming():`")
        for address, target in zip(chosen.tolist(), targets.tolist(), strict=True):
            command = command_bits(*(("form",) if address in formed else ()), *fields)
            self.core.transport.write(self._registers, np.array([address, target, command], np.uint32))
            self._wait()
            yield address

    def _wait(self) -> None:
        register = self.core.map.register("array_state")
        address, active = self.core.map.base(register.name), 1 << register.lsb(register.field("active"))
        polls, waited = 1, 0
        while waited <= self._longest_command:
            if not self.core.transport.read(np.full(polls, address, np.uint32))[-1] & active:
                return
            waited += polls * ACCESS_CLOCKS
            polls = min(2 * polls, MOST_POLLS)
        raise HwgenError(f"a command took more than the {self._longest_command} clocks that it may take")

    def chosen(self, addresses: Sequence[int] | None) -> NDArray[np.int64]:
        """``addresses``, or those of all words. Raises :class:`~hwgen.errors.HwgenError` for one that there is not, and
        for one that is named twice."""
        if addresses is None:
            return self.addresses
        for address in addresses:
            self.config.geometry.place(address)
        chosen = np.asarray(addresses, np.int64)
        known, times = np.unique(chosen, return_counts=True)
        if (times > 1).any():
            raise HwgenError(f"addresses must be named once each, but {known[times > 1][0]} is not")
        return chosen

    def _formed(self, form: object, chosen: NDArray[np.int64]) -> Collection[int]:
        """Addresses of the words that get forming pulses."""
        words = frozenset(chosen.tolist())
        if isinstance(form, bool | np.bool_):
            return words if form else ()
        if isinstance(form, str) or not isinstance(form, Collection):
            raise HwgenError(f"form must be true, false or addresses, not {form!r}")
        formed = {check_integer("an address of form", address, 0) for address in form}
        if others := formed - words:
            raise HwgenError(f"form must name words that are programmed, and {min(others)} is none of them")
        return formed

    def words(self, name: str, values: ArrayLike, shape: tuple[int, ...], most: int) -> NDArray[np.uint32]:
        """Integers of a shape, of 0 to ``most``. Raises :class:`~hwgen.errors.HwgenError` with their ``name`` for
        others."""
        array = np.asarray(values)
        if array.shape != shape or array.dtype.kind not in "iu":
            raise HwgenError(f"{name} must be integers of shape {shape}, not {array.dtype} of shape {array.shape}")
        for value in (array.min(initial=0), array.max(initial=0)):
            check_integer(f"each of {name}", value, 0, most)
        return array.astype(np.uint32)

    def _command(self, *fields: str) -> None:
        self.core.write_register("array_command", command_bits(*fields))

    def _state(self, field: str) -> bool:
        register = self.core.map.register("array_state")
        return bool(self.core.read_register(register.name) >> register.lsb(register.field(field)) & 1)
