"""What is proven about the sequencers of an array of memristors."""

from enum import StrEnum

from amaranth.hdl import Assert, Cat, Elaboratable, Module, ResetInserter, Signal, Value
from amaranth.lib.wiring import Component

from hwgen.memristor.config import SUPPLIES, ArrayConfig, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import ArrayGeometry
from hwgen.memristor.sequencers import ArraySequencers
from hwgen.memristor.signature import LINES
from rtl_tests.formal.crossbar import registers_of
from rtl_tests.formal.rules import at_most, inputs_of


def smallest(clocks: int) -> ArrayConfig:
    """The smallest array in which every address exists, with phases of so many clocks, a nanosecond each."""
    read = ("setup_ns", "precharge_ns", "evaluate_ns", "hold_ns", "off_ns")
    programming = ("setup_ns", "drive_ns", "forming_ns", "set_ns", "reset_ns", "off_ns", "supply_ns")
    return ArrayConfig(
        geometry=ArrayGeometry(block_rows=1, block_columns=2, rows=2, columns=2, word_bits=2),
        clock_hz=10**9,
        read=ReadPhases(**dict.fromkeys(read, clocks)),
        # Lengths that the host tells can be longer than the limit.
        programming=ProgrammingPhases(**dict.fromkeys(programming, clocks), longest_pulse_ns=4 * clocks),
        attempts=2,
        verify_reads=2,
    )


class Rule(StrEnum):
    """What is asserted of the pins, for a host that does what it likes."""

    STABLE = "no line changes while, before or after the word line is at 1; in a read the source line falls once"
    APART = "nothing is programmed while the array is locked or read, and nothing is read with a supply selected"
    LIMITED = "the word line is at 1 for no longer than the limit"
    DROPPED = "reset, abort and lock of an unlocked array bring every line to its inactive level in the next clock"
    SWITCHED = "one supply is selected at a time, not straight after another, and never while a cell is connected"


class SequencerProof(Elaboratable):
    """One of the rules, for pulses of any length, commands at any time and any answer of the array.

    Args:
        dut: the sequencers, of a small array.
        rule: what is asserted.
        invariants: also assert what makes induction close; without, only violations of the rule itself are found.
    """

    def __init__(self, dut: ArraySequencers, rule: Rule, invariants: bool = True) -> None:
        self.dut = dut
        self.rule = rule
        self.invariants = invariants
        self.reset = Signal()
        self.inputs = [*inputs_of(dut), self.reset]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        dut, pins = self.dut, self.dut.pins
        for part in (dut.reader, dut.pulser, dut.programmer):
            registers_of(part)
        m.submodules.dut = ResetInserter(self.reset)(dut)
        dropped = Signal()
        drops = self.reset | dut.drop | (dut.unlocked & (dut.abort | dut.lock))
        m.d.sync += dropped.eq(drops)
        lines = {name: Value.cast(getattr(pins, name)) for name in LINES}
        before = {name: Signal(len(value), name=f"{name}_before") for name, value in lines.items()}
        m.d.sync += [before[name].eq(value) for name, value in lines.items()]
        reads = Signal(2)  # that who uses the array has asked for and not got: the next begins before the last is done
        with m.If(drops):
            m.d.sync += reads.eq(0)
        with m.Else():
            m.d.sync += reads.eq(reads + (dut.reads.start & dut.reads.ready) - dut.reads.done)
        using = reads != 0
        match self.rule:
            case Rule.STABLE:
                near = (pins.cwl | before["cwl"]) & ~dropped
                same = Cat(lines[name] == before[name] for name in LINES if name not in ("csl", "cwl")).all()
                evaluation = pins.cwl & before["cwl"] & ~pins.cblen & before["csl"] & ~pins.csl
                m.d.comb += Assert(~near | same & ((pins.csl == before["csl"]) | evaluation))
            case Rule.APART:
                programs = pins.cblen | pins.supply.any()
                m.d.comb += [
                    Assert(~programs | dut.unlocked),
                    Assert(~(using & (dut.unlocked | programs))),
                    Assert(~(pins.cwl & ~pins.cblen & pins.supply.any())),
                    Assert(~(dut.reads.ready & dut.unlocked)),
                ]
            case Rule.LIMITED:
                at_most(m, Assert, pins.cwl, dut.config.programming_clocks.longest_pulse)
            case Rule.DROPPED:
                m.d.comb += Assert(~dropped | ~Cat(lines.values()).any())
            case Rule.SWITCHED:
                supply, old = pins.supply, before["supply"]
                m.d.comb += [
                    Assert(sum(supply[index] for index in range(len(SUPPLIES))) <= 1),
                    Assert(dropped | (supply == old) | (~pins.cblen & ~before["cblen"])),
                    Assert((supply == old) | (supply == 0) | (old == 0)),
                ]
        if self.invariants:
            self._add_invariants(m, reads)
        return m

    def _add_invariants(self, m: Module, reads: Signal) -> None:
        """What else holds of the sequencers, without which induction would begin where no run comes to."""
        dut = self.dut
        reader, pulser, programmer = dut.reader, dut.pulser, dut.programmer
        pulser_lines = Value.cast(pulser.lines)
        for part in (reader, pulser, programmer):
            state, states = state_of(part)
            m.d.comb += Assert(state < states)
        m.d.comb += [
            Assert(~programmer.active | dut.unlocked),
            Assert(~reader.active | pulser.settled),
            Assert(~programmer.reading | pulser.settled),
            Assert(~(reader.active & dut.unlocked) | programmer.reading),
            Assert(dut.unlocked | (reads == reader.active + reader.port.done)),
            Assert(~dut.unlocked | (reads == 0)),
            Assert(programmer.active | ~pulser_lines.any()),
            Assert(~pulser.settled | ~pulser_lines.any()),
        ]


def state_of(component: Component) -> tuple[Signal, int]:
    """The state of a component's state machine, and how many states it has."""
    (machine,) = component.elaborate(None)._generated.values()
    return machine._data["signal"], len(machine.encoding)
