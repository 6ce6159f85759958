"""The machine's Verilog does what the golden model does, in every bit of results, memories, generators and counters."""

from typing import Any

import numpy as np
import pytest

from rtl_tests.ff.machines import TINY, open_machine, run_in_parts, tiny_config
from rtl_tests.ff.random_machines import random_samples, random_weights
from sim.golden.ff import FFModel

COUNT = 24


@pytest.mark.parametrize("name", TINY)
def test_it_is_the_golden_model(name: str) -> None:
    config = tiny_config(name)
    rng = np.random.default_rng(len(name))
    driver, model = open_machine(config), FFModel(config)
    assert driver.dump() == model.dump()
    for machine in (driver, model):
        machine.initialise(5)
    assert driver.dump() == model.dump()
    weights = random_weights(config, rng)
    for machine in (driver, model):
        machine.load(weights)
    assert driver.dump() == weights

    compare(driver, model, random_samples(config, rng, COUNT))
    if config.learning:
        for machine in (driver, model):
            machine.annealing = 3
            machine.learn_only([config.depth - 1], readout=False)
        compare(driver, model, random_samples(config, rng, COUNT))
        for machine in (driver, model):
            machine.learn_only([0], readout=True)
    inputs = random_samples(config, rng, COUNT)
    payloads = driver.stimulus.pack_samples(*inputs)
    driver.strobe("forget")
    results, _ = driver.transport.stream(payloads, COUNT, x_stall=0.3, y_stall=0.7, seed=1)
    found = driver.stimulus.unpack_results(results, 0, 0)
    check(driver, model, inputs, found)
    driver.close()


def compare(driver: Any, model: FFModel, inputs: tuple[Any, Any, Any]) -> None:
    """One stream at full speed."""
    check(driver, model, inputs, driver.run(*inputs))


def check(driver: Any, model: FFModel, inputs: tuple[Any, Any, Any], found: Any) -> None:
    predictions, goodness = run_in_parts(model, *inputs)
    np.testing.assert_array_equal(found.predictions, predictions)
    np.testing.assert_array_equal(found.goodness, goodness)
    assert driver.dump() == model.dump()
    assert driver.statistics() == model.statistics()
    assert driver.errors() == frozenset()
