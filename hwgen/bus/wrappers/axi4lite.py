"""AXI4-Lite (AMBA AXI, ARM IHI 0022, part B) in front of the register bus."""

from enum import IntEnum

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import BusSignature


class Response(IntEnum):
    """What ``bresp`` and ``rresp`` say; the decoder's own answers (DECERR) come from the interconnect."""

    OKAY = 0
    SLVERR = 2


class AXI4LiteSignature(wiring.Signature):
    """AXI4-Lite with 32 data bits, seen from the manager.

    Args:
        address_bits: width of ``awaddr`` and ``araddr``, which are byte addresses.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__(
            {
                "awaddr": Out(address_bits),
                "awprot": Out(3),
                "awvalid": Out(1),
                "awready": In(1),
                "wdata": Out(32),
                "wstrb": Out(4),
                "wvalid": Out(1),
                "wready": In(1),
                "bresp": In(2),
                "bvalid": In(1),
                "bready": Out(1),
                "araddr": Out(address_bits),
                "arprot": Out(3),
                "arvalid": Out(1),
                "arready": In(1),
                "rdata": In(32),
                "rresp": In(2),
                "rvalid": In(1),
                "rready": Out(1),
            }
        )


class AXI4Lite(wiring.Component):
    """An AXI4-Lite subordinate that makes the accesses on a register bus, one at a time.

    The five channels are independent: address and data of a write may come in either order, and an answer that is not
    taken holds up only its own direction. Reads and writes that wait for each other take turns. An access that the bus
    refuses, and a write with any byte strobe at 0, is answered SLVERR and changes nothing. ``awprot`` and ``arprot``
    are ignored. No output depends on an input within a clock.

    Args:
        address_bits: width of the addresses; higher address bits belong to the interconnect.

    Members: ``axi``, ``bus``. The bus access begins two clocks after the request; its answer goes on a clock later.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__({"axi": In(AXI4LiteSignature(address_bits)), "bus": Out(BusSignature())})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        axi, bus = self.axi, self.bus

        # Each request channel has one register; it is free again once the access is over.
        write_address = Signal.like(axi.awaddr, reset_less=True)
        write_address_full = Signal()
        write_data = Signal.like(axi.wdata, reset_less=True)
        write_whole = Signal(reset_less=True)
        write_data_full = Signal()
        read_address = Signal.like(axi.araddr, reset_less=True)
        read_address_full = Signal()
        m.d.comb += [
            axi.awready.eq(~write_address_full),
            axi.wready.eq(~write_data_full),
            axi.arready.eq(~read_address_full),
        ]
        with m.If(axi.awvalid & axi.awready):
            m.d.sync += [write_address.eq(axi.awaddr), write_address_full.eq(1)]
        with m.If(axi.wvalid & axi.wready):
            m.d.sync += [write_data.eq(axi.wdata), write_whole.eq(axi.wstrb.all()), write_data_full.eq(1)]
        with m.If(axi.arvalid & axi.arready):
            m.d.sync += [read_address.eq(axi.araddr), read_address_full.eq(1)]

        # An answer stays until it is taken.
        with m.If(axi.bready):
            m.d.sync += axi.bvalid.eq(0)
        with m.If(axi.rready):
            m.d.sync += axi.rvalid.eq(0)

        # One access at a time; nothing but `valid` and `write` says where it stands. Writes go first and cannot keep a
        # read waiting: after each, its registers are empty for a clock.
        write_waits = write_address_full & write_data_full & ~axi.bvalid
        read_waits = read_address_full & ~axi.rvalid
        response = Mux(bus.error, Response.SLVERR, Response.OKAY)
        m.d.comb += [
            bus.address.eq(Mux(bus.write, write_address, read_address)),
            bus.wdata.eq(Mux(bus.write, write_data, 0)),
        ]
        with m.If(bus.valid):
            with m.If(bus.ready):
                m.d.sync += bus.valid.eq(0)
                with m.If(bus.write):
                    m.d.sync += [axi.bvalid.eq(1), axi.bresp.eq(response)]
                    m.d.sync += [write_address_full.eq(0), write_data_full.eq(0)]
                with m.Else():
                    m.d.sync += [axi.rvalid.eq(1), axi.rresp.eq(response), axi.rdata.eq(bus.rdata)]
                    m.d.sync += read_address_full.eq(0)
        with m.Elif(write_waits):
            with m.If(write_whole):
                m.d.sync += [bus.valid.eq(1), bus.write.eq(1)]
            with m.Else():
                m.d.sync += [axi.bvalid.eq(1), axi.bresp.eq(Response.SLVERR)]
                m.d.sync += [write_address_full.eq(0), write_data_full.eq(0)]
        with m.Elif(read_waits):
            m.d.sync += [bus.valid.eq(1), bus.write.eq(0)]
        return m
