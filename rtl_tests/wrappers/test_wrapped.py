"""The Bayesian machine through every wrapper: one driver, the same bits as the golden model's; names of the ports."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.bayes.driver import BayesDriver
from hwgen.bayes.registers import register_map
from hwgen.bayes.stimulus import BayesStimulus
from hwgen.bus.bank import RegisterBank
from hwgen.bus.common import IDENTITY_MAGIC, core_map
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.bus.map import Field
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.emit.verilog import emit_verilog
from hwgen.errors import BusError, DesignError
from rtl_tests.bayes.designs import random_table
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.hosts import take, transfer
from rtl_tests.wrappers.transport import SimulatedTransport
from sim.golden.bayes import BayesModel

CONFIG = BayesConfig(mode="logarithmic", rows=3, bins=(5, 3), likelihood_bits=6, feedback=True, initialised=False)
WRAPPERS = [
    ("native", "native", 32),
    ("axi4lite", "native", 32),
    ("wishbone", "native", 32),
    ("native", "axi4stream", 8),
    ("axi4lite", "axi4stream", 8),
    ("wishbone", "axi4stream", 32),
    ("axi4lite", "axi4stream", 128),
]


@pytest.mark.parametrize(("bus", "stream", "width"), WRAPPERS)
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_the_same_driver_gets_the_golden_models_bits(bus: str, stream: str, width: int, stall: float) -> None:
    table = random_table(CONFIG, np.random.default_rng(1))
    inputs = BayesStimulus(CONFIG).random_inputs(40, np.random.default_rng(2))
    expected = BayesModel(CONFIG, table).infer(**inputs)

    driver = BayesDriver(SimulatedTransport(Wrapped(BayesCore(CONFIG), bus, stream, width), stall), CONFIG)
    driver.load(table)
    found = driver.infer(**inputs)
    for name in ("decisions", "ties", "invalid", "cycles", "scores"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    assert found.busy_cycles == expected.busy_cycles
    for stored, loaded in zip(driver.dump().streams, table.streams, strict=True):
        np.testing.assert_array_equal(stored, loaded)
    assert driver.read_register("samples") == 40
    with pytest.raises(BusError, match="0x00000004"):
        driver.transport.write(np.array([4], np.uint32), np.array([0], np.uint32))
    driver.soft_reset()
    assert driver.read_register("samples") == 0


@pytest.mark.parametrize(("bus", "stream", "width"), WRAPPERS)
def test_interrupts_come_through_and_are_masked_and_cleared_through_the_bus(bus: str, stream: str, width: int) -> None:
    transport = SimulatedTransport(Wrapped(BayesCore(CONFIG), bus, stream, width))
    driver = BayesDriver(transport, CONFIG)
    driver.load(random_table(CONFIG, np.random.default_rng(1)))
    assert (driver.pending_interrupts(), transport.irq()) == (frozenset(), False)

    driver.infer([[0, 0]])
    assert (driver.pending_interrupts(), transport.irq()) == ({"result", "idle"}, False)
    driver.enable_interrupts("idle", "error")
    assert transport.irq()
    driver.clear_interrupts("idle")
    assert (driver.pending_interrupts(), transport.irq()) == ({"result"}, False)
    driver.clear_interrupts()
    driver.infer([[CONFIG.bins[0], 0]])
    assert (driver.pending_interrupts(), transport.irq()) == ({"error", "result", "idle"}, True)
    driver.enable_interrupts()
    assert not transport.irq()
    driver.enable_interrupts("result")
    driver.soft_reset()
    assert (driver.pending_interrupts(), transport.irq()) == (frozenset(), False)
    with pytest.raises(KeyError, match="nonesuch"):
        driver.enable_interrupts("nonesuch")


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
        m.d.comb += [
            bank.identity.eq(self.identity),
            self.y.payload.eq(self.x.payload + self.offset),
            self.y.valid.eq(self.x.valid),
            self.x.ready.eq(self.y.ready),
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
