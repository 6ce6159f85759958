"""Random machines: the emitted Verilog equals the golden model in every bit and every clock, stalls or not."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.driver import BayesDriver
from hwgen.bayes.result import BayesResult
from hwgen.bayes.stimulus import BayesStimulus
from rtl_tests.bayes.designs import Size, make_design, random_config, random_table
from sim.backends.rtl import RtlTransport
from sim.golden.bayes import BayesModel

QUICK_SEEDS = range(1012, 1018)
SMALL_SEEDS = range(220)
EMULATED_QUICK_SEEDS = (4012, 4034)
EMULATED_SEEDS = range(4100, 4130)
LIMITS: tuple[Size, ...] = ("rows", "columns", "rows and columns", "bins", "lanes")
LIMIT_CASES = [(limit, 2000 + 2 * index + again) for index, limit in enumerate(LIMITS) for again in range(2)]

CHOICES: dict[str, tuple[Any, ...]] = {
    "mode": ("stochastic", "logarithmic"),
    "stop": ("fixed", "first", "lead"),
    "generator": ("lfsr", "sobol"),
    "conversion": ("weighted-binary", "comparator"),
    "feedback": (False, True),
    "prior": (False, True),
    "initialised": (False, True),
}
STOCHASTIC_CHOICES = {"stop", "generator", "conversion"}


def drawn(seed: int, size: Size) -> BayesConfig:
    return random_config(np.random.default_rng(seed), size)


def emulated(seed: int) -> BayesConfig:
    """A machine with errors of devices, few or many."""
    rng = np.random.default_rng([seed, 1])
    errors = {
        "rate": float(rng.choice([0.01, 0.1, 0.5])),
        "mode": str(rng.choice(["transient", "frozen"])),
        "seed": int(rng.integers(1 << 32)),
    }
    return BayesConfig.parse(drawn(seed, "small").parameters() | {"memory": "emulated", "errors": errors})


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_hardware_equals_golden(seed: int) -> None:
    check(seed, "small")


# Each example compiles a machine; a smaller seed is no simpler machine, so there is nothing to shrink.
@settings(max_examples=settings.default.max_examples // 3, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=strategies.integers(min_value=3000, max_value=2**32 - 1))
def test_hardware_equals_golden_whatever_the_seed(seed: int) -> None:
    check(seed, "small")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SMALL_SEEDS)
def test_hardware_equals_golden_in_many_configurations(seed: int) -> None:
    check(seed, "small")


@pytest.mark.parametrize("seed", EMULATED_QUICK_SEEDS)
def test_hardware_with_emulated_devices_equals_golden(seed: int) -> None:
    check_machine(emulated(seed), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", EMULATED_SEEDS)
def test_hardware_with_emulated_devices_equals_golden_in_many_configurations(seed: int) -> None:
    check_machine(emulated(seed), seed)


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "seed"), LIMIT_CASES)
def test_hardware_equals_golden_at_the_limits(limit: Size, seed: int) -> None:
    check(seed, limit)


def test_the_configurations_are_distinct_and_combine_every_option_with_every_other() -> None:
    small = [drawn(seed, "small") for seed in SMALL_SEEDS]
    assert len({config.hash for config in small}) >= 200

    for (first, values), (second, others) in combinations(CHOICES.items(), 2):
        found = {(chosen(config, first), chosen(config, second)) for config in small}
        for value in values:
            for other in others:
                legal = value != "logarithmic" or second not in STOCHASTIC_CHOICES
                assert ((value, other) in found) is legal, f"{first} = {value} with {second} = {other}"

    stochastic = [config for config in small if config.mode == "stochastic"]
    logarithmic = [config for config in small if config.mode == "logarithmic"]
    for configs in (stochastic, logarithmic):
        assert {config.likelihood_bits for config in configs} == set(range(3, 13))
        assert {config.rows for config in configs} >= set(range(2, 9))
        assert {config.columns for config in configs} >= set(range(1, 7))
    assert {config.generator_bits for config in stochastic} == set(range(3, 13))
    assert {config.generator_bits > config.likelihood_bits for config in stochastic} == {False, True}
    assert {config.lanes for config in stochastic} >= {1, 2, 4, 8, 16}
    assert {config.lanes > config.cycles for config in stochastic} == {False, True}
    assert {config.cycles % config.lanes == 0 for config in stochastic} == {False, True}
    assert {config.cycles == (1 << config.generator_bits) - 1 for config in stochastic} == {False, True}
    assert {config.lead for config in stochastic if config.stop == "lead"} == set(range(1, 7))
    assert {saturates(config) for config in logarithmic} == {False, True}

    quick = [drawn(seed, "small") for seed in QUICK_SEEDS]
    for option, values in CHOICES.items():
        assert {chosen(config, option) for config in quick} >= set(values)

    limits = [drawn(seed, limit) for limit, seed in LIMIT_CASES]
    assert max(config.rows for config in limits) == 64
    assert max(config.columns for config in limits) == 64
    assert max(max(config.bins) for config in limits) == 4096
    assert max(config.lanes for config in limits) == 64
    assert {config.mode for config in limits} == {"stochastic", "logarithmic"}


def chosen(config: BayesConfig, option: str) -> Any:
    return config.parameters().get(option)


def saturates(config: BayesConfig) -> bool:
    return config.streams * ((1 << config.likelihood_bits) - 1) >= 1 << config.score_bits


def check(seed: int, size: Size) -> None:
    """A machine drawn, and its session."""
    check_machine(drawn(seed, size), seed)


def check_machine(config: BayesConfig, seed: int) -> None:
    """Everything that can be seen of a machine, against the golden model, over a session of several calls."""
    rng = np.random.default_rng(seed)
    table = random_table(config, rng)
    verilog = make_design(config, table).verilog()
    stimulus = BayesStimulus(config)
    count = max(20, min(200, 20_000 // config.slots))
    model = BayesModel(config, table if config.initialised else None)
    ports = verilog.ports["x_payload"], verilog.ports["y_payload"]
    with RtlTransport(verilog.text, "machine", *ports) as transport:
        driver = BayesDriver(transport, config)
        assert driver.dump() == model.dump()
        if not config.initialised:
            inputs = stimulus.random_inputs(20, rng)
            assert_equal(driver.infer(**inputs), model.infer(**inputs))
            assert driver.errors() == model.errors() >= {"not_loaded"}
            driver.load(table)
            model.load(table)
            assert driver.dump() == table

        inputs = stimulus.random_inputs(count, rng)
        assert_equal(driver.infer(**inputs), model.infer(**inputs))
        assert driver.errors() == model.errors()

        busy_before = driver.read_register("busy_cycles")
        for x_stall, y_stall in ((0.4, 0.1), (0.1, 0.6)):
            inputs = stimulus.random_inputs(count, rng)
            expected = model.infer(**inputs)
            payloads = stimulus.pack_samples(**inputs)
            results, elapsed = transport.stream(payloads, count, x_stall=x_stall, y_stall=y_stall, seed=seed)
            np.testing.assert_array_equal(results, stimulus.pack_results(expected))
            assert elapsed >= expected.elapsed_cycles
            busy = driver.read_register("busy_cycles")
            assert busy - busy_before == expected.busy_cycles
            busy_before = busy

        driver.soft_reset()
        model.soft_reset()
        inputs = stimulus.random_inputs(20, rng)
        assert_equal(driver.infer(**inputs), model.infer(**inputs))
        assert driver.read_register("samples") == 20
        assert driver.errors() == model.errors()
        assert driver.dump() == table


def assert_equal(found: BayesResult, expected: BayesResult) -> None:
    assert not found.differences(expected).any()
    assert found.busy_cycles == expected.busy_cycles
    assert found.elapsed_cycles == expected.elapsed_cycles
