"""Weights as the words of a memory, and back: for emission and for the driver."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.plan import ArrayPlan


def to_words(plan: ArrayPlan, weights: Sequence[NDArray[np.int16]]) -> NDArray[np.uint32]:
    """A memory's content: shape ``(words, lanes)``, each weight as its ``master_bits`` bits; ``weights``: of each
    layer, shape ``(rows, units)``."""
    parts = [
        array.reshape(layer.rows, groups, plan.lanes).swapaxes(0, 1).reshape(-1, plan.lanes)
        for array, layer, groups in zip(weights, plan.layers, plan.groups, strict=True)
    ]
    mask = (1 << plan.master_bits) - 1
    return (np.concatenate(parts).astype(np.int64) & mask).astype(np.uint32)


def from_words(plan: ArrayPlan, words: NDArray[np.uint32]) -> list[NDArray[np.int64]]:
    """What :func:`to_words` has laid out."""
    sign = 1 << plan.master_bits - 1
    numbers = (words.astype(np.int64) ^ sign) - sign
    weights, first = [], 0
    for layer, groups in zip(plan.layers, plan.groups, strict=True):
        part = numbers[first : first + groups * layer.rows].reshape(groups, layer.rows, plan.lanes)
        weights.append(part.swapaxes(0, 1).reshape(layer.rows, layer.units))
        first += groups * layer.rows
    return weights


def to_elements(plan: ArrayPlan, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Words, shape ``(words, lanes)``, as elements of the window, word by word."""
    word_format = plan.word_format
    per_element = word_format.per_element
    padded = np.zeros((len(words), word_format.elements * per_element), np.uint32)
    padded[:, : plan.lanes] = words
    shifts = np.arange(per_element, dtype=np.uint32) * np.uint32(plan.master_bits)
    return (padded.reshape(-1, per_element) << shifts).sum(axis=1, dtype=np.uint32)


def from_elements(plan: ArrayPlan, elements: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """What :func:`to_elements` has packed."""
    shifts = np.arange(plan.word_format.per_element, dtype=np.uint32) * np.uint32(plan.master_bits)
    parts = elements[:, np.newaxis] >> shifts & np.uint32((1 << plan.master_bits) - 1)
    return parts.reshape(plan.word_format.depth, -1)[:, : plan.lanes]


def packed(values: NDArray[np.uint32], bits: int) -> list[int]:
    """Rows of numbers of ``bits`` bits as one integer each, the first number lowest."""
    planes = (values[:, :, np.newaxis] >> np.arange(bits, dtype=np.uint32) & 1).astype(np.uint8)
    lines = np.packbits(planes.reshape(len(values), -1), axis=1, bitorder="little")
    return [int.from_bytes(line.tobytes(), "little") for line in lines]
