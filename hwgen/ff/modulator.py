"""What scales a layer's steps: a table of how much its goodnesses miss."""

from collections.abc import Sequence
from itertools import pairwise

from amaranth.hdl import Array, Cat, Elaboratable, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer, shifted
from hwgen.ff.tables import MODULATOR_ENTRIES, modulator_table
from hwgen.ff.unit_clocks import MODULATOR_STAGES
from hwgen.ff.unit_format import UnitFormat
from hwgen.parts.limits import clip

POSITIVE, NEGATIVE = range(2)
"""The passes."""

INDEX_BITS = (MODULATOR_ENTRIES - 1).bit_length()


class Modulator(wiring.Component):
    """The scale of the steps, ``table[clamp((d >> shift) + 32, 0, 63)]``, from how much is missing: ``d = S_negative -
    S_positive`` for both passes, or ``threshold - S_positive`` for the positive and ``S_negative - threshold`` for the
    negative one (Hinton, arXiv 2212.13345; Chen et al., arXiv 2409.11593).

    Args:
        units: the units of the engine's layers.
        shifts: for each layer, by how many bits d is shifted right.
        thresholds: for each layer those of the positive and the negative pass, as sums of squares; None: pairwise.
        modulator_bits: bits of a scale.

    Members: ``start``: strobe, take ``goodness``, of the two passes of ``layer``; ``done``: strobe,
    :func:`~hwgen.ff.unit_clocks.modulator_clocks` clocks later: ``scales``, those of the two passes, are there until
    the next start.
    """

    def __init__(
        self,
        units: UnitFormat,
        *,
        shifts: Sequence[int],
        thresholds: Sequence[tuple[int, int]] | None,
        modulator_bits: int,
    ) -> None:
        for name, values in (("shifts", shifts), ("thresholds", thresholds)):
            if values is not None and len(values) != len(units.units):
                raise ValueError(f"{name} must be {len(units.units)}, one for each layer, not {len(values)}")
        self.units = units
        self.shifts = tuple(shifts)
        self.thresholds = None if thresholds is None else tuple(thresholds)
        self.modulator_bits = modulator_bits
        super().__init__(
            {
                "start": In(1),
                "layer": In(range(len(units.units))),
                "goodness": In(data.ArrayLayout(units.goodness_bits, 2)),
                "done": Out(1),
                "scales": Out(data.ArrayLayout(modulator_bits, 2)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        layer = Signal.like(self.layer, reset_less=True)
        with m.If(self.start):
            m.d.sync += layer.eq(self.layer)
        bits = self.units.goodness_bits
        if self.thresholds is not None:
            bits = max(bits, max(max(pair) for pair in self.thresholds).bit_length())
        minuend = Signal(bits, reset_less=True)
        subtrahend = Signal(bits, reset_less=True)
        difference = Signal(signed(bits + 1), reset_less=True)
        index = Signal(signed(INDEX_BITS), reset_less=True)
        scale = Signal(self.modulator_bits, reset_less=True)
        table = Array(modulator_table(self.modulator_bits))
        m.d.sync += [
            difference.eq(minuend - subtrahend),
            index.eq(clip(shifted(difference, self.shifts, layer), INDEX_BITS)),
            # 32 more.
            scale.eq(table[Cat(index[:-1], ~index[-1])]),
        ]

        # stages[n]: what was begun n clocks ago.
        stages = [self.start, *(Signal(name=f"stage_{number}") for number in range(1, MODULATOR_STAGES + 2))]
        m.d.sync += [after.eq(before) for before, after in pairwise(stages)]
        if self.thresholds is None:
            with m.If(self.start):
                m.d.sync += [minuend.eq(self.goodness[NEGATIVE]), subtrahend.eq(self.goodness[POSITIVE])]
            m.d.comb += [
                self.scales.as_value().eq(Cat(scale, scale)),
                self.done.eq(stages[MODULATOR_STAGES]),
            ]
            return m

        # The positive pass, then the negative one.
        negative_goodness = Signal(self.units.goodness_bits, reset_less=True)
        scale_positive = Signal.like(scale, reset_less=True)
        positive, negative = (of_layer(values, self.layer) for values in zip(*self.thresholds, strict=True))
        kept_negative = Signal(bits, reset_less=True)
        with m.If(self.start):
            m.d.sync += [
                minuend.eq(positive),
                subtrahend.eq(self.goodness[POSITIVE]),
                negative_goodness.eq(self.goodness[NEGATIVE]),
                kept_negative.eq(negative),
            ]
        with m.Else():
            m.d.sync += [minuend.eq(negative_goodness), subtrahend.eq(kept_negative)]
        with m.If(stages[MODULATOR_STAGES]):
            m.d.sync += scale_positive.eq(scale)
        m.d.comb += [
            self.scales.as_value().eq(Cat(scale_positive, scale)),
            self.done.eq(stages[MODULATOR_STAGES + 1]),
        ]
        return m
