"""Weak RESET in integers: next to the model in floating point, within the bound that it states."""

import numpy as np
import pytest

from hwgen.errors import HwgenError
from sim.devices.weak_reset import Noise, Traits, WeakReset, WeakResetConfig
from sim.devices.weak_reset_integer import FRACTION_BITS, IntegerWeakReset, Tables

CONFIG = WeakResetConfig()
ONE = 1 << FRACTION_BITS


def pair(shape: tuple[int, ...], seed: int, most_pulses: int = 14) -> tuple[WeakReset, IntegerWeakReset]:
    """The same devices in both forms."""
    real = WeakReset(shape, seed=seed)
    return real, IntegerWeakReset(CONFIG, real.traits, most_pulses)


def errors_in_bounds(real: WeakReset, integer: IntegerWeakReset) -> np.ndarray:
    """Each device's error over its bound."""
    error = np.abs(integer.log_ratio / ONE - (real.log_ohm - np.log(CONFIG.r0_mean)))
    return error / np.vectorize(integer.error_bound)(real.t)


def test_no_device_is_further_off_than_the_bound_at_any_time() -> None:
    real, integer = pair((400, 2), seed=1)
    pulses = np.random.default_rng(2)
    worst = 0.0
    for update in range(300):
        counts = pulses.integers(0, 15, real.shape)
        integer.pulse(counts, real.pulse(counts))
        assert (integer.rtn_high == real.rtn_high).all() and (integer.t == real.t).all()
        if update % 10 == 0 or update == 299:
            worst = max(worst, errors_in_bounds(real, integer).max())
    assert real.t.min() > real.traits.t_star.max() - 500  # devices on both slopes were seen
    assert real.rtn_high.any()
    # Near the bound, so that a bit less in a table breaks it.
    assert 0.6 < worst <= 1


def test_both_slopes_meet_their_bound_around_the_change() -> None:
    real, integer = pair((3000,), seed=3, most_pulses=1023)
    before = np.maximum(np.floor(real.traits.t_star).astype(np.int64) - 1, 0)
    for counts in (before // 2, before - before // 2, 1, 1, 1):
        integer.pulse(counts, real.pulse(counts))
        assert errors_in_bounds(real, integer).max() <= 1
    assert (real.t > real.traits.t_star).all()


def test_weights_agree_wherever_the_pair_is_further_apart_than_the_bounds() -> None:
    real, integer = pair((2000, 2), seed=4)
    for _ in range(20):
        integer.pulse(14, real.pulse(14))
    apart = np.abs(np.diff(real.log_ohm, axis=-1)[..., 0]) > 2 * integer.error_bound(280)
    assert apart.mean() > 0.99
    assert (integer.weights == real.weights)[apart].all()


def test_a_device_worked_out_by_hand() -> None:
    traits = Traits(*(np.array([value]) for value in (np.log(CONFIG.r0_mean) + 0.25, 2**-10, 8.5, 0.125, 2**-12, 0.5)))
    integer = IntegerWeakReset(CONFIG, traits)
    half = 1 << 15
    noise = Noise(
        toggle=np.array([0], np.uint32), scale=np.full((1, 2), half, np.uint16), pink=np.full((1, 15), half, np.uint16)
    )
    assert integer.log_ratio.tolist() == [(0.25 + 0.125) * ONE]
    integer.pulse(8, noise)  # rises: amplitude 0.5 / 4; eight taps of alpha / 2
    taps = 0.0125 * CONFIG.taps
    assert integer.log_ratio[0] == round((0.375 + 8 * 2**-10 + 0.125 + taps[:8].sum()) * ONE)
    integer.pulse(
        1, noise._replace(toggle=np.array([2**32 - 1], np.uint32))
    )  # past t*: 8.5 of one slope, 0.5 of the other
    expected = 0.375 + 8.5 * 2**-10 + 0.5 * 2**-12 + 0.125 + taps[:9].sum()
    assert integer.log_ratio[0] == round(expected * ONE)


def test_tables_hold_what_they_say() -> None:
    traits = Traits.draw(CONFIG, (500,), np.random.default_rng(5))
    tables = Tables.generate(CONFIG, traits, most_pulses=14)
    assert tables.toggles.shape == (2, 15)
    assert tables.toggles[:, 0].tolist() == [0, 0]
    assert tables.toggles[:, 1].tolist() == [np.ceil(8e-4 * 2**32), np.ceil(2e-3 * 2**32)]
    assert (np.diff(tables.toggles) > 0).all()
    for integers, values in ((tables.slope[0], traits.m1), (tables.slope[1], traits.m2)):
        assert np.abs(integers / 2**28 - values).max() <= 2**-29
    # Slopes of 21 bits, offsets of 33 with their sign.
    assert tables.slope.max() < 1 << 21 and np.abs(tables.offset).max() < 1 << 32


def test_results_and_counter_saturate() -> None:
    traits = Traits(*(np.array([value]) for value in (np.log(CONFIG.r0_mean), 7.6e-3, 2000.0, 0.15, 1.3e-4, 0.0)))
    integer = IntegerWeakReset(CONFIG, traits, most_pulses=1023)
    silent = Noise(np.full(1, 2**32 - 1, np.uint32), np.zeros((1, 2), np.uint16), np.zeros((1, 15), np.uint16))
    for _ in range(70):
        integer.pulse(1000, silent)
    assert integer.t.tolist() == [65535]
    assert integer.log_ratio.tolist() == [16 * ONE - 1]


@pytest.mark.parametrize("pulses", [-1, 15])
def test_more_pulses_than_the_tables_know_are_refused(pulses: int) -> None:
    real, integer = pair((4,), seed=6)
    noise = Noise.draw(CONFIG, real.shape, np.random.default_rng(0))
    with pytest.raises(HwgenError, match=f"pulses must lie between 0 and 14, not {pulses}"):
        integer.pulse(pulses, noise)
    assert not integer.t.any()
