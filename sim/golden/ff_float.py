"""Forward-Forward learning as published: floating point, for comparison only."""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST = 1e-8
"""Keeps a length that is divided by from being 0."""


def softplus_slope(x: Floats) -> Floats:
    """The logistic function: the derivative of log(1 + exp(x))."""
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def unit_length(x: Floats) -> Floats:
    """Rows scaled to a root mean square of 1."""
    return x / (np.sqrt((x**2).mean(axis=1, keepdims=True)) + LEAST)


def standardised(x: Floats) -> Floats:
    """Rows with mean 0 and standard deviation 1."""
    return (x - x.mean(axis=1, keepdims=True)) / (x.std(axis=1, keepdims=True) + LEAST)


class _Layers:
    """Weights and biases of layers without feedback, drawn as torch's linear layers draw them."""

    def __init__(self, sizes: tuple[int, ...], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.weights: list[Floats] = []
        self.biases: list[Floats] = []
        for below, above in itertools.pairwise(sizes):
            bound = 1 / np.sqrt(below)
            self.weights.append(self.rng.uniform(-bound, bound, (below, above)))
            self.biases.append(self.rng.uniform(-bound, bound, above))

    def step(self, layer: int, x: Floats, y: Floats, modulator: Floats, rate: float) -> None:
        """Along the gradient of the modulated mean goodness: dG/dW = 2 x y / units."""
        scaled = 2 * rate * modulator[:, np.newaxis] * y / (len(y) * y.shape[1])
        self.weights[layer] += x.T @ scaled
        self.biases[layer] += scaled.sum(axis=0)


@dataclass(frozen=True)
class SupervisedSettings:
    """Hinton (arXiv 2212.13345), with thresholds as there or with the pairwise loss log(1 + exp(G_neg - G_pos)) (SymBa,
    arXiv 2303.08418)."""

    layers: tuple[int, ...]
    """Inputs, then units of each layer."""
    classes: int = 10
    modulator: Literal["pairwise", "thresholds"] = "pairwise"
    threshold: float = 1.0
    """Of the mean goodness."""
    rate: float = 0.05
    """Step size of plain stochastic gradient descent."""
    batch: int = 1


class SupervisedModel:
    """Layers that tell right labels from wrong ones; the label is one of ``classes`` further inputs.

    Args:
        settings: the network and its training.
        seed: of initial weights, wrong labels and the order of samples.
    """

    def __init__(self, settings: SupervisedSettings, seed: int = 0) -> None:
        self.settings = settings
        inputs, *units = settings.layers
        self.layers = _Layers((inputs + settings.classes, *units), seed)

    def goodness(self, x: Floats) -> tuple[list[Floats], list[Floats], list[Floats]]:
        """For each layer its input of length 1, y = ReLU(W x + b), and G = mean y**2, shape ``(n,)``."""
        inputs, outputs, goodness = [], [], []
        for weights, bias in zip(self.layers.weights, self.layers.biases, strict=True):
            inputs.append(unit_length(x))
            x = np.maximum(inputs[-1] @ weights + bias, 0)
            outputs.append(x)
            goodness.append((x**2).mean(axis=1))
        return inputs, outputs, goodness

    def infer(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Predicted classes, shape ``(n,)``, of ``samples``, shape ``(n, inputs)``, real numbers: the label with the
        largest goodness of all layers."""
        x = np.asarray(samples, np.float64)
        sums = [
            np.sum(self.goodness(self._labelled(x, np.full(len(x), label)))[2], axis=0)
            for label in range(self.settings.classes)
        ]
        return np.argmax(sums, axis=0)

    def train_epoch(self, samples: ArrayLike, labels: ArrayLike) -> None:
        """Learn once from every sample, in random order.

        Args:
            samples: shape ``(n, inputs)``, real numbers.
            labels: shape ``(n,)``, integers of 0 to ``classes - 1``.
        """
        settings, rng = self.settings, self.layers.rng
        x, right = np.asarray(samples, np.float64), np.asarray(labels)
        for chosen in np.array_split(rng.permutation(len(x)), max(1, len(x) // settings.batch)):
            wrong = (right[chosen] + rng.integers(1, settings.classes, len(chosen))) % settings.classes
            positive = self.goodness(self._labelled(x[chosen], right[chosen]))
            negative = self.goodness(self._labelled(x[chosen], wrong))
            for layer in range(len(self.layers.weights)):
                more, less = self.modulators(positive[2][layer], negative[2][layer])
                self.layers.step(layer, positive[0][layer], positive[1][layer], more, settings.rate)
                self.layers.step(layer, negative[0][layer], negative[1][layer], -less, settings.rate)

    def modulators(self, positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
        """How much the goodness of either pass shall rise and fall."""
        if self.settings.modulator == "pairwise":
            both = softplus_slope(negative - positive)
            return both, both
        threshold = self.settings.threshold
        return softplus_slope(threshold - positive), softplus_slope(negative - threshold)

    def _labelled(self, x: Floats, labels: NDArray[np.int64]) -> Floats:
        return np.hstack([x, np.eye(self.settings.classes)[labels]])


@dataclass(frozen=True)
class ContrastiveSettings:
    """Chen et al., Nat. Commun. 16:5978, 2025 (arXiv 2409.11593), without augmentation, with plain gradient descent in
    the place of AdamW."""

    layers: tuple[int, ...]
    classes: int = 10
    thresholds: tuple[tuple[float, float], ...] = ()
    """For each layer those of the positive and of the negative pass; by default (4, 6) for the first one, (1, 1) for
    the others."""
    rate: float = 0.02
    batch: int = 16
    readout_rate: float = 0.02


class ContrastiveModel:
    """Layers that tell samples paired with themselves from samples paired with others, and a linear read-out.

    Args:
        settings: the network and its training.
        seed: of initial weights, pairs and the order of samples.
    """

    def __init__(self, settings: ContrastiveSettings, seed: int = 0) -> None:
        self.settings = settings
        self.layers = _Layers(settings.layers, seed)
        depth = len(settings.layers) - 1
        self.thresholds = settings.thresholds or ((4.0, 6.0), *[(1.0, 1.0)] * (depth - 1))
        self.readout = np.zeros((sum(settings.layers[1:]) + 1, settings.classes))

    def rise(self, x: Floats) -> tuple[list[Floats], list[Floats], list[Floats], list[Floats]]:
        """For each layer its standardised input, y = ReLU(a) with a = W x + b, G = mean y**2, and the triangle
        ReLU(a - mean a) that it gives."""
        inputs: list[Floats] = []
        outputs, goodness, given = [], [], []
        for weights, bias in zip(self.layers.weights, self.layers.biases, strict=True):
            inputs.append(x if not inputs else standardised(x))
            a = inputs[-1] @ weights + bias
            outputs.append(np.maximum(a, 0))
            goodness.append((outputs[-1] ** 2).mean(axis=1))
            x = np.maximum(a - a.mean(axis=1, keepdims=True), 0)
            given.append(x)
        return inputs, outputs, goodness, given

    def train_epoch(self, samples: ArrayLike) -> None:
        """Learn once from every sample, shape ``(n, inputs)``, in random order: x + x against x + another one of the
        batch."""
        settings, rng = self.settings, self.layers.rng
        x = standardised(np.asarray(samples, np.float64))
        for chosen in np.array_split(rng.permutation(len(x)), max(1, len(x) // settings.batch)):
            batch = x[chosen]
            other = np.roll(batch, int(rng.integers(1, max(2, len(batch)))), axis=0)
            positive, negative = self.rise(2 * batch), self.rise(batch + other)
            for layer, (above, below) in enumerate(self.thresholds):
                more, less = softplus_slope(above - positive[2][layer]), softplus_slope(negative[2][layer] - below)
                self.layers.step(layer, positive[0][layer], positive[1][layer], more, settings.rate)
                self.layers.step(layer, negative[0][layer], negative[1][layer], -less, settings.rate)

    def features(self, samples: ArrayLike) -> Floats:
        """What the read-out sees: standardised outputs of all layers and a 1, shape ``(n, features + 1)``."""
        given = self.rise(2 * standardised(np.asarray(samples, np.float64)))[3]
        return np.hstack([*map(standardised, given), np.ones((len(given[0]), 1))])

    def train_readout(self, samples: ArrayLike, labels: ArrayLike) -> None:
        """One epoch of softmax regression on the features, the layers frozen."""
        settings = self.settings
        features, targets = self.features(samples), np.eye(settings.classes)[np.asarray(labels)]
        for chosen in np.array_split(
            self.layers.rng.permutation(len(features)), max(1, len(features) // settings.batch)
        ):
            z = features[chosen] @ self.readout
            e = np.exp(z - z.max(axis=1, keepdims=True))
            error = targets[chosen] - e / e.sum(axis=1, keepdims=True)
            self.readout += settings.readout_rate * features[chosen].T @ error / len(chosen)

    def infer(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Predicted classes, shape ``(n,)``."""
        return np.argmax(self.features(samples) @ self.readout, axis=1)
