"""An array of 2T2R cells as lines and amplifiers reach it, whatever its devices are made of."""

from abc import ABC, abstractmethod
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.hfox import SenseAmplifier
from sim.devices.lines import Device, Lines, Supply
from sim.devices.population import Numbers

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


class Evaluation(NamedTuple):
    """A read under way, its noise drawn; shapes are those of the cells."""

    discharge_ns: NDArray[np.float64]
    """Nanoseconds of discharge after which each amplifier decides; infinite where it never does."""
    bits: NDArray[np.uint8]
    """What it decides."""
    guess: NDArray[np.uint8]
    """What it shows until then."""
    distinct: NDArray[np.bool_]
    """Whether the two devices are in different states."""

    def after(self, evaluate_ns: float) -> Reading:
        """What the amplifiers show when so many nanoseconds have passed. What is decided stays."""
        decided = self.discharge_ns <= evaluate_ns
        return Reading(np.where(decided, self.bits, self.guess), decided & self.distinct)


class CellArray(ABC):
    """Blocks of rows times columns of 2T2R cells with their sense amplifiers. What a pulse changes, and which
    resistance a device has, is said by those who inherit.

    Args:
        geometry: how many cells, and how they are addressed.
        amplifier: what reads them.
        amplifiers: seed of the amplifiers' offsets.
        reads: seed of their noise, and of what they say where they cannot decide.
    """

    def __init__(
        self,
        geometry: ArrayGeometry,
        amplifier: SenseAmplifier,
        amplifiers: np.random.SeedSequence,
        reads: np.random.SeedSequence,
    ) -> None:
        self.geometry = geometry
        self.amplifier = amplifier
        self._reads = np.random.default_rng(reads)
        self._numbers = np.arange(geometry.cells).reshape(geometry.shape)
        shape = (geometry.blocks, 1, geometry.columns)
        offsets = amplifier.offset_sigma * np.random.default_rng(amplifiers).standard_normal(shape)
        self._offsets = np.broadcast_to(offsets, geometry.shape).reshape(-1)

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
            for level, apply in ((lines.sets(device), self._set_pulse), (lines.resets(device), self._reset_pulse)):
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
        return self.evaluate(cells, precharge_ns).after(evaluate_ns)

    def evaluate(self, cells: Cells, precharge_ns: float) -> Evaluation:
        """Begin to read some cells, whose amplifiers decide one after the other. Arguments and errors: see
        :meth:`sense`; random numbers are drawn once, however long it takes."""
        numbers = self._select(cells)
        amplifier = self.amplifier
        bl, blb = self._log_ohm(2 * numbers + Device.BL), self._log_ohm(2 * numbers + Device.BLB)
        noise = amplifier.noise_sigma * self._reads.standard_normal(numbers.shape)
        difference = bl - blb + self._offsets[numbers] + noise
        decides = (difference != 0) & (precharge_ns >= amplifier.precharge_ns)
        discharge_ns = np.where(decides, amplifier.discharge_ns(1) * np.exp(np.minimum(bl, blb)), np.inf)
        guess = self._reads.integers(0, 2, numbers.shape).astype(np.uint8)
        return Evaluation(discharge_ns, (difference > 0).astype(np.uint8), guess, self._distinct(numbers))

    def read(self, cells: Cells = ...) -> Reading:
        """Read cells, with phases as long as the amplifier's parameters say."""
        return self.sense(cells, self.amplifier.precharge_ns, self.amplifier.evaluate_ns)

    @abstractmethod
    def _set_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        """A pulse with the source line above the bit line, for each device; those of cell n are 2n and 2n + 1."""

    @abstractmethod
    def _reset_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        """A pulse with the bit line above the source line, for each device."""

    @abstractmethod
    def _log_ohm(self, devices: Numbers) -> NDArray[np.float64]:
        """ln of the devices' resistances in ohms."""

    def _distinct(self, cells: Numbers) -> NDArray[np.bool_]:
        """Whether the two devices of each cell are in different states, where they have states."""
        return np.ones(cells.shape, np.bool_)

    def _select(self, cells: Cells) -> Numbers:
        """Numbers of the cells, at least one axis."""
        numbers = np.atleast_1d(self._numbers[cells])
        if numbers.size > 1 and len(np.unique(numbers)) != numbers.size:
            raise HwgenError("cells must be named once each: a pulse reaches a cell once")
        return numbers
