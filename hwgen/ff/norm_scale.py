"""What a normaliser multiplies by: a table of the sum of squares' mantissa."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.tables import NORM_ENTRIES, NORM_FACTOR_BITS, NormTable
from hwgen.ff.unit_format import UnitFormat

MANTISSA_BITS = 5
"""A mantissa in [1, 4), in eighths."""

FINE_BITS = 3
"""Bits of a shift that the multiplier does, its operand being shifted left by what is missing to the next multiple."""
OPERAND_FRACTION = (1 << FINE_BITS) - 1


class NormScale(wiring.Component):
    """``square = m * 4**q`` with m in [1, 4): the table of the layer gives a factor and a shift for m, so that
    ``x = f * factor >> (q + shift)``. That is ``f * operand >> (OPERAND_FRACTION + (coarse << FINE_BITS))``: there is
    no shifter behind the multiplier but for a choice of ``coarse``.

    Args:
        units: the units of the engine's layers.
        tables: of each layer.

    Members: ``square``, ``layer``; ``operand``, ``coarse``: theirs, :data:`~hwgen.ff.unit_clocks.SCALE_STAGES` clocks
    later, if the inputs stay for so long. For a square of 0, they mean nothing.
    """

    def __init__(self, units: UnitFormat, tables: Sequence[NormTable]) -> None:
        if len(tables) != len(units.units):
            raise ValueError(f"tables must be {len(units.units)}, one for each layer, not {len(tables)}")
        self.units = units
        self.tables = tuple(tables)
        # The largest shift, by what a layer's sum of squares can be.
        self.most = max(
            ((count * units.activation_max**2).bit_length() - 1 >> 1) + max(table.shifts)
            for count, table in zip(units.units, tables, strict=True)
        )
        super().__init__(
            {
                "square": In(units.goodness_bits),
                "layer": In(range(len(units.units))),
                "operand": Out(NORM_FACTOR_BITS + OPERAND_FRACTION),
                "coarse": Out(range((self.most >> FINE_BITS) + 1)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # The highest pair of bits that is not 0, one-hot.
        pairs = [self.square[start : start + 2] for start in range(0, len(self.square), 2)]
        highest = Signal(len(pairs), reset_less=True)
        m.d.sync += highest.eq(Cat(pair.any() & ~Cat(pairs[number + 1 :]).any() for number, pair in enumerate(pairs)))

        # The mantissa: the pair and the three bits below it.
        padded = Cat(Const(0, MANTISSA_BITS - 2), self.square, Const(0, 1))

        def chosen(number: int) -> Value:
            return Mux(highest[number], padded[2 * number : 2 * number + MANTISSA_BITS], 0)

        mantissa = Signal(MANTISSA_BITS, reset_less=True)
        exponent = Signal(range(len(pairs)), reset_less=True)
        m.d.sync += [
            mantissa.eq(reduce(or_, map(chosen, range(len(pairs))))),
            exponent.eq(reduce(or_, (Mux(hot, number, 0) for number, hot in enumerate(highest)))),
        ]

        # The table, and the exponent beside it.
        factor = Signal(NORM_FACTOR_BITS, reset_less=True)
        table_shift = Signal(signed(self._table_shift_bits), reset_less=True)
        exponent_then = Signal.like(exponent, reset_less=True)
        m.d.sync += [
            factor.eq(of_layer([_entry(table.factors, mantissa) for table in self.tables], self.layer)),
            table_shift.eq(of_layer([_entry(table.shifts, mantissa) for table in self.tables], self.layer)),
            exponent_then.eq(exponent),
        ]

        shift = exponent_then + table_shift
        amount = Signal(max(FINE_BITS, self.most.bit_length()), reset_less=True)
        factor_then = Signal.like(factor, reset_less=True)
        m.d.sync += [
            amount.eq(Mux(shift < 0, 0, shift)),
            factor_then.eq(factor),
            self.operand.eq(factor_then << ~amount[:FINE_BITS]),  # OPERAND_FRACTION less these
            self.coarse.eq(amount[FINE_BITS:]),
        ]
        return m

    @property
    def _table_shift_bits(self) -> int:
        return max(max(abs(shift) for shift in table.shifts) for table in self.tables).bit_length() + 1


def _entry(values: Sequence[int], mantissa: Value) -> Value:
    """The entry of a mantissa, which is 8 or more."""
    first = (1 << MANTISSA_BITS) - NORM_ENTRIES
    return Array([values[0]] * first + list(values))[mantissa]
