"""What is remembered of each word of an array: its failed cells, and how often it was written."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from hwgen.bus.interface import WindowSignature
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.registers import WEAR_BITS
from hwgen.memristor.signature import place_layout


class Ledger(wiring.Component):
    """One entry a word; no reset changes it. At power-on all cells count as failed, as nothing is known of them, and no
    word as written.

    Members: ``record``, ``place``, ``failed``, ``worn``: this word's failed cells are now ``failed``, and if ``worn``
    it was written once more (the count stays at its largest value); not in two successive clocks. ``failed_cells``,
    ``wear``: bus windows by word; the first can only be read, the second not be written while ``locked``.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        geometry = config.geometry
        # Of each cell, whether it is known to hold what was last written.
        self.entry = data.StructLayout({"right": geometry.word_bits, "wear": WEAR_BITS})
        super().__init__(
            {
                "record": In(1),
                "place": In(place_layout(geometry)),
                "failed": In(geometry.word_bits),
                "worn": In(1),
                "locked": In(1),
                "failed_cells": In(WindowSignature(geometry.address_bits, geometry.word_bits)),
                "wear": In(WindowSignature(geometry.address_bits, WEAR_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        geometry = self.config.geometry
        m.submodules.memory = memory = Memory(shape=self.entry, depth=max(2, 1 << geometry.address_bits), init=[])
        read, write = memory.read_port(), memory.write_port()

        # Recording: read, and a clock later put back.
        recording = Signal()
        place = Signal(geometry.address_bits)
        failed = Signal.like(self.failed)
        worn = Signal()
        entry = Signal(self.entry)
        m.d.sync += [
            recording.eq(self.record),
            place.eq(self.place),
            failed.eq(self.failed),
            worn.eq(self.worn),
        ]
        m.d.comb += [entry.right.eq(~failed), entry.wear.eq(read.data.wear + (worn & ~read.data.wear.all()))]

        # The bus, whenever nothing is recorded: an access that meets a record begins again.
        wear_asked = self.wear.valid
        index = Mux(wear_asked, self.wear.index, self.failed_cells.index)
        asked = Signal(place_layout(geometry))
        old = Signal(self.entry)
        m.d.comb += [
            asked.eq(index),
            read.addr.eq(Mux(self.record, self.place, index)),
            write.addr.eq(Mux(recording, place, index)),
            write.data.eq(entry),
            write.en.eq(recording),
            self.failed_cells.rdata.eq(~old.right),
            self.wear.rdata.eq(old.wear),
        ]
        exists = (asked.block_row < geometry.block_rows) & (asked.block_column < geometry.block_columns)
        refused = ~exists | (self.failed_cells.valid & self.failed_cells.write)
        refused |= wear_asked & self.wear.write & self.locked
        answers = [(port.ready, port.error, port.valid) for port in (self.failed_cells, self.wear)]
        with m.FSM(name="ledger"):
            with m.State("IDLE"), m.If((wear_asked | self.failed_cells.valid) & ~self.record & ~recording):
                m.next = "READ"
                with m.If(refused):
                    m.next = "REFUSE"
            with m.State("REFUSE"):
                m.d.comb += [line.eq(valid) for ready, error, valid in answers for line in (ready, error)]
                m.next = "IDLE"
            with m.State("READ"):
                m.d.sync += old.eq(read.data)
                m.next = "ANSWER"
                with m.If(self.record):
                    m.next = "IDLE"
            with m.State("ANSWER"):
                with m.If(~self.record):
                    m.d.comb += [ready.eq(valid) for ready, _, valid in answers]
                    with m.If(wear_asked & self.wear.write):
                        m.d.comb += [
                            write.en.eq(1),
                            write.data.right.eq(old.right),
                            write.data.wear.eq(self.wear.wdata),
                        ]
                m.next = "IDLE"
        return m
