"""From sums to activations: scaling, ReLU, and the goodness of a pass."""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import shifted
from hwgen.ff.unit_clocks import SCALED_STAGES
from hwgen.ff.unit_format import UnitFormat
from hwgen.parts.adder_tree import AdderTree
from hwgen.parts.delay_line import DelayLine
from hwgen.parts.limits import clip, rectify

PRODUCT_STAGES = 2
"""Clocks from a scaled sum to the square of its activation: the multiplier's operand, and its product."""


class Activation(wiring.Component):
    """``t = (sum + half) >> shift``, limited to 4 times the range of activations on either side, ``y = clamp(t, 0,
    max)``, and over a pass ``S``, the sum of ``y**2`` (Hinton, "The Forward-Forward Algorithm", arXiv 2212.13345:
    goodness), and ``T``, the sum of ``t``. A beat of units a clock, with any gaps; the beats of passes that are kept in
    different banks come in any order.

    Args:
        units: the units of the engine's layers.
        sum_bits: bits of a sum, signed.
        shifts: for each layer, by how many bits a sum is shifted right.
        banks: of the memory in which they are kept.
        totals: whether there are ``totals``.

    Members:

    - ``valid``, ``sums``: a beat of ``layer``; ``first``, ``last``: it is the first, the last one of its pass;
      ``bank``, ``beat``: where it is kept in a :class:`~hwgen.ff.unit_memory.UnitMemory`.
    - ``scaled_valid``, ``scaled``, ``activations``: t and y of a beat,
      :data:`~hwgen.ff.unit_clocks.SCALED_STAGES` clocks after its sums; ``write_bank``, ``write_beat``: its bank and
      beat.
    - ``done``: strobe, :func:`~hwgen.ff.unit_clocks.goodness_clocks` clocks after the last sums of a pass, that of
      ``done_bank``: the bank's ``goodness``, and ``totals``, are those of the pass, until another one begins there.
    """

    def __init__(self, units: UnitFormat, *, sum_bits: int, shifts: Sequence[int], banks: int, totals: bool) -> None:
        if len(shifts) != len(units.units):
            raise ValueError(f"shifts must be {len(units.units)}, one for each layer, not {len(shifts)}")
        self.units = units
        self.sum_bits = sum_bits
        self.shifts = tuple(shifts)
        self.banks = banks
        self.has_totals = totals
        lanes = units.unit_lanes
        super().__init__(
            {
                "valid": In(1),
                "first": In(1),
                "last": In(1),
                "layer": In(range(len(units.units))),
                "bank": In(range(banks)),
                "beat": In(range(sum(units.beats))),
                "sums": In(data.ArrayLayout(signed(sum_bits), lanes)),
                "scaled_valid": Out(1),
                "write_bank": Out(range(banks)),
                "write_beat": Out(range(sum(units.beats))),
                "scaled": Out(data.ArrayLayout(signed(units.scaled_bits), lanes)),
                "activations": Out(data.ArrayLayout(units.activation_bits, lanes)),
                "done": Out(1),
                "done_bank": Out(range(banks)),
                "goodness": Out(data.ArrayLayout(units.goodness_bits, banks)),
                **({"totals": Out(data.ArrayLayout(signed(units.total_bits), banks))} if totals else {}),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        units = self.units
        pass_layout = data.StructLayout({"first": 1, "last": 1, "bank": self.bank.shape()})
        beat_layout = data.StructLayout({"of": pass_layout, "beat": self.beat.shape()})
        m.submodules.scaling = scaling = DelayLine(beat_layout, SCALED_STAGES)
        m.d.comb += [
            scaling.enable.eq(1),
            scaling.i_valid.eq(self.valid),
            scaling.i.of.first.eq(self.first),
            scaling.i.of.last.eq(self.last),
            scaling.i.of.bank.eq(self.bank),
            scaling.i.beat.eq(self.beat),
            self.scaled_valid.eq(scaling.o_valid),
            self.write_bank.eq(scaling.o.of.bank),
            self.write_beat.eq(scaling.o.beat),
        ]
        for lane, (total, scaled) in enumerate(zip(self.sums, self.scaled, strict=True)):
            m.d.comb += [
                scaled.eq(self._add_scaling(m, lane, total)),
                self.activations[lane].eq(rectify(scaled, units.activation_bits)),
            ]

        m.submodules.squares = squares = AdderTree(units.unit_lanes, *self._square_bits)
        m.submodules.summing = summing = DelayLine(pass_layout, PRODUCT_STAGES + squares.depth)
        m.d.comb += [
            squares.enable.eq(1),
            summing.enable.eq(1),
            summing.i_valid.eq(scaling.o_valid),
            summing.i.eq(scaling.o.of),
        ]
        for lane, y in enumerate(self.activations):
            operand = Signal(units.activation_bits, name=f"operand_{lane}", reset_less=True)
            square = Signal(2 * units.activation_bits, name=f"square_{lane}", reset_less=True)
            m.d.sync += [operand.eq(y), square.eq(operand * operand)]
            m.d.comb += squares.terms[lane].eq(square)
        of = summing.o
        m.d.sync += [self.done.eq(summing.o_valid & of.last), self.done_bank.eq(of.bank)]
        sums = [(self.goodness, squares.total)]
        if self.has_totals:
            sums.append((self.totals, self._add_total(m)))
        for bank in range(self.banks):
            with m.If(summing.o_valid & (of.bank == bank)):
                m.d.sync += [total[bank].eq(Mux(of.first, 0, total[bank]) + term) for total, term in sums]
        return m

    @property
    def _square_bits(self) -> tuple[int, int]:
        """Bits of a square, and of the sum of a beat's squares."""
        bits = 2 * self.units.activation_bits
        return bits, bits + (self.units.unit_lanes - 1).bit_length()

    def _add_scaling(self, m: Module, lane: int, total: Value) -> Value:
        """t of a lane: ``(s + half) >> shift = ((2 s >> shift) + 1) >> 1``, so that there is only 1 to be added after
        the limit, where few bits are left."""
        bits = self.units.scaled_bits
        doubled = Signal(signed(self.sum_bits + 1), name=f"doubled_{lane}", reset_less=True)
        limited = Signal(signed(bits + 1), name=f"limited_{lane}", reset_less=True)
        scaled = Signal(signed(bits), name=f"scaled_{lane}", reset_less=True)
        largest = ~limited[-1] & limited[:-1].all()
        m.d.sync += [
            doubled.eq(shifted(total << 1, self.shifts, self.layer)),
            limited.eq(clip(doubled, bits + 1)),
            scaled.eq((limited >> 1) + (limited[0] & ~largest)),
        ]
        return scaled

    def _add_total(self, m: Module) -> Value:
        """The sum of a beat's t, when that of its squares is there: as numbers from 0 on, then less what they were
        raised by."""
        units = self.units
        m.submodules.totals = tree = AdderTree(
            units.unit_lanes, units.scaled_bits, units.scaled_bits + (units.unit_lanes - 1).bit_length()
        )
        m.d.comb += tree.enable.eq(1)
        for lane, t in enumerate(self.scaled):
            raised = Signal(units.scaled_bits, name=f"raised_{lane}", reset_less=True)
            m.d.sync += raised.eq(t ^ 1 << (units.scaled_bits - 1))
            m.d.comb += tree.terms[lane].eq(raised)
        total = Signal(signed(tree.total_bits + 1), reset_less=True)
        m.d.sync += total.eq(tree.total - (units.unit_lanes << (units.scaled_bits - 1)))
        return total
