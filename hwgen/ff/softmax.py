"""The steps of a softmax read-out, with a table for the exponential function and a serial division."""

from itertools import pairwise

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ff.tables import SOFTMAX_ENTRIES, softmax_table
from hwgen.ff.unit_clocks import QUOTIENT_BITS
from hwgen.ff.unit_format import ANNEALING_BITS

EXPONENTIAL_BITS = 8
LOOKUP_STAGES = 3
"""Clocks from a class' number to its exponential: memory, distance, table."""
ONE = (1 << QUOTIENT_BITS) - 1
"""A probability of 1."""


class Softmax(wiring.Component):
    """``E = exp((z - max) / 8)`` from a table, ``h = ONE * t - ONE * E // sum of E``, t being 1 for the right class:
    the gradient of the cross-entropy.

    Args:
        classes: at least 2.
        bits: of a z, signed.

    Members:

    - ``write``, ``number``, ``z``: keep the z of a class; ``most``: the largest of them.
    - ``start``: strobe, give the steps, with ``annealing``; ``label``, ``most``: stay until the last one is given.
    - ``step_valid``, ``step``: of the next class, ascending, ``QUOTIENT_BITS + 1`` clocks after that of the class
      before; ``step_last``: it is the last one, see :func:`~hwgen.ff.unit_clocks.readout_step_clocks`.
    """

    def __init__(self, *, classes: int, bits: int) -> None:
        self.classes = classes
        self.bits = bits
        super().__init__(
            {
                "write": In(1),
                "number": In(range(classes)),
                "z": In(signed(bits)),
                "most": In(signed(bits)),
                "label": In(range(classes)),
                "start": In(1),
                "annealing": In(ANNEALING_BITS),
                "step_valid": Out(1),
                "step": Out(signed(QUOTIENT_BITS + 1)),
                "step_last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.z.shape(), depth=self.classes, init=[])
        write_port, read_port = memory.write_port(), memory.read_port()
        place = Signal(range(self.classes))
        m.d.comb += [
            write_port.en.eq(self.write),
            write_port.addr.eq(self.number),
            write_port.data.eq(self.z),
            read_port.addr.eq(place),
        ]
        last = place == self.classes - 1
        following = [place.eq(Mux(last, 0, place + 1))]

        # The exponential of the class at ``place``.
        distance = Signal(self.bits, reset_less=True)
        exponential = Signal(EXPONENTIAL_BITS, reset_less=True)
        index = Signal(range(SOFTMAX_ENTRIES))
        m.d.comb += index.eq(Mux(distance[len(index) :].any(), -1, distance))
        m.d.sync += [
            distance.eq(self.most - read_port.data),
            exponential.eq(Array(softmax_table(EXPONENTIAL_BITS))[index]),
        ]
        summing = Signal()
        counted = [summing, *(Signal(name=f"counted_{clock}") for clock in range(LOOKUP_STAGES))]
        m.d.sync += [after.eq(before) for before, after in pairwise(counted)]

        # The quotient.
        total = Signal(range(self.classes * ONE + 1), reset_less=True)
        divisor = Signal(len(total) + QUOTIENT_BITS - 1, reset_less=True)
        remainder = Signal(range(ONE * ONE + 1), reset_less=True)
        quotient = Signal(QUOTIENT_BITS, reset_less=True)
        rest = Signal(signed(max(len(divisor), len(remainder)) + 1))
        undecided = Signal(range(QUOTIENT_BITS + 1))
        m.d.comb += rest.eq(remainder - divisor)
        with m.If(counted[-1]):
            m.d.sync += total.eq(total + exponential)

        # The step.
        dividing = Signal()  # a class' quotient
        divided = Signal(range(self.classes))
        annealing = Signal.like(self.annealing, reset_less=True)
        gives = dividing & (undecided == 0)
        share = Mux(divided == self.label, ONE - quotient, quotient) >> annealing
        m.d.sync += [
            self.step_valid.eq(gives),
            self.step_last.eq(gives & (divided == self.classes - 1)),
            self.step.eq(Mux(divided == self.label, share, -share)),
        ]

        with m.FSM(init="IDLE"):
            with m.State("IDLE"):
                m.d.sync += [place.eq(0), total.eq(0), annealing.eq(self.annealing), dividing.eq(0)]
                with m.If(self.start):
                    m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += summing.eq(1)
                m.d.sync += following
                with m.If(last):
                    m.next = "DRAIN"
            with m.State("DRAIN"), m.If(counted[-1] & ~counted[-2]):
                m.next = "LOAD"
            with m.State("LOAD"):
                m.d.sync += [
                    remainder.eq((exponential << QUOTIENT_BITS) - exponential),
                    divisor.eq(total << (QUOTIENT_BITS - 1)),
                    undecided.eq(QUOTIENT_BITS),
                    dividing.eq(1),
                    divided.eq(place),
                    *following,
                ]
                m.next = "DIVIDE"
            with m.State("DIVIDE"):
                m.d.sync += [
                    quotient.eq(quotient << 1 | ~rest[-1]),
                    divisor.eq(divisor >> 1),
                    undecided.eq(undecided - 1),
                ]
                with m.If(~rest[-1]):
                    m.d.sync += remainder.eq(rest)
                with m.If(undecided == 1):
                    with m.If(place == 0):
                        m.next = "FINISH"
                    with m.Else():
                        m.next = "LOAD"
            with m.State("FINISH"):
                m.d.sync += dividing.eq(0)
                m.next = "IDLE"
        return m
