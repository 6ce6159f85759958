"""The read-out's decision: the class with the largest sum, and what its weights have to learn."""

from collections.abc import Mapping
from itertools import pairwise

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.softmax import Softmax
from hwgen.ff.unit_clocks import READOUT_STAGES
from hwgen.ff.unit_format import ANNEALING_BITS

HINGE_STEP = 128
STEP_BITS = 9
"""Bits of a read-out's step, signed."""


def readout_members(sum_bits: int, classes: int) -> Mapping[str, wiring.Member]:
    """Members of :class:`Readout`."""
    return {
        "valid": In(1),
        "sum": In(signed(sum_bits)),
        "label": In(range(classes)),
        "done": Out(1),
        "prediction": Out(range(classes)),
        "learns": Out(1),
        "start": In(1),
        "annealing": In(ANNEALING_BITS),
        "step_valid": Out(1),
        "step": Out(signed(STEP_BITS)),
        "step_last": Out(1),
    }


class Readout(wiring.Component):
    """Takes the sums of the classes one by one: ``z = sum >> shift``; the prediction is the class with the largest z,
    the lowest of equals. The steps:

    - hinge: +128 for the right class and -128 for the best wrong one, unless the right one is ``margin`` above it
      (Crammer and Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines", JMLR 2,
      2001);
    - softmax: 255 (t - E / sum of E), see :class:`~hwgen.ff.softmax.Softmax`;

    each shifted right by ``annealing``.

    Args:
        classes: at least 2.
        sum_bits: bits of a sum, signed.
        shift: less than ``sum_bits``.
        margin: of the hinge; None: softmax.

    Members:

    - ``valid``, ``sum``: the sum of the next class, ascending, with any gaps; ``label``: stays from the first sum to
      the last step, if there are steps.
    - ``done``: strobe, :data:`~hwgen.ff.unit_clocks.READOUT_STAGES` clocks after the last sum: ``prediction``, and
      ``learns``, whether there is anything to learn, stay until the next one. Between this and a sum that follows, the
      steps may be asked for.
    - ``start``: strobe, give the steps, with ``annealing``; ``step_valid``, ``step``: of the next class, ascending;
      ``step_last``: it is the last one, :func:`~hwgen.ff.unit_clocks.readout_step_clocks` clocks after ``start``.
    """

    def __init__(self, *, classes: int, sum_bits: int, shift: int, margin: int | None) -> None:
        if classes < 2:
            raise ValueError(f"classes must be at least 2, not {classes!r}")
        if not 0 <= shift < sum_bits:
            raise ValueError(f"shift must be from 0 to {sum_bits - 1}, not {shift!r}")
        self.classes = classes
        self.sum_bits = sum_bits
        self.shift = shift
        self.margin = margin
        super().__init__(readout_members(sum_bits, classes))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        last_class = self.classes - 1
        z = Signal(signed(self.sum_bits - self.shift), reset_less=True)
        number = Signal(range(self.classes))
        # stages[n]: of the sum n clocks ago: there was one; ended[n]: the last one.
        stages = [self.valid, Signal(name="shifted")]
        ended = [Signal(name="ended_1")]
        ended += [Signal(name=f"ended_{clock}") for clock in range(2, READOUT_STAGES + 1)]
        m.d.sync += [z.eq(self.sum >> self.shift), stages[1].eq(stages[0])]
        counted = Signal.like(number, name="counted")
        with m.If(self.valid):
            m.d.sync += [number.eq(Mux(number == last_class, 0, number + 1)), counted.eq(number)]
        m.d.sync += ended[0].eq(self.valid & (number == last_class))
        m.d.sync += [after.eq(before) for before, after in pairwise(ended)]
        m.d.comb += self.done.eq(ended[-1])

        most = Signal.like(z, name="most", reset_less=True)
        with m.If(stages[1] & ((counted == 0) | (z > most))):
            m.d.sync += [most.eq(z), self.prediction.eq(counted)]
        if self.margin is None:
            m.submodules.softmax = softmax = Softmax(classes=self.classes, bits=len(z))
            m.d.comb += [
                softmax.write.eq(stages[1]),
                softmax.number.eq(counted),
                softmax.z.eq(z),
                softmax.most.eq(most),
                softmax.label.eq(self.label),
                softmax.start.eq(self.start),
                softmax.annealing.eq(self.annealing),
                self.step_valid.eq(softmax.step_valid),
                self.step.eq(softmax.step),
                self.step_last.eq(softmax.step_last),
                self.learns.eq(1),
            ]
        else:
            self._add_hinge(m, z, stages[1], counted)
        return m

    def _add_hinge(self, m: Module, z: Signal, valid: Value, number: Signal) -> None:
        """The best wrong class, and the steps of two classes."""
        right_z = Signal.like(z, reset_less=True)
        wrong_z = Signal.like(z, reset_less=True)
        wrong = Signal(range(self.classes), reset_less=True)
        is_right = number == self.label
        is_first = number == Mux(self.label == 0, 1, 0)  # of the wrong ones
        with m.If(valid & is_right):
            m.d.sync += right_z.eq(z)
        with m.If(valid & ~is_right & (is_first | (z > wrong_z))):
            m.d.sync += [wrong_z.eq(z), wrong.eq(number)]
        distance = Signal(signed(len(z) + 1), reset_less=True)
        m.d.sync += [distance.eq(right_z - wrong_z), self.learns.eq(distance < self.margin)]

        running = Signal()
        place = Signal(range(self.classes))
        size = Signal(range(HINGE_STEP + 1), reset_less=True)
        last = place == self.classes - 1
        m.d.sync += [
            self.step_valid.eq(running),
            self.step_last.eq(running & last),
            self.step.eq(Mux(place == self.label, size, Mux(place == wrong, -size, 0))),
        ]
        with m.If(running):
            m.d.sync += [place.eq(place + 1), running.eq(~last)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), place.eq(0), size.eq(HINGE_STEP >> self.annealing)]
