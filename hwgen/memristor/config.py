"""What the logic beside an array of memristors must know of it: geometry, and how long each phase lasts. Plain data:
imports no HDL."""

from typing import Annotated, Literal, NamedTuple, Self

import pydantic

from hwgen.memristor.geometry import ArrayGeometry

NANOSECONDS = 10**9
"""In a second."""

SUPPLIES = ("forming", "set", "reset")
"""What the supply of the lines is switched to; bit n of the select output is for the n-th, no bit for reading."""

MOST_WORD_BITS = 32
"""Bits of a word that the programming interface takes: those of a bus access."""

MOST_ADDRESS_BITS = 20
"""Bits of a word's address: each has an entry of the maps of failed cells and wear, in block RAM. The published machine
has 13."""

Phase = Annotated[int, pydantic.Field(ge=1, le=NANOSECONDS)]
"""Length of a phase in nanoseconds; in hardware it is at least as long."""


class _Phases(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


class ReadPhases(_Phases):
    """A read with precharge sense amplifiers: one after the other, from an idle array to an idle array.

    Precharge, evaluation, hold and the word line's fall are those of the published machines, a clock each there.
    Choices of our own: the set-up before the word line rises, that the address outlasts it, and all defaults.
    """

    setup_ns: Phase = 10
    """Address and source line stand; the word line is still at 0."""

    precharge_ns: Phase = 10
    """Source and word line at 1: both branches of the amplifier are charged."""

    evaluate_ns: Phase = 20
    """Source line at 0: the branch of lower resistance wins."""

    hold_ns: Phase = 10
    """The bits stand at the amplifiers' outputs; they are taken at the end."""

    off_ns: Phase = 10
    """Word line at 0, before the address may change."""


class ProgrammingPhases(_Phases):
    """A programming pulse: set-up, drive, pulse, off; and a wait where the supply changes.

    The order is that of the published machines, and pulses of the order of a microsecond are. Choices of our own: that
    the other lines outlast the word line (there CBL falls together with it), the wait for the supply, the limit of a
    pulse, and all other defaults.
    """

    setup_ns: Phase = 10
    """Address and enable of the programming circuit (CBLEN) stand; all lines are at 0."""

    drive_ns: Phase = 10
    """Bit lines (CBL) and source line (CSL) are driven; the word line is still at 0."""

    forming_ns: Phase = 10_000
    """Word line at 1, forming."""

    set_ns: Phase = 1_000
    """Word line at 1, SET."""

    reset_ns: Phase = 1_000
    """Word line at 1, RESET."""

    off_ns: Phase = 10
    """Word line at 0, before any other line may change."""

    supply_ns: Phase = 10_000
    """From a change of the selected supply until the voltage stands."""

    longest_pulse_ns: Phase = 100_000
    """No pulse is longer, whatever the host does; in hardware it is at most as long."""


class ReadClocks(NamedTuple):
    """:class:`ReadPhases` in clocks."""

    setup: int
    """Clocks of this phase; so for the following."""
    precharge: int
    evaluate: int
    hold: int
    off: int

    @property
    def total(self) -> int:
        """Clocks of a read."""
        return sum(self)

    @property
    def word_line(self) -> int:
        """Clocks for which the word line is at 1."""
        return self.precharge + self.evaluate + self.hold


class ProgrammingClocks(NamedTuple):
    """:class:`ProgrammingPhases` in clocks."""

    setup: int
    """Clocks of this phase; so for the following."""
    drive: int
    forming: int
    set: int
    reset: int
    off: int
    supply: int
    longest_pulse: int

    @property
    def overhead(self) -> int:
        """Clocks of a pulse beside the pulse itself."""
        return self.setup + self.drive + self.off

    @property
    def length_bits(self) -> int:
        """Bits of a pulse's length in clocks."""
        return self.longest_pulse.bit_length()

    @property
    def lengths(self) -> tuple[int, ...]:
        """Clocks of a pulse with each of :data:`SUPPLIES`."""
        return self.forming, self.set, self.reset


class ArrayConfig(_Phases):
    """An array of memristors as its sequencers see it.

    A phase takes as many clocks as it needs to be no shorter than it says, and at least one; the limit of a pulse as
    many as it can have without being longer.
    """

    geometry: ArrayGeometry
    """How many cells, and where."""

    clock_hz: int = pydantic.Field(ge=1_000_000, le=NANOSECONDS)
    """Frequency of the logic's clock in hertz."""

    sense: Literal["word", "row"] = "word"
    """How many amplifiers of a row of blocks are pins: those of the addressed word, or of the whole row of the
    addressed block."""

    read: ReadPhases = ReadPhases()
    """How cells are read."""

    programming: ProgrammingPhases = ProgrammingPhases()
    """How cells are programmed."""

    attempts: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a cell is programmed at most until it reads right."""

    verify_reads: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a word is read to be verified; a cell is right if it is in all of these reads. One whose devices are
    alike, and that reads at random, passes n reads with a probability of 1 in 2ⁿ."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.geometry.word_bits > MOST_WORD_BITS:
            raise ValueError(
                f"word_bits must be at most {MOST_WORD_BITS}, the bits of a bus access, not {self.geometry.word_bits}"
            )
        self._check_words()
        clocks, phases = self.programming_clocks, self.programming
        longest = f"longest_pulse_ns = {phases.longest_pulse_ns} at {self.clock_hz} Hz"
        if not clocks.longest_pulse:
            raise ValueError(f"longest_pulse_ns must be at least a clock, {self.clocks_ns(1)} ns: {longest}")
        most = self.clocks_ns(clocks.longest_pulse)
        for name in ("forming", "set", "reset"):
            if getattr(clocks, name) > clocks.longest_pulse:
                value = getattr(phases, f"{name}_ns")
                raise ValueError(f"{name}_ns must be at most {most}, not {value}: whole clocks within {longest}")
        if self.read_clocks.word_line > clocks.longest_pulse:
            read = self.clocks_ns(self.read_clocks.word_line)
            raise ValueError(f"precharge, evaluation and hold must take at most {most} ns, not {read}: {longest}")
        return self

    def _check_words(self) -> None:
        geometry = self.geometry
        block_bits = sum(field.bits for field in geometry.fields if field.name.startswith("block_"))
        if geometry.address_bits > MOST_ADDRESS_BITS:
            raise ValueError(
                f"rows = {geometry.rows} and columns = {geometry.columns} give {geometry.words_per_block} words of "
                f"{geometry.word_bits} bits a block; with {geometry.block_rows} x {geometry.block_columns} blocks, at "
                f"most {1 << MOST_ADDRESS_BITS - block_bits} are allowed: a word's address has at most "
                f"{MOST_ADDRESS_BITS} bits, as each has an entry in block RAM"
            )

    @property
    def sense_bits(self) -> int:
        """Bits that a read gives of each row of blocks."""
        return self.geometry.word_bits if self.sense == "word" else self.geometry.columns

    @property
    def data_bits(self) -> int:
        """Bits that a read gives: all rows of blocks are read at once, row 0 in the lowest bits."""
        return self.geometry.block_rows * self.sense_bits

    def clocks(self, nanoseconds: int) -> int:
        """The fewest clocks, at least one, that last so long."""
        return max(1, -(-nanoseconds * self.clock_hz // NANOSECONDS))

    def clocks_ns(self, clocks: int) -> int:
        """Whole nanoseconds that so many clocks last, rounded down."""
        return clocks * NANOSECONDS // self.clock_hz

    @property
    def read_clocks(self) -> ReadClocks:
        """Clocks of each phase of a read."""
        read = self.read
        phases = (read.setup_ns, read.precharge_ns, read.evaluate_ns, read.hold_ns, read.off_ns)
        return ReadClocks(*map(self.clocks, phases))

    @property
    def programming_clocks(self) -> ProgrammingClocks:
        """Clocks of each phase of programming, and the most clocks of a pulse."""
        phases = self.programming
        return ProgrammingClocks(
            setup=self.clocks(phases.setup_ns),
            drive=self.clocks(phases.drive_ns),
            forming=self.clocks(phases.forming_ns),
            set=self.clocks(phases.set_ns),
            reset=self.clocks(phases.reset_ns),
            off=self.clocks(phases.off_ns),
            supply=self.clocks(phases.supply_ns),
            longest_pulse=phases.longest_pulse_ns * self.clock_hz // NANOSECONDS,
        )

    @property
    def longest_command(self) -> int:
        """Clocks in which any command on a word ends: all passes, all attempts, pulses as long as they can be."""
        return self.longest_command_with(self.read_clocks.total + 1)

    def longest_command_with(self, read: int) -> int:
        """:attr:`longest_command` where a word is there ``read`` clocks after it was asked for."""
        clocks = self.programming_clocks
        passes = 4  # two of forming, SET, RESET
        pulses = self.geometry.word_bits * (clocks.overhead + clocks.longest_pulse)
        switching = 2 + clocks.supply
        reads = self.verify_reads * (1 + read)
        return self.attempts * (passes * (pulses + switching + 1) + switching + reads) + 1
