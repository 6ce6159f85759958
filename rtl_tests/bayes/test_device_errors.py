"""Errors of emulated devices are rare or frequent as asked for, and know nothing of each other."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from hwgen.bayes.device_errors import HASH_BITS, THRESHOLD_BITS, DeviceErrors
from sim.golden.device_errors import flipped, hashed

COLUMNS, BINS, ROWS, BITS, READS = 3, 16, 8, 8, 400
AXES = ("read", "bin", "row", "bit")
CONFIDENCE = 0.999


def drawn(errors: DeviceErrors, column: int) -> NDArray[np.bool_]:
    """Which bits flip: shape ``(reads, bins, rows, bits)``."""
    numbers, bins = np.repeat(np.arange(READS), BINS), np.tile(np.arange(BINS), READS)
    words = flipped(errors, column, bins, numbers, ROWS, BITS)
    return (words[..., None] >> np.arange(BITS) & 1).astype(bool).reshape(READS, BINS, ROWS, BITS)


def within(count: int, trials: int, rate: float) -> bool:
    """Whether a count lies in the interval in which 99.9 % of binomial ones do."""
    low, high = stats.binom.interval(CONFIDENCE, trials, rate)
    return bool(low <= count <= high)


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.01, 1e-4])
@pytest.mark.parametrize("seed", [0, 1])
def test_flips_are_as_frequent_as_asked_for_and_neighbours_independent(rate: float, seed: int) -> None:
    errors = DeviceErrors(rate=rate, seed=seed)
    columns = np.stack([drawn(errors, column) for column in range(COLUMNS)])
    actual = errors.actual_rate
    assert abs(actual - rate) <= 2**-25
    assert within(int(columns.sum()), columns.size, actual)
    for axis in range(columns.ndim):
        for distance in (1, 2):
            near = np.delete(columns, np.s_[-distance:], axis), np.delete(columns, np.s_[:distance], axis)
            assert within(int((near[0] & near[1]).sum()), near[0].size, actual**2), (axis, distance)
    # Neither reads, nor words, nor places in a word differ more than chance has it.
    for axes in ((0, 2, 3, 4), (0, 1, 3, 4), (0, 1, 2, 4), (0, 1, 2, 3)):
        counts = columns.sum(axis=axes)
        trials = columns.size // len(counts)
        if trials * actual < 5:
            continue
        statistic = ((counts - trials * actual) ** 2 / (trials * actual * (1 - actual))).sum()
        low, high = stats.chi2.interval(CONFIDENCE, len(counts))
        assert low <= statistic <= high, axes


def test_the_lowest_rate_is_one_in_a_million() -> None:
    errors = DeviceErrors(rate=1e-6)
    numbers = np.arange(1 << 17)
    count = sum(
        int(np.bitwise_count(flipped(errors, column, numbers % BINS, numbers, ROWS, BITS)).sum()) for column in range(2)
    )
    assert errors.threshold == 17
    assert within(count, 2 * len(numbers) * ROWS * BITS, errors.actual_rate)


def test_frozen_errors_belong_to_cells_and_transient_ones_to_reads() -> None:
    frozen = drawn(DeviceErrors(rate=0.1, mode="frozen", seed=3), 0)
    assert (frozen == frozen[0]).all() and 0 < frozen[0].mean() < 0.2
    transient = drawn(DeviceErrors(rate=0.1, seed=3), 0)
    assert (transient[0] == frozen[0]).all()  # frozen: every read is number 0
    assert transient.any(axis=0).all()
    other = drawn(DeviceErrors(rate=0.1, mode="frozen", seed=4), 0)
    assert within(int((frozen[0] & other[0]).sum()), frozen[0].size, 0.01)


def test_more_errors_are_the_same_and_further_ones() -> None:
    few, many = (drawn(DeviceErrors(rate=rate, seed=5), 1) for rate in (0.01, 0.1))
    assert (many[few]).all() and many.sum() > few.sum()


def test_every_bit_of_value_and_key_changes_every_bit_that_counts() -> None:
    rng = np.random.default_rng(1)
    values, keys = rng.integers(0, 1 << HASH_BITS, (2, 20_000), dtype=np.uint32)
    before = hashed(values, keys)
    for bit in range(HASH_BITS):
        for changed in (hashed(values ^ np.uint32(1 << bit), keys), hashed(values, keys ^ np.uint32(1 << bit))):
            counted = (before ^ changed)[:, None] >> np.arange(HASH_BITS - THRESHOLD_BITS, HASH_BITS) & 1
            assert np.abs(counted.mean(axis=0) - 0.5).max() < 0.04


def test_the_hash_is_a_bijection_of_its_value() -> None:
    values = np.arange(1 << 16, dtype=np.uint32) << np.uint32(8)
    assert len(np.unique(hashed(values, 77))) == len(values)
