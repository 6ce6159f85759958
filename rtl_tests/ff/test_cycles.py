"""Clocks of the machine's Verilog: every result comes in the clock that the golden model says, and the registers count
the clocks of each phase that it says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

from hwgen.ff.config import FFConfig
from hwgen.ff.counters import phases
from hwgen.samples import check_samples
from rtl_tests.ep.stepping import SteppingTransport
from rtl_tests.ff.machines import TINY, contrastive_config, open_machine, tiny_config
from rtl_tests.ff.random_machines import random_config, random_samples, random_weights, with_unit_lanes
from sim.golden.ff import FFModel

QUICK_SEEDS = range(3)
COUNT = 30


def random_machine(seed: int) -> tuple[FFConfig, np.random.Generator]:
    """A contrastive machine drawn from all options."""
    rng = np.random.default_rng(seed)
    return with_unit_lanes(random_config(rng, str(rng.choice(["contrastive", "views"]))), rng), rng


WAITING: dict[str, dict[str, Any]] = {
    # For samples that come in, and for a bank to put them into; for sums that leave the lanes. The last one also has
    # modulators of 0, for either pass and for both.
    "input": {"layers": [150, 4], "lanes": 2, "unit_lanes": 1, "pixel_bits": 8, "stream_bits": 8, "classes": 2},
    "lanes": {
        "layers": [3, 40, 20],
        "lanes": 20,
        "unit_lanes": 1,
        "thresholds": [800, 4000],
        "goodness_shift": 10,
        "classes": 2,
    },
}


@pytest.mark.parametrize("name", TINY)
def test_every_result_comes_in_its_clock(name: str) -> None:
    check(tiny_config(name), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", WAITING)
def test_what_is_waited_for(name: str) -> None:
    check(contrastive_config(WAITING[name]), np.random.default_rng(len(name)))


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_random_machines(seed: int) -> None:
    check(*random_machine(seed))


# Each example compiles a machine; a smaller seed is no simpler machine, so there is nothing to shrink.
@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=strategies.integers(min_value=1000, max_value=2**31))
def test_random_machines_whatever_the_seed(seed: int) -> None:
    check(*random_machine(seed))


def check(config: FFConfig, rng: np.random.Generator) -> None:
    """Every part of the machine learns, or some do; samples are sparse and dense."""
    driver, model = open_machine(config, transport=SteppingTransport), FFModel(config)
    weights = random_weights(config, rng)
    driver.load(weights)
    model.load(weights)
    seen: dict[str, int] = {}
    for round_ in range(4):
        if config.learning and round_:
            parts = rng.random(config.engines) < 0.6
            for machine in (driver, model):
                machine.learn_only(np.flatnonzero(parts[:-1]).tolist(), bool(parts[-1]))
        inputs = random_samples(config, rng, COUNT)
        for machine in (driver, model):
            machine.clear_statistics()

        # One by one,
        samples = check_samples(config, *inputs)
        state = model.dump()
        expected = model.clocks(samples, model.trace(samples))
        model.load(state)
        driver.strobe("forget")
        busy = driver.read_register("busy_cycles")
        _, clocks = driver.transport.stream_with_clocks(driver.stimulus.pack_samples(*inputs), COUNT)
        assert clocks == expected.results.tolist()
        assert driver.read_register("busy_cycles") - busy == expected.busy
        model.run(*inputs)
        assert driver.statistics() == model.statistics()
        for name in phases(config):
            seen[name] = seen.get(name, 0) + model.statistics()[f"{name}_cycles"]

        # and as the machine's users see it.
        inputs = random_samples(config, rng, COUNT)
        found, wanted = driver.run(*inputs), model.run(*inputs)
        assert not found.differences(wanted).any()
        assert (found.busy_cycles, found.elapsed_cycles) == (wanted.busy_cycles, wanted.elapsed_cycles)
        assert driver.statistics() == model.statistics()
    assert driver.dump() == model.dump()
    assert all(seen.values()), seen
    driver.close()
