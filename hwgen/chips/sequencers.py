"""All that drives a chip's pins: decisions, programming, who of them may, and the way back to safety."""

from amaranth.hdl import Cat, Elaboratable, EnableInserter, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hwgen.chips.clock import ChipClock
from hwgen.chips.config import ChipConfig
from hwgen.chips.decision import DecisionSequencer
from hwgen.chips.outputs import ChipOutputs
from hwgen.chips.signature import ChipSignature, InferencePort
from hwgen.memristor.programmer import WordProgrammer
from hwgen.memristor.pulse import PulseSequencer
from hwgen.memristor.sequencers import control_members


class ChipSequencers(wiring.Component):
    """Lets a chip decide while it is locked, and programs it while it is unlocked: never both.

    Pulses and words are those of ``hwgen.memristor``, in clocks of the chip: what works there is asked and answered
    when the chip's clock falls. Members are those of :class:`~hwgen.memristor.sequencers.ArraySequencers`, but

    * ``pins`` are the chip's, and ``reads`` asks for decisions;
    * after ``lock``, ``abort`` and ``drop`` the word line is at 0 when the chip's clock has next fallen, and every line
      at its inactive level when it has fallen once more.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.config = config
        array = config.array_config
        self.clock = ChipClock(config.divider)
        self.decision = DecisionSequencer(config)
        self.pulser = PulseSequencer(array)
        self.programmer = WordProgrammer(array)
        self.outputs = ChipOutputs(config)
        self.waiting = Signal()
        """A command waits for the chip's clock to fall; no port."""
        super().__init__(
            {
                "pins": Out(ChipSignature(config.profile)),
                "reads": In(InferencePort(config)),
                **control_members(array),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        clock, decision, pulser, programmer = self.clock, self.decision, self.pulser, self.programmer
        outputs = self.outputs
        falls = clock.falls
        drop = Signal(name="dropping")
        m.d.comb += drop.eq(self.drop | (self.unlocked & (self.abort | self.lock)))
        m.submodules.clock = clock
        m.submodules.outputs = outputs
        m.submodules.decision = ResetInserter(drop)(EnableInserter(falls)(decision))
        m.submodules.pulser = ResetInserter(drop)(EnableInserter(falls)(pulser))
        m.submodules.programmer = ResetInserter(drop)(EnableInserter(falls)(programmer))

        unlocks = Signal()
        begins = Signal()
        m.d.comb += [
            unlocks.eq(self.unlock & ~self.in_use & ~decision.active & ~self.reads.start),
            begins.eq(self.start & self.unlocked & ~drop & ~self.active & self.command.as_value().any()),
            self.refused.eq((self.unlock & ~unlocks & ~self.unlocked) | (self.start & ~begins)),
            self.active.eq(programmer.active | self.waiting),
        ]
        with m.If(self.lock | self.drop):
            m.d.sync += self.unlocked.eq(0)
        with m.Elif(unlocks):
            m.d.sync += self.unlocked.eq(1)

        # A command stands until the chip's clock falls.
        for register, port in (
            (programmer.command, self.command),
            (programmer.place, self.place),
            (programmer.target, self.target),
        ):
            kept = Signal.like(port)
            m.d.comb += register.eq(kept)
            with m.If(begins):
                m.d.sync += kept.eq(port)
        with m.If(drop | falls):
            m.d.sync += self.waiting.eq(0)
        with m.If(begins):
            m.d.sync += self.waiting.eq(1)
        m.d.comb += programmer.start.eq(self.waiting)

        self._add_decisions(m)
        connect(m, programmer.pulses, pulser.port)
        m.d.comb += [
            programmer.settled.eq(pulser.settled),
            pulser.lengths.eq(self.lengths),
            outputs.falls.eq(falls),
            outputs.hold.eq(drop),
            outputs.deciding.eq(decision.active),
            outputs.decision.eq(decision.lines),
            outputs.programmer.eq(pulser.lines),
            self.cut.eq(outputs.cut & falls),
            self.pins.clk.eq(clock.pin),
        ]
        m.d.comb += [
            getattr(self.pins, name).eq(getattr(outputs.pins, name)) for name in outputs.pins.signature.members
        ]
        for name in ("word", "wrong", "unstable", "attempts", "recorded", "failed", "worn"):
            m.d.comb += getattr(self, name).eq(getattr(programmer, name))
        for name in ("record", "failure"):
            m.d.comb += getattr(self, name).eq(getattr(programmer, name) & falls)
        return m

    def _add_decisions(self, m: Module) -> None:
        """The decision sequencer serves its user, or reads a word for the programmer."""
        decision, reads, own = self.decision, self.reads, self.programmer.reads
        falls = self.clock.falls
        with m.If(self.clock.rises):
            m.d.sync += decision.bits.eq(self.pins.bit_out)
        place = own.place
        address = Cat(place.word, place.row)
        m.d.comb += [
            reads.ready.eq(decision.port.ready & self.pulser.settled & ~self.unlocked & falls),
            reads.done.eq(decision.port.done & ~self.unlocked & falls),
            reads.scores.eq(decision.port.scores),
            decision.alone.eq(self.unlocked),
            decision.column.eq(place.block_column),
            decision.port.start.eq(Mux(self.unlocked, own.start, reads.start & reads.ready)),
            decision.port.logarithmic.eq(self.unlocked | reads.logarithmic),
            decision.port.seeds.eq(reads.seeds),
            decision.port.cycles.eq(reads.cycles),
            own.ready.eq(decision.port.ready),
            own.done.eq(decision.port.done),
            own.data.eq(Cat(self._cells(score) for score in decision.port.scores)),
        ]
        for mine, asked in zip(decision.port.observations, reads.observations, strict=True):
            m.d.comb += mine.eq(Mux(self.unlocked, address, asked))

    def _cells(self, word: Value) -> Value:
        """The cells of a likelihood's word, as :meth:`~hwgen.chips.profile.ChipProfile.cells` has them."""
        profile = self.config.profile
        bits = word[::-1] if profile.reversed_cells else word
        return ~bits if profile.complemented else bits
