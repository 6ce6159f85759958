"""cocotb benches of a Bayesian machine with devices at its array pins; ``test_cocotb_array.py`` runs them."""

from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import bridge
from cocotb.triggers import ClockCycles, RisingEdge

from hwgen.bayes.array_words import array_words
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.driver import BayesDriver
from hwgen.bus.map import WORD_BYTES
from hwgen.memristor.registers import command_bits
from rtl_tests.bayes.designs import random_table
from sim.backends.cocotb_array import CocotbArray, attach
from sim.backends.cocotb_transport import CocotbTransport
from sim.devices.attached import Devices
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.devices.weak_reset import WeakResetConfig
from sim.golden.bayes import BayesModel

CONFIG = BayesConfig.parse(
    {
        "mode": "logarithmic",
        "rows": 2,
        "bins": [2, 2],
        "likelihood_bits": 4,
        "memory": "array",
        "array": {
            "clock_hz": 2_000_000,
            "attempts": 40,
            "programming": {"set_ns": 500, "reset_ns": 500, "forming_ns": 3000, "supply_ns": 4000},
        },
    }
)
HFOX = HfOxConfig(sense=SenseAmplifier(noise_sigma=0.0))
"""One pulse in forty does not switch its device."""
WEAK = WeakResetConfig(m1_offset=5e-3, m1_scale=5e-3, m1_range=(5e-3, 2e-2), rtn_amplitude=0.0, pink_gain=0.0)
"""Some ten pulses turn a weight."""


async def start(dut: Any, devices: Devices) -> tuple[CocotbArray, CocotbTransport]:
    """The devices and the host's transport, with the hardware reset."""
    array = attach(dut, dut.clk, CONFIG.array_config, devices, seed=1, reset=dut.rst)
    transport = CocotbTransport(dut)
    await transport.start()
    return array, transport


@cocotb.test()
async def programmed_devices_decide_as_the_golden_model(dut: Any) -> None:
    array, transport = await start(dut, HFOX)
    rng = np.random.default_rng(3)
    table = random_table(CONFIG, rng)

    @bridge
    def work() -> None:
        driver = BayesDriver(transport, CONFIG)
        assert driver.array is not None
        with driver.array.programming():
            driver.array.form()
        driver.load(table)
        assert driver.dump() == table
        inputs = driver.stimulus.random_inputs(20, rng)
        assert not driver.infer(**inputs).differences(BayesModel(CONFIG, table).infer(**inputs)).any()
        assert driver.array.wear().max() > 2  # beside the forming, some words took more than one attempt

    await work()
    geometry = CONFIG.array_config.geometry
    for address, word in array_words(CONFIG, table).items():
        place = geometry.place(address)
        block = place.block_row * geometry.block_columns + place.block_column
        lowest = place.word * geometry.word_bits
        bits = array.array.read((block, place.row, slice(lowest, lowest + geometry.word_bits))).bits
        assert int((bits.astype(int) << np.arange(geometry.word_bits)).sum()) == word


async def begin_a_pulse(dut: Any, transport: CocotbTransport) -> BayesDriver:
    """The driver, with the word line at 1."""

    @bridge
    def begin() -> BayesDriver:
        driver = BayesDriver(transport, CONFIG)
        assert driver.array is not None
        driver.array.unlock()
        driver.write_register("array_command", command_bits("form"))
        return driver

    driver = await begin()
    while not dut.array_cwl.value:
        await RisingEdge(dut.clk)
    return driver


@cocotb.test()
async def a_pulse_is_cut_by_a_reset_and_where_the_bench_says_so(dut: Any) -> None:
    array, transport = await start(dut, HFOX)
    driver = await begin_a_pulse(dut, transport)
    with array.dropping():
        await bridge(driver.array.abort)()
    assert not dut.array_cwl.value
    await transport.pulse_reset()
    await begin_a_pulse(dut, transport)
    await transport.pulse_reset()
    await ClockCycles(dut.clk, 4)


@cocotb.test()
async def lines_may_be_used_as_soon_as_they_have_fallen(dut: Any) -> None:
    array, transport = await start(dut, HFOX)
    driver = await begin_a_pulse(dut, transport)
    assert driver.array is not None
    with array.dropping():
        await bridge(driver.array.abort)()
        await ClockCycles(dut.clk, CONFIG.array_config.programming_clocks.supply - 2)
    await bridge(lambda: driver.write_register("array_command", command_bits("verify")))()
    reads = CONFIG.array_config.verify_reads
    await ClockCycles(dut.clk, reads * (CONFIG.array_config.read_clocks.total + 3))


@cocotb.test()
async def a_pulse_is_cut_unannounced(dut: Any) -> None:
    _, transport = await start(dut, HFOX)
    driver = await begin_a_pulse(dut, transport)
    await bridge(driver.array.abort)()
    await ClockCycles(dut.clk, 4)


@cocotb.test()
async def weak_pulses_turn_weights(dut: Any) -> None:
    array, transport = await start(dut, WEAK)

    @bridge
    def work() -> int:
        driver = BayesDriver(transport, CONFIG)
        assert driver.array is not None
        attempts = driver.map.base("array_attempts") + WORD_BYTES * np.arange(4, dtype=np.uint32)
        pulses = 0
        with driver.array.programming():
            for address in driver.array.addresses.tolist():
                driver.write_register("array_place", address)
                driver.write_register("array_target", 0b0101)
                driver.write_register("array_command", command_bits("reset", "verify"))
                while driver.read_register("array_state") & 0b10:
                    pass
                assert driver.read_register("array_wrong") == 0
                pulses += int(driver.transport.read(attempts).sum())
        return pulses

    pulses = await work()
    cells = array.array.geometry.cells
    assert pulses > 2 * cells
    weights = array.array.devices.weights
    assert (weights[..., 0::2] == 1).all() and (weights[..., 1::2] == -1).all()
    assert array.array.devices.t.sum() == pulses


@cocotb.test()
async def a_set_pulse_comes_to_devices_under_weak_reset(dut: Any) -> None:
    _, transport = await start(dut, WEAK)

    @bridge
    def work() -> None:
        driver = BayesDriver(transport, CONFIG)
        assert driver.array is not None
        with driver.array.programming():
            driver.array.program([5], [0])

    await work()


@cocotb.test()
async def a_line_has_no_level(dut: Any) -> None:
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    attach(dut, dut.clk, CONFIG.array_config, reset=dut.rst)
    await ClockCycles(dut.clk, 4)  # nobody minds in the first reset
    dut.rst.value = 0
    await ClockCycles(dut.clk, 4)
