"""Wishbone B4, classic cycles, in front of the register bus."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import BusSignature


class WishboneSignature(wiring.Signature):
    """Wishbone with 32 data bits and byte granularity, seen from the master.

    Args:
        address_bits: width of ``adr``, a byte address.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__(
            {
                "cyc": Out(1),
                "stb": Out(1),
                "we": Out(1),
                "adr": Out(address_bits),
                "dat_w": Out(32),
                "sel": Out(4),
                "dat_r": In(32),
                "ack": In(1),
                "err": In(1),
            }
        )


class Wishbone(wiring.Component):
    """A Wishbone slave that makes each classic cycle an access of a register bus.

    ``ack`` or ``err`` ends each cycle for one clock; ``dat_r`` is valid with ``ack``. An access that the bus refuses,
    and one with any bit of ``sel`` at 0, ends with ``err`` and changes nothing. The request is taken in its first
    clock: a master that gives up (``cyc`` or ``stb`` low before the answer) gets no answer, and a write may have been
    made.

    Args:
        address_bits: width of ``adr``; higher address bits belong to the interconnect.

    Members: ``wb``, ``bus``. The bus access starts a clock after the request; the answer comes a clock after the bus's.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__({"wb": In(WishboneSignature(address_bits)), "bus": Out(BusSignature())})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        wb, bus = self.wb, self.bus
        requested = wb.cyc & wb.stb
        given_up = Signal()
        answering = Signal()
        good = Signal()

        with m.If(bus.valid):
            with m.If(~requested):
                m.d.sync += given_up.eq(1)
            with m.If(bus.ready):
                m.d.sync += [bus.valid.eq(0), answering.eq(1), good.eq(~bus.error), wb.dat_r.eq(bus.rdata)]
        with m.Elif(answering):
            m.d.sync += answering.eq(0)
        with m.Else():
            m.d.sync += [bus.write.eq(wb.we), bus.address.eq(wb.adr), bus.wdata.eq(wb.dat_w)]
            m.d.sync += [given_up.eq(0), good.eq(0)]
            with m.If(requested):
                m.d.sync += [bus.valid.eq(wb.sel.all()), answering.eq(~wb.sel.all())]

        # Rule 3.35: a termination signal answers CYC and STB, so it goes down with them.
        answer = Signal()
        m.d.comb += [
            answer.eq(answering & requested & ~given_up),
            wb.ack.eq(answer & good),
            wb.err.eq(answer & ~good),
        ]
        return m
