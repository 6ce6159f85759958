"""Error rates of memristor cells in closed form, and intervals to hold simulations against.

Resistances are log-normal, ``ln R ~ N(mu, s)`` with ``mu_L, s_L`` in the low- and ``mu_H, s_H`` in the high-resistance
state; ``Q`` is the tail of the standard normal distribution.
"""

import math

import numpy as np
from scipy.special import betaincinv, ndtr

from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from sim.devices.hfox import HfOxConfig, Resistance, Switching

# fmt: off
PUBLISHED_BIT_ERROR_RATES = (
    0.000072, 0.000145, 0.000217, 0.000290, 0.000362, 0.000725, 0.001449, 0.002609, 0.002681, 0.002826, 0.009275,
    0.0229, 0.0238, 0.0249, 0.0270, 0.0781,
)
# fmt: on
"""Bit-error rates of cells as work of the same group on binarised networks lists them, lowest first; the conditions of
each are not stated. To hold the rates of other cells against."""

HERMITE_POINTS = 64
"""Points of the quadrature over devices."""


def tail(x: float) -> float:
    """``Q(x)``: the probability that a standard normal number is above x."""
    return float(ndtr(-x))


def _tail_of(distance: float, sigma: float) -> float:
    """``Q(distance / sigma)``: the probability that a normal number of mean 0 is above ``distance``. Without spread it
    is a step, and 1/2 at 0."""
    return tail(distance / sigma) if sigma else (1 - float(np.sign(distance))) / 2


def bit_error_rate_2t2r(lrs: Resistance, hrs: Resistance, sense_sigma: float = 0.0) -> float:
    """The probability that a complementary pair of devices reads as the wrong bit.

    ``Q((mu_H - mu_L) / sqrt(s_L^2 + s_H^2 + sense_sigma^2))``: the difference of two normal numbers has the wrong sign.

    Args:
        lrs: the low-resistance state.
        hrs: the high-resistance state.
        sense_sigma: spread of the amplifiers' decision point, ln of a ratio of resistances.
    """
    return _tail_of(hrs.log_median - lrs.log_median, math.hypot(lrs.sigma, hrs.sigma, sense_sigma))


def bit_error_rate(config: HfOxConfig) -> float:
    """:func:`bit_error_rate_2t2r` of cells that are all programmed, with the amplifiers' offset and noise."""
    sense = config.sense
    return bit_error_rate_2t2r(config.lrs, config.hrs, math.hypot(sense.offset_sigma, sense.noise_sigma))


def bit_error_rate_1t1r(lrs: Resistance, hrs: Resistance, reference_ohm: float) -> float:
    """The probability that a single device, compared with a reference, reads as the wrong bit, both bits being equally
    frequent.

    ``(Q((ln R_ref - mu_L) / s_L) + Q((mu_H - ln R_ref) / s_H)) / 2``

    Args:
        lrs: the low-resistance state.
        hrs: the high-resistance state.
        reference_ohm: the reference in ohms, above 0.

    Raises :class:`~hwgen.errors.HwgenError` for another reference.
    """
    if not 0 < reference_ohm < math.inf:
        raise HwgenError(f"reference_ohm must be above 0, not {reference_ohm}")
    reference = math.log(reference_ohm)
    return (_tail_of(reference - lrs.log_median, lrs.sigma) + _tail_of(hrs.log_median - reference, hrs.sigma)) / 2


def best_reference(lrs: Resistance, hrs: Resistance) -> float:
    """The reference, in ohms, with the lowest :func:`bit_error_rate_1t1r`: where the two densities of ln R are equal,
    between the medians; half-way in ln R where both spreads are 0.

    Raises :class:`~hwgen.errors.HwgenError` where one spread is 0 and the other is not: the closer to the median of
    that state, the lower the rate, and at the median it is higher. And for medians that do not rise.
    """
    distance = hrs.log_median - lrs.log_median
    if distance <= 0:
        raise HwgenError(
            f"the median of hrs must be above that of lrs ({lrs.median_ohm} ohm), not {hrs.median_ohm} ohm"
        )
    if not lrs.sigma and not hrs.sigma:
        return math.exp(lrs.log_median + distance / 2)
    if not lrs.sigma or not hrs.sigma:
        raise HwgenError(
            f"spreads of lrs and hrs must both be above 0, or both be 0, not {lrs.sigma} and {hrs.sigma}: no reference "
            "is the best, as the rate falls right up to the median without spread"
        )
    # (x - mu_L)^2 / s_L^2 + 2 ln s_L = (x - mu_H)^2 / s_H^2 + 2 ln s_H, with x counted from mu_L.
    ratio, log_ratio = lrs.sigma / hrs.sigma, 2 * math.log(hrs.sigma / lrs.sigma)
    root = math.sqrt(distance**2 + (hrs.sigma**2 - lrs.sigma**2) * log_ratio)
    # The root between the medians, in the form that also holds for equal spreads.
    x = (ratio * distance**2 + lrs.sigma * hrs.sigma * log_ratio) / (ratio * distance + root)
    return math.exp(lrs.log_median + x)


def switching_failure(switching: Switching, pulse_ns: float, attempts: int = 1, volts: float | None = None) -> float:
    """The probability that a device has not switched after pulses of equal length.

    ``E_d[ Q((ln(pulse / median) - device_sigma d) / cycle_sigma)^attempts ]``, d standard normal: a device that is slow
    once is slow again, so attempts help less than their number says.

    Args:
        switching: the law of the operation.
        pulse_ns: length of each pulse in nanoseconds, at least 0: a pulse of no length never switches.
        attempts: pulses, at least 1.
        volts: voltage of the pulses; None: that of ``switching``.

    Raises :class:`~hwgen.errors.HwgenError` for another length, number or voltage.
    """
    check_integer("attempts", attempts, 1)
    if not 0 <= pulse_ns < math.inf:
        raise HwgenError(f"pulse_ns must be at least 0, not {pulse_ns}")
    if volts is not None and not math.isfinite(volts):
        raise HwgenError(f"volts must be a finite number, not {volts}")
    if pulse_ns == 0:
        return 1.0
    margin = math.log(pulse_ns) - switching.log_median_ns(switching.volts if volts is None else volts)
    if switching.sigma == 0:
        return float(margin < 0)
    if switching.cycle_sigma == 0:
        return tail(margin / switching.device_sigma)
    points, weights = np.polynomial.hermite_e.hermegauss(HERMITE_POINTS)
    misses = ndtr((switching.device_sigma * points - margin) / switching.cycle_sigma) ** attempts
    return float(np.sum(weights * misses) / np.sum(weights))


def interval(events: int, trials: int, confidence: float = 0.999) -> tuple[float, float]:
    """The exact (Clopper-Pearson) confidence interval of a probability, from ``events`` among ``trials``: 0 to 1 where
    there were none.

    Args:
        events: 0 to ``trials``.
        trials: at least 0.
        confidence: the probability that the interval holds it, at least: above 0 and below 1.

    Raises :class:`~hwgen.errors.HwgenError` for other numbers.
    """
    check_integer("trials", trials, 0)
    check_integer("events", events, 0, trials)
    if not 0 < confidence < 1:
        raise HwgenError(f"confidence must be above 0 and below 1, not {confidence}")
    rest = (1 - confidence) / 2
    low = float(betaincinv(events, trials - events + 1, rest)) if events else 0.0
    high = float(betaincinv(events + 1, trials - events, 1 - rest)) if events < trials else 1.0
    return low, high
