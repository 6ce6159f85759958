"""What becomes of words that are programmed. Plain data."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ProgrammedWords(NamedTuple):
    """What became of ``n`` words."""

    read: NDArray[np.uint32]
    """Shape ``(n,)``: each word as it was read last."""
    attempts: NDArray[np.uint8]
    """Shape ``(n, word_bits)``: in how many attempts each cell got pulses; cell 0 holds the lowest bit."""
    failed: NDArray[np.bool_]
    """Shape ``(n, word_bits)``: cells that were wrong in any read of the last attempt."""
    unstable: NDArray[np.bool_]
    """Shape ``(n, word_bits)``: cells that did not read alike in all of these reads."""


class MarchedWords(NamedTuple):
    """What a march found of ``n`` words; a cell that is neither failed nor suspect is sound."""

    read: NDArray[np.uint32]
    """Shape ``(n,)``: each word as it was read last."""
    attempts: NDArray[np.uint8]
    """Shape ``(n, word_bits)``: attempts of the last writing."""
    failed: NDArray[np.bool_]
    """Shape ``(n, word_bits)``: cells that are wrong."""
    suspect: NDArray[np.bool_]
    """Shape ``(n, word_bits)``: cells that are right, but could not hold the other bit, or have a device that was never
    seen to move."""
    rounds: NDArray[np.uint16]
    """Shape ``(n,)``: rounds that each word took."""


def bits_of(words: NDArray[np.uint32], width: int) -> NDArray[np.bool_]:
    """Shape ``(n, width)``: the bits of words, the lowest first."""
    return (words[:, None] >> np.arange(width, dtype=np.uint32) & 1).astype(np.bool_)


def words_of(bits: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Shape ``(n,)``: the words of bits, shape ``(n, width)``, the lowest first."""
    return (bits << np.arange(bits.shape[1])).sum(axis=1).astype(np.uint32)
