"""What a layer gives to the next one: features of a fixed root mean square, as beats of pixels."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.ff.arithmetic import of_layer
from hwgen.ff.mean import Mean
from hwgen.ff.norm_scale import FINE_BITS, OPERAND_FRACTION, NormScale
from hwgen.ff.tables import NormTable
from hwgen.ff.unit_clocks import READ_STAGES, SCALE_STAGES
from hwgen.ff.unit_format import UnitFormat
from hwgen.parts.adder_tree import AdderTree
from hwgen.parts.delay_line import DelayLine
from hwgen.parts.limits import rectify
from hwgen.parts.skid_buffer import SkidBuffer

PRODUCT_STAGES = READ_STAGES + 2
"""Clocks from a beat's address to its products: memory, features, products."""

ROUND_STAGES = 2
"""Clocks from products to the beat that they make: shift, round."""

TAG = data.StructLayout({"square": 1, "last": 1, "trailer": 1})
"""What a beat in the pipeline is for: ``square``: the sum of squares, ``last``: and it is the last one; ``trailer``: it
stands for the trailer. Otherwise it goes to ``x``."""


class Normaliser(wiring.Component):
    """Reads the beats of a pass and gives, for each unit, ``x = min((f * factor + half) >> shift, max)``, factor and
    shift following from ``F``, the sum of ``f**2``: the layer's outputs get the root mean square that the next one
    expects.

    In a supervised machine f is y, the activation, and F its goodness (Hinton, arXiv 2212.13345: length normalisation).
    In a contrastive one f is the triangle ``clamp(t - mean, 0, max)`` (Chen et al., arXiv 2409.11593), and the beats
    are read twice, for F first.

    The first beat is on ``x`` :func:`~hwgen.ff.unit_clocks.normaliser_clocks` clocks after ``start``; then there is one
    in every clock until the trailer has gone.

    Args:
        units: the units of the engine's layers.
        tables: of each layer.
        banks: of the memory.
        reciprocals: in a contrastive machine, for each layer, ``2**16 / units``, rounded.
        trailer_bits: bits of a trailer, at most those of a beat.

    Members:

    - ``ready``: it may be started; ``start``: strobe, take ``layer``, ``bank``, ``trailer``, and ``square``, the
      goodness of the pass, in a contrastive machine ``total``, its sum of t.
    - ``enable``, ``read``, ``read_bank``, ``read_beat``, ``word``: to the :class:`~hwgen.ff.unit_memory.UnitMemory` of
      y, in a contrastive machine of t, where the beats of all layers lie one after the other.
    - ``x``: the beats, then one more, the trailer: what :class:`~hwgen.crossbar.active.ActiveInputs` takes.
    """

    def __init__(
        self,
        units: UnitFormat,
        tables: Sequence[NormTable],
        *,
        banks: int,
        reciprocals: Sequence[int] | None = None,
        trailer_bits: int = 1,
    ) -> None:
        self.units = units
        self.tables = tuple(tables)
        self.reciprocals = reciprocals
        self.beat_bits = units.unit_lanes * units.output_bits
        if not 1 <= trailer_bits <= self.beat_bits:
            raise ValueError(f"trailer_bits must be from 1 to {self.beat_bits}, a beat's, not {trailer_bits!r}")
        self.contrastive = reciprocals is not None
        element = signed(units.scaled_bits) if self.contrastive else units.activation_bits
        super().__init__(
            {
                "ready": Out(1),
                "start": In(1),
                "layer": In(range(len(units.units))),
                "bank": In(range(banks)),
                "trailer": In(trailer_bits),
                **(
                    {"total": In(signed(units.total_bits))} if self.contrastive else {"square": In(units.goodness_bits)}
                ),
                "enable": Out(1),
                "read": Out(1),
                "read_bank": Out(range(banks)),
                "read_beat": Out(range(sum(units.beats))),
                "word": In(data.ArrayLayout(element, units.unit_lanes)),
                "x": Out(stream.Signature(self.beat_bits)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        units = self.units
        m.submodules.buffer = buffer = SkidBuffer(self.beat_bits)
        m.submodules.scale = scale = NormScale(units, self.tables)
        m.submodules.multiplying = multiplying = DelayLine(TAG, PRODUCT_STAGES)
        m.submodules.rounding = rounding = DelayLine(TAG, ROUND_STAGES)
        connect(m, buffer.o, flipped(self.x))
        layer = Signal.like(self.layer, reset_less=True)
        trailer = Signal.like(self.trailer, reset_less=True)
        with m.If(self.start):
            m.d.sync += [layer.eq(self.layer), self.read_bank.eq(self.bank), trailer.eq(self.trailer)]
        m.d.comb += [
            self.enable.eq(buffer.i.ready | ~rounding.o_valid),
            multiplying.enable.eq(self.enable),
            rounding.enable.eq(self.enable),
            rounding.i_valid.eq(multiplying.o_valid & ~multiplying.o.square),
            rounding.i.eq(multiplying.o),
            buffer.i.valid.eq(rounding.o_valid),
            scale.layer.eq(layer),
        ]

        # From words to beats.
        squaring = Signal()
        products, mean = self._add_products(m, squaring, scale.operand)
        outputs = Cat(self._add_rounding(m, lane, product, scale) for lane, product in enumerate(products))
        m.d.comb += buffer.i.payload.eq(Mux(rounding.o.trailer, trailer, outputs))

        # The sum of squares.
        if self.contrastive:
            squared = self._add_squares(m, products, multiplying, scale.square)
        else:
            square = Signal.like(scale.square, reset_less=True)
            m.d.comb += scale.square.eq(square)
            with m.If(self.start):
                m.d.sync += square.eq(self.square)

        # Which beats are read.
        beat = Signal.like(self.read_beat)
        remaining = Signal(range(max(units.beats) + 1))
        waiting = Signal(range(SCALE_STAGES))
        m.d.comb += [self.read_beat.eq(beat), multiplying.i.square.eq(squaring), multiplying.i.last.eq(remaining == 1)]
        first = [beat.eq(of_layer(units.first_beat, layer)), remaining.eq(of_layer(units.beats, layer))]
        following = [beat.eq(beat + 1), remaining.eq(remaining - 1)]
        with m.FSM(init="IDLE"):
            with m.State("IDLE"):
                m.d.comb += self.ready.eq(1)
                m.d.sync += [squaring.eq(self.contrastive), waiting.eq(SCALE_STAGES - 1)]
                with m.If(self.start):
                    m.next = "MEAN" if self.contrastive else "SCALE"
            if self.contrastive:
                with m.State("MEAN"):
                    m.d.sync += first
                    with m.If(mean.ending):
                        m.next = "SQUARE"
                with m.State("SQUARE"):
                    m.d.comb += [self.read.eq(1), multiplying.i_valid.eq(1)]
                    m.d.sync += following
                    with m.If(remaining == 1):
                        m.next = "ADD"
                with m.State("ADD"), m.If(squared):
                    m.d.sync += squaring.eq(0)
                    m.next = "SCALE"
            with m.State("SCALE"):
                m.d.sync += [*first, waiting.eq(waiting - 1)]
                with m.If(waiting == 0):
                    m.next = "SEND"
            with m.State("SEND"):
                # After the last beat there is nothing to be read: that is the trailer.
                m.d.comb += [
                    self.read.eq(remaining != 0),
                    multiplying.i_valid.eq(1),
                    multiplying.i.trailer.eq(remaining == 0),
                ]
                with m.If(self.enable):
                    m.d.sync += following
                    with m.If(remaining == 0):
                        m.next = "DRAIN"
            with m.State("DRAIN"), m.If(~multiplying.occupied & ~rounding.occupied):
                m.next = "IDLE"
        return m

    def _add_products(self, m: Module, squaring: Signal, operand: Value) -> tuple[list[Signal], Mean | None]:
        """Of each lane, feature times operand, or times itself; and what gives the mean, if it is needed."""
        units = self.units
        bits = units.activation_bits
        mean = None
        if self.reciprocals is not None:
            m.submodules.mean = mean = Mean(units, self.reciprocals)
            m.d.comb += [mean.start.eq(self.start), mean.layer.eq(self.layer), mean.total.eq(self.total)]
        products = []
        for lane, kept in enumerate(self.word):
            feature = kept if mean is None else rectify(kept - mean.mean, bits)
            left = Signal(bits, name=f"feature_{lane}", reset_less=True)
            right = Signal(len(operand), name=f"operand_{lane}", reset_less=True)
            product = Signal(bits + len(operand), name=f"product_{lane}", reset_less=True)
            with m.If(self.enable):
                m.d.sync += [
                    left.eq(feature),
                    right.eq(operand if mean is None else Mux(squaring, feature, operand)),
                    product.eq(left * right),
                ]
            products.append(product)
        return products, mean

    def _add_rounding(self, m: Module, lane: int, product: Signal, scale: NormScale) -> Signal:
        """A lane's output: ``(p + half) >> s = ((2 p >> s) + 1) >> 1``, at most its maximum."""
        bits = self.units.activation_bits
        places = range((scale.most >> FINE_BITS) + 1)
        doubled = Signal(len(product), name=f"doubled_{lane}")
        m.d.comb += doubled.eq(
            Array(product[OPERAND_FRACTION - 1 + (place << FINE_BITS) :] for place in places)[scale.coarse]
        )
        rest = Signal(bits, name=f"rest_{lane}", reset_less=True)
        beyond = Signal(name=f"beyond_{lane}", reset_less=True)
        output = Signal(bits - 1, name=f"output_{lane}", reset_less=True)
        with m.If(self.enable):
            m.d.sync += [
                rest.eq(doubled),
                beyond.eq(doubled[bits:].any()),
                output.eq(Mux(beyond | rest.all(), -1, rest[1:] + rest[0])),
            ]
        return output

    def _add_squares(self, m: Module, products: list[Signal], multiplying: DelayLine, square: Signal) -> Value:
        """The sum of squares over a reading, to ``square``; returns whether its last beat is being added."""
        bits = 2 * self.units.activation_bits
        lanes = self.units.unit_lanes
        m.submodules.squares = tree = AdderTree(lanes, bits, bits + (lanes - 1).bit_length())
        m.submodules.adding = adding = DelayLine(1, tree.depth)
        total = Signal.like(square, name="total_square", reset_less=True)
        m.d.comb += [
            tree.enable.eq(1),
            adding.enable.eq(1),
            # No beat waits for x here: the buffer took all of the pass before.
            adding.i_valid.eq(multiplying.o_valid & multiplying.o.square),
            adding.i.eq(multiplying.o.last),
            square.eq(total),
        ]
        m.d.comb += [term.eq(product[:bits]) for term, product in zip(tree.terms, products, strict=True)]
        with m.If(adding.o_valid):
            m.d.sync += total.eq(total + tree.total)
        with m.If(self.start):
            m.d.sync += total.eq(0)
        return adding.o_valid & adding.o
