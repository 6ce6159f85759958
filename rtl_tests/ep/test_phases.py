"""Clocks by phase, as the statistics registers count them."""

from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.ep.registers import CYCLES
from rtl_tests.ep.machines import tiny
from sim.golden.ep import EPModel


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
    found, expected = machine.run(inputs, labels, learn), golden.run(inputs, labels, learn)
    counted = machine.statistics()
    machine.close()

    assert (found.busy_cycles, found.elapsed_cycles) == (expected.busy_cycles, expected.elapsed_cycles)
    assert counted == golden.statistics()
    assert all(counted[name] > 0 for name in CYCLES)
    golden.clear_statistics()
    assert not any(golden.statistics()[name] for name in CYCLES)
