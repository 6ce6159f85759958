"""Clocks by phase, as the statistics registers count them."""

from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.ep.result import check_samples
from rtl_tests.ep.machines import tiny
from sim.golden import ep_cycles
from sim.golden.ep import EPModel
from sim.golden.ep_cycles import PHASES, Timing


@pytest.mark.parametrize(
    "values",
    [
        {},
        pytest.param(
            {"layers": [20, 16, 4], "lanes": 16, "relaxation": "parallel", "nudging": "random-sign"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_clocks_of_each_phase_are_those_that_the_registers_count(values: dict[str, Any]) -> None:
    design = tiny("machine", **values)
    config = design.config
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 1 << config.pixel_bits, (200, config.inputs))
    inputs[rng.random(200) < 0.1] = 0
    labels, learn = rng.integers(0, config.classes, 200), rng.random(200) < 0.7

    machine, golden = hwgen.open_design(design, "rtl"), EPModel(config)
    machine.load(golden.dump())
    machine.clear_statistics()
    result = machine.run(inputs, labels, learn)
    counted = machine.statistics()
    machine.close()

    samples = check_samples(config, inputs, labels, learn)
    trace = golden.trace(samples)
    phases = np.zeros(len(PHASES), np.int64)
    clocks = ep_cycles.count_by_phase(Timing.of(config), trace.samples, samples.learn, trace.slots_changed, phases)
    assert clocks == (result.busy_cycles, result.elapsed_cycles)
    assert phases.tolist() == [counted[f"{phase}_cycles"] for phase in PHASES]
    assert phases.all()
