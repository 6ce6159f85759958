"""Random machines: the emitted Verilog equals the golden model in every bit, every synapse and every clock; with
stalls in every bit and every synapse."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

from hwgen.ep.config import EPConfig
from hwgen.ep.driver import EPDriver
from hwgen.ep.plan import EPPlan
from hwgen.samples import check_samples
from rtl_tests.ep.designs import LIFELESS, LIMITS, count_flips, lively_weights, open_machine, random_machine, samples_of
from rtl_tests.ep.stepping import SteppingTransport
from sim.golden.ep import EPModel
from sim.verify import DEPENDS_ON_ARRIVAL

QUICK_SEEDS = (1001, 1002, 1003)
SMALL_SEEDS = range(70)
QUICK_LIMITS = ("least", "layers", "feedback", "regions")

CHOICES: dict[str, tuple[Any, ...]] = {
    "relaxation": ("serial", "parallel"),
    "nudging": ("symmetric", "random-sign"),
    "learning": (True, False),
    "memory_ports": (1, 2),
    "input_bits": (1, 2),
    "layers": (1, 2, 3),
    "lanes": (1, 2),
    "slots": (1, 2),
    "outputs_per_class": (1, 2),
}
"""What :func:`chosen` says of a machine."""
IMPOSSIBLE = {
    ("relaxation", "parallel", "slots", 2),
    ("relaxation", "parallel", "layers", 2),
    ("relaxation", "parallel", "layers", 3),
    ("learning", False, "nudging", "random-sign"),
    ("nudging", "random-sign", "learning", False),
    ("learning", False, "memory_ports", 1),
    ("layers", 2, "slots", 1),
    ("layers", 3, "slots", 1),
}


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_hardware_equals_golden(seed: int) -> None:
    check(random_machine(np.random.default_rng(seed)), seed)


# Each example compiles a machine; a smaller seed is no simpler machine, so there is nothing to shrink.
@settings(max_examples=settings.default.max_examples // 5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=strategies.integers(min_value=3000, max_value=2**32 - 1))
def test_hardware_equals_golden_whatever_the_seed(seed: int) -> None:
    check(random_machine(np.random.default_rng(seed)), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SMALL_SEEDS)
def test_hardware_equals_golden_in_many_configurations(seed: int) -> None:
    check(random_machine(np.random.default_rng(seed)), seed)


@pytest.mark.parametrize(
    "limit", [name if name in QUICK_LIMITS else pytest.param(name, marks=pytest.mark.slow) for name in LIMITS]
)
def test_hardware_equals_golden_at_the_limits(limit: str) -> None:
    check(EPConfig.parse(LIMITS[limit]), 1)


def test_the_configurations_are_distinct_and_combine_every_option_with_every_other() -> None:
    machines = [random_machine(np.random.default_rng(seed)) for seed in SMALL_SEEDS]
    assert len({config.hash for config in machines}) == len(machines)
    for (first, values), (second, others) in combinations(CHOICES.items(), 2):
        found = {(chosen(config, first), chosen(config, second)) for config in machines}
        for value in values:
            for other in others:
                legal = (first, value, second, other) not in IMPOSSIBLE
                assert ((value, other) in found) is legal, f"{first} = {value} with {second} = {other}"


def chosen(config: EPConfig, key: str) -> Any:
    match key:
        case "layers":
            return min(3, len(config.hidden))
        case "slots":
            return min(2, sum(config.hidden) // config.lanes)
        case "nudging" if not config.learning:
            return "symmetric"
        case "memory_ports" if not config.learning:
            return 2
        case "input_bits" | "outputs_per_class" | "lanes":
            return min(2, getattr(config, key))
    return getattr(config, key)


@pytest.mark.parametrize("limit", [name for name in LIMITS if name.startswith("regions")])
def test_those_of_several_regions_have_two(limit: str) -> None:
    assert len(EPPlan(EPConfig.parse(LIMITS[limit])).word_format.regions) == 2


@pytest.mark.parametrize("limit", [name for name in LIMITS if name not in LIFELESS])
def test_synapses_flip_at_the_limits_too(limit: str) -> None:
    config = EPConfig.parse(LIMITS[limit])
    assert count_flips(config) >= 5
    if config.free_steps == 255:
        rng = np.random.default_rng(1)
        result = EPModel(config, lively_weights(config, rng)).run(**samples_of(config, rng, 400))
        assert (result.nudged_steps >= 255).any()


def check(config: EPConfig, seed: int, count: int = 40) -> None:
    rng = np.random.default_rng(seed)
    weights = lively_weights(config, rng)
    emitted = weights if rng.random() < 0.5 else None
    driver, model = open_machine(config, emitted, SteppingTransport), EPModel(config, emitted)
    assert driver.dump() == model.dump()
    driver.load(weights)
    model.load(weights)
    assert driver.dump() == weights

    # A dump after every sample, after every second, ...
    for size in (1, 2, 3, count):
        for _ in range(4 if size < count else 1):
            compare(driver, model, samples_of(config, rng, size))
    compare_clocks(driver, model, samples_of(config, rng, count))
    for x_stall, y_stall in ((0.0, 0.9), (0.7, 0.0), (0.3, 0.6), (0.02, 0.99)):
        inputs = samples_of(config, rng, count)
        expected = model.run(**inputs)
        payloads = driver.stimulus.pack_samples(**inputs)
        results, _ = driver.transport.stream(payloads, count, x_stall=x_stall, y_stall=y_stall, seed=seed)
        np.testing.assert_array_equal(results, driver.stimulus.pack_results(expected))
        assert_state(driver, model, but=DEPENDS_ON_ARRIVAL)
    for machine in (driver, model):
        machine.soft_reset()
        machine.clear_statistics()
    compare(driver, model, samples_of(config, rng, count))
    driver.close()


def compare(driver: EPDriver, model: EPModel, inputs: dict[str, Any]) -> None:
    """One stream at full speed."""
    found, expected = driver.run(**inputs), model.run(**inputs)
    assert not found.differences(expected).any()
    assert found.busy_cycles == expected.busy_cycles
    assert found.elapsed_cycles == expected.elapsed_cycles
    assert_state(driver, model)


def compare_clocks(driver: EPDriver, model: EPModel, inputs: dict[str, Any]) -> None:
    """One stream at full speed: each result in its clock."""
    samples = check_samples(model.config, **inputs)
    copy = EPModel(model.config, model.dump())
    expected = copy.clocks(samples, copy.trace(samples))
    count = len(samples.inputs)
    results, clocks = driver.transport.stream_with_clocks(driver.stimulus.pack_samples(**inputs), count)
    np.testing.assert_array_equal(results, driver.stimulus.pack_results(model.run(**inputs)))
    assert clocks == expected.results.tolist()
    assert_state(driver, model)


def assert_state(driver: EPDriver, model: EPModel, but: frozenset[str] = frozenset()) -> None:
    """All that can be read: synapses, the generator's state, statistics, errors."""
    assert driver.dump() == model.dump()
    found, expected = driver.statistics(), model.statistics()
    assert found == expected | {name: found[name] for name in but}
    assert {"samples", "inferred", "free_cycles"} < found.keys()
    assert driver.errors() == frozenset()
