"""What is proven about the AXI4-Lite wrapper."""

from amaranth.hdl import Assert, Elaboratable, Module

from hwgen.bus.wrappers.axi4lite import AXI4Lite
from rtl_tests.formal.rules import answers, at_most, held_until_taken, inputs_of, outstanding

CORE_CLOCKS = 2
"""Clocks that the assumed core lets an access wait."""
LIMIT = 2 * CORE_CLOCKS + 4
"""Clocks in which a complete request is answered, a whole access before it included."""


class AXI4LiteProof(Elaboratable):
    """The rules of AXI4-Lite, for a manager that does what it likes.

    Args:
        dut: the wrapper.
        limit: most clocks that a complete request waits.
    """

    def __init__(self, dut: AXI4Lite, limit: int = LIMIT) -> None:
        self.dut = dut
        self.limit = limit
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        axi, bus = dut.axi, dut.bus
        answers(m, bus, CORE_CLOCKS)

        # VALID, once up, stays up with its payload until READY; the register bus's request too.
        held_until_taken(m, axi.bvalid, axi.bready, axi.bresp)
        held_until_taken(m, axi.rvalid, axi.rready, axi.rresp, axi.rdata)
        held_until_taken(m, bus.valid, bus.ready, bus.write, bus.address, bus.wdata)

        # What was accepted is in its register (READY is 0) or answered: no request is lost, none is answered twice,
        # and nothing is answered that was not asked for.
        b_taken, r_taken = axi.bvalid & axi.bready, axi.rvalid & axi.rready
        addresses = outstanding(m, "addresses", axi.awvalid & axi.awready, b_taken)
        words = outstanding(m, "words", axi.wvalid & axi.wready, b_taken)
        reads = outstanding(m, "reads", axi.arvalid & axi.arready, r_taken)
        m.d.comb += [
            Assert(addresses == axi.bvalid + ~axi.awready),
            Assert(words == axi.bvalid + ~axi.wready),
            Assert(reads == axi.rvalid + ~axi.arready),
        ]

        # The core is asked only for what is complete and not yet answered.
        with m.If(bus.valid & bus.write):
            m.d.comb += Assert(~axi.awready & ~axi.wready & ~axi.bvalid)
        with m.If(bus.valid & ~bus.write):
            m.d.comb += Assert(~axi.arready & ~axi.rvalid)

        # No deadlock: with the answer before it taken, a complete request is answered; the other direction may stall.
        at_most(m, Assert, ~axi.awready & ~axi.wready & ~axi.bvalid, self.limit)
        at_most(m, Assert, ~axi.arready & ~axi.rvalid, self.limit)
        m.d.comb += [Assert((axi.bresp & 1) == 0), Assert((axi.rresp & 1) == 0)]
        return m
