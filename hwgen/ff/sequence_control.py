"""The course of a sequence through a recurrent machine: step by step, then the read-out."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import Out

from hwgen.ff.config import FFConfig
from hwgen.ff.control import Control
from hwgen.ff.lists import bank_bits
from hwgen.ff.plan import sample_lists
from hwgen.ff.program import CURRENT, FED_BACK, NEGATIVE, OTHER, POSITIVE
from hwgen.parts.block_memory import BlockMemory


class SequenceControl(Control):
    """Takes one sequence after the other. Each step is taken through the layer as a sample is taken through one of
    several: its passes, its learning, and the lists of what the layer gives, which are inputs of the next step; the
    last step's go to the read-out.

    Members: those of :class:`~hwgen.ff.control.Control`, ``claim`` and ``release`` being of a step's list, which follow
    each other in the lists' banks; ``layer_start``, ``handover_start``: strobes, in each step; ``output_release``:
    strobe, the oldest list of what the layer gave is no longer needed; ``kept``: how many lists are claimed while no
    sequence is at work: those of the one before, and those that are being given back, one a clock.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        super().__init__(config, {"output_release": Out(1), "kept": Out(range(2 * config.steps + 1))})
        self._step = Signal(range(config.steps), name="step")
        self._last = self._step == config.steps - 1
        self._step_done = Signal(name="step_done")
        self._due = Signal(range(2 * config.steps + 1), name="due")  # lists that are to be given back

    def _advance(self, m: Module, present: data.View) -> None:
        m.d.comb += self._step_done.eq(1)
        m.d.sync += self._step.eq(Mux(self._last, 0, self._step + 1))
        m.next = "READOUT"
        with m.If(~self._last):
            m.d.comb += self.claim.eq(1)
            m.d.sync += present.eq(self.list)
            m.next = "LAYER"

    @property
    def _begins(self) -> Value:
        return self.claim & ~self._step_done

    def _negative_wanted(self, above: Value) -> Value:
        return above[0] & ~self._last

    def _add_lists(self, m: Module, present: data.View) -> None:
        """The lists of the step at work, and those that are given back."""
        place = bank_bits(self.config)
        given = Signal(self.negative.shape(), reset_less=True)  # the positive pass of the step before
        spent = Signal(range(3))  # lists that are no longer needed
        with m.If(self.layer_start):
            m.d.sync += given.eq(self.positives[0])
        m.d.comb += [self.lists[CURRENT].bank.eq(present.bank), self.lists[CURRENT].count.eq(present.count)]
        for which, fed_back in ((POSITIVE, given), (NEGATIVE, self.negative)):
            m.d.comb += [
                self.lists[FED_BACK + which].bank.eq(fed_back.bank | 1 << place),
                self.lists[FED_BACK + which].count.eq(Mux(self._step == 0, 0, fed_back.count)),
            ]
        known = self.known if self.config.learning else 0
        m.d.comb += [
            self.output_release.eq(spent != 0),
            self.release.eq(self._due != 0),
            self.kept.eq(Mux(known, self.config.steps, 0) + self._due),
        ]
        with m.If(self.release):
            m.d.sync += self._due.eq(self._due - 1)
        with m.If(spent != 0):
            m.d.sync += spent.eq(spent - 1)
        with m.If(self._step_done & (self._step != 0)):
            m.d.sync += spent.eq(1 + self.pairs if self.config.learning else 1)

    def _release(self, m: Module) -> None:
        m.d.sync += self._due.eq(self.config.steps)

    def _forget(self, m: Module) -> None:
        with m.If(self.known):
            m.d.sync += self._due.eq(self._due - self.release + self.config.steps)

    def _add_kept(self, m: Module, present: data.View) -> None:
        """The lists of the sequence before lie before those of the present one; how long they are is kept apart."""
        steps, banks = self.config.steps, sample_lists(self.config)
        m.submodules.counts = counts = BlockMemory(len(present.count), steps)
        other = self.lists[OTHER]
        m.d.comb += [
            counts.read_enable.eq(self.layer_start & ~self._step_done),
            counts.read_address.eq(self._step),
            counts.write_enable.eq(self._step_done),
            counts.write_address.eq(self._step),
            counts.write_data.eq(present.count),
            other.bank.eq(Mux(present.bank >= steps, present.bank - steps, present.bank + (banks - steps))),
            other.count.eq(counts.read_data),
        ]
        with m.If(self.result_valid & self.result_ready):
            m.d.sync += [
                self.known.eq(self.sample.learn),
                self._due.eq(Mux(self.known, steps, 0) + Mux(self.sample.learn, 0, steps)),
            ]
