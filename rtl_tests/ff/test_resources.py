"""What a machine is said to need: its memories are those of the Verilog, and no sample takes more clocks."""

import re

import numpy as np
import pytest

from hwgen.emit.verilog import emit_verilog
from hwgen.ff.config import FFConfig
from hwgen.ff.core import FFCore
from hwgen.ff.resources import needs
from rtl_tests.ff.machines import SUPERVISED, TINY, supervised_config, tiny_config
from sim.golden.ff import FFModel

MACHINES = {
    **{name: tiny_config(name) for name in TINY},
    **{name: supervised_config(values) for name, values in SUPERVISED.items()},
    # Memories in several regions.
    "wide": FFConfig.parse({"layers": [20, 80], "lanes": 80, "stream_bits": 8}),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_memories_are_those_of_the_verilog(name: str) -> None:
    config = MACHINES[name]
    text = emit_verilog(FFCore(config), "machine").text
    # Tables, which have no name of their own, are no memories.
    found = re.findall(r"^ *reg \[(\d+):0\] (?!_)\S+ +\[(\d+):0\];", text, flags=re.MULTILINE)
    sizes = sorted((int(depth) + 1, int(width) + 1) for width, depth in found)
    stated = needs(config)
    # A component is one module, wherever it is, but for the second memory of lists that two read.
    seconds = [memory for memory in stated.memories if memory.name.endswith(".other_memory")]
    modules = {(memory.words, memory.width) for memory in stated.memories}
    assert sizes == sorted([*modules, *((memory.words, memory.width) for memory in seconds)])
    assert stated.memory_bits == sum(memory.words * memory.width for memory in stated.memories)


@pytest.mark.parametrize("name", MACHINES)
def test_no_sample_takes_more_clocks_than_stated(name: str) -> None:
    config = MACHINES[name]
    stated, rng = needs(config), np.random.default_rng(0)
    most = (1 << config.pixel_bits) - 1
    samples = rng.integers(most // 2 + 1, most + 1, (60, config.inputs))
    labels = rng.integers(0, config.classes, 60)
    longest = 0
    for learn in {False, config.learning}:
        model = FFModel(config)
        clocks = [model.run(samples[n : n + 2], labels[n : n + 2], np.full(2, learn)) for n in range(30)]
        longest = max(longest, *(one.elapsed_cycles for one in clocks))
        assert longest <= stated.latency + stated.cycles_per_sample
        many = model.run(samples, labels, np.full(60, learn))
        assert many.elapsed_cycles <= stated.latency + 59 * stated.cycles_per_sample
    assert stated.latency + stated.cycles_per_sample <= 4 * longest, "so large a bound says nothing"


def test_the_machine_is_filled_in_the_clocks_stated() -> None:
    config = MACHINES["hinge"]
    assert needs(config).start_clocks > config.weights / config.lanes * (config.lanes * min(config.initial_bits) + 1)
