"""The course of a sample through a contrastive machine: layer by layer, then the read-out."""

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.config import FFConfig
from hwgen.ff.lists import bank_bits, list_layout, output_entries
from hwgen.ff.plan import output_lists
from hwgen.ff.program import CURRENT, OTHER, sources
from hwgen.ff.sample_control import control_members
from hwgen.ff.unit_clocks import DRAW_CLOCKS


class Control(wiring.Component):
    """Takes one sample after the other. A sample that is learnt from is kept: it makes a pair with the next one, if
    that is learnt from too. One that is only inferred is forgotten, and what was kept before it.

    Members:

    - ``list_ready``, ``list``, ``trailer``, ``claim``, ``release``: to the lists of samples; ``known``: one is kept;
      ``forget``: strobe, forget it before the next one is taken.
    - ``layer_start``, ``layer``, ``lists``, ``pairs``, ``learn``, ``layer_done``; ``handover_start``, ``both``,
      ``handover_done``, ``positives``, ``negative``; ``readout_start``, ``readout_learn``, ``readout_done``: to those
      who do the work; ``annealing``: of this sample; ``discard``: what layers gave is no longer needed.
    - ``draw``: the generator of views moves on.
    - ``learns``: for each layer, and last the read-out, whether it learns; ``annealing_next``: both are taken with
      ``claim``.
    - ``sample``: the trailer of the sample at work; ``learning``: some of its steps may have been made, and others not;
      ``learnt``: it has been learnt from; ``result_valid``: its result stands until ``result_ready``; ``idle``.

    Args:
        config: the machine's parameters.
        more: members that not all controls have.
    """

    def __init__(self, config: FFConfig, more: dict[str, Any] | None = None) -> None:
        self.config = config
        entries = max(config.layers[0], output_entries(config))
        output = list_layout(output_lists(config), output_entries(config))
        members = control_members(config) | {
            "lists": Out(data.ArrayLayout(list_layout(2 << bank_bits(config), entries), sources(config))),
            "handover_start": Out(1),
            "both": Out(1),
            "handover_done": In(1),
            "positives": In(data.ArrayLayout(output, config.depth)),
            "negative": In(output),
            "readout_start": Out(1),
            "readout_done": In(1),
            "discard": Out(1),
        }
        if config.learning:
            members |= {
                "known": Out(1),
                "forget": In(1),
                "pairs": Out(1),
                "readout_learn": Out(1),
            }
        super().__init__(members | (more or {}))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        present = Signal(self.list.shape(), reset_less=True)
        self._add_lists(m, present)
        forgetting = Signal()
        with m.FSM(name="control"):
            with m.State("IDLE"):
                m.d.sync += self.layer.eq(0)
                m.d.comb += self.idle.eq(~self.list_ready & ~forgetting)
                if config.learning:
                    with m.If(forgetting):
                        self._forget(m)
                        m.d.sync += [self.known.eq(0), forgetting.eq(0)]
                with m.If(self.list_ready & ~forgetting):
                    m.d.comb += self.claim.eq(1)
                    m.d.sync += [present.eq(self.list), self.sample.eq(self.trailer)]
                    m.next = "LAYER"
                    if config.view_shift and config.learning:
                        with m.If(self.trailer.learn & self.known & self.learns[: config.depth].any()):
                            # The generator moves on: this one learns to the end.
                            m.d.sync += self.learning.eq(1)
                            m.next = "VIEWS"
            if config.view_shift and config.learning:
                clocks = Signal(range(DRAW_CLOCKS))
                with m.State("VIEWS"):
                    m.d.comb += self.draw.eq(1)
                    m.d.sync += clocks.eq(clocks + 1)
                    with m.If(clocks == DRAW_CLOCKS - 1):
                        m.d.sync += clocks.eq(0)
                        m.next = "LAYER"
            with m.State("LAYER"):
                m.d.comb += [self.layer_start.eq(1), self.handover_start.eq(1)]
                m.next = "SWEEP"
            with m.State("SWEEP"), m.If(self.layer_done):
                m.next = "LISTS"
            with m.State("LISTS"), m.If(self.handover_done):
                self._advance(m, present)
            with m.State("READOUT"):
                m.d.comb += self.readout_start.eq(1)
                m.next = "READ"
            with m.State("READ"), m.If(self.readout_done):
                m.next = "RESULT"
            with m.State("RESULT"):
                m.d.comb += self.result_valid.eq(1)
                with m.If(self.result_ready):
                    m.d.comb += self.discard.eq(1)
                    m.next = "RELEASE"
            with m.State("RELEASE"):
                if not config.learning:
                    self._release(m)
                m.next = "IDLE"
        if config.learning:
            with m.If(self.forget):
                m.d.sync += forgetting.eq(1)
            self._add_learning(m, present)
        return m

    def _advance(self, m: Module, present: data.View) -> None:
        """A layer has done its work: the next one comes, or the read-out."""
        last = self.layer == self.config.depth - 1
        m.d.sync += self.layer.eq(Mux(last, 0, self.layer + 1))
        m.next = "LAYER"
        with m.If(last):
            m.next = "READOUT"

    def _release(self, m: Module) -> None:
        """The present sample's list is given back, of a machine that does not learn."""
        m.d.comb += self.release.eq(1)

    def _forget(self, m: Module) -> None:
        """That of the sample before is, if one is kept."""
        m.d.comb += self.release.eq(self.known)

    def _add_lists(self, m: Module, present: data.View) -> None:
        """The lists of the layer at work."""
        place = bank_bits(self.config)
        m.d.comb += [self.lists[CURRENT].bank.eq(present.bank), self.lists[CURRENT].count.eq(present.count)]
        for number, below in enumerate(list(self.positives)[:-1]):
            with m.If(self.layer == number + 1):
                m.d.comb += [
                    self.lists[CURRENT].bank.eq(below.bank | 1 << place),
                    self.lists[CURRENT].count.eq(below.count),
                ]
        with m.If(self.layer != 0):
            m.d.comb += [
                self.lists[OTHER].bank.eq(self.negative.bank | 1 << place),
                self.lists[OTHER].count.eq(self.negative.count),
            ]

    def _add_learning(self, m: Module, present: data.View) -> None:
        config = self.config
        learns = Signal.like(self.learns, reset_less=True)
        pairing = Signal()
        above = Cat(*(learns[layer : config.depth].any() for layer in range(config.depth)), 0)
        m.d.comb += [
            self.pairs.eq(pairing & above.bit_select(self.layer, 1)),
            self.both.eq(pairing & self._negative_wanted(above)),
            self.learn.eq(pairing & learns.bit_select(self.layer, 1)),
            self.readout_learn.eq(self.sample.learn & learns[-1]),
            self.learnt.eq(self.sample.learn),
        ]
        with m.If(self._begins):
            m.d.sync += [
                learns.eq(self.learns),
                self.annealing.eq(self.annealing_next),
                pairing.eq(self.trailer.learn & self.known),
            ]
        # A sample learns to the end.
        with m.If(self.layer_start & self.learn | self.readout_start & self.readout_learn):
            m.d.sync += self.learning.eq(1)
        with m.If(self.result_valid):
            m.d.sync += self.learning.eq(0)
        self._add_kept(m, present)

    @property
    def _begins(self) -> Value:
        """Strobe, work on a sample begins."""
        return self.claim

    def _negative_wanted(self, above: Value) -> Value:
        """Whether another layer wants the negative pass; ``above``: for each layer, whether it or one above learns."""
        return above[1:].bit_select(self.layer, 1)

    def _add_kept(self, m: Module, present: data.View) -> None:
        """The list of the sample before, and who is given back when."""
        kept = Signal(self.list.shape(), reset_less=True)
        with m.If(self.layer == 0):
            m.d.comb += [self.lists[OTHER].bank.eq(kept.bank), self.lists[OTHER].count.eq(kept.count)]

        # Lists are given back in the order in which they were claimed: the one before, then the present one.
        drops = Signal()  # the present one too
        m.d.sync += drops.eq(0)
        with m.If(drops):
            m.d.comb += self.release.eq(1)
        with m.If(self.result_valid & self.result_ready):
            m.d.comb += self.release.eq(self.known)
            m.d.sync += [self.known.eq(self.sample.learn), kept.eq(present), drops.eq(~self.sample.learn)]
