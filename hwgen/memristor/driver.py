"""Programming an array of memristors from Python, through the registers of the core that has it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bus.driver import CoreDriver
from hwgen.bus.map import WORD_BYTES
from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.commands import ArrayCommands
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.march import MOST_ROUNDS, march
from hwgen.memristor.outcomes import MarchedWords, ProgrammedWords, bits_of, words_of
from hwgen.memristor.registers import WEAR_BITS

MOST_MARKINGS = 64
"""Comparisons until failed cells that read at random are marked: each finds one with a probability of one half at
least."""


class ArrayProgrammer(ArrayCommands):
    """The programming interface of an array: arguments as of :class:`~hwgen.memristor.commands.ArrayCommands`."""

    def __init__(self, core: CoreDriver, config: ArrayConfig, longest_command: int | None = None) -> None:
        super().__init__(core, config, longest_command)
        self._first_failed = core.map.base("failed_cells")
        self._wear = (core.map.base("wear") + WORD_BYTES * self.addresses).astype(np.uint32)
        found = [core.map.base(name) for name in ("array_word", "array_wrong", "array_unstable")]
        self._found = np.array(found, np.uint32)
        cells = np.arange(config.geometry.word_bits)
        self._attempts = (core.map.base("array_attempts") + WORD_BYTES * cells).astype(np.uint32)

    def form(self, addresses: Sequence[int] | None = None) -> None:
        """Form both devices of all cells of some words. Errors as for :meth:`program`."""
        chosen = self.chosen(addresses)
        self.pulse("form", words=np.zeros(len(chosen), np.uint32), addresses=chosen.tolist())

    def pulse(self, *passes: str, words: ArrayLike, addresses: Sequence[int] | None = None) -> None:
        """Give the cells of some words pulses, once, without reading them.

        Args:
            passes: any of ``form``, ``set``, ``reset``, which come in this order: forming pulses for both devices of
                each cell, a SET pulse for the one that ``words`` want low, a RESET pulse for the other one.
            words: shape ``(n,)``, integers of ``word_bits`` bits.
            addresses: shape ``(n,)``.

        Errors as for :meth:`program`, and for other passes.
        """
        if not passes or not set(passes) <= {"form", "set", "reset"} or len(set(passes)) < len(passes):
            raise HwgenError(f"passes must be some of form, set, reset, each once, not {', '.join(passes) or 'none'}")
        for _ in self.carry_out(*passes, words=words, addresses=addresses):
            pass

    def program(
        self, words: ArrayLike, addresses: Sequence[int] | None = None, *, form: bool | Collection[int] = False
    ) -> ProgrammedWords:
        """Write words: SET and RESET every cell, read, and do again what is wrong in any of the config's
        ``verify_reads`` reads.

        Args:
            words: shape ``(n,)``, integers of ``word_bits`` bits.
            addresses: shape ``(n,)``.
            form: also give forming pulses, which virgin cells need; formed ones do not mind. Addresses: to these words.

        Raises :class:`~hwgen.errors.HwgenError` for a locked array, for words or addresses that there are not, for an
        address that is named twice, and for one in ``form`` that is not programmed.
        """
        return self._run("set", "reset", "verify", words=words, addresses=addresses, form=form)

    def verify(self, words: ArrayLike, addresses: Sequence[int] | None = None) -> ProgrammedWords:
        """Read words and compare them, without a pulse. Arguments and errors as for :meth:`program`."""
        return self._run("verify", words=words, addresses=addresses)

    def march(
        self,
        words: ArrayLike,
        addresses: Sequence[int] | None = None,
        *,
        rounds: int = 32,
        form: bool | Collection[int] = False,
    ) -> MarchedWords:
        """Write words, and find the cells that cannot be trusted although they read right: those with a stuck device.

        The complement is written and verified, and in rounds of four pulses a cell each device must be seen to move;
        then the words are written and verified. Cells that are not sound are in the map of failed cells until they are
        verified again.

        Args:
            words: shape ``(n,)``, integers of ``word_bits`` bits.
            addresses: shape ``(n,)``.
            rounds: most rounds of a word, 1 to 1000. Most words take fewer; with each one more, fewer sound cells are
                suspect.
            form: as for :meth:`program`.

        Errors as for :meth:`program`.
        """
        chosen = self.chosen(addresses)
        width = self.config.geometry.word_bits
        return march(
            self,
            self.words("words", words, chosen.shape, (1 << width) - 1),
            chosen,
            word_bits=width,
            verify_reads=self.config.verify_reads,
            rounds=check_integer("rounds", rounds, 1, MOST_ROUNDS),
            form=form,
        )

    def read(self, addresses: Sequence[int] | None = None) -> NDArray[np.uint32]:
        """Shape ``(n,)``: words as they read, whatever they are to hold. Cells that had failed still count as failed,
        and so does a cell that reads otherwise a second time; neither is an error, ``array_cells_failed`` stays as it
        was. Errors as for :meth:`program`."""
        chosen = self.chosen(addresses)
        failed = self._failed(chosen)
        with self.comparing():
            read = self.verify(np.zeros(len(chosen), np.uint32), chosen.tolist()).read
            # A read is recorded as a comparison: this leaves what was known.
            self.mark(read, failed, chosen.tolist())
        return read

    def mark(self, read: ArrayLike, cells: NDArray[np.bool_], addresses: Sequence[int]) -> None:
        """Let cells count as failed: words are compared with what differs from ``read`` in these cells, again until the
        map of failed cells has them all, as a cell may read at random.

        Args:
            read: shape ``(n,)``: words as they read.
            cells: shape ``(n, word_bits)``.
            addresses: shape ``(n,)``.

        Errors as for :meth:`program`.
        """
        left, width = self.chosen(addresses), self.config.geometry.word_bits
        marks, shape = np.asarray(cells), (len(left), width)
        if marks.shape != shape or marks.dtype != np.bool_:
            raise HwgenError(f"cells must be truth values of shape {shape}, not {marks.dtype} of shape {marks.shape}")
        words = self.words("read", read, left.shape, (1 << width) - 1) ^ words_of(marks)
        for _ in range(MOST_MARKINGS):
            self.verify(words, left.tolist())
            missing = (marks & ~self._failed(left)).any(axis=1)
            words, marks, left = words[missing], marks[missing], left[missing]
            if not len(left):
                return
        raise HwgenError(f"cells of the words at {left.tolist()} do not stay marked as failed")

    @contextmanager
    def comparing(self) -> Iterator[None]:
        """What is compared within may differ: that is no error, ``array_cells_failed`` stays as it was."""
        had_failed = "array_cells_failed" in self.core.errors()
        yield
        if not had_failed:
            register = self.core.map.register("errors")
            self.core.write_register("errors", 1 << register.lsb(register.field("array_cells_failed")))

    def failed_cells(self) -> NDArray[np.bool_]:
        """Shape ``(words, word_bits)``: cells that are not known to hold what was last written."""
        return self._failed(self.addresses)

    def _failed(self, addresses: NDArray[np.int64]) -> NDArray[np.bool_]:
        """:meth:`failed_cells` of some words."""
        registers = (self._first_failed + WORD_BYTES * addresses).astype(np.uint32)
        return bits_of(self.core.transport.read(registers), self.config.geometry.word_bits)

    def wear(self) -> NDArray[np.uint32]:
        """Shape ``(words,)``: attempts in which each word got pulses, since power-on or :meth:`restore_wear`."""
        return self.core.transport.read(self._wear)

    def restore_wear(self, counts: ArrayLike) -> None:
        """Go on counting from ``counts``, as :meth:`wear` gave them before the power went."""
        values = self.words("counts", counts, self._wear.shape, (1 << WEAR_BITS) - 1)
        self.core.transport.write(self._wear, values)

    def _run(
        self,
        *fields: str,
        words: ArrayLike,
        addresses: Sequence[int] | None,
        form: bool | Collection[int] = False,
    ) -> ProgrammedWords:
        """Carry out a command on words, and read what became of them."""
        width = self.config.geometry.word_bits
        pulses = fields != ("verify",)
        outcome = np.concatenate([self._found, self._attempts]) if pulses else self._found
        commands = self.carry_out(*fields, words=words, addresses=addresses, form=form)
        found = np.array([self.core.transport.read(outcome) for _ in commands], np.uint32).reshape(-1, len(outcome))
        attempts = found[:, 3:] if pulses else np.zeros((len(found), width))
        return ProgrammedWords(
            found[:, 0], attempts.astype(np.uint8), bits_of(found[:, 1], width), bits_of(found[:, 2], width)
        )
