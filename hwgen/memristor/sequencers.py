"""All that drives an array's pins: reader, programmer, who of them may, and the way back to safety."""

from amaranth.hdl import Elaboratable, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.outputs import LineOutputs
from hwgen.memristor.programmer import WordProgrammer, command_members, outcome_members
from hwgen.memristor.pulse import PulseSequencer
from hwgen.memristor.read import ReadSequencer
from hwgen.memristor.signature import LINES, ArraySignature, ReadPort


def control_members(config: ArrayConfig) -> dict[str, wiring.Member]:
    """Who may drive the pins, and what is asked of the programmer: the members of :class:`ArraySequencers` but ``pins``
    and ``reads``."""
    return {
        "in_use": In(1),
        "unlock": In(1),
        "lock": In(1),
        "abort": In(1),
        "drop": In(1),
        "unlocked": Out(1),
        **command_members(config),
        "lengths": In(data.ArrayLayout(config.programming_clocks.length_bits, len(SUPPLIES))),
        **outcome_members(config),
        "refused": Out(1),
        "cut": Out(1),
    }


class ArraySequencers(wiring.Component):
    """Reads an array for who uses it while it is locked, and programs it while it is unlocked: never both.

    Members: ``pins``: the array; ``reads``: who uses it; ``in_use``: it is being used, or about to be: it cannot be
    unlocked. ``unlock``, ``lock``, ``abort``: strobes; the last two drop what is under way in an unlocked array: every
    line is at its inactive level in the next clock, and a command that starts in this one is refused. ``drop`` does so
    in any array, and locks it; who uses the array must forget the read that it waits for. ``start`` with ``command``,
    ``place`` and ``target``, ``lengths``, ``word``, ``wrong``, ``unstable``, ``attempts``, ``record`` and what belongs
    to it, ``failure``: see :class:`~hwgen.memristor.programmer.WordProgrammer`. ``refused``: a command or ``unlock``
    was refused; ``cut``: a pulse is being cut.
    """

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        self.reader = ReadSequencer(config)
        self.pulser = PulseSequencer(config)
        self.programmer = WordProgrammer(config)
        self.outputs = LineOutputs(config)
        super().__init__(
            {
                "pins": Out(ArraySignature(config)),
                "reads": In(ReadPort(config)),
                **control_members(config),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        drop = Signal(name="dropping")
        m.d.comb += drop.eq(self.drop | (self.unlocked & (self.abort | self.lock)))
        reader, pulser, programmer, outputs = self.reader, self.pulser, self.programmer, self.outputs
        m.submodules.reader = ResetInserter(drop)(reader)
        m.submodules.pulser = ResetInserter(drop)(pulser)
        m.submodules.programmer = ResetInserter(drop)(programmer)
        m.submodules.outputs = ResetInserter(drop)(outputs)

        asked = self.command.as_value().any()
        unlocks = Signal()
        begins = Signal()
        m.d.comb += [
            unlocks.eq(self.unlock & ~self.in_use & ~reader.active & ~self.reads.start),
            begins.eq(self.start & self.unlocked & ~drop & ~programmer.active & self._exists() & asked),
            self.refused.eq((self.unlock & ~unlocks & ~self.unlocked) | (self.start & ~begins)),
        ]
        with m.If(self.lock | self.drop):
            m.d.sync += self.unlocked.eq(0)
        with m.Elif(unlocks):
            m.d.sync += self.unlocked.eq(1)

        # The reader serves its user, or the programmer.
        own = programmer.reads
        m.d.comb += [
            reader.port.start.eq(Mux(self.unlocked, own.start, self.reads.start & self.reads.ready)),
            reader.port.place.eq(Mux(self.unlocked, own.place, self.reads.place)),
            self.reads.ready.eq(reader.port.ready & pulser.settled & ~self.unlocked),
            self.reads.done.eq(reader.port.done & ~self.unlocked),
            self.reads.data.eq(reader.port.data),
            own.ready.eq(reader.port.ready),
            own.done.eq(reader.port.done),
            own.data.eq(reader.port.data),
            reader.data.eq(self.pins.data),
        ]
        connect(m, programmer.pulses, pulser.port)
        m.d.comb += [
            programmer.start.eq(begins),
            programmer.command.eq(self.command),
            programmer.place.eq(self.place),
            programmer.target.eq(self.target),
            programmer.settled.eq(pulser.settled),
            pulser.lengths.eq(self.lengths),
            outputs.reading.eq(reader.active),
            outputs.reader.eq(reader.lines),
            outputs.programmer.eq(pulser.lines),
            self.cut.eq(outputs.cut),
        ]
        m.d.comb += [getattr(self.pins, name).eq(outputs.pins[name]) for name in LINES]
        m.d.comb += [getattr(self, name).eq(getattr(programmer, name)) for name in outcome_members(self.config)]
        return m

    def _exists(self) -> object:
        """Whether there is a word at ``place``."""
        geometry = self.config.geometry
        return (self.place.block_row < geometry.block_rows) & (self.place.block_column < geometry.block_columns)
