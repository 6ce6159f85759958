"""Equilibrium-propagation machines to test: random ones that combine every option with every other, those at a limit,
and those of the benches."""

from typing import Any

import numpy as np

from hwgen import registry
from hwgen.design import Design
from hwgen.ep.config import LEARNING_ONLY, EPConfig
from hwgen.ep.driver import EPDriver
from hwgen.ep.resources import needs
from hwgen.ep.weights import EPWeights
from rtl_tests.ep.reference import random_config, random_samples, random_weights
from sim.backends.rtl import RtlTransport
from sim.golden.ep import EPModel

MOST_SYNAPSES, MOST_CLOCKS = 300, 800
"""Of a :func:`tiny_machine`: its synapses, and the clocks of a sample."""


def random_machine(rng: np.random.Generator) -> EPConfig:
    """A small machine drawn from all options, each of which combines with each other where that has a meaning; one
    whose synapses flip, if it learns."""
    config = wanted = _draw(rng)
    while config.learning and count_flips(config) < 5:
        config = _draw(rng)
        while _kind(config) != _kind(wanted):
            config = _draw(rng)
    return config


def tiny_machine(seed: int) -> EPConfig:
    """A random machine for slow simulators: its memory is read and its samples are done soon, and few are enough to
    flip synapses."""
    rng = np.random.default_rng(seed)
    while True:
        config = random_machine(rng)
        if config.synapses > MOST_SYNAPSES or needs(config).cycles_per_sample > MOST_CLOCKS:
            continue
        if not config.learning or count_flips(config, 15) >= 5:
            return config


def count_flips(config: EPConfig, samples: int = 300) -> int:
    """Flips while a machine with random weights learns from random samples."""
    rng = np.random.default_rng(1)
    model = EPModel(config, lively_weights(config, rng))
    return int(model.run(**samples_of(config, rng, samples)).flips.sum())


def lively_weights(config: EPConfig, rng: np.random.Generator) -> EPWeights:
    """Random ones, half of whose agreements lie near an end of their range."""
    weights = random_weights(config, rng)
    agreements = []
    for anywhere, tau, most in zip(weights.agreements, config.threshold, config.counter_max, strict=True):
        low = np.minimum(rng.integers(1 - tau, 4 - tau, anywhere.shape), most)
        high = np.maximum(rng.integers(most - 1, most + 1, anywhere.shape), 1 - tau)
        end = rng.integers(0, 4, anywhere.shape)
        agreements.append(np.select([end == 0, end == 1], [low, high], anywhere))
    return EPWeights.for_config(config, weights.signs, agreements, weights.random)


def samples_of(config: EPConfig, rng: np.random.Generator, count: int) -> dict[str, Any]:
    """Arguments of ``run``: samples of any density, one without an active input and one with no other."""
    samples, labels, learn = random_samples(config, rng, count)
    samples[rng.random(samples.shape) > rng.random((count, 1))] = 0
    samples[count // 3], samples[count // 2] = 0, (1 << config.pixel_bits) - 1
    return {"samples": samples, "labels": labels, "learn": learn & config.learning}


def _kind(config: EPConfig) -> tuple[Any, ...]:
    """What would become rare if machines that learn nothing were just left out."""
    return len(config.hidden), config.nudging, config.relaxation, config.learning


def _draw(rng: np.random.Generator) -> EPConfig:
    config = random_config(rng)
    values = config.parameters()
    if rng.random() < 0.75:
        values["threshold"] = [min(tau, int(rng.integers(1, 4))) for tau in config.threshold]
    if rng.random() < 0.3:
        # As many lanes as neurons in the only hidden layer.
        size = int(rng.integers(1, 13))
        single = {"layers": [config.inputs, size, config.outputs], "lanes": size, "relaxation": "parallel"}
        per_layer = {"state_bits": 2, "feedback_shift": 1, "counter_bits": 2, "threshold": 2}
        values |= single | {key: values[key][:count] for key, count in per_layer.items()}
    values["memory_ports"] = int(rng.integers(1, 3))
    if rng.random() < 0.15:
        values = {key: value for key, value in values.items() if key not in LEARNING_ONLY} | {"learning": False}
    return EPConfig.parse(values)


LIMITS: dict[str, dict[str, Any]] = {
    # One of everything that there can be one of.
    "least": {
        "layers": [1, 1, 2], "lanes": 1, "free_steps": 1, "nudged_steps": 1, "beta": 1, "state_bits": 2,
        "feedback_shift": 0, "counter_bits": 2, "threshold": 1, "stream_bits": 8,
    },
    # A label and its flag fill a beat; all rows at once; the largest threshold of the smallest counter.
    "outputs": {
        "layers": [5, 4, 256], "outputs_per_class": 2, "relaxation": "parallel", "counter_bits": 2, "threshold": 2,
        "state_bits": [2, 4], "feedback_shift": 4, "beta": 4, "stream_bits": 8, "nudging": "random-sign",
    },
    # Three slots of a layer, one lane each, four hidden layers, the smallest counters' largest threshold.
    "layers": {
        "layers": [6, 3, 1, 2, 3, 4], "lanes": 1, "counter_bits": 2, "threshold": 2, "state_bits": [2, 2, 4, 3, 5],
        "feedback_shift": [2, 4, 4, 3], "beta": 4,
    },
    "classes": {
        "layers": [4, 6, 256], "lanes": 3, "counter_bits": [2, 15], "threshold": [2, 16384], "state_bits": [2, 4],
        "feedback_shift": 2, "beta": 4, "stream_bits": 16,
    },
    # Slots that are no power of two; phases without an end.
    "slots": {
        "layers": [7, 15, 9, 5], "lanes": 3, "free_steps": 255, "nudged_steps": 255, "state_bits": [2, 3, 8],
        "feedback_shift": [0, 4], "counter_bits": [3, 4, 2], "threshold": [2, 8, 1], "beta": 1,
    },
    "steps": {
        "layers": [9, 15, 4], "lanes": 5, "free_steps": 255, "nudged_steps": 255, "state_bits": [3, 8], "beta": 1,
        "memory_ports": 1, "feedback_shift": 2, "counter_bits": 4, "threshold": 3,
    },
    # Layers of a power of two, and one more or less.
    "powers": {
        "layers": [16, 8, 4], "lanes": 8, "counter_bits": 3, "threshold": 4, "state_bits": 3, "stream_bits": 16,
        "feedback_shift": 1,
    },
    "powers and 1": {
        "layers": [17, 9, 5], "lanes": 9, "counter_bits": 3, "threshold": 4, "state_bits": 3, "stream_bits": 16,
        "feedback_shift": 1,
    },
    "powers less 1": {
        "layers": [15, 7, 3], "lanes": 7, "counter_bits": 3, "threshold": 4, "state_bits": 3, "stream_bits": 16,
        "feedback_shift": 1,
    },
    # The widest numbers everywhere.
    "bits": {
        "layers": [143, 10, 4], "lanes": 5, "pixel_bits": 8, "input_bits": 8, "input_threshold": 64,
        "state_bits": [4, 8], "feedback_shift": 3, "counter_bits": 15, "threshold": [16384, 1], "beta": 8,
        "stream_bits": 128, "seed": 0xFFFFFFFF,
    },
    "states": {
        "layers": [40, 4, 3], "lanes": 2, "pixel_bits": 8, "input_bits": 8, "input_threshold": 255, "state_bits": 8,
        "feedback_shift": 7, "beta": 8, "counter_bits": 2, "threshold": 2,
    },
    # Feedback far above what the input can drive.
    "feedback": {
        "layers": [1, 3, 3], "lanes": 3, "state_bits": 4, "feedback_shift": 7, "counter_bits": 2, "threshold": 1,
        "memory_ports": 1,
    },
    "inputs": {
        "layers": [513, 2, 2], "lanes": 1, "pixel_bits": 2, "input_bits": 2, "input_threshold": 3, "state_bits": 4,
        "feedback_shift": 6, "counter_bits": 2, "threshold": 2, "stream_bits": 24,
    },
    # Synapses of 16 bits: a region is 32 lanes, so that the word, its lanes and what they are told come in two.
    "regions": {
        "layers": [10, 40, 3], "counter_bits": 15, "threshold": [2, 16384], "state_bits": [2, 4], "feedback_shift": 3,
    },
    "regions and layers": {
        "layers": [10, 33, 66, 4], "lanes": 33, "counter_bits": 15, "threshold": [2, 1, 16384],
        "state_bits": [2, 3, 5], "feedback_shift": [0, 4],
    },
    "regions at once": {
        "layers": [10, 35, 4], "relaxation": "parallel", "counter_bits": 15, "threshold": [16384, 2],
        "state_bits": [2, 4], "feedback_shift": 3, "nudging": "random-sign",
    },
    "regions on one port": {
        "layers": [10, 64, 3], "lanes": 64, "memory_ports": 1, "counter_bits": 15, "threshold": [2, 3],
        "state_bits": [2, 4], "feedback_shift": 3,
    },
}  # fmt: skip
"""Machines in which something is as small or as large as can be, or just beyond a power of two."""
LIFELESS = ("least", "states", "feedback")
"""Those of them whose synapses never flip: too few neurons for it, or states that hardly move."""


def make_design(config: EPConfig, weights: EPWeights | None = None, name: str = "machine") -> Design:
    """A design of ``config``; the Verilog holds ``weights`` if there are any."""
    return Design(name, registry.core("ep", "test"), config, weights)


def open_machine(
    config: EPConfig, weights: EPWeights | None = None, transport: type[RtlTransport] = RtlTransport
) -> EPDriver:
    """The machine's driver on its simulated Verilog."""
    verilog = make_design(config, weights).verilog()
    x_bits, y_bits = verilog.ports["x_payload"], verilog.ports["y_payload"]
    return EPDriver(transport(verilog.text, "machine", x_bits, y_bits), config)


BENCH_CONFIGS: dict[str, dict[str, Any]] = {
    "serial": {"layers": [9, 4, 2, 3], "lanes": 2, "nudging": "random-sign", "state_bits": 2, "feedback_shift": [2, 4],
               "seed": 34},
    "parallel": {"layers": [6, 4, 3], "relaxation": "parallel", "memory_ports": 1, "state_bits": [2, 3],
                 "feedback_shift": 2},
}  # fmt: skip
"""Machines that between them have every block; the cocotb benches run on them."""


def bench_config(name: str) -> EPConfig:
    """The parameters of ``BENCH_CONFIGS[name]``, whose synapses flip often; of a number, those of :func:`tiny_machine`
    with this seed."""
    if name.isdecimal():
        return tiny_machine(int(name))
    values = {"counter_bits": 3, "threshold": 1, "free_steps": 6, "nudged_steps": 4, "beta": 4, "pixel_bits": 2}
    return EPConfig.parse(values | {"stream_bits": 16, "seed": 7} | BENCH_CONFIGS[name])
