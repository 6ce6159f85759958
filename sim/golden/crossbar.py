"""What the crossbar does and when: active inputs and the clocks that reading a sample takes, passes over them, and the
random numbers that the synapses begin with. The golden models of the cores are built of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.words import Matrix
from hwgen.parts.polynomials import TAPS
from sim.golden.compiled import compiled

COMPLETE = 3
"""Clocks from the last of those that a sample takes until its list is complete."""

TAP_MASK = sum(1 << (exponent - 1) for exponent in TAPS[32])

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ActiveEntries:
    """The list of one sample's active inputs, in ascending order."""

    indices: Integers
    values: Integers
    """The inputs x, all above 0; all 1 where an input has one bit."""
    learn: Integers
    """1 where the pixel reaches the threshold; where an input has one bit, that is everywhere."""
    beats: int
    """Beats that hold any of them."""


@compiled
def scan(
    pixels: NDArray[np.uint8],
    input_bits: int,
    input_shift: int,
    input_threshold: int,
    beat_inputs: int,
    indices: Integers,
    values: Integers,
    learn: Integers,
) -> tuple[int, int]:
    """Find the active inputs of one sample; returns how many there are, and in how many beats.

    An input x of one bit says that the threshold is reached; one of several is the pixel's upper bits.

    Args:
        pixels: shape ``(inputs,)``.
        input_bits: bits of an input.
        input_shift: bits of a pixel below those, where there are several.
        input_threshold: the pixel value from which on an input has its learn bit.
        beat_inputs: pixels in a beat.
        indices, values, learn: shape ``(inputs,)``: the list is written to their beginning, in ascending order.
    """
    count = beats = 0
    last_beat = -1
    for index in range(len(pixels)):
        pixel = np.int64(pixels[index])
        reached = pixel >= input_threshold
        x = np.int64(reached) if input_bits == 1 else pixel >> input_shift
        if x == 0:
            continue
        indices[count], values[count], learn[count] = index, x, reached
        count += 1
        beat = index // beat_inputs
        beats += beat != last_beat
        last_beat = beat
    return count, beats


def active_entries(sample: SampleFormat, pixels: NDArray[np.uint8]) -> ActiveEntries:
    """The list of a sample with these pixels, shape ``(inputs,)``."""
    indices, values, learn = (np.empty(sample.inputs, np.int64) for _ in range(3))
    count, beats = scan(
        pixels,
        sample.input_bits,
        sample.input_shift,
        sample.input_threshold,
        sample.pixels_per_beat,
        indices,
        values,
        learn,
    )
    return ActiveEntries(indices[:count], values[:count], learn[:count], beats)


@compiled
def load_clocks(pixel_beats: int, active_inputs: int, active_beats: int) -> int:
    """Clocks that a sample takes when beats are always offered and a bank is free: one for each active input, one for
    each of its ``pixel_beats`` without any, one for the trailer.

    A sample whose first beat is transferred in clock t has a complete list in clock
    ``t + load_clocks + COMPLETE``; the next sample's first beat is transferred in clock ``t + load_clocks`` or, if no
    bank is free then, in the first clock in which one is.
    """
    return active_inputs + pixel_beats - active_beats + 1


def beat_clocks(sample: SampleFormat, pixels: NDArray[np.uint8]) -> list[int]:
    """The same beat by beat, of a sample with these pixels, shape ``(inputs,)``: one clock for every active input, at
    least one, and one for the trailer."""
    beat = active_entries(sample, pixels).indices // sample.pixels_per_beat
    return [*np.maximum(np.bincount(beat, minlength=sample.pixel_beats), 1).tolist(), 1]


@dataclass
class Loader:
    """The clocks of one sample after the other, whenever their beats are offered."""

    accepted: int = -1
    """Clock in which the last beat was transferred."""
    begins: int = -1
    """First clock in which it was scanned,"""
    ends: int = -1
    """and the first clock after that."""

    def load(self, clocks: Sequence[int], offered: Sequence[int], free: int) -> tuple[list[int], int]:
        """Load a sample.

        Args:
            clocks: that each of its beats takes, see :func:`beat_clocks`.
            offered: first clock in which each of them is offered.
            free: first clock in which a bank is free.

        Returns:
            the clocks in which the beats are transferred, and the first clock in which the list is complete.
        """
        transfers = []
        for number, (taken, offer) in enumerate(zip(clocks, offered, strict=True)):
            # One beat waits; it leaves in the clock before it is scanned, and the next one may take its place then.
            self.accepted = max(offer, self.accepted + 1, self.begins - 1, free if number == 0 else 0)
            self.begins = max(self.accepted + 2, self.ends)
            self.ends = self.begins + taken
            transfers.append(self.accepted)
        return transfers, self.ends + 1


@compiled
def pass_clocks(entries: int, clear: int, pause: int) -> int:
    """Clocks of a pass over so many entries: one for each, with ``clear`` one before them, with ``pause`` (a slow
    pass) one between two."""
    return clear + entries + pause * max(entries - 1, 0)


@compiled
def next_random(state: int) -> int:
    """The 32-bit LFSR's next state: ``{state[30:0], feedback}``."""
    taps = state & TAP_MASK
    for half in (16, 8, 4, 2, 1):
        taps ^= taps >> half
    return (state << 1 | taps & 1) & 0xFFFFFFFF


@compiled
def draw(state: int, bits: int, numbers: Integers) -> int:
    """Uniform random numbers: each takes the lowest bits of the LFSR's next ``bits`` states, the first one lowest, as
    two's complement. Written: ``numbers``, shape ``(n,)``; returns the state after them."""
    for index in range(len(numbers)):
        number = 0
        for place in range(bits):
            number |= (state & 1) << place
            state = next_random(state)
        numbers[index] = number - (number >> (bits - 1) << bits)
    return state


def fill(matrices: Sequence[Matrix], lanes: int, seed: int) -> list[Integers]:
    """What the synapses begin with: for each matrix, shape ``(rows, groups * lanes)``, numbers of its ``bits`` in the
    order in which they lie there. The hardware takes :func:`~hwgen.crossbar.words.fill_clocks`.

    Args:
        matrices: in the order in which they are filled.
        lanes: synapses in a word; nothing but the shapes depends on it.
        seed: the LFSR's first state, 1 to 2**32 - 1.
    """
    filled = []
    for matrix in matrices:
        numbers = np.empty((matrix.rows, matrix.groups * lanes), np.int64)
        seed = draw(seed, matrix.bits, numbers.reshape(-1))
        filled.append(numbers)
    return filled
