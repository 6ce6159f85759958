"""What is proven about the Wishbone wrapper."""

from amaranth.hdl import Assert, Elaboratable, Module, Signal

from hwgen.bus.wrappers.wishbone import Wishbone
from rtl_tests.formal.rules import answers, at_most, held_until_taken, inputs_of

CORE_CLOCKS = 2
"""Clocks that the assumed core lets an access wait."""
LIMIT = 2 * CORE_CLOCKS + 3
"""Clocks in which a cycle is answered, an access before it that the master gave up included."""


class WishboneProof(Elaboratable):
    """The rules of classic cycles, for a master that does what it likes, giving up included.

    Args:
        dut: the wrapper.
        limit: most clocks that a cycle waits.
    """

    def __init__(self, dut: Wishbone, limit: int = LIMIT) -> None:
        self.dut = dut
        self.limit = limit
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        wb, bus = dut.wb, dut.bus
        answers(m, bus, CORE_CLOCKS)
        held_until_taken(m, bus.valid, bus.ready, bus.write, bus.address, bus.wdata)

        # An access belongs to the cycle that asked for it, unless the master has given that up.
        requested, answered = wb.cyc & wb.stb, wb.ack | wb.err
        wanted = Signal()
        m.d.sync += wanted.eq(requested & (wanted | ~bus.valid))

        # The clock after an access or a refusal is that of the answer: nothing begins in it.
        ended = Signal()
        refused = Signal()
        error = Signal()
        rdata = Signal(32)
        m.d.sync += [
            ended.eq(bus.valid & bus.ready),
            refused.eq(~bus.valid & ~ended & ~refused & requested & ~wb.sel.all()),
            error.eq(bus.error),
            rdata.eq(bus.rdata),
        ]

        # One answer for each, with its data; none without a request.
        m.d.comb += [
            Assert(answered == (requested & (ended & wanted | refused))),
            Assert(~(wb.ack & wb.err)),
        ]
        with m.If(answered):
            m.d.comb += Assert(wb.err == (refused | error))
        with m.If(wb.ack):
            m.d.comb += Assert(wb.dat_r == rdata)

        # No deadlock.
        at_most(m, Assert, requested & ~answered, self.limit)
        return m
