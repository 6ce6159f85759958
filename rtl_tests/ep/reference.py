"""Equilibrium propagation one neuron and one synapse at a time, as slowly and plainly as possible, and random machines
to run it on. Written from the rule, not from the golden model."""

from typing import Any

import numpy as np

from hwgen.ep.config import EPConfig
from hwgen.ep.weights import EPWeights

TAPS = (32, 22, 2, 1)


def random_config(rng: np.random.Generator, **values: Any) -> EPConfig:
    """A small machine drawn from all options."""
    hidden = [int(rng.choice([1, 2, 4, 6, 12])) for _ in range(rng.integers(1, 5))]
    classes, outputs_per_class = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    layers = [int(rng.integers(1, 20)), *hidden, classes * outputs_per_class]
    counter_bits = [int(bits) for bits in rng.integers(2, 8, len(layers) - 1)]
    pixel_bits = int(rng.choice([1, 2, 4, 8]))
    input_bits = int(rng.integers(1, pixel_bits + 1))
    least_threshold = 1 << pixel_bits - input_bits if input_bits > 1 else 1
    lanes = int(rng.choice([size for size in range(1, 13) if all(count % size == 0 for count in hidden)]))
    drawn = {
        "layers": layers,
        "outputs_per_class": outputs_per_class,
        "lanes": lanes,
        "nudging": str(rng.choice(["symmetric", "random-sign"])),
        "free_steps": int(rng.integers(1, 21)),
        "nudged_steps": int(rng.integers(1, 11)),
        "beta": int(rng.choice([1, 2, 4, 8])),
        "state_bits": [int(bits) for bits in rng.integers(2, 5, len(layers) - 1)],
        "feedback_shift": [int(shift) for shift in rng.integers(0, 4, len(hidden))],
        "counter_bits": counter_bits,
        "threshold": [int(rng.integers(1, (1 << bits - 1) + 1)) for bits in counter_bits],
        "pixel_bits": pixel_bits,
        "input_bits": input_bits,
        "input_threshold": int(rng.integers(least_threshold, 1 << pixel_bits)),
        "seed": int(rng.integers(1, 1 << 32)),
        "stream_bits": int(rng.choice([8, 24, 128])),
    }
    return EPConfig.parse(drawn | values)


def random_samples(config: EPConfig, rng: np.random.Generator, count: int) -> tuple[Any, Any, Any]:
    """Inputs, labels, and which samples to learn from."""
    samples = rng.integers(0, 1 << config.pixel_bits, (count, config.inputs))
    return samples, rng.integers(0, config.classes, count), rng.random(count) < 0.8


def random_weights(config: EPConfig, rng: np.random.Generator) -> EPWeights:
    """Agreements anywhere in their range; more signs + than -, or small networks would hardly be active."""
    return EPWeights.for_config(
        config,
        [np.where(rng.random(shape) < 0.75, 1, -1) for shape in config.weight_shapes],
        [
            rng.integers(1 - threshold, most + 1, shape)
            for threshold, most, shape in zip(config.threshold, config.counter_max, config.weight_shapes, strict=True)
        ],
        int(rng.integers(1, 1 << 32)),
    )


def advanced(state: int) -> int:
    """The next state of the 32-bit generator."""
    feedback = 0
    for tap in TAPS:
        feedback ^= state >> (tap - 1) & 1
    return (state << 1 | feedback) & 0xFFFFFFFF


class Reference:
    """The machine, in lists of Python integers. Phases always take all their steps, and count those they needed."""

    def __init__(self, config: EPConfig, weights: EPWeights) -> None:
        self.config = config
        self.signs = [array.tolist() for array in weights.signs]
        self.agreements = [array.tolist() for array in weights.agreements]
        self.random = weights.random

    def weights(self) -> EPWeights:
        return EPWeights.for_config(self.config, self.signs, self.agreements, self.random)

    def run(self, pixels: list[int], label: int, learn: bool) -> dict[str, Any]:
        """One sample, and what the machine answers."""
        config = self.config
        e = [int(pixel >= config.input_threshold) for pixel in pixels]
        x = e
        if config.input_bits > 1:
            x = [pixel >> (config.pixel_bits - config.input_bits) for pixel in pixels]
        drive = [sum(w * v for w, v in zip(row, x, strict=True)) >> config.drive_shift for row in self.signs[0]]
        states = [[0] * size for size in config.layers[1:]]
        states[0] = [min(max(value, 0), config.state_max[0]) for value in drive]

        states, free_steps = self.phase(states, drive, 0, label, config.free_steps)
        free, outputs = self.activities(states), states[-1]
        sums = [
            sum(outputs[c * config.outputs_per_class : (c + 1) * config.outputs_per_class])
            for c in range(config.classes)
        ]
        answer = {"prediction": sums.index(max(sums)), "states": outputs, "free_steps": free_steps}
        if not learn:
            return answer | {"negative_steps": 0, "positive_steps": 0, "changed": 0, "flips": 0}

        steps = config.nudged_steps
        if config.nudging == "symmetric":
            sign = 1
            states, negative_steps = self.phase(states, drive, -config.beta, label, steps)
            first = self.activities(states)
            states, positive_steps = self.phase(states, drive, config.beta, label, steps)
        else:
            sign = 1 if self.random % 2 else -1
            self.random = advanced(self.random)
            first = free
            states, nudged_steps = self.phase(states, drive, sign * config.beta, label, steps)
            negative_steps, positive_steps = (nudged_steps, 0) if sign < 0 else (0, nudged_steps)
        second = self.activities(states)
        changed = sum(
            a != b for one, other in zip(first[:-1], second[:-1], strict=True) for a, b in zip(one, other, strict=True)
        )
        return answer | {
            "negative_steps": negative_steps,
            "positive_steps": positive_steps,
            "changed": changed,
            "flips": self.learn(e, first, second, sign),
        }

    def activities(self, states: list[list[int]]) -> list[list[int]]:
        """The top bit of each state."""
        return [
            [state >> (bits - 1) for state in layer] for layer, bits in zip(states, self.config.state_bits, strict=True)
        ]

    def phase(
        self, states: list[list[int]], drive: list[int], b: int, label: int, most: int
    ) -> tuple[list[list[int]], int]:
        needed = most
        for step in range(1, most + 1):
            updated = self.step(states, drive, b, label)
            if updated == states:
                needed = min(needed, step)
            states = updated
        return states, needed

    def step(self, states: list[list[int]], drive: list[int], b: int, label: int) -> list[list[int]]:
        config = self.config
        active = self.activities(states)
        last = len(states) - 1
        updated = []
        for layer, old in enumerate(states):
            most = config.state_max[layer]
            row = []
            for neuron, state in enumerate(old):
                total = state
                if layer == 0:
                    total += drive[neuron]
                else:
                    below = active[layer - 1]
                    total += sum(w * v for w, v in zip(self.signs[layer][neuron], below, strict=True))
                if layer == last:
                    target = most if neuron // config.outputs_per_class == label else 0
                    total += b * (target - state)
                else:
                    feedback = sum(self.signs[layer + 1][i][neuron] * v for i, v in enumerate(active[layer + 1]))
                    total += feedback * 2 ** config.feedback_shift[layer]
                row.append(min(max(total // 2, 0), most))
            updated.append(row)
        return updated

    def learn(self, e: list[int], first: list[list[int]], second: list[list[int]], sign: int) -> int:
        flips = 0
        for layer, (signs, agreements) in enumerate(zip(self.signs, self.agreements, strict=True)):
            for i in range(len(signs)):
                for j in range(len(signs[i])):
                    if layer == 0:
                        d = sign * (second[0][i] - first[0][i]) * e[j]
                    else:
                        d = sign * (second[layer][i] * second[layer - 1][j] - first[layer][i] * first[layer - 1][j])
                    most, threshold = self.config.counter_max[layer], self.config.threshold[layer]
                    agreement = min(agreements[i][j] + signs[i][j] * d, most)
                    if agreement <= -threshold:
                        signs[i][j], agreement, flips = -signs[i][j], min(threshold, most), flips + 1
                    agreements[i][j] = agreement
        return flips
