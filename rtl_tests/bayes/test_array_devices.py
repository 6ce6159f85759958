"""A Bayesian machine with real devices at its pins: programmed by its driver, deciding with what they hold."""

from typing import Any

import numpy as np
import pytest

from hwgen.bayes.array_words import array_words
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.bayes.driver import BayesDriver
from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.errors import HwgenError
from hwgen.memristor.signature import LINES
from rtl_tests.bayes.designs import random_table
from rtl_tests.wrappers.transport import SimulatedTransport
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.devices.protocol import ProtocolChecker
from sim.golden.bayes import BayesModel
from sim.golden.memristor import Pins

# One pulse in forty does not switch its device.
CONFIG = BayesConfig.parse(
    {
        "mode": "logarithmic",
        "rows": 3,
        "bins": [4, 3],
        "likelihood_bits": 4,
        "memory": "array",
        "array": {
            "clock_hz": 2_000_000,
            "programming": {"set_ns": 500, "reset_ns": 500, "forming_ns": 3000, "supply_ns": 1000},
        },
    }
)
QUIET = SenseAmplifier(noise_sigma=0.0)


class Machine:
    """A machine, its driver, and the devices at its pins."""

    def __init__(self, devices: HfOxConfig, seed: int) -> None:
        array = CONFIG.array_config
        core = Wrapped(BayesCore(CONFIG))
        self.pins = core.array
        self.attached, self.checker = AttachedArray(array, devices, seed), ProtocolChecker(array)
        transport = SimulatedTransport(core, stall=0.1, seed=seed)
        transport._simulator.add_testbench(self._watch, background=True)
        self.driver = BayesDriver(transport, CONFIG)
        assert self.driver.array is not None
        self.array = self.driver.array
        with self.array.programming():
            self.array.form()

    async def _watch(self, ctx: Any) -> None:
        pins = self.pins
        while True:
            levels = Pins(*(ctx.get(getattr(pins, name)) for name in LINES))
            ctx.set(pins.data, self.attached.clock(levels))
            # Nothing is aborted here, and the array is locked when the lines are idle.
            self.checker.clock(levels)
            await ctx.tick()


def test_programmed_devices_decide_as_the_golden_model() -> None:
    machine = Machine(HfOxConfig(sense=QUIET), seed=1)
    rng = np.random.default_rng(1)
    table = random_table(CONFIG, rng)
    machine.driver.load(table)
    assert machine.driver.dump() == table
    inputs = machine.driver.stimulus.random_inputs(40, rng)
    assert not machine.driver.infer(**inputs).differences(BayesModel(CONFIG, table).infer(**inputs)).any()
    assert machine.array.wear().max() > 2  # beside the forming, some words took more than one attempt
    assert machine.driver.errors() <= {"invalid_observation"}
    assert not machine.checker.breaches


def test_stuck_cells_are_told_and_the_machine_decides_with_what_the_array_holds() -> None:
    machine = Machine(HfOxConfig(sense=QUIET, stuck_lrs=0.03, stuck_hrs=0.03), seed=2)
    rng = np.random.default_rng(2)
    table = random_table(CONFIG, rng)
    with pytest.raises(HwgenError, match=r"\d+ of 84 cells are wrong after 8 attempts"):
        machine.driver.load(table)
    assert not machine.array.unlocked and not machine.driver.status("loaded")

    # The failed map says exactly which bits of the table are not what they should be.
    held = machine.driver.dump()
    wrong = dict(zip(machine.array.addresses.tolist(), machine.array.failed_cells(), strict=True))
    wanted, found = array_words(CONFIG, table), array_words(CONFIG, held)
    assert any(wanted[address] != found[address] for address in wanted)
    for address, word in wanted.items():
        assert word ^ found[address] == int((wrong[address] << np.arange(4)).sum())

    machine.driver.strobe("set_loaded")
    machine.driver.clear_errors()
    inputs = machine.driver.stimulus.random_inputs(40, rng)
    assert not machine.driver.infer(**inputs).differences(BayesModel(CONFIG, held).infer(**inputs)).any()
    assert not machine.checker.breaches
