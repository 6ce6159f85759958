"""The last registers before the pins, and the limit of a pulse."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.signature import LINES, lines_layout


class LineOutputs(wiring.Component):
    """What one of two sequencers wants of the lines, on the pins a clock later. Whatever is wanted, the word line is at
    1 for no more than :attr:`~hwgen.memristor.config.ProgrammingClocks.longest_pulse` clocks on end, and no supply is
    selected while the array is read.

    Members: ``reading``: the reader has the lines; ``reader``, ``programmer``: what they want; ``pins``; ``cut``: a
    pulse is being cut.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.longest = config.programming_clocks.longest_pulse
        layout = lines_layout(config.geometry)
        super().__init__(
            {
                "reading": In(1),
                "reader": In(layout),
                "programmer": In(layout),
                "pins": Out(layout),
                "cut": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        wanted = Signal.like(self.pins)
        open_clocks = Signal(range(self.longest + 1))  # for which the word line has been at 1
        m.d.comb += [
            wanted.eq(Mux(self.reading, self.reader, self.programmer)),
            self.cut.eq(wanted.cwl & (open_clocks == self.longest)),
        ]
        m.d.sync += [self.pins[name].eq(wanted[name]) for name in LINES if name != "cwl"]
        m.d.sync += [self.pins.cwl.eq(wanted.cwl & ~self.cut), open_clocks.eq(0)]
        with m.If(wanted.cwl):
            m.d.sync += open_clocks.eq(open_clocks + ~self.cut)
        return m
