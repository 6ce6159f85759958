"""An array of 2T2R cells, pulse by pulse, and what one does with it, operation by operation."""

from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.hfox import HfOxConfig
from sim.devices.lines import Device, Level, Lines, Supply
from sim.devices.population import Numbers, Population

Cells = EllipsisType | int | slice | NDArray[Any] | tuple[Any, ...]
"""Which cells: an index of a NumPy array of shape ``(blocks, rows, columns)``, such as ``(3, 5)`` for all cells of a
row, or ``...`` for all there are. No cell twice."""


class Reading(NamedTuple):
    """What sense amplifiers made of cells; shapes are those of the cells."""

    bits: NDArray[np.uint8]
    """0 or 1: whether the bit line's device has the higher resistance. Random where the amplifier could not decide."""
    determined: NDArray[np.bool_]
    """Whether the amplifier decided, and the two devices were in different states. Elsewhere the bit says nothing of
    what was programmed: a 4-state bench shows X."""


class Programming(NamedTuple):
    """What became of cells that were programmed; shapes are those of the cells."""

    attempts: NDArray[np.uint16]
    """Attempts that each cell took."""
    failed: NDArray[np.bool_]
    """Cells that still read wrong after the last one."""


class DeviceArray:
    """Blocks of rows times columns of HfOx 2T2R cells with their sense amplifiers, virgin at first.

    Below all stands :meth:`pulse`, which takes lines as any circuit drives them, and :meth:`sense`. ``form``, ``set_``,
    ``reset``, ``read`` and ``program`` are made of these two, with the published order of operations.

    The same calls with the same seed give the same results. Devices and amplifiers themselves depend on geometry,
    config and seed only; reads have random numbers of their own, so what is read changes nothing of what is programmed.

    Args:
        geometry: how many cells, and how they are addressed.
        config: what devices and amplifiers are made of.
        seed: of everything random.

    Cells at half the voltage are not disturbed: lines that are not addressed are at ground.
    """

    def __init__(self, geometry: ArrayGeometry, config: HfOxConfig | None = None, seed: int = 0) -> None:
        self.geometry = geometry
        self.config = HfOxConfig() if config is None else config
        seeds = np.random.SeedSequence(check_integer("seed", seed, 0))
        devices, amplifiers, reads = seeds.spawn(3)
        self._devices = Population(geometry.devices, self.config, devices)
        self._reads = np.random.default_rng(reads)
        self._numbers = np.arange(geometry.cells).reshape(geometry.shape)
        shape = (geometry.blocks, 1, geometry.columns)
        offsets = self.config.sense.offset_sigma * np.random.default_rng(amplifiers).standard_normal(shape)
        self._offsets = np.broadcast_to(offsets, geometry.shape).reshape(-1)

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

    def pulse(self, cells: Cells, lines: Lines, duration_ns: float) -> None:
        """Drive the lines of some cells for ``duration_ns`` nanoseconds, all other lines being at ground.

        Levels of ``lines`` that are arrays must have the shape of the cells, or one that broadcasts to it.
        Raises :class:`~hwgen.errors.HwgenError` for cells named twice and for a negative duration.
        """
        if not duration_ns >= 0:
            raise HwgenError(f"duration_ns must be at least 0, not {duration_ns!r}")
        numbers = self._select(cells)
        if not lines.word_line:
            return
        for device in Device:
            for level, apply in (
                (lines.sets(device), self._devices.set_pulse),
                (lines.resets(device), self._devices.reset_pulse),
            ):
                driven = numbers[np.broadcast_to(level, numbers.shape)]
                if len(driven):
                    apply(2 * driven + device, lines.supply, duration_ns)

    def sense(self, cells: Cells, precharge_ns: float, evaluate_ns: float) -> Reading:
        """Read some cells, each with the amplifier of its block and column.

        The lower resistance discharges its branch first: ``bit = ln R_BL - ln R_BLB + offset + noise > 0``. An
        amplifier does not decide if it was precharged too briefly, if neither branch has discharged when
        ``evaluate_ns`` is over, or if both sides are exactly equal.

        Args:
            cells: those that are read; at most one row of a block can be at a time, which is not checked.
            precharge_ns: nanoseconds of precharge: source and word line at 1.
            evaluate_ns: nanoseconds of discharge: the word line at 1, the source line at ground.

        Raises :class:`~hwgen.errors.HwgenError` for cells named twice.
        """
        numbers = self._select(cells)
        sense = self.config.sense
        bl, blb = self._log_ohm(numbers, Device.BL), self._log_ohm(numbers, Device.BLB)
        noise = sense.noise_sigma * self._reads.standard_normal(numbers.shape)
        difference = bl - blb + self._offsets[numbers] + noise
        in_time = sense.discharge_ns(1) * np.exp(np.minimum(bl, blb)) <= evaluate_ns
        decided = in_time & (difference != 0) & (precharge_ns >= sense.precharge_ns)
        guess = self._reads.integers(0, 2, numbers.shape)
        states = self._devices.state[2 * numbers], self._devices.state[2 * numbers + 1]
        bits = np.where(decided, difference > 0, guess).astype(np.uint8)
        return Reading(bits, decided & (states[0] != states[1]))

    def compare(self, cells: Cells, device: Device, reference_ohm: float) -> NDArray[np.uint8]:
        """1 where ``device`` has more than ``reference_ohm`` ohms: a cell of one transistor and one memristor, read by
        an ideal amplifier, as a standard to hold 2T2R cells against. Shape of the cells."""
        return (self._log_ohm(self._select(cells), device) > np.log(reference_ohm)).astype(np.uint8)

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

    def read(self, cells: Cells = ...) -> Reading:
        """Read cells, with phases as long as the config says."""
        return self.sense(cells, self.config.sense.precharge_ns, self.config.sense.evaluate_ns)

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

    def _select(self, cells: Cells) -> Numbers:
        """Numbers of the cells, at least one axis."""
        numbers = np.atleast_1d(self._numbers[cells])
        if numbers.size > 1 and len(np.unique(numbers)) != numbers.size:
            raise HwgenError("cells must be named once each: a pulse reaches a cell once")
        return numbers

    def _log_ohm(self, numbers: Numbers, device: Device) -> NDArray[np.float64]:
        return self._devices.log_ohm[2 * numbers + device]

    def _per_device(self, values: NDArray[Any]) -> NDArray[Any]:
        """A copy of an array of one value a device, by block, row, column and device of the cell."""
        return values.reshape(*self.geometry.shape, len(Device)).copy()
