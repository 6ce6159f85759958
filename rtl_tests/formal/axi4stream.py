"""What is proven about the AXI4-Stream wrappers."""

from typing import Any

from amaranth.hdl import Assert, Assume, Cat, Const, Elaboratable, Module, Value

from rtl_tests.formal.rules import at_most, held_until_taken, inputs_of

STALL = 2
"""Clocks that the assumed surroundings let an offer wait."""


class StreamProof(Elaboratable):
    """A block with a stream in and a stream out offers by the rules, and takes in time what it is offered.

    Args:
        dut: the block.
        taken: ``valid`` and ``ready`` of what it takes.
        offered: ``valid``, ``ready`` and payload of what it offers.
        limit: most clocks for which it takes nothing while its own offers wait at most ``STALL`` clocks.
        clear: withdraws its offers, and lets it take nothing in that clock.
    """

    def __init__(
        self,
        dut: Any,
        taken: tuple[Value, Value],
        offered: tuple[Value, Value, Value],
        limit: int,
        clear: Value | None = None,
    ) -> None:
        self.dut = dut
        self.taken = taken
        self.offered = offered
        self.limit = limit
        self.clear = Const(0) if clear is None else clear
        self.inputs = inputs_of(dut)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = self.dut
        offer, offer_taken, payload = self.offered
        held_until_taken(m, offer, offer_taken | self.clear, payload)
        at_most(m, Assume, offer & ~offer_taken & ~self.clear, STALL)
        valid, ready = self.taken
        at_most(m, Assert, valid & ~ready & ~self.clear, self.limit)
        m.d.comb += Assert(~(self.clear & valid & ready))
        return m


def receiver_proof(dut: Any, limit: int) -> StreamProof:
    """The proof of either receiver, whose sender does what it likes."""
    axis, o = dut.axis, dut.o
    return StreamProof(dut, (axis.tvalid, axis.tready), (o.valid, o.ready, o.payload), limit, dut.clear)


def transmitter_proof(dut: Any, limit: int) -> StreamProof:
    """The proof of a transmitter; TLAST belongs to what must not change."""
    i, axis = dut.i, dut.axis
    return StreamProof(dut, (i.valid, i.ready), (axis.tvalid, axis.tready, Cat(axis.tdata, axis.tlast)), limit)
