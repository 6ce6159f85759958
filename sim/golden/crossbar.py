"""What the crossbar finds in its input stream, and when: active inputs, and the clocks that reading a sample takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.crossbar.sample import SampleFormat

COMPLETE = 3
"""Clocks from the last of those that a sample takes until its list is complete."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ActiveEntries:
    """The list of one sample's active inputs, in ascending order."""

    indices: Integers
    values: Integers
    """The inputs x, all above 0; all 1 where an input has one bit."""
    learn: Integers
    """1 where the pixel reaches the threshold; where an input has one bit, that is everywhere."""


def input_values(sample: SampleFormat, pixels: Integers) -> Integers:
    """Inputs x of pixels, any shape: one bit says that the threshold is reached, several are the pixel's upper bits."""
    if sample.input_bits == 1:
        return (pixels >= sample.input_threshold).astype(np.int64)
    return pixels >> (sample.pixel_bits - sample.input_bits)


def active_entries(sample: SampleFormat, pixels: Integers) -> ActiveEntries:
    """The list of a sample with these pixels, shape ``(inputs,)``."""
    x = input_values(sample, pixels)
    indices = np.flatnonzero(x)
    return ActiveEntries(indices, x[indices], (pixels[indices] >= sample.input_threshold).astype(np.int64))


def beat_clocks(sample: SampleFormat, pixels: Integers) -> Integers:
    """Clocks that each beat takes: one for every active input, at least one; shape ``(n, pixel_beats + 1)``.

    Args:
        pixels: shape ``(n, inputs)``.
    """
    x = np.zeros((len(pixels), sample.pixel_beats * sample.pixels_per_beat), np.int64)
    x[:, : sample.inputs] = input_values(sample, pixels)
    active = (x.reshape(len(pixels), sample.pixel_beats, sample.pixels_per_beat) > 0).sum(axis=2)
    trailer = np.ones((len(pixels), 1), np.int64)
    return np.concatenate([np.maximum(active, 1), trailer], axis=1)


def load_clocks(sample: SampleFormat, pixels: Integers) -> Integers:
    """Clocks that each sample, shape ``(n, inputs)``, takes when beats are always offered and a bank is free.

    A sample whose first beat is transferred in clock t has a complete list in clock
    ``t + load_clocks + COMPLETE``; the next sample's first beat is transferred in clock ``t + load_clocks`` or, if no
    bank is free then, in the first clock in which one is.
    """
    return beat_clocks(sample, pixels).sum(axis=1)


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
