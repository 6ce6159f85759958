"""Golden model of the errors of emulated memory cells: which bits of a word are read inverted."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.device_errors import (
    BIN_BITS,
    BIT_BITS,
    HASH_BITS,
    HASH_CONSTANT,
    HASH_KEY_ROTATION,
    HASH_ROTATIONS,
    HASH_ROUNDS,
    HASH_SHIFT,
    ROW_BITS,
    THRESHOLD_BITS,
    DeviceErrors,
)


def hashed(values: ArrayLike, keys: ArrayLike) -> NDArray[np.uint32]:
    """The hash of values under keys, both uint32, at least one-dimensional and broadcast against each other."""
    value, key = np.atleast_1d(np.asarray(values, np.uint32)), np.atleast_1d(np.asarray(keys, np.uint32))
    for index in range(HASH_ROUNDS):
        first, second = (_rotated(value, places) for places in HASH_ROTATIONS)
        mixed = value ^ first ^ second ^ _rotated(key, HASH_KEY_ROTATION * index) ^ np.uint32(HASH_CONSTANT)
        value = mixed + (mixed << np.uint32(HASH_SHIFT))
    return value


def flipped(
    errors: DeviceErrors, column: int, bins: NDArray[np.int64], numbers: NDArray[np.int64], rows: int, bits: int
) -> NDArray[np.int64]:
    """The bits of a column's words that are read inverted, shape ``(n, rows)``: each word's bits as a number.

    Args:
        errors: rate, mode and seed.
        column: which one.
        bins: shape ``(n,)``: the word of each read.
        numbers: shape ``(n,)``: the number of each read, counted from the last reset.
        rows: likelihoods in a word.
        bits: of a likelihood.
    """
    if not errors.threshold:
        return np.zeros((len(bins), rows), np.int64)
    counted = np.zeros_like(numbers) if errors.mode == "frozen" else numbers % (1 << HASH_BITS)
    keys = hashed(counted, hashed(errors.seed, 0))
    places = np.uint32(column << BIN_BITS) | bins.astype(np.uint32)
    inside = np.arange(rows)[:, None] << BIT_BITS | np.arange(bits)[None, :]
    cells = places[:, None, None] << np.uint32(ROW_BITS + BIT_BITS) | inside.astype(np.uint32)
    wrong = hashed(cells, keys[:, None, None]) >> np.uint32(HASH_BITS - THRESHOLD_BITS) < errors.threshold
    return (wrong.astype(np.int64) << np.arange(bits)).sum(axis=2)


def _rotated(value: NDArray[np.uint32], places: int) -> NDArray[np.uint32]:
    """``value``, rotated left."""
    return value << np.uint32(places) | value >> np.uint32(-places % HASH_BITS)
