"""The course of a sample through a supervised machine: layer by layer."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.config import FFConfig
from hwgen.ff.lists import list_layout
from hwgen.ff.plan import sample_lists
from hwgen.ff.sample_control import control_members
from hwgen.ff.unit_clocks import DRAW_CLOCKS, LABEL_STAGES


class SupervisedControl(wiring.Component):
    """Takes one sample after the other.

    Members:

    - ``list_ready``, ``list``, ``trailer``, ``claim``, ``release``: to the lists of samples; ``image``: the list of the
      sample at work.
    - ``layer_start``, ``layer``, ``learn``, ``layer_done``, ``decided``: to those who do the work; ``annealing``: of
      this sample; ``writing``: weights may have still to be written.
    - ``draw``: the generator of wrong labels moves on; ``labels_ready``: the labels are there.
    - ``learns``: for each layer whether it learns; ``annealing_next``: both are taken with ``claim``.
    - ``sample``: the trailer of the sample at work; ``learning``: it is being learnt from; ``learnt``: it has been;
      ``result_valid``: its result stands until ``result_ready``; ``idle``.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        members = control_members(config) | {
            "image": Out(list_layout(sample_lists(config), config.inputs)),
            "decided": In(1),
            "writing": In(1),
        }
        if config.learning:
            members["labels_ready"] = Out(1)
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        with m.FSM(name="control"):
            with m.State("IDLE"):
                m.d.comb += [self.idle.eq(~self.list_ready), self.claim.eq(self.list_ready)]
                m.d.sync += self.layer.eq(0)
                with m.If(self.list_ready):
                    m.d.sync += [self.image.eq(self.list), self.sample.eq(self.trailer)]
                    m.next = "LAYER"
            with m.State("LAYER"):
                m.d.comb += self.layer_start.eq(1)
                m.next = "SWEEP"
            with m.State("SWEEP"), m.If(self.layer_done):
                m.next = "DECIDE"
                with m.If(self.layer != self.config.depth - 1):
                    m.d.sync += self.layer.eq(self.layer + 1)
                    m.next = "LAYER"
            with m.State("DECIDE"), m.If(self.decided & ~self.writing):
                m.next = "RESULT"
            with m.State("RESULT"):
                m.d.comb += [self.result_valid.eq(1), self.release.eq(self.result_ready)]
                with m.If(self.result_ready):
                    m.next = "IDLE"
        if self.config.learning:
            self._add_learning(m)
        return m

    def _add_learning(self, m: Module) -> None:
        learns = Signal.like(self.learns, reset_less=True)
        # The state has its last bits, and then labels are made of it.
        drawing = Signal(range(DRAW_CLOCKS + LABEL_STAGES + 1))
        with m.If(drawing != 0):
            m.d.sync += drawing.eq(drawing - 1)
        m.d.comb += [
            self.learn.eq(self.sample.learn & learns.bit_select(self.layer, 1)),
            self.learnt.eq(self.sample.learn),
            self.draw.eq(drawing > LABEL_STAGES),
            self.labels_ready.eq(drawing == 0),
        ]
        with m.If(self.claim):
            m.d.sync += [learns.eq(self.learns), self.annealing.eq(self.annealing_next)]
            with m.If(self.trailer.learn):
                # The generator moves on: this one learns to the end.
                m.d.sync += [drawing.eq(DRAW_CLOCKS + LABEL_STAGES), self.learning.eq(1)]
        with m.If(self.result_valid):
            m.d.sync += self.learning.eq(0)
