"""The choice of LFSR seeds: distinct, deterministic, and such that products come out right."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.bayes.seeds import choose_seeds, phase_error
from sim.golden import lfsr

WIDTHS = range(3, 13)


def phases(width: int, seeds: tuple[int, ...]) -> list[int]:
    sequence = lfsr.sequence(width, 1, (1 << width) - 1).tolist()
    return [sequence.index(seed) for seed in seeds]


def worst_pair(width: int, chosen: list[int]) -> float:
    error = phase_error(width)
    return float(max(error[(a - b) % len(error)] for index, a in enumerate(chosen) for b in chosen[:index]))


@pytest.mark.parametrize("width", WIDTHS)
def test_seeds_are_states_and_distinct_while_there_are_states(width: int) -> None:
    period = (1 << width) - 1
    for columns in (1, 2, 15, 31, 66):
        seeds = choose_seeds(width, columns)
        assert len(seeds) == columns
        assert all(1 <= seed <= period for seed in seeds)
        repeats = [seeds.count(seed) for seed in seeds]
        assert max(repeats) == -(-columns // period), "each state as seldom as possible"


@pytest.mark.parametrize("width", WIDTHS)
def test_seeds_are_deterministic_and_extend_each_other(width: int) -> None:
    few, many = choose_seeds(width, 5), choose_seeds(width, 9)
    assert many[:5] == few
    choose_seeds.cache_clear()
    phase_error.cache_clear()
    assert choose_seeds(width, 9) == many


@pytest.mark.parametrize("columns", [2, 4, 6, 16])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_worst_pair_is_no_worse_than_at_equally_spaced_phases(width: int, columns: int) -> None:
    period = (1 << width) - 1
    equal = [round(period * index / columns) % period for index in range(columns)]
    chosen = phases(width, choose_seeds(width, columns))
    assert worst_pair(width, chosen) <= worst_pair(width, equal) + 1e-6


def test_six_columns_are_at_least_as_good_as_the_seeds_known_to_be_good() -> None:
    known = phases(8, (0x01, 0xB9, 0xDE, 0x8B, 0xDF, 0x7C))
    assert worst_pair(8, phases(8, choose_seeds(8, 6))) <= worst_pair(8, known)


def test_phase_error_is_the_deviation_of_the_joint_selection_counts() -> None:
    width, period = 5, 31
    leading = [int(state).bit_length() - 1 for state in lfsr.sequence(width, 1, period)]
    for phase in range(period):
        deviation = 0.0
        for a in range(width):
            for b in range(width):
                joint = sum(leading[t] == a and leading[(t + phase) % period] == b for t in range(period))
                deviation += (joint - 2**a * 2**b / period) ** 2
        assert phase_error(width)[phase] == pytest.approx(deviation**0.5)


def product_error(width: int, seeds: tuple[int, ...]) -> NDArray[np.float64]:
    """Count of ones less the exact product, over one period, for random pairs of likelihoods."""
    period = (1 << width) - 1
    pairs = np.random.default_rng(0).integers(0, period + 1, (2000, 2))
    bits = np.ones((len(pairs), period), bool)
    for column, seed in enumerate(seeds):
        states = lfsr.sequence(width, seed, period).astype(np.int64)
        leading = 1 << np.floor(np.log2(states)).astype(np.int64)
        bits &= (pairs[:, column, None] & leading) != 0
    return bits.sum(axis=1) - pairs.prod(axis=1) / period


def test_products_of_two_columns_are_right_with_chosen_seeds_and_wrong_with_adjacent_ones() -> None:
    for width in (6, 8, 10):
        chosen = product_error(width, choose_seeds(width, 2))
        adjacent = product_error(width, (1, int(lfsr.sequence(width, 1, 2)[1])))
        assert abs(chosen.mean()) < 0.1
        assert chosen.std() < 0.6
        assert np.abs(chosen).max() < 2.5
        assert adjacent.std() > 5 * chosen.std()


def test_every_pair_of_many_columns_multiplies_well() -> None:
    seeds = choose_seeds(8, 6)
    errors = [product_error(8, (a, b)).std() for index, a in enumerate(seeds) for b in seeds[:index]]
    assert max(errors) < 1.2
    assert product_error(8, (0x5C, 0x7F)).std() == pytest.approx(0.52, abs=0.05), "the published demonstration's seeds"
