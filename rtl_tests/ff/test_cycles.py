"""Clocks of the machine's Verilog: every result comes in the clock that the golden model says, and the registers count
the clocks of each phase that it says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

from hwgen.ff.config import FFConfig
from hwgen.ff.counters import phases
from hwgen.ff.weights import FFWeights
from hwgen.samples import check_samples
from rtl_tests.ep.stepping import SteppingTransport
from rtl_tests.ff.machines import (
    SUPERVISED,
    TINY,
    contrastive_config,
    open_machine,
    supervised_config,
    tiny_config,
)
from rtl_tests.ff.random_machines import COMPILED, random_machine, random_samples, random_weights
from sim.golden.ff import FFModel

COUNT = 30

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
    # The same with lists that are merged: lists of one entry or none, whose sweeps are shorter than what they wait for.
    "union": {
        "layers": [3, 40, 20],
        "lanes": 20,
        "unit_lanes": 1,
        "bias": 0,
        "thresholds": [800, 4000],
        "goodness_shift": 10,
        "classes": 2,
        "learning_sweeps": "union",
    },
    # The same of sequences: for all that a sequence's lists are given back after; for sums; modulators of 0.
    "sequences": {
        "layers": [40, 2],
        "lanes": 2,
        "pixel_bits": 8,
        "stream_bits": 8,
        "recurrent": True,
        "steps": 2,
        "classes": 2,
    },
    "steps": {
        "layers": [2, 24],
        "lanes": 12,
        "unit_lanes": 1,
        "thresholds": [800, 4000],
        "goodness_shift": 10,
        "recurrent": True,
        "steps": 6,
        "classes": 2,
    },
}

LABELS_WAITING: dict[str, dict[str, Any]] = {
    # The same; beats of many units, so that a list is still made when the next one's first beat is there; then with
    # less room for lists; four layers.
    "input": {"layers": [150, 4], "lanes": 2, "unit_lanes": 1, "pixel_bits": 8, "stream_bits": 8, "classes": 2},
    "lanes": {"layers": [3, 40, 20], "lanes": 20, "unit_lanes": 1, "classes": 3, "goodness_shift": 9},
    "lists": {"layers": [4, 36, 36, 36], "lanes": 36, "unit_lanes": 36, "classes": 9, "bias": 60},
    "room": {"layers": [4, 36, 36], "lanes": 36, "unit_lanes": 36, "classes": 9, "bias": 60},
    "union": {
        "layers": [3, 40, 20, 40],
        "lanes": 20,
        "unit_lanes": 2,
        "classes": 3,
        "goodness_shift": 9,
        "learning_sweeps": "union",
    },
    "deep": {"layers": [4, 2, 2, 2, 2], "lanes": 2, "unit_lanes": 2, "classes": 5, "bias": 60},
}


@pytest.mark.parametrize("name", TINY)
def test_every_result_comes_in_its_clock(name: str) -> None:
    check(tiny_config(name), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", SUPERVISED)
def test_every_result_of_a_supervised_machine_comes_in_its_clock(name: str) -> None:
    check(supervised_config(SUPERVISED[name]), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", WAITING)
def test_what_is_waited_for(name: str) -> None:
    check(contrastive_config(WAITING[name]), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", LABELS_WAITING)
def test_what_is_waited_for_with_labels(name: str) -> None:
    check(supervised_config(LABELS_WAITING[name]), np.random.default_rng(len(name)))


def test_goodness_that_is_noted_while_another_is_read() -> None:
    """The passes of two labels come right after each other where the second one's list is short."""
    config = supervised_config(
        {"layers": [4, 40, 2], "lanes": 2, "unit_lanes": 2, "classes": 2, "bias": 0, "learning": False}
    )
    first, second = (np.zeros(shape, int) for shape in config.weight_shapes)
    first[5], first[6, 2:], first[6, :2] = 127, -128, 127
    weights = FFWeights.for_config(config, [first, second])
    driver, model = open_machine(config, transport=SteppingTransport), FFModel(config, weights)
    driver.load(weights)
    samples = np.zeros((5, 4), int)
    found, wanted = driver.run(samples), model.run(samples)
    assert not found.differences(wanted).any()
    assert (found.busy_cycles, found.elapsed_cycles) == (wanted.busy_cycles, wanted.elapsed_cycles)
    driver.close()


@pytest.mark.parametrize(("kind", "seed"), COMPILED)
def test_random_machines(kind: str, seed: int) -> None:
    check(*random_machine(seed, kind))


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
            layers, readout = np.flatnonzero(parts[: config.depth]).tolist(), bool(parts[-1])
            for machine in (driver, model):
                machine.learn_only(layers, readout and not config.supervised)
        inputs = random_samples(config, rng, COUNT)
        for machine in (driver, model):
            machine.clear_statistics()

        # One by one,
        samples = check_samples(config, *inputs)
        state = model.dump()
        expected = model.clocks(samples, model.trace(samples))
        model.load(state)
        if not config.supervised:
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
