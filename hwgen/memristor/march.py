"""Marches over the words of an array: each device of each cell must be seen to move."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hwgen.memristor.outcomes import MarchedWords, ProgrammedWords, bits_of

MEASURED_READS = 8
"""Reads of a cell between two pulses, at least."""

ENOUGH = 6
"""Evidence that a device moves. What was read before and after its pulse gives all of it if all bits of one were 0 and
all of the other 1, and 1 if only one of them was the same bit throughout: chance may give that, too."""

MOST_ROUNDS = 1000
"""With which counts of evidence stay below 2**16."""

WRITINGS = 4
"""Of a word, until it is right in all of its verifications, at most."""

VERIFIED = 8
"""Verifications after a writing: a cell whose devices differ by less than the noise of its amplifier passes a few."""

Words = NDArray[np.uint32]
Cells = NDArray[np.bool_]


class Programmer(Protocol):
    """What a march is made of: :class:`~hwgen.memristor.driver.ArrayProgrammer`."""

    def pulse(self, *passes: str, words: Words, addresses: Sequence[int]) -> None:
        """Pulses, without a read."""

    def program(
        self, words: Words, addresses: Sequence[int], *, form: bool | Collection[int] = False
    ) -> ProgrammedWords:
        """SET, RESET, and verify."""

    def verify(self, words: Words, addresses: Sequence[int]) -> ProgrammedWords:
        """Reads."""

    def mark(self, read: Words, cells: Cells, addresses: Sequence[int]) -> None:
        """Cells count as failed."""

    def comparing(self) -> AbstractContextManager[None]:
        """Differences within are no error."""


class Measured(NamedTuple):
    """What cells showed between two pulses."""

    bits: Cells
    """As the first verification read them, 1 where that is what the word is to hold."""
    unstable: Cells
    """Where not all reads were alike."""


def march(
    array: Programmer,
    words: Words,
    addresses: NDArray[np.int64],
    *,
    word_bits: int,
    verify_reads: int,
    rounds: int,
    form: bool | Collection[int],
) -> MarchedWords:
    """See :meth:`hwgen.memristor.driver.ArrayProgrammer.march`.

    A cell goes round its four states: complement, both devices in the low-resistance state, target, both in the high
    one, complement. One device gets a pulse in each step, and if what is read is another thing than before it, then
    this device has moved: a stuck one changes nothing. In the states between, what a sound cell reads depends on the
    spread of its devices, so that a round shows one move, or two. Words go on until all cells have shown both, and have
    been right in most rounds, as target and as complement: where amplifiers are noisy, chance gives evidence, too, but
    a cell with a stuck device reads wrong.
    """
    every = np.uint32((1 << word_bits) - 1)
    times = -(-MEASURED_READS // verify_reads)
    evidence = np.zeros((len(words), word_bits, 2), np.uint16)  # of the device that is low in the target, and the other
    right = np.zeros((len(words), word_bits, 2), np.uint16)  # rounds, as target and as complement
    taken = np.zeros(len(words), np.uint16)

    def measure(chosen: NDArray[np.intp]) -> Measured:
        """Read words."""
        found = [array.verify(words[chosen], addresses[chosen].tolist()) for _ in range(times)]
        bits = [bits_of(each.read ^ words[chosen] ^ every, word_bits) for each in found]
        unstable = [each.unstable | (other != bits[0]) for each, other in zip(found, bits, strict=True)]
        return Measured(bits[0], np.logical_or.reduce(unstable))

    def step(chosen: NDArray[np.intp], before: Measured, supply: str, target: Words, device: int) -> Measured:
        """A pulse for one device of each cell, and what it has changed."""
        array.pulse(supply, words=target[chosen], addresses=addresses[chosen].tolist())
        after = measure(chosen)
        steady = ~before.unstable & ~after.unstable
        evidence[chosen, :, device] += np.uint16(ENOUGH) * (steady & (before.bits != after.bits))
        evidence[chosen, :, device] += before.unstable != after.unstable
        return after

    def unsound() -> Cells:
        """Cells that have not shown all that a sound one does."""
        return np.any((evidence < ENOUGH) | (2 * right <= taken[:, None, None]), axis=2)

    complement = words ^ every
    with array.comparing():
        array.program(complement, addresses.tolist(), form=form)
        left = np.arange(len(words))
        state = measure(left)
        for _ in range(rounds):
            taken[left] += 1
            state = step(left, state, "set", words, 0)
            state = step(left, state, "reset", words, 1)
            right[left, :, 0] += state.bits & ~state.unstable
            state = step(left, state, "reset", complement, 0)
            state = step(left, state, "set", complement, 1)
            right[left, :, 1] += ~state.bits & ~state.unstable
            go_on = unsound()[left].any(axis=1)
            left, state = left[go_on], Measured(state.bits[go_on], state.unstable[go_on])
            if not len(left):
                break
        read, attempts, failed = _write(array, words, addresses, word_bits)
    suspect = unsound() & ~failed
    doubtful = np.flatnonzero((failed | suspect).any(axis=1))
    if len(doubtful):
        array.mark(read[doubtful], (failed | suspect)[doubtful], addresses[doubtful].tolist())
    return MarchedWords(read, attempts, failed, suspect, taken)


def _write(
    array: Programmer, words: Words, addresses: NDArray[np.int64], word_bits: int
) -> tuple[Words, NDArray[np.uint8], Cells]:
    """Write words so that they stay right: as they were read last, attempts of each cell, and cells that are wrong."""
    read = np.zeros(len(words), np.uint32)
    attempts = np.zeros((len(words), word_bits), np.uint8)
    failed = np.zeros((len(words), word_bits), np.bool_)
    left = np.arange(len(words))
    for _ in range(WRITINGS):
        chosen = addresses[left].tolist()
        # Twice, as one pulse in some does not switch its device, which may then read right all the same.
        array.pulse("set", "reset", words=words[left], addresses=chosen)
        written = array.program(words[left], chosen)
        verified = [array.verify(words[left], chosen) for _ in range(VERIFIED)]
        attempts[left], read[left] = written.attempts, verified[-1].read
        failed[left] = np.logical_or.reduce([each.failed for each in (written, *verified)])
        left = left[failed[left].any(axis=1)]
        if not len(left):
            break
    return read, attempts, failed
