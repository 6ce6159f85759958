"""Reading: precharge, evaluate, hold, cut off."""

from amaranth.hdl import Cat, Const, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.signature import ReadPort, lines_layout


class ReadSequencer(wiring.Component):
    """Reads a word of every row of blocks at once: the phases of
    :class:`~hwgen.memristor.config.ReadPhases`, one after the other.

    From ``start`` in clock 0 the lines are at work from clock 1 to :attr:`~hwgen.memristor.config.ReadClocks.total`;
    the next read may start in that last clock, and ``done`` comes in the one after.

    Members: ``port``: who asks; ``lines``: what it wants of the lines, a clock before the pins show it; ``data``: the
    pins'; ``active``: it is at work.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        super().__init__(
            {
                "port": In(ReadPort(config)),
                "lines": Out(lines_layout(config.geometry)),
                "data": In(config.data_bits),
                "active": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        port, lines, clocks = self.port, self.lines, self.config.read_clocks
        place = Signal.like(port.place)
        elapsed = Signal(range(max(clocks)))  # clocks of this phase
        m.d.comb += self.active.eq(1)
        m.d.sync += [elapsed.eq(elapsed + 1), port.done.eq(0)]

        def phase(length: int, following: str) -> None:
            """In this state: go on when the phase is over."""
            m.d.comb += [lines.row.eq(Cat(place.row, place.block_row)), lines.column.eq(self._column(place))]
            with m.If(elapsed == length - 1):
                m.d.sync += elapsed.eq(0)
                m.next = following

        def accept() -> None:
            """In this state: a read may start."""
            m.d.comb += port.ready.eq(1)
            with m.If(port.start):
                m.d.sync += [place.eq(port.place), elapsed.eq(0)]
                m.next = "SETUP"

        with m.FSM(name="read"):
            with m.State("IDLE"):
                m.d.comb += self.active.eq(0)
                m.d.sync += elapsed.eq(0)
                accept()
            with m.State("SETUP"):
                m.d.comb += lines.csl.eq(1)
                phase(clocks.setup, "PRECHARGE")
            with m.State("PRECHARGE"):
                m.d.comb += [lines.csl.eq(1), lines.cwl.eq(1)]
                phase(clocks.precharge, "EVALUATE")
            with m.State("EVALUATE"):
                m.d.comb += lines.cwl.eq(1)
                phase(clocks.evaluate, "HOLD")
            with m.State("HOLD"):
                m.d.comb += lines.cwl.eq(1)
                phase(clocks.hold, "OFF")
            with m.State("OFF"):
                # The pins are a clock behind: in the first clock of this phase they show the last of the hold.
                with m.If(elapsed == 0):
                    m.d.sync += port.data.eq(self.data)
                phase(clocks.off, "IDLE")
                with m.If(elapsed == clocks.off - 1):
                    m.d.sync += port.done.eq(1)
                    accept()
        return m

    def _column(self, place: object) -> Cat:
        """The word's lowest column."""
        bits = (self.config.geometry.columns - 1).bit_length() - len(place.word)
        return Cat(Const(0, bits), place.word, place.block_column)
