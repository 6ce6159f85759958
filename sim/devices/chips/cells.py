"""The cells of a chip: two devices each, of which nothing is known but the state."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from sim.devices.chips.facts import ChipFacts


class State(IntEnum):
    """Of a device."""

    VIRGIN = 0
    """As made: it conducts as little as in the high-resistance state, and only forming changes it."""
    LOW = 1
    HIGH = 2
    """Resistance."""


BL, BLB = 0, 1
"""The devices of a cell, on the bit line and on the complementary one."""

SUPPLIES = {1: "forming", 2: "SET", 4: "RESET"}
"""What the bench's supply is switched to, by its select bits; 0: reading."""


class Cells:
    """4 x 4 blocks of 2T2R cells, virgin at first.

    Args:
        facts: of the chip.
        stuck: share of the devices that never leave the state that they have, 0 to 1; it is drawn.
        seed: of what is drawn, undetermined reads included; at least 0.

    Raises :class:`~hwgen.errors.HwgenError` for another share or seed.
    """

    def __init__(self, facts: ChipFacts, stuck: float = 0.0, seed: int = 0) -> None:
        if not 0 <= stuck <= 1:
            raise HwgenError(f"stuck must be a share from 0 to 1, not {stuck}")
        check_integer("seed", seed, 0)
        self.facts = facts
        shape = (facts.blocks, facts.blocks, facts.lines, facts.lines, 2)
        drawn, self._reads = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(2))
        self.stuck: NDArray[np.bool_] = drawn.random(shape) < stuck
        """Shape ``(block rows, block columns, rows, columns, 2)``; so for ``states``."""
        states = drawn.integers(0, len(State), shape, np.uint8)
        self.states: NDArray[np.uint8] = np.where(self.stuck, states, np.uint8(State.VIRGIN))
        self.undetermined = 0
        """Bits read so far of cells whose devices conducted alike: each of them was random."""

    def stick(self, cell: tuple[int, int, int, int], device: int, state: State) -> None:
        """Make a device of a cell (block row, block column, row, column) stuck."""
        self.stuck[(*cell, device)] = True
        self.states[(*cell, device)] = state

    def hold(self, word: tuple[int, int, int, int], bits: int) -> None:
        """Make the cells of a word (block row, block column, row, word) as forming and programming would leave them;
        bit n is for its n-th column. Stuck devices stay as they are."""
        block_row, block_column, row, number = word
        for column in range(self.facts.word_bits):
            cell = (block_row, block_column, row, number * self.facts.word_bits + column)
            for device in (BL, BLB):
                if not self.stuck[(*cell, device)]:
                    high = bits >> column & 1 != device
                    self.states[(*cell, device)] = State.HIGH if high else State.LOW

    def pulse(self, cell: tuple[int, int, int, int], csl: int, cbl: int, supply: int, duration_ns: float) -> None:
        """What a pulse with these levels does: CSL = 0 RESETs the device on BL (CBL = 1) or on BLB (CBL = 0), CSL = 1
        SETs or forms the one on BLB (CBL = 1) or on BL (CBL = 0)."""
        device = (*cell, BLB if bool(csl) == bool(cbl) else BL)
        if self.stuck[device]:
            return
        state = self.states[device]
        match SUPPLIES.get(supply), csl:
            case "forming", 1 if duration_ns >= self.facts.forming_ns:
                self.states[device] = State.LOW
            case "SET", 1 if state != State.VIRGIN and duration_ns >= self.facts.pulse_ns:
                self.states[device] = State.LOW
            case "RESET", 0 if state != State.VIRGIN and duration_ns >= self.facts.pulse_ns:
                self.states[device] = State.HIGH

    def read(self, block_column: int, row: int, word: int) -> list[int]:
        """The amplifiers' bits of a word in each row of blocks, as a number each, the lowest column the lowest bit: 1
        where the device on BL does not conduct. Where both do, or neither, they are random."""
        bits = self.facts.word_bits
        devices = self.states[:, block_column, row, word * bits : (word + 1) * bits] == State.LOW
        sensed = ~devices[..., BL]
        equal = devices[..., BL] == devices[..., BLB]
        if equal.any():
            self.undetermined += int(equal.sum())
            sensed = np.where(equal, self._reads.integers(0, 2, equal.shape, bool), sensed)
        return [int(value) for value in (sensed << np.arange(bits)).sum(axis=1)]
