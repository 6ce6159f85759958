"""The generators of random numbers: their sequences, what is drawn from them, and that rounding is unbiased."""

import math

import numpy as np
import pytest

from hwgen.ff.config import FFConfig
from hwgen.parts.polynomials import step_columns
from rtl_tests.ff.random_machines import advanced
from sim.golden import crossbar, ff_kernel, lfsr
from sim.golden.ff import FFModel


def rounded(state: int, step: np.ndarray, x: int, shift: int) -> tuple[np.ndarray, int]:
    """Steps of weights that were 0, and the generator's next state."""
    weights = np.zeros((1, len(step)), np.int16)
    entry = np.zeros(1, np.int32), np.full(1, x, np.int32), 1
    after, _ = ff_kernel.update(weights, *entry, step.astype(np.int32), shift, 32767, state)
    return weights[0].astype(np.int64), after


def test_sequences_are_those_of_the_polynomials() -> None:
    for bits, following in ((16, ff_kernel.next_16), (32, crossbar.next_random)):
        columns = step_columns(bits)
        state = 1
        for expected in lfsr.sequence(bits, 1, 2000).tolist():
            assert state == expected
            mapped = sum((bin(state & mask).count("1") & 1) << bit for bit, mask in enumerate(columns))
            assert following(state) == mapped == advanced(state, bits)
            state = following(state)


def test_the_rounding_generator_visits_every_state_but_0() -> None:
    assert len(np.unique(lfsr.sequence(16, 1, 65535))) == 65535


@pytest.mark.parametrize("shift", [1, 7, 15, 16, 17, 20, 26])
def test_unit_j_takes_the_word_rotated_by_j(shift: int) -> None:
    units = 37
    for state in (1, 0x8000, 0xACE1, 0x5A0F):
        word = f"{state:016b}"
        turned = [int(word[unit % 16 :] + word[: unit % 16], 2) for unit in range(units)]
        r = [value * 2**shift // 2**16 for value in turned]
        # h x = 2**shift - 1 - r is one short of a step; with 1 more it is one.
        for unit in range(units):
            short = np.zeros(units, np.int64)
            short[unit] = 2**shift - 1 - r[unit]
            assert rounded(state, short, 1, shift)[0][unit] == 0
            assert rounded(state, short + (np.arange(units) == unit), 1, shift)[0][unit] == 1


def test_an_entry_moves_the_generator_on_once() -> None:
    weights = np.zeros((5, 3), np.int16)
    entries = np.arange(5, dtype=np.int32), np.ones(5, np.int32), 4
    after, _ = ff_kernel.update(weights, *entries, np.zeros(3, np.int32), 8, 127, 0xACE1)
    assert after == lfsr.sequence(16, 0xACE1, 5)[-1]


@pytest.mark.parametrize(
    ("shift", "product"), [(6, 1), (6, 37), (6, -21), (12, 777), (12, -3000), (18, 100_003), (18, -7)]
)
def test_stochastic_rounding_is_unbiased(shift: int, product: int) -> None:
    # Over the generator's whole period every word but 0 comes once. r has min(shift, 16) random bits, so that a step is
    # rounded up in floor(fraction 2**bits) of 2**bits cases: of its exact value that is short by less than 2**-16.
    exact = product / 2**shift
    step = np.full(16, product)
    total, state = np.zeros(16, np.int64), 0xACE1
    count = 65535
    for _ in range(count):
        steps, state = rounded(state, step, 1, shift)
        total += steps
    assert state == 0xACE1
    assert np.abs(total / count - exact).max() < 2 / 65536


def test_a_short_run_of_roundings_is_unbiased_within_its_confidence() -> None:
    # 2,000 steps of 16 units; words of one unit are as good as independent of each other, those of two units are not.
    rng = np.random.default_rng(0)
    state, shift, count = 1, 14, 2000
    products = rng.integers(-40_000, 40_000, (count, 16))
    total = np.zeros(16)
    for product in products:
        steps, state = rounded(state, product, 1, shift)
        total += steps
    exact = products.sum(axis=0) / 2**shift
    fraction = products % 2**shift / 2**shift
    deviation = np.sqrt((fraction * (1 - fraction)).sum(axis=0))
    assert (np.abs(total - exact) < 4.5 * deviation).all()  # 16 units: passes by chance but once in 9,000
    assert (np.abs(total - exact) > 0.01 * deviation).any()


def test_initial_weights_are_drawn_bit_by_bit() -> None:
    config = FFConfig.parse(
        {"layers": [3, 4, 2], "classes": 2, "seed": 0xC0FFEE, "initial_bits": [5, 3], "master_bits": 11}
    )
    bits = iter((lfsr.sequence(32, 0xC0FFEE, 2000) & 1).tolist())
    for weights, width in zip(FFModel(config).dump().layers, (5, 3), strict=True):
        for value in weights.ravel().tolist():
            number = sum(next(bits) << place for place in range(width))
            assert value == (number - (number >> width - 1 << width)) * 8


def test_wrong_labels_and_views_are_close_to_uniform() -> None:
    config = FFConfig.parse({"layers": [4, 4], "candidates": 1, "activation_shift": 24})
    model = FFModel(config)
    # All activations are 0: the wrong label is predicted, of equals.
    wrong = model.train(np.zeros((9000, 4), int), np.full(9000, 3)).predictions
    counts = np.bincount(wrong, minlength=10)
    assert counts[3] == 0 and np.abs(np.delete(counts, 3) - 1000).max() < 4.5 * math.sqrt(1000)
