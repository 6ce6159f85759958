"""Lets layers of unequal size use one scanner."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.unit_format import UnitFormat


class Padding(wiring.Component):
    """Puts beats of zeros between a layer's outputs and their trailer: as many as the largest layer has more.

    Args:
        units: the units of the engine's layers.

    Members: ``start``: strobe, with ``ready``, before the first beat: the next beats are of ``layer``; ``ready``: the
    last trailer has gone; ``i``: beats, then a trailer; ``o``: what becomes of them.
    """

    def __init__(self, units: UnitFormat) -> None:
        self.units = units
        beat = stream.Signature(units.unit_lanes * units.output_bits)
        layer = range(len(units.units))
        super().__init__({"start": In(1), "ready": Out(1), "layer": In(layer), "i": In(beat), "o": Out(beat)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        most = max(self.units.beats)
        passing = Signal(range(most + 1))  # beats to come of the layer
        missing = Signal(range(most))
        trailer = Signal()  # is to come
        pads = (passing == 0) & (missing != 0)
        m.d.comb += [
            self.ready.eq(~trailer),
            self.o.valid.eq(self.i.valid | pads),
            self.o.payload.eq(Mux(pads, 0, self.i.payload)),
            self.i.ready.eq(self.o.ready & ~pads),
        ]
        with m.If(self.o.valid & self.o.ready):
            with m.If(passing != 0):
                m.d.sync += passing.eq(passing - 1)
            with m.Elif(missing != 0):
                m.d.sync += missing.eq(missing - 1)
            with m.Else():
                m.d.sync += trailer.eq(0)
        with m.If(self.start):
            m.d.sync += [
                trailer.eq(1),
                passing.eq(of_layer(self.units.beats, self.layer)),
                missing.eq(of_layer([most - beats for beats in self.units.beats], self.layer)),
            ]
        return m
