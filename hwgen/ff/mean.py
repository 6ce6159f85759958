"""The mean of a layer's scaled sums: a serial multiplication by the reciprocal of their number."""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.unit_clocks import mean_bits
from hwgen.ff.unit_format import UnitFormat

RECIPROCAL_BITS = 16
"""Bits of a reciprocal behind the binary point."""


class Mean(wiring.Component):
    """``mean = (total * reciprocal) >> 16``, one bit of the reciprocal a clock, the lowest first.

    What is dropped by shifting right before further bits are added would be dropped by one shift at the end: exact.

    Args:
        units: the units of the engine's layers.
        reciprocals: for each layer, ``2**16 / units``, rounded: 1 to 2**16.

    Members: ``start``: take ``total``, of ``layer``; ``ending``: strobe, :func:`~hwgen.ff.unit_clocks.mean_bits` clocks
    later: from the next clock on, ``mean`` is there until the next start.
    """

    def __init__(self, units: UnitFormat, reciprocals: Sequence[int]) -> None:
        if len(reciprocals) != len(units.units):
            raise ValueError(f"reciprocals must be {len(units.units)}, one for each layer, not {len(reciprocals)}")
        for reciprocal in reciprocals:
            if not 1 <= reciprocal <= 1 << RECIPROCAL_BITS:
                raise ValueError(f"reciprocals must be from 1 to {1 << RECIPROCAL_BITS}, not {reciprocal!r}")
        self.units = units
        self.reciprocals = tuple(reciprocals)
        super().__init__(
            {
                "start": In(1),
                "layer": In(range(len(units.units))),
                "total": In(signed(units.total_bits)),
                "ending": Out(1),
                "mean": Out(signed(units.mean_bits)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bits = mean_bits(self.reciprocals)
        multiplicand = Signal.like(self.total, reset_less=True)
        reciprocal = Signal(bits, reset_less=True)
        product = Signal(signed(self.units.total_bits + 1), reset_less=True)
        following = Signal.like(product)
        remaining = Signal(range(bits + 1))
        m.d.comb += [
            following.eq(product + Mux(reciprocal[0], multiplicand, 0)),
            self.ending.eq(remaining == 1),
            self.mean.eq(product >> (RECIPROCAL_BITS + 1 - bits)),
        ]
        with m.If(remaining != 0):
            m.d.sync += [
                remaining.eq(remaining - 1),
                reciprocal.eq(reciprocal >> 1),
                product.eq(Mux(self.ending, following, following >> 1)),
            ]
        with m.If(self.start):
            m.d.sync += [
                remaining.eq(bits),
                reciprocal.eq(of_layer(self.reciprocals, self.layer)),
                multiplicand.eq(self.total),
                product.eq(0),
            ]
        return m
