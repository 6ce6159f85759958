"""An array of 2T2R cells whose devices are under weak RESET."""

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.cell_array import CellArray
from sim.devices.hfox import SenseAmplifier
from sim.devices.lines import Device, Supply
from sim.devices.population import Numbers
from sim.devices.weak_reset import WeakReset, WeakResetConfig
from sim.devices.weak_reset_integer import FRACTION_BITS, IntegerWeakReset

EXACT = SenseAmplifier(offset_sigma=0.0, noise_sigma=0.0)
"""Compares as the published simulation does."""


class WeakResetArray(CellArray):
    """Cells of devices as :class:`~sim.devices.weak_reset.WeakReset` models them: formed, and in the low-resistance
    state at first. The bit of a cell says whether its weight ``sign(R_BL - R_BLB)`` is positive.

    Every pulse with the polarity and the supply of RESET is a weak one, whatever its length: neither length nor voltage
    is published. Any other raises :class:`~hwgen.errors.HwgenError`, as what SET and forming make of a device is not
    published. A pulse is an update of the whole array: telegraph noise changes in all devices, as published.

    Args:
        geometry: how many cells, and how they are addressed.
        config: what the devices are made of.
        seed: of everything random; the devices are those of ``WeakReset((*geometry.shape, 2), config, seed)``.
        amplifier: what reads the cells; by default it has neither offset nor noise.
        integer: whether cells are read as the integer form has them. It sees the pulses and the random numbers that
            the devices in floating point see.
    """

    def __init__(
        self,
        geometry: ArrayGeometry,
        config: WeakResetConfig | None = None,
        seed: int = 0,
        amplifier: SenseAmplifier = EXACT,
        *,
        integer: bool = False,
    ) -> None:
        # WeakReset takes the first two.
        *_, amplifiers, reads = np.random.SeedSequence(check_integer("seed", seed, 0)).spawn(4)
        super().__init__(geometry, amplifier, amplifiers, reads)
        self.devices = WeakReset((*geometry.shape, len(Device)), config, seed)
        """Pulses, resistances and weights of each device and cell."""
        self.integer = IntegerWeakReset(self.devices.config, self.devices.traits, most_pulses=1) if integer else None
        """The same in integers, if cells are read so."""

    def _set_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        raise HwgenError(
            "devices under weak RESET take RESET pulses only: what a SET or a forming pulse makes of them is not "
            "published; program them with `reset` and `verify`"
        )

    def _reset_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        if supply is not Supply.RESET:
            raise HwgenError(f"devices under weak RESET take RESET pulses with the supply for RESET, not for {supply}")
        pulses = np.zeros(self.geometry.devices, np.int64)
        pulses[devices] = 1
        counts = pulses.reshape(self.devices.shape)
        noise = self.devices.pulse(counts)
        if self.integer is not None:
            self.integer.pulse(counts, noise)

    def _log_ohm(self, devices: Numbers) -> NDArray[np.float64]:
        if self.integer is None:
            return self.devices.log_ohm.reshape(-1)[devices]
        log_ratio = self.integer.log_ratio.reshape(-1)[devices]
        return np.log(self.devices.config.r0_mean) + log_ratio / (1 << FRACTION_BITS)
