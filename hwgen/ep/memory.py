"""Synapses as the words of the synapse memory, and back: for emission and for the driver."""

import numpy as np
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.ep.weights import EPWeights


def to_words(config: EPConfig, weights: EPWeights) -> NDArray[np.uint32]:
    """The synapse memory's content: shape ``(words, lanes)``, each synapse as its ``synapse_bits`` bits."""
    plan = EPPlan(config)
    counter_bits = config.synapse_bits - 1
    words = np.empty((plan.words, config.lanes), np.uint32)
    for layer, (signs, agreements) in enumerate(zip(weights.signs, weights.agreements, strict=True)):
        counters = agreements.astype(np.int64) & ((1 << counter_bits) - 1)
        synapses = ((signs > 0).astype(np.int64) << counter_bits | counters).astype(np.uint32)
        for rows, columns in _blocks(plan, layer):
            # The weights from the inputs lie input-major: a word belongs to an input.
            block = synapses[columns].T if layer == 0 else synapses[:, columns]
            words[rows] = block
    return words


def from_words(config: EPConfig, words: NDArray[np.uint32], random: int) -> EPWeights:
    """What :func:`to_words` has laid out.

    Raises :class:`~hwgen.errors.DesignError` where a counter lies beyond its range.
    """
    plan = EPPlan(config)
    counter_bits = config.synapse_bits - 1
    signs, agreements = [], []
    for layer, shape in enumerate(config.weight_shapes):
        synapses = np.empty(shape, np.int64)
        for rows, columns in _blocks(plan, layer):
            if layer == 0:
                synapses[columns] = words[rows].T
            else:
                synapses[:, columns] = words[rows]
        counters = synapses & ((1 << counter_bits) - 1)
        if counter_bits:
            counters -= (counters >> (counter_bits - 1)) << counter_bits
        signs.append(np.where(synapses >> counter_bits, 1, -1))
        agreements.append(counters)
    return EPWeights.for_config(config, signs, agreements, random)


def _blocks(plan: EPPlan, layer: int) -> list[tuple[slice, slice]]:
    """For each group of lanes of a weight layer: its words, and its neurons in the layer that the lanes hold."""
    lanes = plan.config.lanes
    if layer == 0:
        bases = [plan.input_base(group) for group in range(plan.groups[0])]
        rows = plan.config.inputs
    else:
        slots = [slot for slot in plan.slots if slot.layer == layer - 1]
        bases = [slot.base for slot in slots]
        rows = slots[0].rows
    return [(slice(base, base + rows), slice(group * lanes, (group + 1) * lanes)) for group, base in enumerate(bases)]
