"""The machine's Verilog does what the golden model does, in every bit of results, memories, generators and counters."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

from hwgen.errors import DesignError, HwgenError
from hwgen.ff.config import FFConfig
from hwgen.ff.core import FFCore
from hwgen.ff.resources import needs
from rtl_tests.ff.machines import SUPERVISED, TINY, open_machine, supervised_config, tiny_config
from rtl_tests.ff.random_machines import random_config, random_samples, random_weights, with_unit_lanes
from sim.golden.ff import FFModel

COUNT = 24
RANDOM_SEEDS = range(2)


@pytest.mark.parametrize("name", TINY)
def test_it_is_the_golden_model(name: str) -> None:
    check_machine(tiny_config(name), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", SUPERVISED)
def test_a_supervised_machine_is_the_golden_model(name: str) -> None:
    check_machine(supervised_config(SUPERVISED[name]), np.random.default_rng(len(name)))


@pytest.mark.parametrize("seed", RANDOM_SEEDS)
def test_random_supervised_machines(seed: int) -> None:
    check_machine(*random_supervised(seed))


# Each example compiles a machine; a smaller seed is no simpler machine, so there is nothing to shrink.
@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=strategies.integers(min_value=1000, max_value=2**31))
def test_random_supervised_machines_whatever_the_seed(seed: int) -> None:
    check_machine(*random_supervised(seed))


def test_there_are_no_machines_of_long_sequences() -> None:
    config = FFConfig.parse({"layers": [6, 4], "rule": "contrastive", "recurrent": True, "steps": 257})
    for refuses in (FFCore, needs):
        with pytest.raises(DesignError, match=r"ff\.steps must be at most 256 for hardware, not 257; backend golden"):
            refuses(config)


@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_a_machine_that_does_not_learn_refuses_to(backend: str) -> None:
    config = tiny_config("inference")
    machine = opened(config, backend)
    asked: list[Callable[[], None]] = [
        lambda: setattr(machine, "annealing", 1),
        lambda: machine.learn_only([0]),
        lambda: machine.start_phase("joint"),
        lambda: machine.start_phase("nothing"),
        lambda: machine.start_epoch(0, 1),
    ]
    for ask in asked:
        with pytest.raises(HwgenError, match=r"a machine with ff\.learning = false cannot be trained; .* to true"):
            ask()
    assert (machine.learns, machine.annealing) == ((False, False), 0)
    machine.close()


@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_a_machine_refuses_weights_of_another_width(backend: str) -> None:
    config = tiny_config("inference")
    machine = opened(config, backend)
    wider = FFModel(FFConfig.parse(config.parameters() | {"master_bits": 12})).dump()
    with pytest.raises(DesignError, match=r"weights are of master_bits = 12, the machine has master_bits = 8"):
        machine.load(wider)
    machine.close()


def opened(config: FFConfig, backend: str) -> Any:
    """The golden model, or the driver on simulated Verilog."""
    return FFModel(config) if backend == "golden" else open_machine(config)


def random_supervised(seed: int) -> tuple[FFConfig, np.random.Generator]:
    """A supervised machine drawn from all options."""
    rng = np.random.default_rng(seed)
    return with_unit_lanes(random_config(rng, "supervised"), rng), rng


def check_machine(config: FFConfig, rng: np.random.Generator) -> None:
    """From the first filling on; what learns changes; streams at full speed and with stalls on both sides."""
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
            machine.learn_only([config.depth - 1])
        compare(driver, model, random_samples(config, rng, COUNT))
        for machine in (driver, model):
            machine.learn_only([0], readout=not config.supervised)
            if config.supervised:
                with pytest.raises(HwgenError, match="a supervised machine has no read-out"):
                    machine.learn_only([0], readout=True)
    inputs = random_samples(config, rng, COUNT)
    payloads = driver.stimulus.pack_samples(*inputs)
    if not config.supervised:
        driver.strobe("forget")
    results, _ = driver.transport.stream(payloads, COUNT, x_stall=0.3, y_stall=0.7, seed=1)
    found = driver.stimulus.unpack_results(results, 0, 0)
    check(driver, model, inputs, found)
    driver.close()


def compare(driver: Any, model: FFModel, inputs: tuple[Any, Any, Any]) -> None:
    """One stream at full speed."""
    check(driver, model, inputs, driver.run(*inputs))


def check(driver: Any, model: FFModel, inputs: tuple[Any, Any, Any], found: Any) -> None:
    assert not found.differences(model.run(*inputs)).any()
    assert driver.dump() == model.dump()
    assert driver.statistics() == model.statistics()
    assert driver.errors() == frozenset()
