"""Soft reset in every clock of a stream: whole samples are learnt or none, and the machine goes on from there."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hwgen.emit.verilog import Verilog
from hwgen.ep.config import EPConfig
from hwgen.ep.driver import EPDriver
from hwgen.ep.registers import CYCLES
from hwgen.ep.stimulus import EPStimulus
from hwgen.ep.weights import EPWeights
from rtl_tests.ep.designs import lively_weights, make_design, samples_of
from rtl_tests.ep.stepping import SteppingTransport, settle
from sim.golden.ep import EPModel

SAMPLES = 7
SEEDS = {"serial": 93, "parallel": 33, "deep": 136, "one port": 133}
"""Of weights and samples: with these, nearly every sample that is learnt from changes synapses."""
COMMON = {"counter_bits": 2, "threshold": 1, "free_steps": 4, "nudged_steps": 3, "beta": 4, "pixel_bits": 2, "seed": 99}
CONFIGS: dict[str, dict[str, Any]] = {
    "serial": {"layers": [9, 4, 3], "lanes": 2, "nudging": "random-sign", "state_bits": [2, 3], "feedback_shift": 2},
    "parallel": {"layers": [6, 4, 3], "relaxation": "parallel", "memory_ports": 1, "state_bits": [2, 3],
                 "feedback_shift": 2},
    "deep": {"layers": [9, 4, 2, 3], "lanes": 2, "state_bits": 2, "feedback_shift": [2, 4]},
    "one port": {"layers": [9, 4, 3], "lanes": 2, "memory_ports": 1, "state_bits": [2, 3], "feedback_shift": 2},
}  # fmt: skip
QUICK = [name if name != "one port" else pytest.param(name, marks=pytest.mark.slow) for name in CONFIGS]
"""What the tests run on: between them, these have every way to relax, to nudge and to reach the memory."""


@cache
def verilog(name: str) -> Verilog:
    return make_design(config_of(name)).verilog()


def config_of(name: str) -> EPConfig:
    return EPConfig.parse(COMMON | CONFIGS[name])


def open_stepping(name: str) -> EPDriver:
    text = verilog(name)
    transport = SteppingTransport(text.text, "machine", text.ports["x_payload"], text.ports["y_payload"])
    return EPDriver(transport, config_of(name))


class Run:
    """A stream of samples, and what becomes of the machine after each."""

    def __init__(self, name: str) -> None:
        self.config = config = config_of(name)
        self.stimulus = EPStimulus(config)
        rng = np.random.default_rng(SEEDS[name])
        self.weights = lively_weights(config, rng)
        self.inputs = samples_of(config, rng, SAMPLES)
        self.inputs["learn"] = np.array([True, False, True, True, False, True, True])
        model = EPModel(config, self.weights)
        self.states, self.statistics, self.results = [model.dump()], [model.statistics()], []
        for sample in range(SAMPLES):
            self.results.append(self.stimulus.pack_results(model.run(**self.part(sample, sample + 1)))[0].tolist())
            self.states.append(model.dump())
            self.statistics.append(model.statistics())
        self.clocks = EPModel(config, self.weights).run(**self.inputs).elapsed_cycles

    def part(self, first: int, last: int = SAMPLES) -> dict[str, Any]:
        return {key: values[first:last] for key, values in self.inputs.items()}

    @property
    def payloads(self) -> Any:
        return self.stimulus.pack_samples(**self.inputs)

    def start(self, driver: EPDriver) -> None:
        driver.load(self.weights)
        driver.clear_statistics()
        driver.soft_reset()

    def check_rest(self, driver: EPDriver, done: int) -> None:
        """What the machine does with the samples after ``done`` is what it would have done undisturbed."""
        if done < SAMPLES:
            found = self.stimulus.pack_results(driver.run(**self.part(done)))
            assert found.tolist() == self.results[done:]
        assert driver.dump() == self.states[-1]


def counted(statistics: dict[str, int]) -> dict[str, int]:
    """The statistics without clocks: those of samples that were dropped count too."""
    return {name: value for name, value in statistics.items() if name not in CYCLES}


def test_the_samples_change_the_synapses() -> None:
    for name in CONFIGS:
        run = Run(name)
        assert sum(before != after for before, after in pairwise(run.states)) >= 4
        assert run.statistics[-1]["flips"] >= 4


@pytest.mark.parametrize("y_ready", [True, False])
@pytest.mark.parametrize("name", QUICK)
def test_a_soft_reset_in_any_clock_leaves_whole_samples(name: str, y_ready: bool) -> None:
    run, driver = Run(name), open_stepping(name)
    seen, lost = set(), 0
    for clock in range(0, run.clocks + 4, 1 if y_ready else 2):
        run.start(driver)
        results = driver.transport.stream_for(clock, run.payloads, SAMPLES if y_ready else 0).tolist()
        driver.soft_reset()
        results += settle(driver).tolist()
        counts = driver.statistics()
        done = counts["trained"] + counts["inferred"]
        assert driver.dump() == run.states[done], f"after {clock} clocks"
        assert counted(counts) == counted(run.statistics[done] | {"samples": 0})
        # A result that has no room on y is dropped, but what was learnt with it stays.
        assert results == run.results[: len(results)]
        assert 0 <= done - len(results) <= 1
        assert driver.pending_interrupts() <= {"result", "idle"}
        seen.add(done)
        lost += done > len(results)
        run.check_rest(driver, done)
        assert counted(driver.statistics() | {"samples": SAMPLES}) == counted(run.statistics[-1])
    assert seen >= (set(range(SAMPLES + 1)) if y_ready else {0, 1, 2, 3})
    assert bool(lost) is not y_ready
    driver.close()


@pytest.mark.parametrize("name", QUICK)
def test_a_reset_in_any_clock_leaves_each_synapse_as_before_or_after_a_sample(name: str) -> None:
    """Only a soft reset waits for a sample that has begun to learn: after a reset, some of its synapses may have learnt
    and others not."""
    run, driver = Run(name), open_stepping(name)
    torn = 0
    for clock in range(run.clocks + 4):
        run.start(driver)
        driver.transport.stream_for(clock, run.payloads, SAMPLES)
        driver.transport.reset()
        assert driver.read_register("status") == 0
        assert set(driver.statistics().values()) == {0}
        found = driver.dump()
        fitting = [done for done in range(SAMPLES) if is_between(found, run.states[done], run.states[done + 1])]
        assert fitting, f"after {clock} clocks"
        torn += found not in run.states
        model = EPModel(run.config, found)
        assert not driver.run(**run.inputs).differences(model.run(**run.inputs)).any()
        assert driver.dump() == model.dump()
    assert torn  # it does happen
    driver.close()


def is_between(found: EPWeights, before: EPWeights, after: EPWeights) -> bool:
    """Whether every synapse, and the random state, is that of one or the other."""
    fits = found.random in (before.random, after.random)
    for layer in range(len(found.signs)):
        same = [
            (found.signs[layer] == other.signs[layer]) & (found.agreements[layer] == other.agreements[layer])
            for other in (before, after)
        ]
        fits &= bool((same[0] | same[1]).all())
    return fits


@pytest.mark.parametrize("name", QUICK)
def test_a_soft_reset_of_a_machine_at_rest_raises_no_interrupt(name: str) -> None:
    driver = open_stepping(name)
    driver.soft_reset()
    settle(driver)
    assert driver.pending_interrupts() == frozenset()
    run = Run(name)
    for clock in range(5, run.clocks, 37):
        driver.transport.stream_for(clock, run.payloads, SAMPLES)
        driver.soft_reset()
        driver.transport.stream_for(2 * run.clocks, np.zeros((0, 1), np.uint32), SAMPLES)
        assert driver.status("busy") == 0
        # A result may come of what has been learnt; but a soft reset is no end of work.
        pending = driver.pending_interrupts()
        assert "idle" not in pending or "result" in pending
    driver.close()
