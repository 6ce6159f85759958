"""Golden model of the sequencers of an array of memristors: every line in every clock."""

from collections.abc import Generator, Iterator
from functools import reduce
from operator import or_
from typing import NamedTuple

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.geometry import Place


class Pins(NamedTuple):
    """Levels of the array's lines in a clock; see :class:`hwgen.memristor.signature.ArraySignature`."""

    row: int = 0
    column: int = 0
    cblen: int = 0
    cbl: int = 0
    csl: int = 0
    cwl: int = 0
    supply: int = 0


IDLE = Pins()
"""All lines at their inactive level."""


class Command(NamedTuple):
    """What is done with a word, in this order."""

    form: bool = False
    """A forming pulse for each device."""
    set: bool = False
    """A SET pulse for one device of each cell."""
    reset: bool = False
    """A RESET pulse for the other."""
    verify: bool = False
    """Reads; cells that are wrong in any of them are done again."""


class Programmed(NamedTuple):
    """What became of a word."""

    word: int
    """As it was read last; 0 if it was not."""
    wrong: int
    """Cells that were wrong in any of the last attempt's reads, one bit each."""
    attempts: tuple[int, ...]
    """In how many attempts each cell got pulses."""
    unstable: int
    """Cells that did not read alike in all of these reads."""


Clocks = Generator[Pins, int, None]
"""What is wanted of the lines, clock by clock; takes the data pins of the same clock."""


def hold(lines: Pins, clocks: int) -> Clocks:
    """The same lines for some clocks."""
    for _ in range(clocks):
        yield lines


def read_lines(config: ArrayConfig, place: Place) -> Iterator[Pins]:
    """The lines of a read, clock by clock."""
    clocks = config.read_clocks
    address = IDLE._replace(row=config.geometry.row_address(place), column=config.geometry.column_address(place, 0))
    yield from hold(address._replace(csl=1), clocks.setup)
    yield from hold(address._replace(csl=1, cwl=1), clocks.precharge)
    yield from hold(address._replace(cwl=1), clocks.evaluate + clocks.hold)
    yield from hold(address, clocks.off)


def pulse_lines(config: ArrayConfig, place: Place, bit: int, supply: int, cbl: int, length: int) -> Clocks:
    """The lines of a pulse for one cell of a word, clock by clock."""
    clocks = config.programming_clocks
    geometry = config.geometry
    enabled = IDLE._replace(
        row=geometry.row_address(place), column=geometry.column_address(place, bit), cblen=1, supply=supply
    )
    driven = enabled._replace(cbl=cbl, csl=int(supply != select("reset")))
    yield from hold(enabled, clocks.setup)
    yield from hold(driven, clocks.drive)
    yield from hold(driven._replace(cwl=1), max(length, 1))
    yield from hold(driven, clocks.off)


def select(supply: str) -> int:
    """The pins that select a supply."""
    return 1 << SUPPLIES.index(supply)


class SequencerModel:
    """Reader and programmer of an array, a clock a call.

    Args:
        config: the array.
        lengths: clocks of a pulse with each supply; by default the config's.
    """

    def __init__(self, config: ArrayConfig, lengths: tuple[int, ...] | None = None) -> None:
        self.config = config
        self._programming = config.programming_clocks
        self.lengths = self._programming.lengths if lengths is None else lengths
        self.pins = IDLE
        """The lines in the clock that comes."""
        self.data = 0
        """What was read last."""
        self.programmed: Programmed | None = None
        """What became of the last command; None while one is under way, and after an abort."""
        self._reset()

    def _reset(self) -> None:
        self.pins = IDLE
        self._open_clocks = 0
        self._begin(self._settle())

    def _begin(self, clocks: Clocks) -> None:
        self._clocks: Clocks | None = clocks
        self._wanted = next(clocks)

    @property
    def idle(self) -> bool:
        """Whether a read or a command may start in the clock that comes."""
        return self._clocks is None

    def clock(
        self,
        data: int,
        *,
        read: Place | None = None,
        program: tuple[Command, Place, int] | None = None,
        abort: bool = False,
    ) -> Pins:
        """One clock: returns the lines in it.

        Args:
            data: the data pins in this clock.
            read: a read of this place starts; only while :attr:`idle`.
            program: this command starts, on this place, with this target word; only while :attr:`idle`.
            abort: all is dropped, and a command that would start is not carried out.
        """
        shown = self.pins
        wanted = IDLE if self._clocks is None else self._wanted
        # No pulse is longer than the limit, whatever its length is said to be.
        cut = wanted.cwl and self._open_clocks == self._programming.longest_pulse
        self.pins = wanted._replace(cwl=int(wanted.cwl and not cut))
        self._open_clocks = (self._open_clocks + (not cut)) if wanted.cwl else 0
        if self._clocks is not None:
            try:
                self._wanted = self._clocks.send(data)
            except StopIteration:
                self._clocks = None
        if read is not None:
            self._begin(self._read(read))
        if program is not None and not abort:
            self.programmed = None
            self._begin(self._program(*program))
        if abort:
            self.programmed = None
            self._reset()
        return shown

    def _settle(self) -> Clocks:
        """After a reset the supplies may have been on."""
        yield from hold(IDLE, self._programming.supply)

    def _read(self, place: Place) -> Clocks:
        # The pins are a clock behind: in the first clock of the last phase they show the last one of the hold.
        taken = self.config.read_clocks.total - self.config.read_clocks.off
        for clock, lines in enumerate(read_lines(self.config, place)):
            data = yield lines
            if clock == taken:
                self.data = data

    def _program(self, command: Command, place: Place, target: int) -> Clocks:
        passes = self._passes(command, target)
        bits = range(self.config.geometry.word_bits)
        mask = [True] * len(bits)
        counts = [0] * len(bits)
        word = wrong = unstable = 0
        for attempt in range(1, self.config.attempts + 1):
            supply = 0
            for next_supply, cbl in passes:
                yield from self._switch(supply, next_supply)
                supply = next_supply
                yield IDLE._replace(supply=supply)
                for bit in bits:
                    if mask[bit]:
                        length = self.lengths[supply.bit_length() - 1]
                        yield from pulse_lines(self.config, place, bit, supply, cbl >> bit & 1, length)
                        counts[bit] = attempt
            yield from self._switch(supply, 0)
            if not command.verify:
                yield IDLE
                break
            words = []
            for _ in range(self.config.verify_reads):
                yield IDLE
                yield from self._read(place)
                yield IDLE
                words.append(self._word(place))
            word = words[-1]
            wrong = reduce(or_, (read ^ target for read in words))
            unstable = reduce(or_, (read ^ word for read in words))
            mask = [bool(wrong >> bit & 1) for bit in bits]
            if not wrong or not passes:
                break
        self.programmed = Programmed(word, wrong, tuple(counts), unstable)

    def _passes(self, command: Command, target: int) -> list[tuple[int, int]]:
        """Supply and CBL, a bit for each cell, of each pass: CBL = 0 forms the device on BL, as the source line is at
        1; SET and RESET of a bit are both made with CBL = bit."""
        every = (1 << self.config.geometry.word_bits) - 1
        forming = [(select("forming"), 0), (select("forming"), every)] if command.form else []
        setting = [(select("set"), target)] if command.set else []
        return forming + setting + ([(select("reset"), target)] if command.reset else [])

    def _switch(self, before: int, after: int) -> Clocks:
        """It is asked for; another supply is off for a clock, then waited for."""
        yield IDLE._replace(supply=before)
        if after != before:
            yield IDLE
            yield from hold(IDLE._replace(supply=after), self._programming.supply)

    def _word(self, place: Place) -> int:
        """The word at ``place`` among what was read last."""
        geometry = self.config.geometry
        word = place.word if self.config.sense == "row" else 0
        shift = place.block_row * self.config.sense_bits + word * geometry.word_bits
        return self.data >> shift & (1 << geometry.word_bits) - 1
