"""Weights as the words of an array's memory, and back: as the documentation has it, one by one."""

from typing import Any

import numpy as np

from hwgen.ff.plan import ArrayPlan


def to_words(plan: ArrayPlan, weights: list[Any]) -> list[int]:
    """The memory's words with these weights."""
    mask = (1 << plan.master_bits) - 1
    words = []
    for layer, array in zip(plan.layers, weights, strict=True):
        for first in range(0, layer.units, plan.lanes):
            for row in array[:, first : first + plan.lanes].tolist():
                words.append(sum((weight & mask) << lane * plan.master_bits for lane, weight in enumerate(row)))
    return words


def from_words(plan: ArrayPlan, words: list[int]) -> list[Any]:
    """The weights in these words."""
    sign = 1 << plan.master_bits - 1
    result = []
    for layer, bases in zip(plan.layers, plan.bases, strict=True):
        array = np.zeros((layer.rows, layer.units), np.int16)
        for group, base in enumerate(bases):
            for row in range(layer.rows):
                for lane in range(plan.lanes):
                    weight = words[base + row] >> lane * plan.master_bits & 2 * sign - 1
                    array[row, group * plan.lanes + lane] = (weight ^ sign) - sign
        result.append(array)
    return result
