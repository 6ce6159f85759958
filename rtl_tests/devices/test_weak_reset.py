"""Weak RESET: distributions, mean, telegraph and pink noise as published."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from hwgen.errors import HwgenError
from sim.devices.weak_reset import Noise, Traits, WeakReset, WeakResetConfig, shift_in

CONFIG = WeakResetConfig()
COUNT = 40_000
KOLMOGOROV = 1.95 / np.sqrt(COUNT)
"""Largest distance of an empirical from the true distribution, exceeded once in a thousand times."""

QUIET = WeakResetConfig(rtn_amplitude=0.0, pink_gain=0.0)


def quiet(shape: tuple[int, ...], **traits: object) -> WeakReset:
    """Devices without noise, with traits that are given."""
    devices = WeakReset(shape, QUIET)
    devices.traits = devices.traits._replace(
        **{name: np.broadcast_to(np.asarray(value, float), shape) for name, value in traits.items()}
    )
    return devices


def normal(x: NDArray[np.float64], mean: float, sigma: float) -> NDArray[np.float64]:
    return ndtr((x - mean) / sigma)


def exponential(x: NDArray[np.float64], offset: float, scale: float) -> NDArray[np.float64]:
    return 1 - np.exp(-np.maximum(x - offset, 0) / scale)


# The constants are written out, so that a change of a default is noticed.
DISTRIBUTIONS = {
    "r0": (lambda traits: np.exp(traits.log_r0), lambda x: normal(x, 6988, 381.7), (6252, 7897)),
    "m1": (lambda traits: traits.m1, lambda x: exponential(x, 3.7416e-5, 6.5647e-4), (3.74e-5, 7.6e-3)),
    "t_star": (lambda traits: traits.t_star, lambda x: normal(np.log(x), np.log(542.54), 0.80338), (41, 2000)),
    "c1": (lambda traits: traits.c1, lambda x: normal(x, 0.005293, 0.053208), (-0.15, 0.15)),
    "m2": (lambda traits: traits.m2, lambda x: exponential(x, 0, 2.8891e-5), (0, 1.3e-4)),
    "rtn": (lambda traits: traits.rtn_amplitude, lambda x: x, (0, 0.5)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_devices_are_drawn_from_the_published_distributions(name: str) -> None:
    values_of, cumulative, (low, high) = DISTRIBUTIONS[name]
    values = np.sort(values_of(Traits.draw(CONFIG, (COUNT,), np.random.default_rng(2))))
    assert low * (1 - 1e-9) <= values[0] and values[-1] <= high * (1 + 1e-9)
    ends = cumulative(np.array([low, high], float))
    expected = (cumulative(values) - ends[0]) / (ends[1] - ends[0])
    assert np.abs(expected - (np.arange(COUNT) + 0.5) / COUNT).max() < KOLMOGOROV


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"r0_range": (-8000.0, -6000.0)}, r"r0_range must rise, from above 0, not \(-8000.0, -6000.0\)"),
        ({"r0_range": (8000.0, 6000.0)}, r"r0_range must rise, from above 0, not \(8000.0, 6000.0\)"),
        ({"r0_range": (7000.0, 7000.0)}, r"r0_range must rise, from above 0, not \(7000.0, 7000.0\)"),
        ({"t_star_range": (0.0, 10.0)}, r"t_star_range must rise, from above 0, not \(0.0, 10.0\)"),
        ({"c1_range": (0.1, -0.1)}, r"c1_range must rise, not \(0.1, -0.1\)"),
        ({"r0_mean": np.nan}, r"r0_mean\n.*should be a finite number .*input_value=nan"),
        ({"r0_mean": -1.0}, r"r0_mean\n.*should be greater than 0 .*input_value=-1.0"),
        ({"m1_offset": np.inf}, r"m1_offset\n.*should be a finite number .*input_value=inf"),
        ({"m2_scale": np.inf}, r"m2_scale\n.*should be a finite number .*input_value=inf"),
        ({"m1_range": (0.0, np.inf)}, r"m1_range.1\n.*should be a finite number .*input_value=inf"),
        (
            {"r0_mean": 1e6},
            r"r0_range must hold at least 1e-06 of the distribution, not 0: "
            r"r0_mean = 1000000.0, r0_sigma = 381.7, r0_range = \(6252.0, 7897.0\)",
        ),
        ({"m1_offset": 0.5}, "m1_range must hold at least 1e-06 of the distribution, not 0: m1_offset = 0.5"),
        ({"t_star_median": 1e9}, "t_star_range must hold at least 1e-06 .*: t_star_median = 1000000000.0"),
        ({"m2_range": (-2.0, -1.0)}, "m2_range must hold at least 1e-06 .*: m2_scale = 2.8890517e-05"),
    ],
)
def test_what_devices_cannot_be_made_with_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        WeakResetConfig(**values)
    assert error.value.error_count() == 1  # type: ignore[attr-defined]


def test_ends_that_hold_little_are_allowed_where_devices_differ() -> None:
    config = WeakResetConfig(c1_range=(0.24, 0.25))  # from 4.4 standard deviations on
    assert len(np.unique(Traits.draw(config, (COUNT,), np.random.default_rng(1)).c1)) == COUNT


def test_parameters_of_a_device_are_independent() -> None:
    traits = np.stack(Traits.draw(CONFIG, (COUNT,), np.random.default_rng(3)))
    correlations = np.corrcoef(traits) - np.eye(len(traits))
    assert np.abs(correlations).max() < 4 / np.sqrt(COUNT)


def test_the_mean_has_two_slopes_that_meet() -> None:
    devices = quiet((3,), log_r0=np.log(7000), m1=1e-3, m2=1e-5, t_star=[100.0, 100.5, 101.0], c1=0.02)
    devices.pulse(100)
    assert devices.w_mean == pytest.approx([0.12, 0.12, 0.12])
    devices.pulse(1)
    assert devices.w_mean == pytest.approx([0.12 + 1e-5, 0.1205 + 0.5e-5, 0.121])
    devices.pulse(99)
    assert devices.w_mean == pytest.approx([0.02 + 0.1 + 1e-3, 0.02 + 0.1005 + 0.995e-3, 0.02 + 0.101 + 0.99e-3])
    assert devices.log_ohm == pytest.approx(np.log(7000) + devices.w_mean)


def test_pulses_are_counted_for_each_device() -> None:
    devices = quiet((2, 2))
    devices.pulse([[0, 1], [2, 14]])
    devices.pulse([3, 0])
    assert devices.t.tolist() == [[3, 1], [5, 14]]


def test_a_weight_is_the_sign_of_the_difference() -> None:
    devices = quiet((3, 2), log_r0=np.log([[7000, 6900], [6900, 7000], [7000, 7000]]), c1=0.0, m1=1e-3, t_star=100.0)
    assert devices.weights.tolist() == [1, -1, 0]
    devices.pulse([[0, 30], [30, 0], [0, 1]])
    assert devices.weights.tolist() == [-1, 1, -1]


@pytest.mark.parametrize("pulses", [0, 1, 2, 14, 100])
def test_telegraph_noise_after_several_pulses_is_the_power_of_its_matrix(pulses: int) -> None:
    power = np.linalg.matrix_power(np.array([[1 - 8e-4, 8e-4], [2e-3, 1 - 2e-3]]), pulses)
    rise, fall = CONFIG.toggles(np.array([pulses]))
    assert (rise[0], fall[0]) == (pytest.approx(power[0, 1]), pytest.approx(power[1, 0]))


def test_telegraph_noise_that_never_changes() -> None:
    rise, fall = WeakResetConfig(rtn_rise=0.0, rtn_fall=0.0).toggles(np.array([0, 5]))
    assert not rise.any() and not fall.any()


def test_telegraph_noise_is_high_as_often_as_its_rates_say() -> None:
    devices = WeakReset((COUNT,), seed=4)
    devices.pulse(700)
    share = CONFIG.toggles(np.array([700]))[0][0]
    sigma = np.sqrt(share * (1 - share) / COUNT)
    assert abs(devices.rtn_high.mean() - share) < 4 * sigma
    high = devices.rtn_high.copy()
    devices.pulse(700)
    fall = CONFIG.toggles(np.array([700]))[1][0]
    assert abs((~devices.rtn_high[high]).mean() - fall) < 4 * np.sqrt(fall * (1 - fall) / high.sum())


def test_the_amplitude_of_telegraph_noise_is_drawn_anew_at_each_update() -> None:
    devices = WeakReset((COUNT,), WeakResetConfig(rtn_rise=1.0, rtn_fall=0.0), seed=5)
    devices.pulse(1)
    assert devices.rtn_high.all()
    first = devices.w_rtn.copy()
    devices.pulse(0)
    assert devices.rtn_high.all()
    assert np.corrcoef(first / devices.traits.rtn_amplitude, devices.w_rtn / devices.traits.rtn_amplitude)[0, 1] < 0.02
    # The product of two uniform numbers: mean 1/4, standard deviation sqrt(1/9 - 1/16).
    scale = devices.w_rtn / devices.traits.rtn_amplitude
    assert abs(scale.mean() - 0.25) < 4 * np.sqrt(1 / 9 - 1 / 16) / np.sqrt(COUNT)
    assert scale.max() < 1


def test_the_filter_has_the_published_taps() -> None:
    published = [1, 0.5, 0.375, 0.3125, 0.2734375, 0.24609375, 0.22558594, 0.20947266]
    published += [0.19638062, 0.18547058, 0.17619705, 0.1681881, 0.16118026, 0.15498102, 0.14944598]
    assert CONFIG.taps == pytest.approx(published, abs=1e-8)


def test_one_number_a_pulse_enters_the_filter() -> None:
    history = np.array([[10, 20, 30, 40]] * 5, np.uint16)
    fresh = np.array([[1, 2, 3, 4]] * 5, np.uint16)
    shifted = shift_in(history, fresh, np.array([0, 1, 3, 4, 9]))
    assert shifted.tolist() == [[10, 20, 30, 40], [1, 10, 20, 30], [1, 2, 3, 10], [1, 2, 3, 4], [1, 2, 3, 4]]


def test_pink_noise_has_the_filters_mean_and_correlation() -> None:
    devices = WeakReset((COUNT,), seed=6)
    assert not devices.w_pink.any()
    devices.pulse(15)
    before = devices.w_pink
    devices.pulse(3)
    after = devices.w_pink
    taps = CONFIG.taps
    variance = (taps**2).sum() / 12
    assert abs(after.mean() - taps.sum() / 2) < 4 * np.sqrt(variance / COUNT)
    assert after.var() == pytest.approx(variance, rel=0.03)
    assert np.corrcoef(before, after)[0, 1] == pytest.approx((taps[3:] * taps[:-3]).sum() / (taps**2).sum(), abs=0.02)


def test_without_pulses_mean_and_pink_noise_stay() -> None:
    devices = WeakReset((100,), seed=7)
    devices.pulse(20)
    mean, pink, high = devices.w_mean, devices.w_pink, devices.rtn_high.copy()
    devices.pulse(0)
    assert (devices.w_mean == mean).all() and (devices.w_pink == pink).all() and (devices.rtn_high == high).all()


def test_resistance_adds_up_in_the_exponent() -> None:
    devices = WeakReset((1000,), seed=8)
    for _ in range(50):
        devices.pulse(14)
    w = devices.w_mean + devices.w_rtn + 0.025 * devices.w_pink
    assert devices.log_ohm == pytest.approx(devices.traits.log_r0 + w)


def test_the_same_seed_or_noise_gives_the_same_resistances() -> None:
    first, second, other, noisy = (WeakReset((50, 2), seed=seed) for seed in (9, 9, 10, 10))
    noisy.traits = first.traits
    for pulses in (3, 0, 14):
        noise = first.pulse(pulses)
        second.pulse(pulses)
        other.pulse(pulses)
        noisy.pulse(pulses, noise)
    assert (first.log_ohm == second.log_ohm).all()
    assert not (first.log_ohm == other.log_ohm).any()
    assert (first.log_ohm == noisy.log_ohm).all()


def test_noise_has_the_shapes_that_it_says() -> None:
    noise = Noise.draw(CONFIG, (3, 2), np.random.default_rng(0))
    assert [array.shape for array in noise] == [(3, 2), (3, 2, 2), (3, 2, 15)]


@pytest.mark.parametrize(
    ("pulses", "message"), [(-1, "pulses must be at least 0, not -1"), (1.0, "pulses must be integers, not float64")]
)
def test_what_is_no_number_of_pulses_is_refused(pulses: object, message: str) -> None:
    devices = WeakReset((4,))
    with pytest.raises(HwgenError, match=message):
        devices.pulse(pulses)
    assert not devices.t.any()
