"""Weak RESET in integers: the logarithm of the resistance in fixed point, from tables of the devices.

No exponential is needed: a differential amplifier compares resistances, and so their logarithms. With F = 28 fraction
bits inside and 20 in the result, ``l = ln(R / R_ref)`` of a device after t pulses is

    l = round((slope t + offset + (amplitude u1 u2 >> 32) + (sum_k tap_k u_k >> 16)) >> 8)

``slope`` and ``offset`` being of the first or the second segment, u1, u2 and u_k 16-bit uniform numbers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.integers import check_integer
from sim.devices.weak_reset import (
    TOGGLE_BITS,
    UNIFORM_BITS,
    Integers,
    Noise,
    Traits,
    WeakResetConfig,
    check_pulses,
    shift_in,
)

FRACTION_BITS = 20
"""Fraction bits of the result: the mean of m2 is about 2**-15."""

INTEGER_BITS = 4
"""Integer bits of the result, beside its sign: it saturates at -16 and just below 16."""

TABLE_FRACTION_BITS = 28
"""Fraction bits of the tables. A slope is multiplied by thousands of pulses."""

PULSE_BITS = 16
"""Bits of the counter of pulses, which stays at its largest value."""

GUARD_BITS = TABLE_FRACTION_BITS - FRACTION_BITS


class Tables(NamedTuple):
    """What hardware stores of devices, and what it has in common for all; all are integers (int64)."""

    t_star: Integers
    """Pulses from which on the second segment holds; shape of the devices."""
    slope: Integers
    """Slopes of both segments; 2, then the devices' shape."""
    offset: Integers
    """Offsets of both segments, ln(R0 / R_ref) included; 2, then the devices' shape."""
    amplitude: Integers
    """Largest amplitude of the telegraph noise; shape of the devices."""
    taps: Integers
    """Filter of the pink noise times alpha; shape (taps,)."""
    toggles: Integers
    """A random number below this changes the level; (2, most_pulses + 1): from low and from high, by pulses."""

    @classmethod
    def generate(cls, config: WeakResetConfig, traits: Traits, most_pulses: int) -> "Tables":
        """The tables of devices, R_ref being the mean of R0.

        Args:
            config: the distributions.
            traits: the devices.
            most_pulses: the most pulses of an update; the published training has 14.
        """

        def fixed(values: NDArray[np.float64]) -> Integers:
            return np.rint(values * (1 << TABLE_FRACTION_BITS)).astype(np.int64)

        first = traits.log_r0 - np.log(config.r0_mean) + traits.c1
        second = first + traits.t_star * (traits.m1 - traits.m2)
        rise, fall = config.toggles(np.arange(most_pulses + 1))
        return cls(
            # t is an integer: t < t* exactly where t < ceil(t*), and u < p exactly where u < ceil(p).
            t_star=np.ceil(traits.t_star).astype(np.int64),
            slope=fixed(np.stack([traits.m1, traits.m2])),
            offset=fixed(np.stack([first, second])),
            amplitude=fixed(traits.rtn_amplitude),
            taps=fixed(config.pink_gain * config.taps),
            toggles=np.ceil(np.stack([rise, fall]) * (1 << TOGGLE_BITS)).astype(np.int64),
        )


class IntegerWeakReset:
    """Devices under weak RESET in integers; the same devices, given the same random numbers, as
    :class:`~sim.devices.weak_reset.WeakReset`, to within :meth:`error_bound`.

    Args:
        config: the distributions.
        traits: the devices, such as ``WeakReset(...).traits``.
        most_pulses: the most pulses of an update.
    """

    def __init__(self, config: WeakResetConfig, traits: Traits, most_pulses: int = 14) -> None:
        self.config = config
        self.most_pulses = check_integer("most_pulses", most_pulses, 1, 1023)
        self.tables = Tables.generate(config, traits, self.most_pulses)
        self.shape = self.tables.t_star.shape
        self._history = np.zeros((*self.shape, config.pink_taps), np.uint16)
        self.t: Integers = np.zeros(self.shape, np.int64)
        """Pulses that each device has seen, at most 65,535."""
        self.rtn_high: NDArray[np.bool_] = np.zeros(self.shape, np.bool_)
        """Whether the telegraph noise is high."""
        self._rtn: Integers = np.zeros(self.shape, np.int64)

    def pulse(self, pulses: ArrayLike, noise: Noise) -> None:
        """One update, as :meth:`WeakReset.pulse <sim.devices.weak_reset.WeakReset.pulse>` with random numbers that are
        given.

        Raises :class:`~hwgen.errors.HwgenError` for what is no number of pulses, or above ``most_pulses``.
        """
        counts = check_pulses(pulses, self.shape, self.most_pulses)
        self.rtn_high ^= noise.toggle < self.tables.toggles[self.rtn_high.astype(np.int64), counts]
        scale = noise.scale.astype(np.int64).prod(axis=-1)
        # At most 27 + 32 bits.
        self._rtn = self.rtn_high * (self.tables.amplitude * scale >> 2 * UNIFORM_BITS)
        self._history = shift_in(self._history, noise.pink, counts)
        self.t = np.minimum(self.t + counts, (1 << PULSE_BITS) - 1)

    @property
    def log_ratio(self) -> Integers:
        """``ln(R / R_ref)`` with 20 fraction bits: -2**24 to 2**24 - 1, where it saturates. Shape of the devices."""
        tables = self.tables
        late = self.t >= tables.t_star
        slope = np.where(late, tables.slope[1], tables.slope[0])
        offset = np.where(late, tables.offset[1], tables.offset[0])
        pink = self._history.astype(np.int64) @ tables.taps >> UNIFORM_BITS
        total = slope * self.t + offset + self._rtn + pink
        limit = 1 << INTEGER_BITS + FRACTION_BITS
        return np.clip(total + (1 << GUARD_BITS - 1) >> GUARD_BITS, -limit, limit - 1)

    @property
    def weights(self) -> NDArray[np.int8]:
        """``sign(R_BL - R_BLB)`` of each pair along the last axis: -1, 0 or 1."""
        log_ratio = self.log_ratio
        return np.sign(log_ratio[..., 0] - log_ratio[..., 1]).astype(np.int8)

    def error_bound(self, pulses: int) -> float:
        """How far ``log_ratio / 2**20`` is at most from the real ``ln(R / R_ref)`` after so many pulses of a device, as
        long as neither the counter nor the result saturates.

        Half a unit of the result; half a unit of the tables for each pulse, the offset, the amplitude and each tap; and
        a unit for each of the two products that are cut off.
        """
        table_units = (pulses + 1 + 1 + self.config.pink_taps) / 2 + 2
        return 0.5 * 2.0**-FRACTION_BITS + table_units * 2.0**-TABLE_FRACTION_BITS
