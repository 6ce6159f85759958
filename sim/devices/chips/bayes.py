"""The fabricated Bayesian machines at their pins, clock by clock."""

from collections.abc import Mapping
from typing import NamedTuple

from sim.devices.chips.cells import Cells
from sim.devices.chips.facts import ChipFacts

INSTRUCTIONS = {0b11: "load_mem", 0b10: "read_8", 0b01: "read_out", 0b00: "inference"}
"""Of a chip that is told what to do in two bits."""

LARGEST = 255
"""Sums saturate here."""


class Inside(NamedTuple):
    """Levels behind the input registers, in a clock."""

    cwl: int = 0
    row: int = 0
    cblen: int = 0
    cbl: int = 0
    csl: int = 0
    column: int = 0
    supply: int = 0
    """The bench's; no register is before it."""
    load_mem: int = 0
    read_8: int = 0
    read_1: int = 0
    read_out: int = 0
    inference: int = 0
    load_seed: int = 0
    logarithmic: int = 0
    seeds: int = 0


class BayesChip:
    """A chip, one call of :meth:`clock` for each rising edge of its clock.

    Args:
        facts: which one.
        clock_hz: frequency of that clock in hertz: it says how long a pulse lasts.
        cells: its cells; by default virgin ones.
    """

    def __init__(self, facts: ChipFacts, clock_hz: float, cells: Cells | None = None) -> None:
        self.facts = facts
        self.cells = Cells(facts) if cells is None else cells
        self.breaches: list[str] = []
        """What the lines must not do to cells, and did; an entry each."""
        self.generators = [0] * facts.blocks
        """The state of each column's generator."""
        self.words = [[0] * facts.blocks for _ in range(facts.blocks)]
        """The registers behind the amplifiers, by row and column."""
        self.sums = [0] * facts.blocks
        self.clocks = 0
        self._period_ns = 1e9 / clock_hz
        self._counter = facts.counter_start
        self._inferred = 0  # clocks of logarithmic inference on end
        depth = facts.input_clocks + max(facts.control_clocks, facts.column_clocks)
        self._inputs: list[Mapping[str, int]] = [{}] * depth  # as taken last, before that, ...
        self._now = self._before = Inside()
        self._precharged = False
        self._sensed: list[int] | None = None
        self._pulse: tuple[Inside, int] | None = None  # lines under the word line, and for how many clocks

    def clock(self, pins: Mapping[str, int]) -> int:
        """A rising edge. ``pins``: the levels that the registers take, by name, and the select bits of the bench's
        ``supply``; not to be changed afterwards. Returns ``bit_out`` until the next edge, row 0 in bit 0."""
        self.clocks += 1
        now = self._now
        if now is not self._before:
            self._check(now)
        self._program(now)
        self._read(now)
        self._step(now)
        self._before = now
        changes = any(taken is not pins for taken in self._inputs)
        self._inputs = [pins, *self._inputs[:-1]]
        if changes:
            self._now = self._decode(pins.get("supply", 0))
        return self._bits(self._now)

    def _decode(self, supply: int) -> Inside:
        """The levels that reach array and datapath."""
        taken = self._inputs[self.facts.input_clocks - 1 :]
        get = taken[0].get
        column = taken[self.facts.column_clocks].get
        control = taken[self.facts.control_clocks]
        if self.facts.coded:
            named = INSTRUCTIONS[control.get("instruction", 0)]
            control = {named: 1, "stoch_log": 1}
        return Inside(
            cwl=get("cwl", 0),
            row=get("adr_full_row", 0),
            cblen=column("cblen", 0),
            cbl=column("cbl", 0),
            csl=column("csl", 0),
            column=column("adr_full_col", 0),
            supply=supply,
            load_mem=control.get("load_mem", 0),
            read_8=control.get("read_8", 0),
            read_1=control.get("read_1", 0),
            read_out=control.get("read_out", 0),
            inference=control.get("inference", 0),
            load_seed=control.get("load_seed", 0),
            logarithmic=control.get("stoch_log", 0),
            seeds=get("seeds", 0),
        )

    def _check(self, now: Inside) -> None:
        """Note what the lines must not do."""
        before = self._before
        if now.cwl or before.cwl:
            moved = [
                name
                for name in ("row", "column", "cblen", "cbl", "supply")
                if getattr(now, name) != getattr(before, name)
            ]
            evaluates = now.cwl and before.cwl and not now.cblen and before.csl
            if now.csl != before.csl and not evaluates:
                moved.append("csl")
            self.breaches += [f"clock {self.clocks}: {name} changes near an open word line" for name in moved]
        if now.cwl and not now.cblen and now.supply:
            self.breaches.append(f"clock {self.clocks}: cells are read with a supply for programming")
        if now.cwl and now.cblen and not now.load_mem:
            self.breaches.append(f"clock {self.clocks}: cells are programmed unasked")

    def _program(self, now: Inside) -> None:
        """A pulse acts on its cell when it ends."""
        at_work = bool(now.cwl and now.cblen and now.load_mem)
        if self._pulse is not None and not (at_work and now == self._pulse[0]):
            lines, clocks = self._pulse
            bits, mask = self.facts.inner_bits, self.facts.lines - 1
            cell = (lines.row >> bits, lines.column >> bits, lines.row & mask, lines.column & mask)
            self.cells.pulse(cell, lines.csl, lines.cbl, lines.supply, clocks * self._period_ns)
            self._pulse = None
        if at_work:
            self._pulse = (now, self._pulse[1] + 1 if self._pulse else 1)

    def _read(self, now: Inside) -> None:
        """The amplifiers: precharge while source and word line are at 1, then the branch that conducts wins."""
        if not now.cwl or now.cblen:
            self._precharged, self._sensed = False, None
        elif now.csl:
            self._precharged, self._sensed = True, None
        elif self._sensed is None and self._precharged and now.read_8:
            bits, mask = self.facts.inner_bits, self.facts.lines - 1
            word = (now.column & mask) // self.facts.word_bits
            self._sensed = self.cells.read(now.column >> bits, now.row & mask, word)

    def _step(self, now: Inside) -> None:
        """What the datapath's registers take at the end of this clock."""
        column = now.column >> self.facts.inner_bits
        self._inferred = self._inferred + 1 if now.inference and now.logarithmic else 0
        if self._inferred >= self.facts.inference_clocks:
            self.sums = [self._sum(words) for words in self.words]
        if self._sensed is not None and now.read_8:
            for words, sensed in zip(self.words, self._sensed, strict=True):
                words[column] = self._number(sensed)
        if now.load_mem:
            self.words = [[0] * self.facts.blocks for _ in self.words]
        if now.load_seed:
            self.generators[column] = now.seeds
        elif now.inference and not now.logarithmic:
            self.generators = [_following(state) for state in self.generators]
        self._counter = (self._counter + 1) % 16 if now.read_out else self.facts.counter_start

    def _sum(self, words: list[int]) -> int:
        """Along a row, each adder saturating."""
        total = 0
        for word in words:
            total = min(LARGEST, total + word)
        return total

    def _number(self, sensed: int) -> int:
        """The likelihood that a word of cells stands for."""
        if not self.facts.inverted:
            return sensed
        bits = self.facts.word_bits
        return sum((~sensed >> bits - 1 - bit & 1) << bit for bit in range(bits))

    def _bits(self, now: Inside) -> int:
        """What ``bit_out`` shows."""
        if not now.logarithmic:
            return sum(self._chain(now, words) << row for row, words in enumerate(self.words))
        shown = self.facts.word_bits - 1 - self._counter
        if not now.read_out or shown < 0:
            return 0
        return sum((total >> shown & 1) << row for row, total in enumerate(self.sums))

    def _chain(self, now: Inside, words: list[int]) -> int:
        """The AND gates of a row: of each block the bit of its word that the generator's highest 1 points at, or with
        ``read_1`` the addressed bit of the addressed block."""
        if now.read_1:
            column = now.column >> self.facts.inner_bits
            return words[column] >> now.column % self.facts.word_bits & 1
        for word, state in zip(words, self.generators, strict=True):
            if not state or not word >> state.bit_length() - 1 & 1:
                return 0
        return 1


def _following(state: int) -> int:
    """The next state of a generator, x^8 + x^6 + x^5 + x^4 + 1; 0 stays."""
    return (state << 1 | (state >> 7 ^ state >> 5 ^ state >> 4 ^ state >> 3) & 1) & 0xFF


class AttachedChip:
    """A chip at the pins of a controller: it takes the rising edges of ``clk``."""

    def __init__(self, chip: BayesChip) -> None:
        self.chip = chip
        self._clock = 0  # its bit
        self._fields: list[tuple[str, int, int]] = []
        self._level = False
        self._bits = 0
        self._outputs = -1
        self._pins: dict[str, int] = {}

    def connect(self, outputs: Mapping[str, int]) -> None:
        """The names and widths of the pins that the controller drives; the first one is in the lowest bits."""
        lowest = 0
        for name, width in outputs.items():
            if name == "clk":
                self._clock = 1 << lowest
            self._fields.append((name, lowest, (1 << width) - 1))
            lowest += width

    def levels(self, outputs: int) -> int:
        """The levels at ``bit_out``."""
        level = bool(outputs & self._clock)
        if level and not self._level:
            if outputs != self._outputs:
                self._outputs = outputs
                self._pins = {name: outputs >> lowest & mask for name, lowest, mask in self._fields}
            self._bits = self.chip.clock(self._pins)
        self._level = level
        return self._bits
