"""An array of devices at the pins of a controller: what the lines do to the cells, and what the amplifiers show."""

import numpy as np

from hwgen.errors import HwgenError
from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.array import DeviceArray
from sim.devices.cell_array import CellArray, Evaluation
from sim.devices.hfox import HfOxConfig
from sim.devices.lines import Lines, Supply
from sim.devices.weak_reset import WeakResetConfig
from sim.devices.weak_reset_array import WeakResetArray
from sim.golden.memristor import Pins

Devices = HfOxConfig | WeakResetConfig | CellArray | None
"""What is at the pins: parameters of devices, an array that is there already, or None: HfOx devices with the default
parameters."""


def cell_array(geometry: ArrayGeometry, devices: Devices, seed: int = 0) -> CellArray:
    """The array of ``devices``; ``seed`` is without effect on one that is there already.

    Raises :class:`~hwgen.errors.HwgenError` for an array of another geometry.
    """
    match devices:
        case CellArray():
            if devices.geometry != geometry:
                raise HwgenError(f"the array at the pins must have the geometry {geometry}, not {devices.geometry}")
            return devices
        case WeakResetConfig():
            return WeakResetArray(geometry, devices, seed)
    return DeviceArray(geometry, devices, seed)


class AttachedArray:
    """An array of memristors that sees the lines clock by clock.

    A pulse reaches its cell when the word line falls, or when another line changes under it. The data pins show the
    bits from the clock on after which the amplifiers have had their time until the word line falls: a cell that is
    slower shows a guess until its amplifier has decided, too. Before and after, they show what is wrong for most words:
    all ones and all zeros in turn.

    Args:
        config: geometry, clock, and how many amplifiers are pins.
        devices: what the cells are made of.
        seed: of everything random.
    """

    def __init__(self, config: ArrayConfig, devices: Devices = None, seed: int = 0) -> None:
        self.config = config
        self.array = cell_array(config.geometry, devices, seed)
        self._period_ns = 1e9 / config.clock_hz
        self._before = Pins()
        self._clocks = 0  # for which the lines have been as they are
        self._precharge = 0
        self._evaluation: Evaluation | None = None  # of this read, once the amplifiers have had their time
        self._bits = 0  # that it shows
        self._next_ns = 0.0  # when another one is decided
        self._noise = 0

    def clock(self, pins: Pins) -> int:
        """The data pins in a clock in which the lines are ``pins``."""
        before = self._before
        if pins == before:
            self._clocks += 1
        else:
            if before.cwl and before.cblen:
                self._pulse(before, self._clocks * self._period_ns)
            if before.cwl and before.csl and not before.cblen:
                self._precharge = self._clocks
            if not pins.cwl or pins.csl:
                self._evaluation = None
            if not pins.cwl:
                self._precharge = 0
            self._before, self._clocks = pins, 1
        if not pins.cwl or pins.csl or pins.cblen:
            self._noise ^= (1 << self.config.data_bits) - 1
            return self._noise
        return self._evaluated(pins)

    def _evaluated(self, pins: Pins) -> int:
        """What the amplifiers show while they evaluate; a clock's bits are there when the clock before has passed."""
        passed = (self._clocks - 1) * self._period_ns
        if self._evaluation is None:
            if passed < self.array.amplifier.evaluate_ns:
                self._noise ^= (1 << self.config.data_bits) - 1
                return self._noise
            self._evaluation, self._next_ns = self._evaluate(pins), passed
        if passed >= self._next_ns:
            bits = self._evaluation.after(passed).bits
            self._bits = sum(bit << index for index, bit in enumerate(bits.reshape(-1).tolist()))
            later = self._evaluation.discharge_ns
            later = later[later > passed]
            self._next_ns = later.min() if later.size else np.inf
        return self._bits

    def _evaluate(self, pins: Pins) -> Evaluation:
        """Begin to read what the lines address."""
        geometry, bits = self.config.geometry, self.config.sense_bits
        row = pins.row % geometry.rows
        block_column, column = divmod(pins.column, geometry.columns)
        lowest = column // bits * bits
        blocks = np.arange(geometry.block_rows)[:, None] * geometry.block_columns + block_column
        columns = np.arange(lowest, lowest + bits)[None, :]
        shape = np.broadcast_shapes(blocks.shape, columns.shape)
        cells = (np.broadcast_to(blocks, shape), np.full(shape, row), np.broadcast_to(columns, shape))
        return self.array.evaluate(cells, self._precharge * self._period_ns)

    def _pulse(self, pins: Pins, duration_ns: float) -> None:
        """What the lines did to the cell that they addressed."""
        if not pins.supply:
            return
        geometry = self.config.geometry
        block_row, row = divmod(pins.row, geometry.rows)
        block_column, column = divmod(pins.column, geometry.columns)
        supply = Supply(SUPPLIES[pins.supply.bit_length() - 1])
        lines = Lines.from_pins(supply, csl=bool(pins.csl), cbl=bool(pins.cbl))
        self.array.pulse((block_row * geometry.block_columns + block_column, row, column), lines, duration_ns)
