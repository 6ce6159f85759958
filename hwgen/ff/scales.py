"""Scales by default: shifts, thresholds and widths with which networks were seen to learn.

An activation of 1 in floating point is :data:`UNIT` quanta of 8 bits. A layer's sums are scaled so that its activations
have that size, its goodness so that one entry of the modulator's table is a quarter of a unit of mean goodness, and its
steps so that the learning rate does not depend on widths. Found by experiment on images of MNIST that nothing was
learnt from, with one and two layers of 256 to 2000 units; for more layers they are a guess. A pair is of the first
layer and of the others, in :data:`THRESHOLDS` of the two passes of every layer.
"""

import math
from collections.abc import Sequence

UNIT = {"supervised": 5.31, "contrastive": 8.0}
"""Quanta of an activation of 1, of 8 bits."""

WEIGHT_UNIT = {"supervised": 128, "contrastive": 512}
"""Quanta of a weight of 1, of 8 bits."""

INPUT_BITS = {"supervised": 6, "contrastive": 7}
"""Bits of an input that the shifts below belong to."""

SUM_SHIFT = {"supervised": (9, 9), "contrastive": (12, 11)}
UPDATE_SHIFT = {"supervised": (18, 18), "contrastive": (19, 20)}
GOODNESS_STEP = 0.25
RMS = {"supervised": 21, "contrastive": 24}
THRESHOLDS = {"supervised": (1, 1), "contrastive": (4, 6)}
"""Of the positive and the negative pass, the same for all layers, in units of mean goodness."""


def activation_shift(rule: str, layers: Sequence[int], activation_bits: int, input_bits: int) -> tuple[int, ...]:
    """By how many bits each layer's sums are shifted right to become activations."""
    first, other = SUM_SHIFT[rule]
    # What comes from a layer has a bit less than its activations have.
    return (max(1, first + 8 - activation_bits + input_bits - INPUT_BITS[rule]), *[other] * (len(layers) - 2))


def goodness_shift(rule: str, layers: Sequence[int], activation_bits: int) -> tuple[int, ...]:
    """By how many bits each layer's goodness is shifted right to become an index of the modulator's table."""
    unit = UNIT[rule] * 2.0 ** (activation_bits - 8)
    return tuple(max(0, round(math.log2(units * unit * unit * GOODNESS_STEP))) for units in layers[1:])


def update_shift(
    rule: str, layers: Sequence[int], input_bits: int, activation_bits: int, modulator_bits: int, master_bits: int
) -> tuple[int, ...]:
    """By how many bits the product of modulator, activation and input is shifted right to become a step."""
    more = (activation_bits - 8) + (modulator_bits - 8) - (master_bits - 8)
    first, other = (shift + more for shift in UPDATE_SHIFT[rule])
    first += input_bits - INPUT_BITS[rule]
    return (max(1, first), *[max(1, other + activation_bits - 8)] * (len(layers) - 2))


def initial_bits(rule: str, layers: Sequence[int]) -> tuple[int, ...]:
    """Bits of each layer's initial weights: uniform integers of about ``1 / sqrt(inputs)`` standard deviation."""
    deviations = (WEIGHT_UNIT[rule] / math.sqrt(inputs) for inputs in layers[:-1])
    return tuple(min(8, max(2, round(math.log2(deviation * math.sqrt(12))))) for deviation in deviations)


def rms(rule: str, activation_bits: int) -> int:
    """Root mean square of what a layer gives to the next one."""
    return max(1, RMS[rule] >> (8 - activation_bits))


def thresholds(rule: str, layers: Sequence[int], activation_bits: int) -> tuple[tuple[int, int], ...]:
    """Mean squares of activations, for the positive and the negative pass of each layer."""
    square = (UNIT[rule] * 2.0 ** (activation_bits - 8)) ** 2
    positive, negative = (max(1, round(mean * square)) for mean in THRESHOLDS[rule])
    return ((positive, negative),) * (len(layers) - 1)
