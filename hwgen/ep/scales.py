"""Scales by default: widths of states, strength of feedback and thresholds with which networks were seen to learn.

What decides is the proportion of three sums: what the inputs send to a hidden neuron, what the outputs send back to it,
and the state from which a neuron is active. A drive of about 120 active inputs (MNIST) goes with 4 bits, of about 30
(images of 8 x 8) with 3; outputs that sum over more neurons need more bits, or they latch up.

Found by experiment with one hidden layer of 32 to 4096 neurons on MNIST and on scikit-learn's digits, with two of 512
and 128 to 256, and with three of 64 or 128 on digits, which learn much worse. With four, no scales were found that do
at more than one width: the defaults are those with which networks of 64 neurons a layer learn something.
"""

from collections.abc import Sequence

FEW_INPUTS = 256


def default_state_bits(layers: Sequence[int]) -> tuple[int, ...]:
    """Bits of a state for each of ``layers`` but the inputs."""
    *hidden, last = layers[1:-1]
    if len(hidden) >= 2:
        return (*[3] * len(layers[1:-1]), 6)
    if hidden:
        return (5, 5, 6 if last <= 128 else 7)
    outputs = 5 if last <= 256 else 6 if last <= 1024 else 7 if last <= 2048 else 8
    return (3 if layers[0] <= FEW_INPUTS else 4, outputs)


def default_feedback_shift(layers: Sequence[int]) -> tuple[int, ...]:
    """The power of two by which feedback is multiplied, for each hidden layer."""
    *hidden, last = layers[1:-1]
    if hidden:
        # Two hidden layers hold each other active long before the outputs do.
        return {1: (1, 5), 2: (0, 2, 5)}.get(len(hidden), (0, *[3] * (len(hidden) - 1), 5))
    shift = 3 if last <= 512 else 2 if last <= 4096 else 1
    return (shift - (layers[0] <= FEW_INPUTS),)


def default_threshold(layers: Sequence[int], counter_bits: Sequence[int]) -> tuple[int, ...]:
    """The count at which a synapse's sign flips, for each weight layer; at most what its counter can hold."""
    hidden = len(layers) - 2
    counts = {1: [32, 16], 2: [16, 64, 16], 3: [16, 16, 16, 8]}.get(hidden, [*[16] * hidden, 4])
    # A list of the wrong length is told later, by name.
    return tuple(min(count, 1 << (bits - 1)) for count, bits in zip(counts, counter_bits, strict=False))
