"""Stream payloads as 32-bit words: how a host packs and unpacks them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

WORD_BITS = 32


def words_for(bits: int) -> int:
    """32-bit words that hold a payload of ``bits`` bits."""
    return max(1, math.ceil(bits / WORD_BITS))


def pack(fields: Sequence[tuple[ArrayLike, int]]) -> NDArray[np.uint32]:
    """Pack fields into payloads, the first field in the lowest bits.

    Args:
        fields: pairs of values (shape ``(n,)``, unsigned integers that fit) and their width in bits (1 to 32).

    Returns:
        shape ``(n, words)``, the least significant word first.
    """
    count = len(np.asarray(fields[0][0]))
    # One row a word while packing: whole rows are contiguous.
    words = np.zeros((words_for(sum(width for _, width in fields)) + 1, count), np.uint64)
    offset = 0
    for values, width in fields:
        word, shift = divmod(offset, WORD_BITS)
        shifted = np.ascontiguousarray(values, np.uint64) << np.uint64(shift)
        words[word] |= shifted & np.uint64(0xFFFFFFFF)
        if shift + width > WORD_BITS:
            words[word + 1] |= shifted >> np.uint64(WORD_BITS)
        offset += width
    return np.ascontiguousarray(words[:-1].T, np.uint32)


def unpack(words: NDArray[np.uint32], widths: Sequence[int]) -> list[NDArray[np.int64]]:
    """The fields of payloads packed as by :func:`pack`; each has shape ``(n,)``."""
    padded = np.zeros((words.shape[1] + 1, len(words)), np.uint64)
    padded[:-1] = words.T
    fields = []
    offset = 0
    for width in widths:
        word, shift = divmod(offset, WORD_BITS)
        pair = padded[word] | padded[word + 1] << np.uint64(WORD_BITS)
        fields.append((pair >> np.uint64(shift) & np.uint64((1 << width) - 1)).astype(np.int64))
        offset += width
    return fields
