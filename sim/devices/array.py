"""An array of HfOx 2T2R cells, pulse by pulse, and what one does with it, operation by operation."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.cell_array import CellArray, Cells
from sim.devices.hfox import HfOxConfig
from sim.devices.lines import Device, Level, Lines, Supply
from sim.devices.population import Numbers, Population


class Programming(NamedTuple):
    """What became of cells that were programmed; shapes are those of the cells."""

    attempts: NDArray[np.uint16]
    """Attempts that each cell took."""
    failed: NDArray[np.bool_]
    """Cells that still read wrong after the last one."""


class DeviceArray(CellArray):
    """Blocks of rows times columns of HfOx 2T2R cells with their sense amplifiers, virgin at first.

    Below all stand :meth:`~sim.devices.cell_array.CellArray.pulse`, which takes lines as any circuit drives them, and
    :meth:`~sim.devices.cell_array.CellArray.sense`. ``form``, ``set_``, ``reset``, ``read`` and ``program`` are made of
    these two, with the published order of operations.

    The same calls with the same seed give the same results. Devices and amplifiers themselves depend on geometry,
    config and seed only; reads have random numbers of their own, so what is read changes nothing of what is programmed.

    Args:
        geometry: how many cells, and how they are addressed.
        config: what devices and amplifiers are made of.
        seed: of everything random.

    Cells at half the voltage are not disturbed: lines that are not addressed are at ground.
    """

    def __init__(self, geometry: ArrayGeometry, config: HfOxConfig | None = None, seed: int = 0) -> None:
        self.config = HfOxConfig() if config is None else config
        devices, amplifiers, reads = np.random.SeedSequence(check_integer("seed", seed, 0)).spawn(3)
        super().__init__(geometry, self.config.sense, amplifiers, reads)
        self._devices = Population(geometry.devices, self.config, devices)

    @property
    def states(self) -> NDArray[np.uint8]:
        """:class:`~sim.devices.population.State` of each device, shape (blocks, rows, columns, 2), a copy; the last
        axis is :class:`~sim.devices.lines.Device`. So for the following."""
        return self._per_device(self._devices.state)

    @property
    def resistances(self) -> NDArray[np.float64]:
        """Ohms."""
        return np.exp(self._per_device(self._devices.log_ohm))

    @property
    def pulses(self) -> NDArray[np.uint32]:
        """Wear: programming pulses that each device has seen, effective or not."""
        return self._per_device(self._devices.pulses)

    @property
    def switches(self) -> NDArray[np.uint32]:
        """Wear: changes of each device's state, forming included."""
        return self._per_device(self._devices.switches)

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Devices that were made stuck, or are worn out: in the low-resistance state for ever once they are in it."""
        return self._per_device(self._devices.stuck | self._devices.worn)

    def compare(self, cells: Cells, device: Device, reference_ohm: float) -> NDArray[np.uint8]:
        """1 where ``device`` has more than ``reference_ohm`` ohms: a cell of one transistor and one memristor, read by
        an ideal amplifier, as a standard to hold 2T2R cells against. Shape of the cells."""
        return (self._log_ohm(2 * self._select(cells) + device) > np.log(reference_ohm)).astype(np.uint8)

    def form(self, cells: Cells = ..., pulse_ns: float | None = None) -> None:
        """One forming pulse for both devices of each cell, one after the other; by default as long as the config says.
        Formed devices are in the low-resistance state."""
        duration = self.config.forming_ns if pulse_ns is None else pulse_ns
        for cbl in (False, True):
            self.pulse(cells, Lines.from_pins(Supply.FORMING, csl=True, cbl=cbl), duration)

    def set_(self, cells: Cells, device: Device, pulse_ns: float | None = None) -> None:
        """One SET pulse for one device of each cell; by default as long as the config says."""
        duration = self.config.pulse_ns if pulse_ns is None else pulse_ns
        self.pulse(cells, Lines.from_pins(Supply.SET, csl=True, cbl=device is Device.BLB), duration)

    def reset(self, cells: Cells, device: Device, pulse_ns: float | None = None) -> None:
        """One RESET pulse for one device of each cell; by default as long as the config says."""
        duration = self.config.pulse_ns if pulse_ns is None else pulse_ns
        self.pulse(cells, Lines.from_pins(Supply.RESET, csl=False, cbl=device is Device.BL), duration)

    def program(
        self, bits: ArrayLike, cells: Cells = ..., attempts: int = 1, pulse_ns: float | None = None
    ) -> Programming:
        """Write a bit into each cell: in two passes, both with CBL = bit, first all SET pulses, then all RESET pulses.

        Bit 1 makes the bit line's device high- and the complementary one low-resistance. Cells that then read wrong
        are programmed again, ``attempts`` times at most; a read that is right by chance ends it, as in hardware.

        Args:
            bits: 0 or 1; of the cells' shape, or of one that broadcasts to it.
            cells: those that are programmed.
            attempts: 1 to 65,535.
            pulse_ns: length of each pulse in nanoseconds; by default as the config says.

        Raises :class:`~hwgen.errors.HwgenError` for other bits or attempts, and for cells named twice.
        """
        numbers = self._select(cells)
        attempts = check_integer("attempts", attempts, 1, (1 << 16) - 1)
        wanted = np.broadcast_to(np.asarray(bits), numbers.shape).reshape(-1)
        if not np.isin(wanted, (0, 1)).all():
            raise HwgenError("bits must be 0 or 1")
        duration = self.config.pulse_ns if pulse_ns is None else pulse_ns
        flat = numbers.reshape(-1)
        taken = np.zeros(flat.shape, np.uint16)
        left = np.arange(len(flat))
        for _ in range(attempts):
            places = np.unravel_index(flat[left], self.geometry.shape)
            cbl: Level = wanted[left].astype(np.bool_)
            self.pulse(places, Lines.from_pins(Supply.SET, csl=True, cbl=cbl), duration)
            self.pulse(places, Lines.from_pins(Supply.RESET, csl=False, cbl=cbl), duration)
            taken[left] += 1
            left = left[self.read(places).bits != wanted[left]]
            if not len(left):
                break
        failed = np.zeros(flat.shape, np.bool_)
        failed[left] = True
        return Programming(taken.reshape(numbers.shape), failed.reshape(numbers.shape))

    def _set_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        self._devices.set_pulse(devices, supply, duration_ns)

    def _reset_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        self._devices.reset_pulse(devices, supply, duration_ns)

    def _log_ohm(self, devices: Numbers) -> NDArray[np.float64]:
        return self._devices.log_ohm[devices]

    def _distinct(self, cells: Numbers) -> NDArray[np.bool_]:
        return self._devices.state[2 * cells] != self._devices.state[2 * cells + 1]

    def _per_device(self, values: NDArray[Any]) -> NDArray[Any]:
        """A copy of an array of one value a device, by block, row, column and device of the cell."""
        return values.reshape(*self.geometry.shape, len(Device)).copy()
