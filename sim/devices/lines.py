"""The lines of a 2T2R cell during a pulse: what a programming circuit drives, whatever drives it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

Level = bool | NDArray[np.bool_]
"""A line's level: whether the supply drives it; ground otherwise. One for all cells, or one for each."""


class Device(IntEnum):
    """Which memristor of a cell; the last axis of what an array tells of its devices."""

    BL = 0
    """On the bit line."""
    BLB = 1
    """On the complementary bit line."""


class Supply(StrEnum):
    """The voltage that lines at 1 are driven to."""

    FORMING = "forming"
    """For the first pulse of a virgin device."""
    SET = "set"
    """To the low-resistance state."""
    RESET = "reset"
    """To the high-resistance state."""


@dataclass(frozen=True)
class Lines:
    """Levels of the lines of the addressed cells. Lines of all other cells are at ground.

    Each memristor lies between its bit line and the source line, with a transistor that the word line opens. **Source
    line above bit line sets** (and forms), **bit line above source line resets**, and equal levels do nothing.
    """

    supply: Supply
    """What the lines at 1 are driven to."""
    word_line: bool
    """1 opens the transistors."""
    bit_line: Level
    """Of the device :attr:`Device.BL`."""
    bit_line_b: Level
    """Of the device :attr:`Device.BLB`."""
    source_line: Level
    """Of both."""

    @classmethod
    def from_pins(cls, supply: Supply, csl: Level, cbl: Level, cwl: bool = True) -> "Lines":
        """The lines as the published machines drive them while ``CBLEN`` is 1: the bit lines are complementary.

        === === ============
        CSL CBL with CWL = 1
        === === ============
        0   1   RESET of BL
        0   0   RESET of BLB
        1   1   SET of BLB
        1   0   SET of BL
        === === ============
        """
        return cls(supply, word_line=cwl, bit_line=cbl, bit_line_b=np.logical_not(cbl), source_line=csl)

    def sets(self, device: Device) -> Level:
        """Where the device sees the polarity of SET and forming."""
        return np.logical_and(self.source_line, np.logical_not(self._line(device)))

    def resets(self, device: Device) -> Level:
        """Where the device sees the polarity of RESET."""
        return np.logical_and(self._line(device), np.logical_not(self.source_line))

    def _line(self, device: Device) -> Level:
        return self.bit_line if device is Device.BL else self.bit_line_b
