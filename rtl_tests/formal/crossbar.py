"""What is proven about the lists of active inputs."""

from typing import Any

from amaranth.hdl import Assert, Assume, Elaboratable, Module, Mux, Signal, Value

from rtl_tests.formal.rules import inputs_of


class ScannerProof(Elaboratable):
    """The entries of a list are inputs of the sample, in strictly ascending order, whatever the surroundings do.

    So no synapse word is visited twice in a pass, and none is read while an earlier visit's write is on its way.
    """

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        registers = registers_of(self.dut)
        m.submodules.dut = self.dut
        ascending(m, self.dut, registers)
        return m


def ascending(m: Module, scanner: Any, registers: dict[str, Signal]) -> Signal:
    """Assert that a scanner's indices ascend, and what else makes induction close; returns the least next index."""
    sample = scanner.sample
    least = Signal(range(sample.inputs + 1))
    m.d.comb += Assert(~(scanner.write & scanner.commit))
    with m.If(scanner.write):
        m.d.comb += Assert((scanner.entry.index >= least) & (scanner.entry.index < sample.inputs))
        m.d.sync += least.eq(scanner.entry.index + 1)
    with m.If(scanner.commit | scanner.clear):
        m.d.sync += least.eq(0)

    # Of the beats of this sample that have come, and of the trailer before them that has not gone.
    place, base = registers["place"], registers["base"]
    m.d.comb += [
        Assert(place <= sample.pixel_beats),
        Assert(base == place * sample.pixels_per_beat),
        Assert(trailers(scanner, registers).any() | (least <= base)),
    ]
    return least


def trailers(scanner: Any, registers: dict[str, Signal]) -> Value:
    """Trailers on their way through a scanner, one bit each."""
    waits = registers["waits"] & registers["is_trailer"]
    return Value.cast(waits) | registers["scanned_trailer"] << 1 | scanner.commit << 2


class BankProof(Elaboratable):
    """A claimed bank is not written: any word of it reads the same in every clock, whatever else happens."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        registers = registers_of(self.dut)
        m.submodules.dut = dut = self.dut
        # The core claims what is ready and releases what it has claimed.
        claimed = Signal(range(dut.banks + 1))
        oldest = Signal.like(dut.bank)
        m.d.comb += [Assume(dut.ready | ~dut.claim), Assume((claimed != 0) | ~dut.release), Assume(~dut.discard)]
        m.d.sync += claimed.eq(claimed + dut.claim - dut.release)
        with m.If(dut.release):
            m.d.sync += oldest.eq(Mux(oldest == dut.banks - 1, 0, oldest + 1))
        # One word of the oldest claimed bank is read all the time.
        address = Signal.like(dut.read_address)
        m.d.sync += address.eq(dut.read_address)
        age = Signal(2)
        same = (claimed != 0) & ~dut.release & (dut.read_address == address)
        m.d.comb += [Assume(dut.read_bank == oldest), Assume(dut.read_address < dut.sample.inputs)]
        entry = Signal.like(dut.entry.as_value())
        m.d.sync += [entry.eq(dut.entry), age.eq(0)]
        with m.If(same):
            m.d.sync += age.eq(age + (age != 3))
        with m.If(age == 3):
            m.d.comb += Assert(dut.entry.as_value() == entry)
        self._add_order(m, registers, claimed, oldest)
        return m

    def _add_order(self, m: Module, registers: dict[str, Signal], claimed: Signal, oldest: Signal) -> None:
        """Assert that banks are claimed, complete, filling and free in the order of their turns."""
        dut = self.dut
        scanner_registers = registers_of(dut.elaborate(None).submodules.scanner)
        scanner = dut.elaborate(None).submodules.scanner
        least = ascending(m, scanner, scanner_registers)
        held, complete, filling = registers["held"], registers["complete"], registers["filling"]
        written, write_address = registers["written"], registers["write_address"]
        begun = sum(trailers(scanner, scanner_registers)) + (scanner_registers["place"] != 0)
        m.d.comb += [
            Assert(held <= dut.banks),
            Assert(held == claimed + complete + begun),
            Assert(oldest < dut.banks),
            Assert(dut.bank == (oldest + claimed) % dut.banks),
            Assert(filling == (oldest + claimed + complete) % dut.banks),
            Assert(write_address == filling * dut.stride + written),
            Assert(written <= least),
        ]


def registers_of(component: Any) -> dict[str, Signal]:
    """Elaborate a component, once for all; returns what it drives, by name: proofs state what holds between these."""
    module = component.elaborate(None)
    component.elaborate = lambda platform: module
    return {signal.name: signal for signal in module._driving}
