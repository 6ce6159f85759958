"""Parameters of hafnium-oxide 2T2R cells and of the amplifiers that read them. Plain data.

Where the numbers come from:

- **published**: what is known of the machines of Harabi et al. (Nat. Electron. 6, 52, 2023) and of arrays of the same
  130 nm process: polarities, supplies, pulses of about a microsecond, low resistances around 7 kΩ.
- **example**: spreads for which the closed forms of :mod:`sim.devices.error_rates` were worked out, within what such
  arrays show. Their split into device-to-device and cycle-to-cycle parts is assumed.
- **assumed**: no published number; of a plausible size, to be replaced by measurements.
"""

import math
from typing import Annotated, Self

import pydantic

Positive = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
Spread = Annotated[float, pydantic.Field(ge=0, le=5, allow_inf_nan=False)]
Share = Annotated[float, pydantic.Field(ge=0, le=1)]


class _Parameters(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


class Resistance(_Parameters):
    """A state's resistance: ``ln R = ln median + device_sigma d + cycle_sigma c``, d and c standard normal; d is drawn
    once a device, c each time the state is programmed."""

    median_ohm: Positive
    """Median in ohms."""

    device_sigma: Spread
    """Device-to-device spread of ln R."""

    cycle_sigma: Spread
    """Cycle-to-cycle spread of ln R."""

    @property
    def log_median(self) -> float:
        """ln of the median in ohms."""
        return math.log(self.median_ohm)

    @property
    def sigma(self) -> float:
        """Spread of ln R over devices and cycles together."""
        return math.hypot(self.device_sigma, self.cycle_sigma)


class Switching(_Parameters):
    """How long a pulse must be to switch: ``ln t = ln median + device_sigma d + cycle_sigma c``, d drawn once a device,
    c at each pulse. A pulse switches if it is at least as long as t; otherwise it changes nothing.

    t falls by a factor of ten with each ``volts_per_decade`` above ``volts``: the voltage-time law of filaments.
    """

    volts: Positive
    """Voltage across cell and transistor at which the median holds."""

    median_ns: Positive
    """Median in nanoseconds."""

    device_sigma: Spread = 0.6
    """Device-to-device spread of ln t. Assumed."""

    cycle_sigma: Spread = 0.8
    """Cycle-to-cycle spread of ln t. Assumed."""

    volts_per_decade: Positive = 0.25
    """Volts by which a pulse ten times shorter must be higher. Assumed."""

    @property
    def sigma(self) -> float:
        """Spread of ln t over devices and cycles together."""
        return math.hypot(self.device_sigma, self.cycle_sigma)

    def log_median_ns(self, volts: float) -> float:
        """ln of the median time in nanoseconds at so many volts."""
        return math.log(self.median_ns) + math.log(10) * (self.volts - volts) / self.volts_per_decade


class SenseAmplifier(_Parameters):
    """The precharge sense amplifier of a column: both branches are precharged, then discharge through the two devices
    of a cell; the branch of lower resistance wins."""

    offset_sigma: Spread = 0.05
    """Spread of the amplifiers' offsets, as ln of a ratio of resistances; drawn once an amplifier. Assumed."""

    noise_sigma: Spread = 0.01
    """Spread of the noise of a read, in the same unit. Assumed."""

    precharge_ns: Positive = 2.0
    """Shortest precharge in nanoseconds, and its length where none is given. Assumed."""

    evaluate_ns: Positive = 20.0
    """Nanoseconds of discharge where none are given: enough for formed devices. Assumed."""

    capacitance_ff: Positive = 20.0
    """Capacitance in femtofarads that a branch discharges; it takes resistance times capacitance. Assumed."""

    def discharge_ns(self, ohm: float) -> float:
        """Nanoseconds in which a device of so many ohms discharges its branch."""
        return ohm * self.capacitance_ff * 1e-6


class HfOxConfig(_Parameters):
    """What an array of HfOx 2T2R cells is made of; every number may be replaced."""

    lrs: Resistance = Resistance(median_ohm=7e3, device_sigma=0.12, cycle_sigma=0.16)
    """Low-resistance state. Median published, total spread of 0.2 an example."""

    hrs: Resistance = Resistance(median_ohm=40e3, device_sigma=0.42, cycle_sigma=0.56)
    """High-resistance state. Median and total spread of 0.7 an example."""

    virgin: Resistance = Resistance(median_ohm=1e9, device_sigma=0.5, cycle_sigma=0.0)
    """Before forming. Assumed; so high that no amplifier decides between two virgin devices."""

    forming: Switching = Switching(volts=3.0, median_ns=300.0)
    """From virgin to the low-resistance state. Voltage published with low confidence, time assumed."""

    set: Switching = Switching(volts=3.5, median_ns=100.0)
    """From the high- to the low-resistance state. As for forming; 1 % of the first pulses of 1 µs fail."""

    reset: Switching = Switching(volts=4.5, median_ns=100.0)
    """From the low- to the high-resistance state. As for SET."""

    forming_v: Positive = pydantic.Field(default_factory=lambda data: data["forming"].volts)
    """Volts of the forming supply; by default those of :attr:`forming`, and so for the others."""

    set_v: Positive = pydantic.Field(default_factory=lambda data: data["set"].volts)
    """Volts of the SET supply."""

    reset_v: Positive = pydantic.Field(default_factory=lambda data: data["reset"].volts)
    """Volts of the RESET supply."""

    forming_ns: Positive = 10_000.0
    """Length of a forming pulse in nanoseconds where none is given. Assumed."""

    pulse_ns: Positive = 1_000.0
    """Length of a SET or RESET pulse in nanoseconds where none is given. Published order of magnitude."""

    sense: SenseAmplifier = SenseAmplifier()
    """The sense amplifiers."""

    stuck_virgin: Share = 0.0
    """Share of devices that never form."""

    stuck_lrs: Share = 0.0
    """Share of devices that are in the low-resistance state for ever."""

    stuck_hrs: Share = 0.0
    """Share of devices that are in the high-resistance state for ever."""

    endurance_cycles: Positive = 1e6
    """Median number of SET and RESET cycles after which a device stays in the low-resistance state. Assumed."""

    endurance_sigma: Spread = 0.5
    """Spread of ln of that number. Assumed."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        stuck = self.stuck_virgin + self.stuck_lrs + self.stuck_hrs
        if stuck > 1:
            raise ValueError(f"stuck_virgin, stuck_lrs and stuck_hrs must add up to at most 1, not {stuck}")
        if not self.lrs.median_ohm < self.hrs.median_ohm < self.virgin.median_ohm:
            medians = [state.median_ohm for state in (self.lrs, self.hrs, self.virgin)]
            raise ValueError(f"medians of lrs, hrs and virgin must rise in this order, not {medians}")
        return self

    @classmethod
    def ideal(cls) -> Self:
        """Cells without spread, stuck devices, wear, noise or offset, which every default pulse switches."""
        default = cls()
        kinds = ("lrs", "hrs", "virgin", "forming", "set", "reset")
        exact = {
            name: getattr(default, name).model_copy(update={"device_sigma": 0.0, "cycle_sigma": 0.0}) for name in kinds
        }
        sense = SenseAmplifier(offset_sigma=0.0, noise_sigma=0.0)
        return default.model_copy(update=exact | {"sense": sense, "endurance_cycles": 1e15, "endurance_sigma": 0.0})
