"""An equilibrium-propagation machine behind AXI4-Stream: a packet of a wrong length is never learnt from."""

import random
from typing import Any

import numpy as np
import pytest

from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.ep.core import EPCore
from hwgen.ep.driver import EPDriver
from hwgen.ep.stimulus import EPStimulus
from rtl_tests.ep.machines import tiny
from rtl_tests.wrappers.hosts import transfer
from rtl_tests.wrappers.transport import SimulatedTransport
from sim.golden.ep import EPModel

CONFIG = tiny(layers=[6, 4, 2], lanes=4).config


@pytest.mark.parametrize("length", [1, 2, 3, 5, 9])
def test_a_packet_of_a_wrong_length_gives_a_result_and_is_never_learnt_from(length: int) -> None:
    assert CONFIG.sample_beats == 3
    transport = SimulatedTransport(dut := Wrapped(EPCore(CONFIG), "native", "axi4stream", 8), 0.2)
    driver, model = EPDriver(transport, CONFIG), EPModel(CONFIG)
    driver.infer(np.zeros((1, 6), np.uint8))  # the machine has filled its memory
    before = driver.dump()

    async def send(ctx: Any) -> None:
        draw = random.Random(1)
        for beat in range(length):
            # Every beat would be a trailer that says: learn.
            fields = (dut.s_axis_x.tdata, 0xFF if beat < 2 else 1), (dut.s_axis_x.tlast, beat == length - 1)
            await transfer(ctx, dut.s_axis_x.tvalid, dut.s_axis_x.tready, draw, 0.2, *fields)

    async def receive(ctx: Any) -> None:
        await transport._receive(ctx)

    transport.perform(main=receive, send=send)
    counters = driver.statistics()
    assert counters["trained"] == (length == 3) and counters["samples"] == 2
    assert (driver.dump() == before) or length == 3

    # The packet after it is an ordinary sample.
    model.load(driver.dump())
    inputs = EPStimulus(CONFIG).random_inputs(5, np.random.default_rng(1))
    assert not driver.run(**inputs).differences(model.run(**inputs)).any()
