"""A hardware reset of a Forward-Forward machine at work."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hwgen.ff.driver import FFDriver
from hwgen.ff.weights import FFWeights
from rtl_tests.ep.stepping import SteppingTransport, settle
from rtl_tests.ff.machines import SUPERVISED, open_machine, supervised_config, tiny_config
from rtl_tests.ff.random_machines import random_samples, random_weights
from sim.golden.ff import FFModel

RESETS = 12
COUNT = 4
LONGEST = 600
"""Clocks from the first transfer to a reset: some samples long."""

CONFIGS = {name: tiny_config(name) for name in ("views", "union", "recurrent")} | {
    "one-layer": supervised_config(SUPERVISED["one-layer"])
}


@pytest.fixture(scope="module", params=CONFIGS)
def driver(request: pytest.FixtureRequest) -> Iterator[FFDriver]:
    opened = open_machine(CONFIGS[request.param], transport=SteppingTransport)
    yield opened
    opened.close()


def test_a_reset_in_mid_work_leaves_a_machine_that_works(driver: FFDriver) -> None:
    """Weights and generators outlast it, but for a sample that may be half learnt; registers do not; then all is as
    ever, with the weights loaded again and without."""
    config = driver.config
    rng = np.random.default_rng(config.depth)
    halves = 0
    for number in range(RESETS):
        model: Any = FFModel(config, random_weights(config, rng))
        weights = model.dump()
        driver.load(weights)
        for machine in (driver, model):
            machine.annealing = 2
            machine.learn_only([number // 2 % config.depth])
        samples, labels, _ = random_samples(config, rng, COUNT)
        learn = np.full(COUNT, number % 2 > 0)
        clocks = int(rng.integers(LONGEST))
        driver.transport.stream_for(clocks, driver.stimulus.pack_samples(samples, labels, learn), COUNT)
        driver.transport.reset()
        assert not len(settle(driver))
        left = driver.dump()
        if learn.any():
            halves += left not in learnt_whole(model, samples, labels)
        else:
            assert left == weights
        assert (driver.learns, driver.annealing) == ((True,) * config.engines, 0)
        assert (driver.statistics()["samples"], driver.errors()) == (0, frozenset())

        if number % 3 == 0:
            left = weights
            driver.load(left)
        inputs = random_samples(config, rng, COUNT)
        again = FFModel(config, left)
        found, expected = driver.run(*inputs), again.run(*inputs)
        assert not found.differences(expected).any()
        assert (found.busy_cycles, found.elapsed_cycles) == (expected.busy_cycles, expected.elapsed_cycles)
        assert driver.dump() == again.dump()
    assert halves


def learnt_whole(model: FFModel, samples: Any, labels: Any) -> list[FFWeights]:
    """The weights before the first sample, and after each."""
    start, dumps = model.dump(), [model.dump()]
    for count in range(1, COUNT + 1):
        model.load(start)
        model.train(samples[:count], labels[:count])
        dumps.append(model.dump())
    return dumps


def test_a_reset_in_mid_filling_begins_it_again(driver: FFDriver) -> None:
    """Of all memories, whichever is filled already; from the seed of the design, as registers do not outlast it."""
    drawn, before = FFModel(driver.config).dump(), driver.dump()
    for clocks in (0, 3, 40):
        driver.write_register("seed", 9)
        driver.strobe("initialise")
        driver.transport.wait(clocks)
        assert driver.status("initialising")
        driver.transport.reset()
        expected = FFWeights.for_config(driver.config, drawn.layers, None, before.rounding, before.control)
        assert driver.dump() == expected
