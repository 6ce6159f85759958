"""The machine beside its samples: filling, seeds, labels beyond the classes, interrupts, and the bus during work."""

from typing import Any

import numpy as np
import pytest

from hwgen.ep.plan import EPPlan
from hwgen.ep.weights import EPWeights
from hwgen.errors import BusError, HwgenError
from rtl_tests.ep.stepping import settle
from rtl_tests.ep.test_soft_reset import QUICK, SAMPLES, Run, config_of, open_stepping
from sim.golden.ep import EPModel

NAME = "serial"
CONFIG = config_of(NAME)
PLAN = EPPlan(CONFIG)
FILLING = PLAN.words * (CONFIG.lanes + 1)
"""Clocks that filling the memory takes."""


@pytest.mark.parametrize("clocks", [*range(0, FILLING, 23), *range(FILLING - 4, FILLING + 5)])
def test_a_reset_in_any_clock_of_the_first_filling_restarts_it(clocks: int) -> None:
    driver = open_stepping(NAME)  # reads its identity, in some clocks, and is reset
    driver.transport.reset()
    driver.transport.wait(clocks)
    driver.transport.reset()
    assert driver.dump() == EPModel(CONFIG).dump()
    driver.close()


def test_filling_anew_takes_the_seed_and_a_reset_meanwhile_takes_the_config_s() -> None:
    driver, model = open_stepping(NAME), EPModel(CONFIG)
    run = Run(NAME)
    for seed in (1, 0xFFFFFFFF, CONFIG.seed + 1):
        assert not driver.run(**run.inputs).differences(model.run(**run.inputs)).any()
        driver.initialise(seed)
        model.initialise(seed)
        assert driver.dump() == model.dump()
    for clocks in (0, 40, FILLING - 12):
        driver.write_register("seed", 77)
        driver.strobe("initialise")
        assert driver.status("initialising")
        driver.transport.wait(clocks)
        driver.transport.reset()
        assert driver.dump() == EPModel(CONFIG).dump()
    # A soft reset leaves the filling to itself.
    driver.write_register("seed", 77)
    driver.strobe("initialise")
    driver.soft_reset()
    model.initialise(77)
    assert driver.status("initialising")
    assert driver.dump() == model.dump()
    driver.close()


@pytest.mark.parametrize("name", QUICK)
def test_a_machine_goes_on_from_another_s_dump(name: str) -> None:
    run, first, second = Run(name), open_stepping(name), open_stepping(name)
    for done in range(SAMPLES + 1):
        run.start(first)
        first.run(**run.part(0, done))
        second.load(EPWeights.for_config(run.config, *content(first.dump())))
        run.check_rest(second, done)
    first.close()
    second.close()


def content(weights: EPWeights) -> tuple[Any, ...]:
    return weights.signs, weights.agreements, weights.random


def test_filling_is_refused_while_a_sample_is_in_the_machine() -> None:
    run, driver = Run(NAME), open_stepping(NAME)
    run.start(driver)
    driver.transport.stream_for(40, run.payloads, 0)
    driver.strobe("initialise")
    assert not driver.status("initialising")
    for refused in (driver.dump, driver.initialise, lambda: driver.load(run.weights)):
        with pytest.raises(HwgenError, match="while a sample is in the machine"):
            refused()
    driver.soft_reset()
    settle(driver)
    assert driver.dump() == run.states[0]
    driver.close()


@pytest.mark.parametrize("name", ["serial", "parallel"])
def test_the_bus_reads_registers_and_is_refused_the_memory_in_every_phase_and_disturbs_nothing(name: str) -> None:
    run, driver = Run(name), open_stepping(name)
    window = driver.stimulus.synapse_addresses()[:1]
    run.start(driver)
    refused, taken = 0, []
    for sample in range(len(run.results)):
        beats = slice(sample * run.config.sample_beats, (sample + 1) * run.config.sample_beats)
        taken += driver.transport.stream_for(run.config.inputs + 12, run.payloads[beats], 1).tolist()
        while driver.status("busy"):
            with pytest.raises(BusError):
                driver.transport.read(window)
            with pytest.raises(BusError):
                driver.transport.write(window, np.zeros(1, np.uint32))
            driver.read_register("busy_cycles")
            driver.statistics()
            refused += 1
            taken += driver.transport.stream_for(3, np.zeros((0, 1), np.uint32), 1).tolist()
    assert refused >= 5
    assert taken == run.results
    assert driver.dump() == run.states[-1]
    assert driver.statistics() == run.statistics[-1] | {"drive_cycles": driver.statistics()["drive_cycles"]}
    driver.close()


def test_a_label_beyond_the_classes_is_inferred_flagged_and_not_learnt() -> None:
    run, driver = Run(NAME), open_stepping(NAME)
    run.start(driver)
    payloads = run.payloads.reshape(7, -1, 1).copy()
    payloads[:, -1] = 1 | 3 << 1  # learn, class 3 of 0 to 2
    model = EPModel(CONFIG, run.weights)
    expected = run.stimulus.pack_results(model.infer(run.inputs["samples"]))
    results, _ = driver.transport.stream(payloads.reshape(-1, 1), 7)
    assert results.tolist() == expected.tolist()
    assert driver.errors() == {"invalid_label"}
    counts = driver.statistics()
    assert (counts["inferred"], counts["infer_errors"], counts["trained"]) == (7, 7, 0)
    assert driver.dump() == run.weights
    driver.clear_errors()
    # Without the learn flag, a label means nothing.
    payloads[:, -1] = 3 << 1
    results, _ = driver.transport.stream(payloads.reshape(-1, 1), 7)
    assert results.tolist() == expected.tolist()
    assert driver.errors() == frozenset()
    driver.close()


def test_interrupts_tell_of_results_errors_and_rest() -> None:
    run, driver = Run(NAME), open_stepping(NAME)
    run.start(driver)
    settle(driver)
    driver.clear_interrupts()
    one = run.payloads[: CONFIG.sample_beats].copy()
    driver.transport.stream_for(100, one, 0)
    for _ in range(100):
        driver.read_register("status")
    assert driver.pending_interrupts() == {"result"}  # not idle: it is still on y
    driver.clear_interrupts()
    assert driver.pending_interrupts() == frozenset()
    driver.transport.stream(one[:0], 1)
    assert driver.pending_interrupts() == {"idle"}
    one[-1] = 1 | 3 << 1
    driver.transport.stream(one, 1)
    driver.transport.wait(5)
    assert driver.pending_interrupts() == {"idle", "result", "error"}
    driver.close()
