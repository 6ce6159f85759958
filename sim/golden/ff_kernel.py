"""The loops of Forward-Forward learning in integers, compiled by Numba.

Here is what is done to one list of inputs, or to the units of one layer; :mod:`sim.golden.ff_layer` puts it together.
Weights lie input by input (``[input, unit]``): a loop always runs along memory.
"""

import numpy as np
from numpy.typing import NDArray

from hwgen.parts.polynomials import TAPS
from sim.golden import crossbar
from sim.golden.compiled import compiled
from sim.golden.ff_rule import Rule

Sums = NDArray[np.int32]
Weights = NDArray[np.int16]

TAPS_16 = sum(1 << (exponent - 1) for exponent in TAPS[16])


@compiled
def next_16(state: int) -> int:
    """A 16-bit LFSR's next state: ``{state[14:0], feedback}``."""
    taps = state & TAPS_16
    for half in (8, 4, 2, 1):
        taps ^= taps >> half
    return (state << 1 | taps & 1) & 0xFFFF


@compiled
def draw(state: int) -> int:
    """The state from which the next sample's random numbers are taken: 32 steps on, so that all its bits are new."""
    for _ in range(32):
        state = crossbar.next_random(state)
    return state


@compiled
def initial_weights(state: int, rows: int, units: int, bits: int, shift: int) -> tuple[Weights, int]:
    """Uniform signed integers of ``bits`` bits, shifted left, and the generator's state after them: drawn input by
    input, unit by unit."""
    numbers = np.empty(rows * units, np.int64)
    state = crossbar.draw(state, bits, numbers)
    return (numbers << shift).astype(np.int16).reshape(rows, units), state


@compiled
def accumulate(weights: Weights, index: Sums, value: Sums, count: int, shift: int, sums: Sums) -> None:
    """sums[j] = sum over the entries of (W[index, j] >> shift) value."""
    sums[:] = 0
    for entry in range(count):
        row = weights[index[entry]]
        x = value[entry]
        for unit in range(len(sums)):
            sums[unit] += np.int32(row[unit] >> shift) * x


@compiled
def stepped(weight: int, product: int, twice: int, rotation: int, shift: int) -> np.int32:
    """weight + ((product + r) >> shift), where ``twice`` is the generator's state, two times, and what r is made of is
    rotated left. In 32 bits and without a branch, so that loops over it become vector instructions."""
    rotated = np.uint32(np.uint32(twice << rotation) & np.uint32(0xFFFF0000))
    random = np.int32(rotated >> (np.int32(32 - shift) & 31))
    return np.int32(weight + (np.int32(product + random) >> (np.int32(shift) & 31)))


@compiled
def update(
    weights: Weights, index: Sums, value: Sums, count: int, step: Sums, shift: int, most: int, state: int
) -> tuple[int, int]:
    """W[index, j] += (h_j value + r) >> shift, saturating; returns the generator's state and how many weights did.

    r is uniform in 0 to 2**shift - 1: the generator's 16 bits, rotated left by ``j % 16``, are its upper bits. The
    generator moves on once an entry.
    """
    rotation = (np.arange(len(step)) % 16).astype(np.uint32)
    largest, smallest = np.int32(most), np.int32(-most - 1)
    saturated = 0
    for entry in range(count):
        twice = np.uint32(state << 16 | state)
        state = next_16(state)
        row, x = weights[index[entry]], value[entry]
        beyond = np.int32(0)
        for unit in range(len(step)):
            moved = stepped(row[unit], np.int32(step[unit] * x), twice, rotation[unit], shift)
            kept = np.int32(min(max(moved, smallest), largest))
            beyond = np.int32(beyond + np.int32(kept != moved))
            row[unit] = np.int16(kept)
        saturated += int(beyond)
    return state, saturated


@compiled
def merge(
    index: Sums, value: Sums, count: int, other_index: Sums, other_value: Sums, other_count: int, merged: Sums
) -> int:
    """The union of two lists: ``merged``, shape ``(3, entries)``, are numbers of inputs, ascending, and the values that
    they have in either list, 0 where they are not in it. Returns the union's length."""
    place = other_place = entries = 0
    while place < count or other_place < other_count:
        here = place < count and (other_place == other_count or index[place] <= other_index[other_place])
        there = other_place < other_count and (place == count or other_index[other_place] <= index[place])
        merged[0, entries] = index[place] if here else other_index[other_place]
        merged[1, entries] = value[place] if here else 0
        merged[2, entries] = other_value[other_place] if there else 0
        place += int(here)
        other_place += int(there)
        entries += 1
    return entries


@compiled
def update_merged(
    weights: Weights, merged: Sums, count: int, step: Sums, other: Sums, shift: int, most: int, state: int
) -> tuple[int, int]:
    """W[index, j] += (h_j value + h'_j value' + r) >> shift; the rest is as in :func:`update`. ``merged``: see
    :func:`merge`; ``other``: h'."""
    rotation = (np.arange(len(step)) % 16).astype(np.uint32)
    largest, smallest = np.int32(most), np.int32(-most - 1)
    saturated = 0
    for entry in range(count):
        twice = np.uint32(state << 16 | state)
        state = next_16(state)
        row, x, other_x = weights[merged[0, entry]], merged[1, entry], merged[2, entry]
        beyond = np.int32(0)
        for unit in range(len(step)):
            product = np.int32(step[unit] * x + other[unit] * other_x)
            moved = stepped(row[unit], product, twice, rotation[unit], shift)
            kept = np.int32(min(max(moved, smallest), largest))
            beyond = np.int32(beyond + np.int32(kept != moved))
            row[unit] = np.int16(kept)
        saturated += int(beyond)
    return state, saturated


@compiled
def scan(rule: Rule, sample: NDArray[np.uint8], index: Sums, value: Sums) -> int:
    """The list of a step's inputs above 0; returns its length, the bias included."""
    count = 0
    for number in range(len(sample)):
        x = np.int32(sample[number]) >> rule.input_shift
        index[count] = number
        value[count] = x
        count += int(x > 0)
    return append_bias(rule, 0, index, value, count)


@compiled
def beats(index: Sums, count: int, size: int) -> int:
    """How many beats of ``size`` inputs hold any of a list's first ``count`` entries."""
    found = end = 0
    for entry in range(count):
        if index[entry] >= end:
            end = (index[entry] // size + 1) * size
            found += 1
    return found


@compiled
def append_bias(rule: Rule, layer: int, index: Sums, value: Sums, count: int) -> int:
    """The list's length with the layer's bias, if it has one."""
    if not rule.bias[layer]:
        return count
    index[count] = rule.sizes[layer]
    value[count] = rule.bias[layer]
    return count + 1


@compiled
def copy(index: Sums, value: Sums, count: int, offset: int, to: Sums, to_value: Sums) -> int:
    """The same list, ``offset`` inputs on. Returns its length."""
    for entry in range(count):
        to[entry] = index[entry] + offset
        to_value[entry] = value[entry]
    return count


@compiled
def move(rule: Rule, index: Sums, value: Sums, count: int, right: int, down: int, to: Sums, to_value: Sums) -> int:
    """The list of an image that is moved by so many pixels; what leaves the frame is lost. Returns its length."""
    kept = 0
    for entry in range(count):
        number = index[entry]
        if number < rule.sizes[0]:
            row, column = number // rule.width + down, number % rule.width + right
            if not (0 <= row < rule.height and 0 <= column < rule.width):
                continue
            number += down * rule.width + right
        to[kept] = number
        to_value[kept] = value[entry]
        kept += 1
    return kept


@compiled
def activate(rule: Rule, layer: int, total: Sums, scaled: Sums, activation: Sums) -> int:
    """scaled = (total + half) >> shift, limited to 4 times the range of activations on either side;
    y = clamp(scaled, 0, activation_max). Returns the goodness, the sum of y**2."""
    shift = rule.activation_shift[layer]
    half = np.int32((1 << shift) >> 1)
    limit = np.int32(4 * (rule.activation_max + 1))
    goodness = np.int64(0)
    for unit in range(len(total)):
        value = min(max((total[unit] + half) >> shift, -limit), limit - 1)
        scaled[unit] = value
        kept = min(max(value, 0), rule.activation_max)
        activation[unit] = kept
        goodness += kept * kept
    return int(goodness)


@compiled
def triangle(rule: Rule, layer: int, scaled: Sums) -> int:
    """f = clamp(scaled - mean, 0, activation_max), in place; returns the sum of f**2."""
    total = np.int64(0)
    for unit in range(len(scaled)):
        total += scaled[unit]
    mean = np.int32(total * rule.reciprocal[layer] >> 16)
    square = np.int64(0)
    for unit in range(len(scaled)):
        value = min(max(scaled[unit] - mean, 0), rule.activation_max)
        scaled[unit] = value
        square += value * value
    return int(square)


@compiled
def normalise(rule: Rule, layer: int, features: Sums, square: int, index: Sums, value: Sums) -> int:
    """The list of a layer's activations, scaled to the root mean square that the next layer wants, those that become 0
    left out; ``square`` is the sum of their squares. Returns the list's length.

    square = m 4**q with m in [1, 4); x = min((f factor + half) >> (q + shift), feature_max), factor and shift being
    the table's for m.
    """
    if square == 0:
        return 0
    top = 0
    while square >> (top + 1):
        top += 1
    q = top >> 1
    entry = ((square << 3) >> (2 * q)) - 8
    factor = rule.norm_factors[layer, entry]
    shift = max(q + rule.norm_shifts[layer, entry], 0)
    half = (1 << shift) >> 1
    count = 0
    for unit in range(len(features)):
        x = min((features[unit] * factor + half) >> shift, rule.feature_max)
        index[count] = unit
        value[count] = x
        count += int(x > 0)
    return count


@compiled
def modulator(rule: Rule, layer: int, difference: int) -> int:
    """The scale of a step for a goodness that is ``difference`` too small."""
    half = len(rule.modulators) // 2
    entry = min(max((difference >> rule.goodness_shift[layer]) + half, 0), len(rule.modulators) - 1)
    return rule.modulators[entry]
