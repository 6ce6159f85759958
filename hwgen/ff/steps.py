"""The steps of a group of units: what an update multiplies with its inputs."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.unit_clocks import READ_STAGES
from hwgen.ff.unit_format import ANNEALING_BITS, UnitFormat
from hwgen.parts.delay_line import DelayLine

SCALE_FRACTION = (1 << ANNEALING_BITS) - 1
"""A scale is shifted left by this, less the annealing shift; its product is shifted right by it."""

PASSES = 2
POSITIVE, NEGATIVE = range(PASSES)

TAG = data.StructLayout({"negative": 1, "first": 1, "last": 1})
"""What an activation is: of the negative pass; the first, the last one that its unit's step is made of."""


def step_bits(activation_bits: int, modulator_bits: int, positive_max: int) -> int:
    """Bits of a step, signed, the positive pass being counted ``positive_max`` times at most."""
    most = ((1 << activation_bits) - 1) * ((1 << modulator_bits) - 1)
    return 1 + (positive_max * most).bit_length()


class Steps(wiring.Component):
    """``h = p * (c_positive * y_positive >> annealing) - n * (c_negative * y_negative >> annealing)`` of a group of
    units. A beat takes one clock for each of p and n that is not 0: there is one multiplier for each unit of a beat.

    Args:
        units: the units of the engine's layers.
        modulator_bits: bits of a scale c.
        positive_max: largest p, 1 or 2.
        beats: in a group.
        banks: of the memory.
        merges: whether lists can be merged.

    Members:

    - ``start``: strobe, take all of these for the next group: ``positive`` (p) and ``negative`` (n), not both 0;
      ``scales``; ``annealing``; ``beat``: the group's first beat; ``bank``: of each pass. It may come as soon as
      ``ready`` is 1: in the clock in which the last address of the group before is issued.
    - ``merges``, where lists can be merged: taken with ``start``, the steps of the other list are wanted, too, for
      which p = 0 and n = 1; p of this one is not 0. ``others``: with ``steps``.
    - ``read``, ``read_bank``, ``read_beat``, ``activations``: to the :class:`~hwgen.ff.unit_memory.UnitMemory` of y.
    - ``valid``, ``steps``: a beat of steps, from :data:`~hwgen.ff.unit_clocks.STEP_STAGES` clocks after its address;
      ``last``: it is the group's last one, see :func:`~hwgen.ff.unit_clocks.step_clocks`.
    """

    def __init__(
        self, units: UnitFormat, *, modulator_bits: int, positive_max: int, beats: int, banks: int, merges: bool = False
    ) -> None:
        if positive_max not in (1, 2):
            raise ValueError(f"positive_max must be 1 or 2, not {positive_max!r}")
        if beats < 1:
            raise ValueError(f"beats must be at least 1, not {beats!r}")
        self.units = units
        self.modulator_bits = modulator_bits
        self.positive_max = positive_max
        self.beats = beats
        lanes = units.unit_lanes
        address = range(sum(units.beats))
        bits = step_bits(units.activation_bits, modulator_bits, positive_max)
        self.merging = merges
        others = data.ArrayLayout(signed(step_bits(units.activation_bits, modulator_bits, 1)), lanes)
        super().__init__(
            {
                "ready": Out(1),
                "start": In(1),
                "positive": In(range(positive_max + 1)),
                "negative": In(1),
                "scales": In(data.ArrayLayout(modulator_bits, PASSES)),
                "annealing": In(ANNEALING_BITS),
                "beat": In(address),
                "bank": In(data.ArrayLayout(range(banks), PASSES)),
                "read": Out(1),
                "read_bank": Out(range(banks)),
                "read_beat": Out(address),
                "activations": In(data.ArrayLayout(units.activation_bits, lanes)),
                "valid": Out(1),
                "last": Out(1),
                "steps": Out(data.ArrayLayout(signed(bits), lanes)),
                **({"merges": In(1), "others": Out(others)} if merges else {}),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # Which activations are read.
        running = Signal()
        on_negative = Signal()  # of a beat with both, the second one
        remaining = Signal(range(self.beats + 1))
        beat = Signal.like(self.beat, reset_less=True)
        bank = Signal.like(self.bank, reset_less=True)
        positive = Signal.like(self.positive, reset_less=True)
        negative = Signal(reset_less=True)
        merges = Signal(reset_less=True)
        both = (positive != 0) & (negative | merges if self.merging else negative)
        tag = Signal(TAG)
        m.d.comb += [
            tag.negative.eq(on_negative | (positive == 0)),
            tag.first.eq(~on_negative),
            tag.last.eq(on_negative | ~both),
            self.read.eq(running),
            self.read_bank.eq(Mux(tag.negative, bank[NEGATIVE], bank[POSITIVE])),
            self.read_beat.eq(beat),
        ]
        final = Signal()
        m.d.comb += [final.eq(running & tag.last & (remaining == 1)), self.ready.eq(~running | final)]
        with m.If(running):
            m.d.sync += on_negative.eq(both & ~on_negative)
            with m.If(tag.last):
                m.d.sync += [beat.eq(beat + 1), remaining.eq(remaining - 1), running.eq(remaining != 1)]
        # Scales and p follow the activations' way, as the next group's may come while this one's are on it.
        operands = [
            Signal(self.modulator_bits + SCALE_FRACTION, name=f"operand_{n}", reset_less=True) for n in range(2)
        ]
        with m.If(self.start):
            m.d.sync += [
                running.eq(1),
                on_negative.eq(0),
                remaining.eq(self.beats),
                beat.eq(self.beat),
                bank.eq(self.bank),
                positive.eq(self.positive),
                negative.eq(self.negative),
            ]
            if self.merging:
                m.d.sync += merges.eq(self.merges)
            for operand, scale in zip(operands, self.scales, strict=True):
                m.d.sync += operand.eq(scale << ~self.annealing)  # SCALE_FRACTION less these
        way = data.StructLayout(
            {"tag": TAG, "double": 1, "final": 1, "operand": len(operands[0]), **({"less": 1} if self.merging else {})}
        )
        m.submodules.reading = reading = DelayLine(way, READ_STAGES)
        m.submodules.multiplying = multiplying = DelayLine(way, 2)
        m.d.comb += [
            reading.enable.eq(1),
            multiplying.enable.eq(1),
            reading.i_valid.eq(running),
            reading.i.tag.eq(tag),
            reading.i.double.eq(positive[1:].any() & ~tag.negative),
            reading.i.final.eq(final),
            reading.i.operand.eq(Mux(tag.negative, operands[NEGATIVE], operands[POSITIVE])),
            multiplying.i_valid.eq(reading.o_valid),
            multiplying.i.eq(reading.o),
        ]
        if self.merging:
            m.d.comb += reading.i.less.eq(negative)

        # From activations to steps.
        due = multiplying.o
        m.d.sync += [
            self.valid.eq(multiplying.o_valid & due.tag.last),
            self.last.eq(multiplying.o_valid & due.final),
        ]
        for lane, activation in enumerate(self.activations):
            left = Signal(self.units.activation_bits, name=f"activation_{lane}", reset_less=True)
            right = Signal(len(operands[0]), name=f"scale_{lane}", reset_less=True)
            product = Signal(len(left) + len(right), name=f"product_{lane}", reset_less=True)
            step = Signal.like(self.steps[lane], name=f"step_{lane}", reset_less=True)
            term = Signal(len(step), name=f"term_{lane}")
            before = Mux(due.tag.first, 0, step)
            # One adder: what is subtracted is inverted, and a carry comes from a bit below.
            carry, counted = due.tag.negative, term
            if self.merging:
                carry, counted = due.tag.negative & due.less, Mux(due.tag.negative & ~due.less, 0, term)
                other = Signal.like(self.others[lane], name=f"other_{lane}", reset_less=True)
                m.d.sync += other.eq(-product[SCALE_FRACTION:])
                m.d.comb += self.others[lane].eq(other)
            total = Cat(carry, before) + Cat(carry, counted ^ carry.replicate(len(term)))
            m.d.comb += term.eq(product[SCALE_FRACTION:] << due.double)
            m.d.sync += [
                left.eq(activation),
                right.eq(reading.o.operand),
                product.eq(left * right),
                step.eq(total[1:]),
            ]
            m.d.comb += self.steps[lane].eq(step)
        return m
