"""The last registers before a chip's pins, and the limit of a pulse."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import INSTRUCTIONS
from hwgen.chips.signature import ChipSignature, chip_lines
from hwgen.memristor.signature import LINES, lines_layout

NAMES = {"row": "adr_full_row", "column": "adr_full_col"}
"""Pins whose names are not those of the lines."""


class ChipOutputs(wiring.Component):
    """What one of two sequencers wants of the chip, at the pins when its clock falls next: half a period before and
    half a period after the chip takes them, they stand. Whatever is wanted, the word line is at 1 for no more than
    :attr:`~hwgen.memristor.config.ProgrammingClocks.longest_pulse` clocks of the chip on end, and no supply is selected
    while the array is read. No reset changes a pin on its own: lines become inactive as they otherwise change.

    Members: ``falls``: the chip's clock falls at the end of this one; ``hold``: want nothing; ``deciding``: that
    sequencer has the lines; ``decision``, ``programmer``: what they want; ``pins``: all but ``clk``; ``cut``: a pulse
    is being cut.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.config = config
        self.longest = config.array_config.programming_clocks.longest_pulse
        members = {
            name: member
            for name, member in ChipSignature(config.profile).members.items()
            if member.flow == Out and name != "clk"
        }
        super().__init__(
            {
                "falls": In(1),
                "hold": In(1),
                "deciding": In(1),
                "decision": In(chip_lines(config)),
                "programmer": In(lines_layout(config.profile.geometry)),
                "cut": Out(1),
                "pins": Out(wiring.Signature(members)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        wanted = Signal.like(self.decision)
        m.d.comb += wanted.eq(self.decision)
        with m.If(~self.deciding):
            m.d.comb += [getattr(wanted, name).eq(getattr(self.programmer, name)) for name in LINES]
            # The chip is to know before the word line rises.
            m.d.comb += wanted.load_mem.eq(self.programmer.cblen)
        with m.If(self.hold):
            m.d.comb += wanted.eq(0)
        open_clocks = Signal(range(self.longest + 1), reset_less=True)  # for which the word line has been at 1
        word_line = Signal()
        m.d.comb += [
            word_line.eq(wanted.cwl & (open_clocks != self.longest)),
            self.cut.eq(wanted.cwl & (open_clocks == self.longest)),
        ]
        levels = {NAMES.get(name, name): getattr(wanted, name) for name in wanted.shape().members}
        levels |= {"cwl": word_line, "read_1": 0, "instruction": self._instruction(wanted)}
        with m.If(self.falls):
            m.d.sync += open_clocks.eq(Mux(wanted.cwl, open_clocks + word_line, 0))
        registers = {}
        for name in self.pins.signature.members:
            pin = getattr(self.pins, name)
            registers[name] = Signal.like(pin, name=f"{name}_register", reset_less=True)
            m.d.comb += pin.eq(registers[name])
        # The word line falls alone, also where everything is to become inactive at once.
        closes = registers["cwl"] & ~word_line
        for name, register in registers.items():
            with m.If(self.falls & (~closes if name != "cwl" else 1)):
                m.d.sync += register.eq(levels[name])
        return m

    def _instruction(self, wanted: object) -> Value:
        """The code of the control that is wanted."""
        value: Value = Mux(wanted.read_out, INSTRUCTIONS["read_out"], INSTRUCTIONS["inference"])
        for name in ("read_8", "load_mem"):
            value = Mux(getattr(wanted, name), INSTRUCTIONS[name], value)
        return value
