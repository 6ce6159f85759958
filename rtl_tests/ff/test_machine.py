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
from rtl_tests.ff.random_machines import COMPILED, random_machine, random_samples, random_weights
from sim.golden.ff import FFModel

COUNT = 24
STALLS = ((0.3, 0.7), (0.98, 0.0), (0.0, 0.996))
"""Shares of the clocks in which ``x`` and ``y`` stall: on either side now and then, and for longer than a sample takes,
so that its work waits for inputs, or for results to leave."""
RANDOM = [*COMPILED, ("supervised", 0), ("supervised", 1)]


@pytest.mark.parametrize("name", TINY)
def test_it_is_the_golden_model(name: str) -> None:
    check_machine(tiny_config(name), np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", SUPERVISED)
def test_a_supervised_machine_is_the_golden_model(name: str) -> None:
    check_machine(supervised_config(SUPERVISED[name]), np.random.default_rng(len(name)))


@pytest.mark.parametrize(("kind", "seed"), RANDOM)
def test_random_machines(kind: str, seed: int) -> None:
    check_machine(*random_machine(seed, kind))


# Each example compiles a machine; a smaller seed is no simpler machine, so there is nothing to shrink.
@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=strategies.integers(min_value=1000, max_value=2**31))
def test_random_machines_whatever_the_seed(seed: int) -> None:
    check_machine(*random_machine(seed))


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


def check_machine(config: FFConfig, rng: np.random.Generator) -> None:
    """From the first filling on; what learns changes; streams at full speed, and with stalls on both sides, of any
    lengths and at any time."""
    driver, model = open_machine(config), FFModel(config)
    assert driver.dump() == model.dump()
    for machine in (driver, model):
        machine.initialise(5)
    assert driver.dump() == model.dump()
    weights = random_weights(config, rng)
    for machine in (driver, model):
        machine.load(weights)
    assert driver.dump() == weights

    compare(driver, model, rng)
    if config.learning:
        for machine in (driver, model):
            machine.annealing = 3
            machine.learn_only([config.depth - 1])
        compare(driver, model, rng)
        for machine in (driver, model):
            machine.learn_only([0], readout=not config.supervised)
            if config.supervised:
                with pytest.raises(HwgenError, match="a supervised machine has no read-out"):
                    machine.learn_only([0], readout=True)
        compare(driver, model, rng)
    driver.close()


def compare(driver: Any, model: FFModel, rng: np.random.Generator) -> None:
    """One stream at full speed, and some with stalls: rare and frequent ones on either side."""
    inputs = random_samples(model.config, rng, COUNT)
    check(driver, model, inputs, driver.run(*inputs))
    for x_stall, y_stall in STALLS:
        inputs = random_samples(model.config, rng, COUNT)
        check(driver, model, inputs, stalled(driver, inputs, x_stall, y_stall, int(rng.integers(1 << 32))))


def stalled(driver: Any, inputs: tuple[Any, Any, Any], x_stall: float, y_stall: float, seed: int) -> Any:
    """What a driver's ``run`` returns, but for clocks, after a stream with stalls in these shares of the clocks."""
    if not driver.config.supervised:
        driver.strobe("forget")
    results, _ = driver.transport.stream(
        driver.stimulus.pack_samples(*inputs), COUNT, x_stall=x_stall, y_stall=y_stall, seed=seed
    )
    return driver.stimulus.unpack_results(results, 0, 0)


def check(driver: Any, model: FFModel, inputs: tuple[Any, Any, Any], found: Any) -> None:
    assert not found.differences(model.run(*inputs)).any()
    assert driver.dump() == model.dump()
    assert driver.statistics() == model.statistics()
    assert driver.errors() == frozenset()
