"""What a machine is said to need: its memories are those of the Verilog, and no sample takes more clocks."""

import re
from typing import Any

import numpy as np
import pytest

from hwgen.ep.config import EPConfig
from rtl_tests.ep.machines import tiny
from sim.golden.ep import EPModel

MACHINES: list[dict[str, Any]] = [
    {},
    {"layers": [20, 8, 4], "lanes": 8},
    {"layers": [20, 8, 4], "lanes": 2, "input_bits": 2},
    {"layers": [20, 8, 4], "lanes": 8, "learning": False},
    {"layers": [20, 8, 4], "lanes": 8, "relaxation": "parallel"},
    {"layers": [20, 12, 8, 4, 4], "nudging": "random-sign"},
    {"layers": [300, 6, 4], "lanes": 6, "pixel_bits": 1},
    {"memory_ports": 1},
]


@pytest.mark.parametrize("values", MACHINES)
def test_the_memories_are_those_of_the_verilog(values: dict[str, Any]) -> None:
    design = tiny(**values)
    found = re.findall(r"^ *reg \[(\d+):0\] \S+ +\[(\d+):0\];", design.verilog().text, flags=re.MULTILINE)
    sizes = sorted((int(depth) + 1, int(width) + 1) for width, depth in found)
    assert sizes == sorted((memory.words, memory.width) for memory in design.needs.memories)


@pytest.mark.parametrize("values", MACHINES)
def test_no_sample_takes_more_clocks_than_stated(values: dict[str, Any]) -> None:
    design = tiny(**values, free_steps=3, **({} if values.get("learning") is False else {"nudged_steps": 2}))
    config: EPConfig = design.config
    model = EPModel(config)
    rng = np.random.default_rng(0)
    samples = rng.integers(1 << config.pixel_bits - 1, 1 << config.pixel_bits, (200, config.inputs))
    labels = rng.integers(0, config.classes, 200)
    needs = design.needs
    longest = 0
    for sample, label in zip(samples, labels, strict=True):
        one = model.train([sample], [label]) if config.learning else model.infer([sample])
        assert one.elapsed_cycles <= needs.latency
        longest = max(longest, one.elapsed_cycles)
    many = model.train(samples, labels) if config.learning else model.infer(samples)
    assert many.elapsed_cycles <= needs.latency + 199 * needs.cycles_per_sample
    assert needs.latency <= 4 * longest, "so large a bound says nothing"


def test_the_machine_is_filled_in_the_clocks_stated() -> None:
    design = tiny()
    assert design.config.synapses // design.config.lanes * (design.config.lanes + 1) <= design.needs.start_clocks
    assert design.patience > design.needs.start_clocks
