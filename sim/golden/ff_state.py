"""What the Forward-Forward engine's loops work on: lists of inputs, sums, and what lasts from sample to sample."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.config import FFConfig
from hwgen.ff.weights import FFWeights
from sim.golden.ff_kernel import Weights
from sim.golden.ff_rule import TERMS, Ints


class Lists(NamedTuple):
    """Sparse inputs: the first ``counts`` entries count, and the bias is the last of them."""

    indices: NDArray[np.int32]
    """Shape ``(layers + 1, TERMS, entries)``: numbers of inputs, ascending. What comes out of the last layer is in
    ``[layers]``."""
    values: NDArray[np.int32]
    """The same shape: inputs, above 0."""
    counts: Ints
    """Shape ``(layers + 1, TERMS)``."""
    merged: NDArray[np.int32]
    """Shape ``(3, entries)``: numbers of the inputs in the union of two lists, and their values in either."""

    @classmethod
    def of(cls, config: FFConfig) -> "Lists":
        """Empty ones."""
        # One more than the most: lists are compacted by writing behind their end.
        entries = 2 + max(*(rows for rows, _ in config.weight_shapes), config.layers[-1])
        shape = (config.depth + 1, TERMS)
        return cls(
            np.zeros((*shape, entries), np.int32),
            np.zeros((*shape, entries), np.int32),
            np.zeros(shape, np.int64),
            np.zeros((3, entries), np.int32),
        )


class SampleLists(NamedTuple):
    """The lists of the present sample, and of the one before if that was learnt from; as in :class:`Lists`."""

    indices: NDArray[np.int32]
    """Shape ``(2, steps, entries)``."""
    values: NDArray[np.int32]
    counts: Ints
    """Shape ``(2, steps)``."""
    known: NDArray[np.bool_]
    """Shape ``(1,)``: whether there is one before."""

    @classmethod
    def of(cls, config: FFConfig) -> "SampleLists":
        """None yet."""
        shape = (2, config.steps)
        entries = config.layers[0] + 2
        return cls(
            np.zeros((*shape, entries), np.int32),
            np.zeros((*shape, entries), np.int32),
            np.zeros(shape, np.int64),
            np.zeros(1, bool),
        )


class Units(NamedTuple):
    """What is known of the units; of a layer, those that it has count."""

    sums: NDArray[np.int32]
    """Shape ``(layers, TERMS, units)``: a_t."""
    total: NDArray[np.int32]
    """Shape ``(layers, units)``: of the pass under way."""
    scaled: NDArray[np.int32]
    """The same, shifted; then what the layer gives."""
    activation: NDArray[np.int32]
    """Shape ``(layers, 2, units)``: y of each pass."""
    goodness: Ints
    """Shape ``(layers, 2)``: of each pass."""
    steps: NDArray[np.int32]
    """Shape ``(2, units)``: each pass' scaled activations, of the layer that learns."""
    other: NDArray[np.int32]
    """Shape ``(units,)``: h of the second of two lists that are merged."""
    readout: Ints
    """Shape ``(classes,)``."""

    @classmethod
    def of(cls, config: FFConfig) -> "Units":
        """All 0."""
        depth, most = config.depth, max(config.layers[1:])
        return cls(
            sums=np.zeros((depth, TERMS, most), np.int32),
            total=np.zeros((depth, most), np.int32),
            scaled=np.zeros((depth, most), np.int32),
            activation=np.zeros((depth, 2, most), np.int32),
            goodness=np.zeros((depth, 2), np.int64),
            steps=np.zeros((2, most), np.int32),
            other=np.zeros(most, np.int32),
            readout=np.zeros(config.classes, np.int64),
        )


class State(NamedTuple):
    """What lasts from sample to sample."""

    weights: NDArray[np.int16]
    """Those of all layers, one after the other, input by input."""
    readout: Weights
    """Shape ``(features + 1, classes)``; empty where there is none."""
    rounding: Ints
    """Shape ``(layers + 1,)``: generators of random numbers for rounding, the read-out's last."""
    control: Ints
    """Shape ``(1,)``: generator of wrong labels or views."""

    @classmethod
    def of(cls, config: FFConfig, weights: FFWeights) -> "State":
        """What ``weights`` say."""
        readout = np.zeros((0, config.classes), np.int16) if weights.readout is None else weights.readout
        rounding = np.zeros(config.depth + 1, np.int64)
        rounding[: config.engines] = weights.rounding
        return cls(
            np.concatenate([array.ravel() for array in weights.layers]),
            readout.copy(),
            rounding,
            np.array([weights.control], np.int64),
        )

    def layers(self, config: FFConfig) -> list[Weights]:
        """The weights of each layer, shape ``(inputs, units)``."""
        ends = np.cumsum([rows * units for rows, units in config.weight_shapes])
        parts = np.split(self.weights, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, config.weight_shapes, strict=True)]
