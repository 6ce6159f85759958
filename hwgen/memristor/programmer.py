"""Programming a word: passes over its cells, then reads to see what became of them."""

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.registers import ATTEMPT_BITS
from hwgen.memristor.signature import PulsePort, ReadPort, place_layout

COMMAND = data.StructLayout({"form": 1, "set": 1, "reset": 1, "verify": 1})
"""What is done with a word, in this order: forming pulses, SET pulses, RESET pulses, reads."""

PASSES = ("forming", "forming", "set", "reset")
"""The supply of each pass. Forming takes two: of the devices on BL, and of those on BLB."""


def command_members(config: ArrayConfig) -> dict[str, wiring.Member]:
    """What a command comes with."""
    return {
        "start": In(1),
        "command": In(COMMAND),
        "place": In(place_layout(config.geometry)),
        "target": In(config.geometry.word_bits),
    }


def outcome_members(config: ArrayConfig) -> dict[str, wiring.Member]:
    """What becomes of a command."""
    width = config.geometry.word_bits
    return {
        "active": Out(1),
        "word": Out(width),
        "wrong": Out(width),
        "unstable": Out(width),
        "attempts": Out(data.ArrayLayout(ATTEMPT_BITS, width)),
        "record": Out(1),
        "recorded": Out(place_layout(config.geometry)),
        "failed": Out(width),
        "worn": Out(1),
        "failure": Out(1),
    }


class WordProgrammer(wiring.Component):
    """Carries out a command on one word, cell by cell, in passes: all pulses with one supply, then all with the next.

    CBL of a SET or RESET pulse is the cell's bit of ``target``. A word that is verified is read
    :attr:`~hwgen.memristor.config.ArrayConfig.verify_reads` times, and a cell is right if it is in all of these reads.
    The word is done again as long as a cell is wrong, up to :attr:`~hwgen.memristor.config.ArrayConfig.attempts` times;
    pulses then go to the wrong cells.

    Members: ``start``, with ``command``, ``place`` and ``target``, while not ``active``; ``pulses``, ``reads``: the
    sequencers; ``settled``: the array may be read. ``word``: the last word read; ``wrong``: cells that were wrong in
    any of the last attempt's reads; ``unstable``: those that did not read alike in all of them; ``attempts``: in how
    many attempts each cell got pulses; these stay until the next command. ``record``: what is
    known of the word at ``place`` changes to ``failed`` (cells that are not known to be right), and if ``worn`` it is
    about to get pulses; ``failure``: a command ended with wrong cells.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        self.reading = Signal()
        """It waits for a read; no port."""
        super().__init__(
            {
                **command_members(config),
                "pulses": Out(PulsePort(config)),
                "reads": Out(ReadPort(config)),
                "settled": In(1),
                **outcome_members(config),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        pulses, reads = self.pulses, self.reads
        width = self.config.geometry.word_bits
        command = Signal(COMMAND)
        place = Signal.like(self.place)
        target = Signal(width)
        mask = Signal(width)  # cells that get pulses in this attempt
        todo = Signal(len(PASSES))  # passes of this attempt, this one included
        left = Signal(width)  # cells of this pass
        attempt = Signal(ATTEMPT_BITS)
        read = Signal(range(self.config.verify_reads))  # of this attempt
        any_pulses = command.form | command.set | command.reset
        passes = Cat(command.form, command.form, command.set, command.reset)
        supply = Signal(len(SUPPLIES))
        second = Signal()  # forming of the devices on BLB
        m.d.comb += [
            supply.eq(Cat(todo[:2].any(), todo[2] & ~todo[:2].any(), todo[3] & ~todo[:3].any())),
            second.eq(~todo[0] & todo[1]),
            pulses.supply.eq(supply),
            reads.place.eq(place),
            self.active.eq(1),
            self.recorded.eq(place),
        ]
        self._add_cell(m, place, target, left, supply[0], second)
        sensed = self._word(place)
        # In the first read of an attempt nothing is known of others.
        first = read == 0
        wrong = (sensed ^ target) | Mux(first, 0, self.wrong)
        unstable = Mux(first, 0, self.unstable | (sensed ^ self.word))

        with m.FSM(name="program"):
            with m.State("IDLE"):
                m.d.comb += self.active.eq(0)
                starts = self.command.form | self.command.set | self.command.reset
                with m.If(self.start):
                    m.d.sync += [command.eq(self.command), place.eq(self.place), target.eq(self.target)]
                    m.d.sync += [mask.eq(-1), attempt.eq(1)]
                    m.d.sync += [self.attempts.eq(0), self.word.eq(0), self.wrong.eq(0), self.unstable.eq(0)]
                    m.d.sync += todo.eq(Cat(self.command.form.replicate(2), self.command.set, self.command.reset))
                    # Until it has been read, nothing is known of it.
                    m.d.comb += [self.record.eq(starts), self.worn.eq(1)]
                    m.d.comb += [self.recorded.eq(self.place), self.failed.eq(-1)]
                    m.next = "SELECT"
            with m.State("SELECT"):
                m.d.comb += [pulses.valid.eq(1), pulses.switch.eq(1)]
                m.d.sync += left.eq(mask)
                with m.If(pulses.ready):
                    with m.If(todo.any()):
                        m.next = "PULSE"
                    with m.Else():
                        m.next = "SETTLE"
            with m.State("PULSE"):
                m.d.comb += pulses.valid.eq(1)
                with m.If(pulses.ready):
                    m.d.sync += left.eq(left & (left - 1))
                    with m.If((left & (left - 1)) == 0):
                        m.d.sync += todo.eq(todo & (todo - 1))
                        m.next = "SELECT"
            with m.State("SETTLE"):
                with m.If(self.settled):
                    for count, pulsed in zip(self.attempts, mask, strict=True):
                        with m.If(any_pulses & pulsed):
                            m.d.sync += count.eq(attempt)
                    m.d.comb += reads.start.eq(command.verify)
                    m.next = "READ"
                    with m.If(~command.verify):
                        m.next = "IDLE"
            with m.State("READ"):
                m.d.comb += self.reading.eq(1)
                with m.If(reads.done):
                    m.d.sync += [self.word.eq(sensed), self.wrong.eq(wrong), self.unstable.eq(unstable)]
                    with m.If(read != self.config.verify_reads - 1):
                        m.d.sync += read.eq(read + 1)
                        m.next = "SETTLE"
                    with m.Else():
                        m.d.sync += [read.eq(0), mask.eq(wrong)]
                        m.d.comb += [self.record.eq(1), self.failed.eq(wrong)]
                        with m.If(wrong.any() & any_pulses & (attempt != self.config.attempts)):
                            m.d.comb += self.worn.eq(1)
                            m.d.sync += [attempt.eq(attempt + 1), todo.eq(passes)]
                            m.next = "SELECT"
                        with m.Else():
                            m.d.comb += self.failure.eq(wrong.any())
                            m.next = "IDLE"
        return m

    def _add_cell(
        self, m: Module, place: data.View, target: Signal, left: Signal, forming: Value, second: Signal
    ) -> None:
        """Address the lowest cell that is ``left``, and say which of its devices is meant."""
        width = len(left)
        bit = Signal(range(width))
        for index in reversed(range(width)):
            with m.If(left[index]):
                m.d.comb += bit.eq(index)
        # The source line is at 1: CBL = 0 forms the device on BL.
        with m.If(forming):
            m.d.comb += self.pulses.cbl.eq(second)
        with m.Else():
            m.d.comb += self.pulses.cbl.eq(target.bit_select(bit, 1))
        m.d.comb += [
            self.pulses.row.eq(Cat(place.row, place.block_row)),
            self.pulses.column.eq(Cat(bit, place.word, place.block_column)),
        ]

    def _word(self, place: data.View) -> Value:
        """The word at ``place`` among the bits that a read gave."""
        geometry = self.config.geometry
        words = geometry.words_per_row if self.config.sense == "row" else 1
        every = Array(
            self.reads.data[row * self.config.sense_bits :].word_select(word, geometry.word_bits)
            for row in range(geometry.block_rows)
            for word in range(words)
        )
        return every[place.block_row * words + (place.word if words > 1 else Const(0))]
