"""Random Forward-Forward machines, weights and samples for tests."""

from typing import Any

import numpy as np

from hwgen.ff.config import FFConfig
from hwgen.ff.weights import FFWeights
from hwgen.parts.polynomials import TAPS

KINDS = ("supervised", "contrastive", "views", "recurrent")

COMPILED = (("supervised", 6), ("contrastive", 1), ("contrastive", 3), ("views", 9), ("recurrent", 3))
"""Kinds and seeds of the random machines that several tests compile: of each kind, with several layers and lanes where
it has them, with both read-outs, and with lists that are merged and without."""


def advanced(state: int, bits: int) -> int:
    """The next state of a generator of so many bits."""
    feedback = sum(state >> (exponent - 1) & 1 for exponent in TAPS[bits]) % 2
    return (2 * state + feedback) % 2**bits


def random_config(rng: np.random.Generator, kind: str = "", **values: Any) -> FFConfig:
    """A small machine drawn from all options."""
    kind = kind or str(rng.choice(KINDS))
    depth = 1 if kind == "recurrent" else int(rng.integers(1, 5))
    units = [int(rng.choice([1, 2, 4, 6, 12, 20])) for _ in range(depth)]
    pixel_bits = int(rng.choice([1, 2, 4, 8]))
    master_bits, activation_bits, modulator_bits = (int(rng.integers(*ends)) for ends in ((8, 17), (4, 9), (4, 9)))
    step_bits = activation_bits + modulator_bits - 8
    drawn: dict[str, Any] = {
        "rule": "supervised" if kind == "supervised" else "contrastive",
        "layers": [int(rng.integers(2, 13)), *units],
        "classes": int(rng.integers(2, 6)),
        "lanes": int(rng.choice([size for size in range(1, 21) if all(count % size == 0 for count in units)])),
        "master_bits": master_bits,
        "activation_bits": activation_bits,
        "modulator_bits": modulator_bits,
        "pixel_bits": pixel_bits,
        "input_bits": int(rng.integers(1, min(pixel_bits, 7) + 1)),
        "bias": [int(rng.choice([0, 5, 40, 127])) for _ in units],
        "rms": int(rng.integers(1, 64)),
        # Activations of all sizes, modulators anywhere in their table, and steps that move weights of any width.
        "activation_shift": [int(rng.integers(3, 9)) for _ in units],
        "goodness_shift": [int(rng.integers(max(0, 2 * activation_bits - 11), 2 * activation_bits - 2)) for _ in units],
        "update_shift": [int(rng.integers(max(1, step_bits - 4), 2 * activation_bits + 8)) for _ in units],
        "initial_bits": [int(rng.integers(3, 9)) for _ in units],
        "seed": int(rng.integers(1, 1 << 32)),
        "stream_bits": int(rng.choice([8, 24, 128])),
    }
    # No two further from each other than any machine allows.
    drawn["update_shift"] = [max(shift, max(drawn["update_shift"]) - 9) for shift in drawn["update_shift"]]
    if kind == "supervised":
        drawn |= {"candidates": int(rng.integers(1, 4)), "modulator": str(rng.choice(["pairwise", "thresholds"]))}
        if rng.random() < 0.5:
            drawn["label_value"] = int(rng.integers(1, 256))
    else:
        readout_bits = int(rng.integers(8, 17))
        drawn |= {
            "readout": str(rng.choice(["hinge", "softmax"])),
            "readout_bits": readout_bits,
            "readout_shift": int(rng.integers(0, readout_bits)),
            "readout_update_shift": int(rng.integers(1, 15)),
        }
        if drawn["readout"] == "hinge":
            drawn["margin"] = int(rng.choice([0, 16, 255]))
    if kind == "views":
        height, width = int(rng.integers(2, 5)), int(rng.integers(2, 5))
        drawn["layers"][0] = height * width
        drawn |= {"image_width": width, "view_shift": int(rng.integers(1, min(height, width, 4)))}
    if kind == "recurrent":
        drawn |= {"recurrent": True, "steps": int(rng.integers(2, 5))}
    if drawn["rule"] == "contrastive" or drawn["modulator"] == "thresholds":
        most = ((1 << activation_bits) - 1) ** 2
        drawn["thresholds"] = [[int(rng.integers(0, most)), int(rng.integers(0, most))] for _ in units]
    if (kind == "contrastive" or (kind == "supervised" and depth > 1)) and rng.random() < 0.5:
        drawn["learning_sweeps"] = "union"
    return FFConfig.parse(drawn | values)


def random_machine(seed: int, kind: str = "") -> tuple[FFConfig, np.random.Generator]:
    """A machine drawn from all options, of any kind or of one, and the generator to go on with."""
    rng = np.random.default_rng(seed)
    return with_unit_lanes(random_config(rng, kind), rng), rng


def with_unit_lanes(config: FFConfig, rng: np.random.Generator) -> FFConfig:
    """The same machine with any number of unit lanes that its lanes allow."""
    divisors = [size for size in range(1, config.lanes + 1) if config.lanes % size == 0]
    return FFConfig.parse(config.parameters() | {"unit_lanes": int(rng.choice(divisors))})


def random_weights(config: FFConfig, rng: np.random.Generator) -> FFWeights:
    """Weights anywhere in their range, many of them at an end of it."""

    def drawn(shape: tuple[int, int], most: int) -> Any:
        anywhere = rng.integers(-most - 1, most + 1, shape)
        return np.where(rng.random(shape) < 0.2, rng.choice([-most - 1, most], shape), anywhere)

    return FFWeights.for_config(
        config,
        [drawn(shape, config.master_max) for shape in config.weight_shapes],
        None if config.readout_shape is None else drawn(config.readout_shape, config.readout_max),
        rng.integers(1, 1 << 16, config.engines),
        int(rng.integers(1, 1 << 32)),
    )


def random_samples(config: FFConfig, rng: np.random.Generator, count: int) -> tuple[Any, Any, Any]:
    """Inputs of any density, one sample without an active input; labels, and which samples to learn from."""
    samples = rng.integers(0, 1 << config.pixel_bits, (count, config.inputs))
    samples[rng.random(samples.shape) > rng.random((count, 1))] = 0
    samples[count // 2] = 0
    return samples, rng.integers(0, config.classes, count), (rng.random(count) < 0.8) & config.learning
