"""Weak RESET: pulses too weak to reset a device raise its resistance a little each.

Majumdar et al., IEEE Trans. Electron Devices (arXiv 2107.06064), with the constants of the published simulation
(Atreya95/Learning-with-memory-device-imperfections, MIT licence). After t pulses,

    R = R0 exp(w),   w = w_mean(t) + w_RTN + alpha w_pink

    w_mean = m1 t + c1                            for t < t*
             m2 t + t* (m1 - m2) + c1             from t* on

with R0, m1, t*, c1, m2 drawn for each device. A pair of devices is a weight ``sign(R_BL - R_BLB)``.
"""

from typing import NamedTuple, Self

import numpy as np
import pydantic
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from hwgen.errors import HwgenError
from hwgen.integers import check_integer

TOGGLE_BITS = 32
"""Bits of the random number that decides whether the telegraph noise changes its level."""

UNIFORM_BITS = 16
"""Bits of the other random numbers u, which stand for u / 65536."""

LEAST_SHARE = 1e-6
"""Of a distribution that must lie between its ends: of less, rounded numbers draw hardly more than one value."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class WeakResetConfig(pydantic.BaseModel):
    """The published constants. Each distribution is cut off at its ends, not clipped: none of it lies beyond, and a
    millionth of it at least between them."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    r0_mean: float = pydantic.Field(default=6988.0, gt=0)
    """R0, normal: mean in ohms."""
    r0_sigma: float = pydantic.Field(default=381.7, gt=0)
    """R0: standard deviation in ohms."""
    r0_range: tuple[float, float] = (6252.0, 7897.0)
    """R0: ends in ohms, above 0."""

    m1_offset: float = 3.7415768e-5
    """m1, exponential from here on, per pulse."""
    m1_scale: float = pydantic.Field(default=6.5646780e-4, gt=0)
    """m1: mean above that."""
    m1_range: tuple[float, float] = (3.74e-5, 7.6e-3)
    """m1: ends."""

    t_star_median: float = pydantic.Field(default=542.53852, gt=0)
    """t*, log-normal: median in pulses."""
    t_star_sigma: float = pydantic.Field(default=0.80338177, gt=0)
    """t*: spread of its logarithm."""
    t_star_range: tuple[float, float] = (41.0, 2000.0)
    """t*: ends in pulses, above 0."""

    c1_mean: float = 0.005293141
    """c1, normal: mean."""
    c1_sigma: float = pydantic.Field(default=0.05320804, gt=0)
    """c1: standard deviation."""
    c1_range: tuple[float, float] = (-0.15, 0.15)
    """c1: ends."""

    m2_scale: float = pydantic.Field(default=2.8890517e-5, gt=0)
    """m2, exponential: mean per pulse."""
    m2_range: tuple[float, float] = (0.0, 1.3e-4)
    """m2: ends."""

    rtn_rise: float = pydantic.Field(default=8e-4, ge=0, le=1)
    """Random telegraph noise: probability per pulse of going from low to high."""
    rtn_fall: float = pydantic.Field(default=2e-3, ge=0, le=1)
    """Random telegraph noise: probability per pulse of going from high to low."""
    rtn_amplitude: float = pydantic.Field(default=0.5, ge=0, le=4)
    """Random telegraph noise: a device's largest amplitude is uniform from 0 to this."""

    pink_gain: float = pydantic.Field(default=0.025, ge=0, le=4)
    """alpha, the share of pink noise."""
    pink_taps: int = pydantic.Field(default=15, ge=1, le=64)
    """Taps of the filter that makes uniform numbers pink."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for name, above in (("r0", 0.0), ("m1", -np.inf), ("t_star", 0.0), ("c1", -np.inf), ("m2", -np.inf)):
            low, high = getattr(self, f"{name}_range")
            if not above < low < high:
                allowed = "rise, from above 0" if above == 0 else "rise"
                raise ValueError(f"{name}_range must {allowed}, not {(low, high)}")
        for name, (low, high) in self.probabilities.items():
            if high - low < LEAST_SHARE:
                keys = [key for key in type(self).model_fields if key.startswith(f"{name}_")]
                values = ", ".join(f"{key} = {getattr(self, key)}" for key in keys)
                least, share = f"{LEAST_SHARE:g}", f"{high - low:.1g}"
                raise ValueError(f"{name}_range must hold at least {least} of the distribution, not {share}: {values}")
        return self

    @property
    def probabilities(self) -> dict[str, tuple[float, float]]:
        """The distributions' cumulative probabilities at their ends, by the name that their parameters begin with."""

        def normal(mean: float, sigma: float, low: float, high: float) -> tuple[float, float]:
            return float(ndtr((low - mean) / sigma)), float(ndtr((high - mean) / sigma))

        def exponential(offset: float, scale: float, *ends: float) -> tuple[float, float]:
            low, high = (-float(np.expm1(-max(end - offset, 0.0) / scale)) for end in ends)
            return low, high

        log_median, log_ends = self.log_t_star
        return {
            "r0": normal(self.r0_mean, self.r0_sigma, *self.r0_range),
            "m1": exponential(self.m1_offset, self.m1_scale, *self.m1_range),
            "t_star": normal(log_median, self.t_star_sigma, *log_ends),
            "c1": normal(self.c1_mean, self.c1_sigma, *self.c1_range),
            "m2": exponential(0.0, self.m2_scale, *self.m2_range),
        }

    @property
    def log_t_star(self) -> tuple[float, tuple[float, float]]:
        """ln of the median and of the ends of t*."""
        median, low, high = (float(np.log(pulses)) for pulses in (self.t_star_median, *self.t_star_range))
        return median, (low, high)

    @property
    def taps(self) -> Floats:
        """The filter 1/f is made with, shape (pink_taps,): h_0 = 1, h_k = h_{k-1} (k - 1/2) / k."""
        k = np.arange(1, self.pink_taps)
        return np.cumprod(np.concatenate([[1.0], (k - 0.5) / k]))

    def toggles(self, pulses: NDArray[np.integer]) -> tuple[Floats, Floats]:
        """Probabilities that the telegraph noise is high after so many pulses although it was low, and the reverse: the
        powers of the two-state chain's matrix. Shapes are that of ``pulses``."""
        total = self.rtn_rise + self.rtn_fall
        if total == 0:
            return np.zeros(pulses.shape), np.zeros(pulses.shape)
        mixed: Floats = (1 - (1 - total) ** pulses.astype(np.float64)) / total
        return self.rtn_rise * mixed, self.rtn_fall * mixed


class Traits(NamedTuple):
    """What devices were made with; each has the shape of the devices."""

    log_r0: Floats
    """ln of R0 in ohms."""
    m1: Floats
    """Slope before t*."""
    t_star: Floats
    """Pulses to the change of slope."""
    c1: Floats
    """Offset."""
    m2: Floats
    """Slope from t* on."""
    rtn_amplitude: Floats
    """Largest amplitude of the telegraph noise."""

    @classmethod
    def draw(cls, config: WeakResetConfig, shape: tuple[int, ...], rng: np.random.Generator) -> "Traits":
        """Draw devices, each parameter for itself, by inverting the cut-off distributions."""
        probabilities = config.probabilities

        def normal(name: str, mean: float, sigma: float, ends: tuple[float, float]) -> Floats:
            return np.clip(mean + sigma * ndtri(rng.uniform(*probabilities[name], shape)), *ends)

        def exponential(name: str, offset: float, scale: float, ends: tuple[float, float]) -> Floats:
            return np.clip(offset - scale * np.log1p(-rng.uniform(*probabilities[name], shape)), *ends)

        log_median, log_ends = config.log_t_star
        return cls(
            log_r0=np.log(normal("r0", config.r0_mean, config.r0_sigma, config.r0_range)),
            m1=exponential("m1", config.m1_offset, config.m1_scale, config.m1_range),
            t_star=np.exp(normal("t_star", log_median, config.t_star_sigma, log_ends)),
            c1=normal("c1", config.c1_mean, config.c1_sigma, config.c1_range),
            m2=exponential("m2", 0.0, config.m2_scale, config.m2_range),
            rtn_amplitude=config.rtn_amplitude * rng.random(shape),
        )


class Noise(NamedTuple):
    """Random numbers of one update."""

    toggle: NDArray[np.uint32]
    """Decides whether the telegraph noise changes its level; shape of the devices."""
    scale: NDArray[np.uint16]
    """u1 and u2, which scale its amplitude; the devices' shape, then 2."""
    pink: NDArray[np.uint16]
    """What enters the filter, the newest first; the devices' shape, then the number of taps."""

    @classmethod
    def draw(cls, config: WeakResetConfig, shape: tuple[int, ...], rng: np.random.Generator) -> "Noise":
        """Draw what an update of devices of this shape needs."""
        return cls(
            toggle=rng.integers(0, 1 << TOGGLE_BITS, shape, np.uint32),
            scale=rng.integers(0, 1 << UNIFORM_BITS, (*shape, 2), np.uint16),
            pink=rng.integers(0, 1 << UNIFORM_BITS, (*shape, config.pink_taps), np.uint16),
        )


def check_pulses(pulses: ArrayLike, shape: tuple[int, ...], most: int | None = None) -> Integers:
    """``pulses`` of one update as an array of ``shape``. Raises :class:`~hwgen.errors.HwgenError` for what is no number
    of pulses, or above ``most``."""
    counts = np.asarray(pulses)
    if counts.dtype.kind not in "iu":
        raise HwgenError(f"pulses must be integers, not {counts.dtype}")
    if counts.size:
        check_integer("pulses", counts.min(), 0, most)
        check_integer("pulses", counts.max(), 0, most)
    return np.broadcast_to(counts, shape).astype(np.int64)


def shift_in(history: NDArray[np.uint16], fresh: NDArray[np.uint16], pulses: Integers) -> NDArray[np.uint16]:
    """The filter's inputs after an update: ``fresh`` numbers, one a pulse, then as many of the ``history`` as there is
    room for. Shapes of both: the devices', then the taps."""
    index = np.arange(history.shape[-1]) - pulses[..., None]
    kept = np.take_along_axis(history, np.maximum(index, 0), axis=-1)
    return np.where(index < 0, fresh, kept)


class WeakReset:
    """Devices under weak RESET, in floating point: the specification of the integer form in
    :mod:`sim.devices.weak_reset_integer`.

    Args:
        shape: of the devices; two along the last axis make a weight.
        config: the distributions.
        seed: of everything random; the same seed and pulses give the same resistances.

    The published simulation begins with a filter that holds zeros, and so does this.
    """

    def __init__(self, shape: tuple[int, ...], config: WeakResetConfig | None = None, seed: int = 0) -> None:
        self.config = WeakResetConfig() if config is None else config
        self.shape = shape
        made, pulsed = np.random.SeedSequence(check_integer("seed", seed, 0)).spawn(2)
        self.traits = Traits.draw(self.config, shape, np.random.default_rng(made))
        self._rng = np.random.default_rng(pulsed)
        self._history = np.zeros((*shape, self.config.pink_taps), np.uint16)
        self.t: Integers = np.zeros(shape, np.int64)
        """Pulses that each device has seen."""
        self.rtn_high: NDArray[np.bool_] = np.zeros(shape, np.bool_)
        """Whether the telegraph noise is high."""
        self.w_rtn: Floats = np.zeros(shape)
        """Telegraph noise since the last update."""

    def pulse(self, pulses: ArrayLike, noise: Noise | None = None) -> Noise:
        """One update: so many weak RESET pulses for each device, 0 or more. Returns the random numbers it was made
        with.

        Also a device without pulses draws a new amplitude of its telegraph noise, as published.

        Args:
            pulses: integers of the devices' shape, or of one that broadcasts to it.
            noise: random numbers; by default new ones.

        Raises :class:`~hwgen.errors.HwgenError` for what is no number of pulses.
        """
        counts = check_pulses(pulses, self.shape)
        if noise is None:
            noise = Noise.draw(self.config, self.shape, self._rng)
        rise, fall = self.config.toggles(counts)
        self.rtn_high ^= noise.toggle < np.where(self.rtn_high, fall, rise) * (1 << TOGGLE_BITS)
        scale = (noise.scale / (1 << UNIFORM_BITS)).prod(axis=-1)
        self.w_rtn = self.rtn_high * scale * self.traits.rtn_amplitude
        self._history = shift_in(self._history, noise.pink, counts)
        self.t = self.t + counts
        return noise

    @property
    def w_mean(self) -> Floats:
        """Mean of w at the pulses so far."""
        m1, m2, t_star = self.traits.m1, self.traits.m2, self.traits.t_star
        early = m1 * self.t + self.traits.c1
        late = m2 * self.t + t_star * (m1 - m2) + self.traits.c1
        return np.where(self.t < t_star, early, late)

    @property
    def w_pink(self) -> Floats:
        """Pink noise, before alpha. Its mean is not 0."""
        return self._history / (1 << UNIFORM_BITS) @ self.config.taps

    @property
    def log_ohm(self) -> Floats:
        """ln of the resistance in ohms: ``ln R0 + w``."""
        return self.traits.log_r0 + self.w_mean + self.w_rtn + self.config.pink_gain * self.w_pink

    @property
    def weights(self) -> NDArray[np.int8]:
        """``sign(R_BL - R_BLB)`` of each pair along the last axis: -1, 0 or 1."""
        log_ohm = self.log_ohm
        return np.sign(log_ohm[..., 0] - log_ohm[..., 1]).astype(np.int8)
