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
