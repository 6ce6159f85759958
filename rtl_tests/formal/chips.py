"""What is proven about the sequencers of a chip."""

from collections.abc import Iterable
from enum import StrEnum

from amaranth.hdl import Assert, Cat, Elaboratable, Module, ResetInserter, Signal, Value

from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import ChipProfile
from hwgen.chips.sequencers import ChipSequencers
from hwgen.memristor.config import SUPPLIES, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import ArrayGeometry
from rtl_tests.formal.crossbar import registers_of
from rtl_tests.formal.memristor import state_of
from rtl_tests.formal.rules import at_most, inputs_of

DIVIDER = 2


class SmallConfig(ChipConfig):
    """The controller of the smallest chip in which every address exists, with either kind of pins."""

    coded: bool = False

    @property
    def profile(self) -> ChipProfile:
        return ChipProfile(
            name="small",
            summary="",
            geometry=ArrayGeometry(block_rows=1, block_columns=2, rows=2, columns=2, word_bits=2),
            modes=("logarithmic",) if self.coded else ("stochastic", "logarithmic"),
            coded=self.coded,
        )


def smallest(coded: bool) -> SmallConfig:
    """Phases of a clock of the chip each; the host can ask for pulses that are longer than the limit."""
    read = ("setup_ns", "precharge_ns", "evaluate_ns", "hold_ns", "off_ns")
    programming = ("setup_ns", "drive_ns", "forming_ns", "set_ns", "reset_ns", "off_ns", "supply_ns")
    return SmallConfig(
        chip="bayes-8x8",
        coded=coded,
        clock_hz=10**9,
        divider=DIVIDER,
        read=ReadPhases(**dict.fromkeys(read, 1)),
        programming=ProgrammingPhases(**dict.fromkeys(programming, 1), longest_pulse_ns=4 * DIVIDER),
        attempts=2,
        verify_reads=2,
        input_clocks=0,
        control_clocks=0,
        settle_clocks=1,
    )


class Rule(StrEnum):
    """What is asserted of the pins, for a host that does what it likes."""

    EDGE = "pins change when the chip's clock falls, and at no other time"
    STABLE = "no line or address changes while, before or after the word line is at 1, but CSL falls once in a read"
    APART = "nothing is programmed while the chip is locked, and nothing is read with a supply selected"
    LIMITED = "the word line is at 1 for no longer than the limit"
    DROPPED = "reset, abort and lock: the word line is at 0 when the clock has next fallen, all lines a period later"
    SWITCHED = "one supply is selected at a time, not straight after another, and never while the word line is at 1"


class ChipProof(Elaboratable):
    """Some of the rules, for pulses of any length, commands and samples at any time and any answer of the chip.

    Args:
        dut: the sequencers, of a small chip.
        rules: what is asserted.
        invariants: also assert what makes induction close; without, only violations of the rule itself are found.
    """

    def __init__(self, dut: ChipSequencers, rules: Iterable[Rule], invariants: bool = True) -> None:
        self.dut = dut
        self.rules = tuple(rules)
        self.invariants = invariants
        self.reset = Signal()
        self.inputs = [*inputs_of(dut), self.reset]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        dut, pins = self.dut, self.dut.pins
        for part in (dut.decision, dut.pulser, dut.programmer):
            registers_of(part)
        m.submodules.dut = ResetInserter(self.reset)(dut)
        outputs = list(dut.outputs.pins.signature.members)
        now = {name: Value.cast(getattr(pins, name)) for name in outputs}
        before = {name: Signal(len(value), name=f"{name}_before") for name, value in now.items()}
        m.d.sync += [before[name].eq(value) for name, value in now.items()]
        same = {name: now[name] == before[name] for name in outputs}
        clock_before = Signal()
        m.d.sync += clock_before.eq(pins.clk)
        falls = clock_before & ~pins.clk
        # Strobes before the clock has fallen: none since it did, or one; and how often it has fallen since.
        drops = self.reset | dut.drop | (dut.unlocked & (dut.abort | dut.lock))
        dropped = Signal(2)  # 1: it will fall for the first time, 2: for the second
        was_dropped = Signal(2)
        m.d.sync += was_dropped.eq(dropped)
        with m.If(drops):
            m.d.sync += dropped.eq(1)
        with m.Elif(dut.clock.falls & (dropped != 0)):
            m.d.sync += dropped.eq(Value.cast(dropped == 1) << 1)
        for rule in self.rules:
            match rule:
                case Rule.EDGE:
                    m.d.comb += Assert(falls | Cat(same.values()).all())
                case Rule.STABLE:
                    near = pins.cwl | before["cwl"]
                    still = Cat(each for name, each in same.items() if name not in ("csl", "cwl")).all()
                    evaluation = pins.cwl & before["cwl"] & ~pins.cblen & before["csl"] & ~pins.csl
                    m.d.comb += Assert(~near | still & (same["csl"] | evaluation))
                case Rule.APART:
                    m.d.comb += [
                        Assert(~(pins.cwl & pins.cblen & ~before["cwl"]) | dut.unlocked | (dropped != 0)),
                        Assert(~(pins.cwl & ~pins.cblen & pins.supply.any())),
                        Assert(~(dut.reads.ready & dut.unlocked)),
                    ]
                case Rule.LIMITED:
                    longest = dut.outputs.longest * DIVIDER
                    at_most(m, Assert, pins.cwl, longest)
                case Rule.DROPPED:
                    lines = Cat(now.values())
                    m.d.comb += [
                        Assert(~(falls & (was_dropped == 1)) | ~pins.cwl),
                        Assert(~(falls & (was_dropped == 2)) | ~lines.any()),
                    ]
                case Rule.SWITCHED:
                    supply, old = pins.supply, before["supply"]
                    m.d.comb += [
                        Assert(sum(supply[index] for index in range(len(SUPPLIES))) <= 1),
                        Assert((supply == old) | (~pins.cwl & ~before["cwl"])),
                        Assert((supply == old) | (supply == 0) | (old == 0)),
                    ]
        if self.invariants:
            self._add_invariants(m)
        return m

    def _add_invariants(self, m: Module) -> None:
        """What else holds of the sequencers, without which induction would begin where no run comes to."""
        dut = self.dut
        decision, pulser, programmer = dut.decision, dut.pulser, dut.programmer
        pulser_lines = Value.cast(pulser.lines)
        for part in (decision, pulser, programmer):
            state, states = state_of(part)
            m.d.comb += Assert(state < states)
        m.d.comb += [
            Assert(~dut.active | dut.unlocked),
            Assert(~decision.active | pulser.settled),
            Assert(~programmer.reading | pulser.settled),
            Assert(~(decision.active & dut.unlocked) | programmer.reading),
            Assert(programmer.active | ~pulser_lines.any()),
            Assert(~pulser.settled | ~pulser_lines.any()),
        ]
