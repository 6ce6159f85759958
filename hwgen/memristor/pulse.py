"""Pulses: set-up, drive, pulse, off; and the supply that they are made with."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.signature import PulsePort, lines_layout

RESET_SUPPLY = SUPPLIES.index("reset")


class PulseSequencer(wiring.Component):
    """Makes pulses: the phases of :class:`~hwgen.memristor.config.ProgrammingPhases`. The source line is at 1 with all
    supplies but that for RESET.

    A pulse asked for in clock 0 is at work from clock 1 on, for its length and
    :attr:`~hwgen.memristor.config.ProgrammingClocks.overhead` clocks; the next pulse may be asked for in the last of
    them, another supply in the clock after. A supply is switched off for a clock before the next one is switched on,
    and then waited for; so it is after a reset.

    Members: ``port``: who asks; ``lengths``: clocks of a pulse with each of :data:`~hwgen.memristor.config.SUPPLIES`,
    of which 0 counts as 1; ``lines``: what it wants of the lines, a clock before the pins show it; ``settled``: no
    supply is selected, nothing is under way, and the array may be read.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        self.clocks = config.programming_clocks
        super().__init__(
            {
                "port": In(PulsePort(config)),
                "lengths": In(data.ArrayLayout(self.clocks.length_bits, len(SUPPLIES))),
                "lines": Out(lines_layout(config.geometry)),
                "settled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        port, lines, clocks = self.port, self.lines, self.clocks
        supply = Signal(len(SUPPLIES))
        selected = Signal(len(SUPPLIES))  # what it is switched to
        cell = Signal(data.StructLayout({name: len(getattr(port, name)) for name in ("row", "column", "cbl")}))
        longest = max(clocks.setup, clocks.drive, clocks.off, clocks.supply, (1 << clocks.length_bits) - 1)
        elapsed = Signal(range(longest))  # clocks of this phase
        length = Signal(clocks.length_bits)
        for index in range(len(SUPPLIES)):
            with m.If(supply[index]):
                m.d.comb += length.eq(self.lengths[index])
        m.d.comb += lines.supply.eq(supply)
        m.d.sync += elapsed.eq(elapsed + 1)

        def phase(over: object, following: str) -> None:
            """In this state: go on when the phase is over."""
            with m.If(over):
                m.d.sync += elapsed.eq(0)
                m.next = following

        def drive() -> None:
            """In this state: the cell's bit and source lines are driven."""
            m.d.comb += [lines.cbl.eq(cell.cbl), lines.csl.eq(~supply[RESET_SUPPLY])]

        def accept() -> None:
            """In this state: a pulse may be asked for."""
            with m.If(port.valid & ~port.switch):
                m.d.comb += port.ready.eq(1)
                m.d.sync += [cell[name].eq(getattr(port, name)) for name in ("row", "column", "cbl")]
                m.d.sync += elapsed.eq(0)
                m.next = "SETUP"

        with m.FSM(name="pulse", init="SETTLE") as fsm:
            with m.State("BREAK"):
                m.d.sync += supply.eq(selected)
                phase(1, "SETTLE")
            with m.State("SETTLE"):
                phase(elapsed == clocks.supply - 1, "READY")
            with m.State("READY"):
                m.d.comb += self.settled.eq(supply == 0)
                accept()
                # Only here: the last cell is no longer connected.
                with m.If(port.valid & port.switch):
                    m.d.comb += port.ready.eq(1)
                    m.d.sync += elapsed.eq(0)
                    with m.If(port.supply != supply):
                        m.d.sync += [supply.eq(0), selected.eq(port.supply)]
                        m.next = "BREAK"
            with m.State("SETUP"):
                phase(elapsed == clocks.setup - 1, "DRIVE")
            with m.State("DRIVE"):
                drive()
                phase(elapsed == clocks.drive - 1, "PULSE")
            with m.State("PULSE"):
                drive()
                m.d.comb += lines.cwl.eq(1)
                phase(elapsed + 1 >= length, "OFF")
            with m.State("OFF"):
                drive()
                with m.If(elapsed == clocks.off - 1):
                    m.next = "READY"
                    accept()
        working = fsm.ongoing("SETUP") | fsm.ongoing("DRIVE") | fsm.ongoing("PULSE") | fsm.ongoing("OFF")
        with m.If(working):
            m.d.comb += [lines.cblen.eq(1), lines.row.eq(cell.row), lines.column.eq(cell.column)]
        return m
