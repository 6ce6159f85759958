"""Wrapped cores: names of the ports, cores that no registry knows, and interfaces that are refused."""

import random
from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.bayes.registers import register_map
from hwgen.bus.bank import RegisterBank
from hwgen.bus.common import IDENTITY_MAGIC, core_map
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.bus.map import Field
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.emit.verilog import emit_verilog
from hwgen.errors import DesignError
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.hosts import take, transfer

CONFIG = BayesConfig(mode="logarithmic", rows=3, bins=(5, 3), likelihood_bits=6, feedback=True, initialised=False)


def test_ports_have_the_fields_names() -> None:
    axi = emit_verilog(Wrapped(BayesCore(CONFIG), "axi4lite", "axi4stream", 16), "top").ports
    bits = register_map(CONFIG).address_bits
    assert axi == {
        "clk": 1,
        "rst": 1,
        "s_axi_awaddr": bits,
        "s_axi_awprot": 3,
        "s_axi_awvalid": 1,
        "s_axi_awready": 1,
        "s_axi_wdata": 32,
        "s_axi_wstrb": 4,
        "s_axi_wvalid": 1,
        "s_axi_wready": 1,
        "s_axi_bresp": 2,
        "s_axi_bvalid": 1,
        "s_axi_bready": 1,
        "s_axi_araddr": bits,
        "s_axi_arprot": 3,
        "s_axi_arvalid": 1,
        "s_axi_arready": 1,
        "s_axi_rdata": 32,
        "s_axi_rresp": 2,
        "s_axi_rvalid": 1,
        "s_axi_rready": 1,
        "s_axis_x_tdata": 16,
        "s_axis_x_tlast": 1,
        "s_axis_x_tvalid": 1,
        "s_axis_x_tready": 1,
        "m_axis_y_tdata": 16,
        "m_axis_y_tlast": 1,
        "m_axis_y_tvalid": 1,
        "m_axis_y_tready": 1,
        "irq": 1,
        "framing_error": 1,
    }
    wishbone = list(emit_verilog(Wrapped(BayesCore(CONFIG), "wishbone"), "top").ports)
    assert wishbone == [
        *("clk", "rst", "wb_cyc", "wb_stb", "wb_we", "wb_adr", "wb_dat_w", "wb_sel", "wb_dat_r", "wb_ack", "wb_err"),
        *("x_payload", "x_valid", "x_ready", "y_payload", "y_valid", "y_ready", "irq"),
    ]


class Adder(wiring.Component):
    """A core that no registry knows, with ports of its own: it adds ``offset`` to each sample."""

    def __init__(self) -> None:
        self.map = core_map(errors=(Field("carry", "The sum was too large."),))
        self.identity = IDENTITY_MAGIC << 16 | 0x123
        self.x_beats = 1
        self.resetting = Signal()
        super().__init__(
            {
                "bus": In(BusSignature()),
                "x": In(stream.Signature(20)),
                "y": Out(stream.Signature(20)),
                "offset": In(8),
                "odd": Out(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self.map)
        wiring.connect(m, wiring.flipped(self.bus), bank.bus)
        m.d.sync += self.resetting.eq(bank.control[0])
        m.d.comb += [
            bank.identity.eq(self.identity),
            self.y.payload.eq(self.x.payload + self.offset),
            self.y.valid.eq(self.x.valid & ~self.resetting),
            self.x.ready.eq(self.y.ready & ~self.resetting),
            self.odd.eq(self.offset[0]),
        ]
        connect_interrupts(m, bank, y=self.y, busy=self.x.valid, irq=self.irq)
        return m


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_any_core_can_be_wrapped_and_keeps_its_own_ports(stall: float) -> None:
    dut = Wrapped(Adder(), "wishbone", "axi4stream", 24)
    assert dut.identity == IDENTITY_MAGIC << 16 | 0x123
    assert dut.map is dut.component.map
    draw = random.Random(0)

    async def send(ctx: Any) -> None:
        axis = dut.s_axis_x
        ctx.set(dut.offset, 5)
        assert ctx.get(dut.odd)
        for value in range(20):
            payload = (axis.tdata, value), (axis.tlast, 1)
            await transfer(ctx, axis.tvalid, axis.tready, draw, stall, *payload)

    async def receive(ctx: Any) -> None:
        axis = dut.m_axis_y
        for value in range(20):
            assert await take(ctx, axis.tvalid, axis.tready, draw, stall, axis.tdata, axis.tlast) == [value + 5, 1]
        assert not ctx.get(dut.framing_error)

    simulate(dut, send, receive)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("axi4",), "bus must be one of native, axi4lite, wishbone, not 'axi4'"),
        (("native", "tcp"), "stream must be one of native, axi4stream, not 'tcp'"),
        (("native", "axi4stream", 12), "stream_width must be a multiple of 8 from 8 to 128, not 12"),
    ],
)
def test_other_interfaces_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        Interfaces(*arguments)
