"""A chip that is driven by hand, as the papers describe it: no controller of ours takes part."""

from typing import Any

from sim.devices.chips.bayes import BayesChip
from sim.devices.chips.cells import Cells
from sim.devices.chips.facts import CHIPS

CLOCK_HZ = 1_000_000
FORMING, SET, RESET = 1, 2, 4


class Bench:
    """A chip and the levels at its pins."""

    def __init__(self, name: str, **cells: Any) -> None:
        self.facts = CHIPS[name]
        self.chip = BayesChip(self.facts, CLOCK_HZ, Cells(self.facts, **cells))
        self.pins: dict[str, int] = {}

    def clock(self, count: int = 1, **pins: int) -> list[list[int]]:
        """Change some pins, and go on for some clocks: ``bit_out`` of each row after each."""
        self.pins = self.pins | pins
        seen = [self.chip.clock(dict(self.pins)) for _ in range(count)]
        return [[bits >> row & 1 for row in range(self.facts.blocks)] for bits in seen]

    def control(self, name: str, on: int = 1) -> dict[str, int]:
        """The pins that ask for something."""
        if not self.facts.coded:
            return {name: on}
        return {"instruction": {"load_mem": 3, "read_8": 2, "read_out": 1, "inference": 0}[name] if on else 0}

    def pulse(self, cell: tuple[int, int, int, int], csl: int, cbl: int, supply: int, clocks: int = 1) -> None:
        """Address, drive, pulse, cut off."""
        block_row, block_column, row, column = cell
        bits = self.facts.inner_bits
        self.clock(
            2,
            cblen=1,
            supply=supply,
            adr_full_row=block_row << bits | row,
            adr_full_col=block_column << bits | column,
            **self.control("load_mem"),
        )
        self.clock(2, csl=csl, cbl=cbl)
        self.clock(clocks, cwl=1)
        self.clock(2, cwl=0)
        self.clock(1, csl=0, cbl=0)
        self.clock(2, cblen=0, supply=0, **self.control("load_mem", 0))

    def program(self, place: tuple[int, int, int, int], cells: int) -> None:
        """Form the cells of a word (block row, block column, row, word), then write them in two passes."""
        block_row, block_column, row, word = place
        numbers = range(self.facts.word_bits)
        where = [(block_row, block_column, row, word * self.facts.word_bits + bit) for bit in numbers]
        for cell in where:
            for cbl in (0, 1):
                self.pulse(cell, 1, cbl, FORMING)
        for csl, supply in ((1, SET), (0, RESET)):
            for bit in numbers:
                self.pulse(where[bit], csl, cells >> bit & 1, supply)

    def read(self, block_column: int, row: int, word: int = 0) -> None:
        """A column's words, into its registers."""
        address = block_column << self.facts.inner_bits | word * self.facts.word_bits
        self.clock(2, adr_full_col=address, adr_full_row=row, csl=1, **self.control("read_8"))
        self.clock(1, cwl=1)
        self.clock(2, csl=0)
        self.clock(3, cwl=0)
        self.clock(2, **self.control("read_8", 0))
