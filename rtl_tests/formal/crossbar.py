"""What is proven about the lists of active inputs."""

from typing import Any

from amaranth.hdl import Assert, Assume, Elaboratable, Module, Mux, Signal

from rtl_tests.formal.rules import at_most, inputs_of

STALL = 1
"""Clocks for which the assumed surroundings neither offer a beat nor admit a sample."""


class ScannerProof(Elaboratable):
    """The entries of a list are inputs of the sample, in strictly ascending order.

    So no synapse word is visited twice in a pass, and none is read while an earlier visit's write is on its way.
    """

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        at_most(m, Assume, ~(dut.x.valid & dut.admit), STALL)
        least = Signal(range(dut.sample.inputs + 1))  # that the next index may be
        m.d.comb += Assert(~(dut.write & dut.commit))
        with m.If(dut.write):
            m.d.comb += Assert((dut.entry.index >= least) & (dut.entry.index < dut.sample.inputs))
            m.d.sync += least.eq(dut.entry.index + 1)
        with m.If(dut.commit | dut.clear):
            m.d.sync += least.eq(0)
        return m


class BankProof(Elaboratable):
    """A claimed bank is not written: any word of it reads the same in every clock, whatever else happens."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
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
        m.d.comb += Assume(dut.read_bank == oldest)
        entry = Signal.like(dut.entry.as_value())
        m.d.sync += [entry.eq(dut.entry), age.eq(0)]
        with m.If(same):
            m.d.sync += age.eq(age + (age != 3))
        with m.If(age == 3):
            m.d.comb += Assert(dut.entry.as_value() == entry)
        return m
