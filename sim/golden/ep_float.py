"""Equilibrium propagation with binary weights as published: floating point, batches, BOP. For comparison only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PublishedSettings:
    """What the fully connected network of Laydevant et al. (CVPRW 2021, arXiv 2103.08953) was trained with."""

    layers: tuple[int, ...]
    """Neurons of each layer: inputs, hidden layers, outputs."""
    outputs_per_class: int = 1
    free_steps: int = 20
    """T."""
    nudged_steps: int = 10
    """K."""
    beta: float = 2.0
    """Strength of the nudge; its sign is drawn for each batch."""
    leak: float = 0.5
    """How far a step moves a neuron towards its pre-activation."""
    batch: int = 64
    gamma: float = 2e-6
    """BOP: how fast the moving average of gradients forgets."""
    threshold: tuple[float, ...] = ()
    """BOP: from which average on a weight flips, for each weight layer; by default 2.5e-7 for the first, 2e-7 for the
    others."""
    bias_rate: float = 0.025
    """Step size of the biases; chosen here, not published."""


class PublishedModel:
    """The published rule, kept apart from the machine's: full-precision inputs and states, binary activities
    ``b = [s >= 1/2]``, one scale factor a layer.

    Args:
        settings: the network and its training.
        seed: of initial weights, nudge signs and the order of the samples.
    """

    def __init__(self, settings: PublishedSettings, seed: int = 0) -> None:
        self.settings = settings
        self._rng = np.random.default_rng(seed)
        shapes = list(zip(settings.layers[1:], settings.layers[:-1], strict=True))
        self.weights: list[Floats] = [np.where(self._rng.random(shape) < 0.5, -1.0, 1.0) for shape in shapes]
        self.biases: list[Floats] = [np.zeros(above) for above, _ in shapes]
        # Mean magnitude of the uniform initial weights that the published code starts from.
        self.scales = [0.5 / np.sqrt(below) for _, below in shapes]
        self._averages = [np.zeros(shape) for shape in shapes]
        self._thresholds = settings.threshold or (2.5e-7, *[2e-7] * (len(shapes) - 1))

    def infer(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Predicted classes, shape ``(n,)``, of ``samples``, shape ``(n, inputs)``, real numbers of 0 to 1."""
        inputs = np.asarray(samples, np.float64)
        predictions = [
            self._predict(self._relax(batch, self._start(len(batch)), self.settings.free_steps)[-1])
            for batch in np.array_split(inputs, max(1, len(inputs) // 500))
        ]
        return np.concatenate(predictions)

    def train_epoch(self, samples: ArrayLike, labels: ArrayLike) -> float:
        """Learn once from every sample, in random order.

        Args:
            samples: shape ``(n, inputs)``, real numbers of 0 to 1.
            labels: shape ``(n,)``, integers of 0 to classes - 1.

        Returns the share of samples that were misclassified before they were learnt from.
        """
        settings = self.settings
        inputs, classes = np.asarray(samples, np.float64), np.asarray(labels)
        targets = np.repeat(np.eye(settings.layers[-1] // settings.outputs_per_class), settings.outputs_per_class, 1)
        wrong = 0
        order = self._rng.permutation(len(inputs))
        for chosen in np.array_split(order, max(1, len(order) // settings.batch)):
            batch, target = inputs[chosen], targets[classes[chosen]]
            free = self._relax(batch, self._start(len(batch)), settings.free_steps)
            wrong += int((self._predict(free[-1]) != classes[chosen]).sum())
            beta = settings.beta if self._rng.random() < 0.5 else -settings.beta
            nudged = self._relax(batch, free, settings.nudged_steps, beta, target)
            self._learn(batch, free, nudged, beta)
        return wrong / len(inputs)

    def _start(self, count: int) -> list[Floats]:
        return [np.ones((count, size)) for size in self.settings.layers[1:]]

    def _predict(self, outputs: Floats) -> NDArray[np.int64]:
        return outputs.reshape(len(outputs), -1, self.settings.outputs_per_class).sum(axis=2).argmax(axis=1)

    def _relax(
        self,
        inputs: Floats,
        states: list[Floats],
        steps: int,
        beta: float = 0.0,
        target: Floats | None = None,
    ) -> list[Floats]:
        """s <- clamp((1 - g) s + g (alpha W b_below + alpha' W'^T b_above + bias + beta (target - s)), 0, 1), the last
        term on the outputs only."""
        leak = self.settings.leak
        first = self.scales[0] * inputs @ self.weights[0].T
        for _ in range(steps):
            active = [(state >= 0.5).astype(np.float64) for state in states]
            updated = []
            for layer, state in enumerate(states):
                below = first if layer == 0 else self.scales[layer] * active[layer - 1] @ self.weights[layer].T
                total = below + self.biases[layer]
                if layer + 1 < len(states):
                    total = total + self.scales[layer + 1] * active[layer + 1] @ self.weights[layer + 1]
                elif target is not None:
                    total = total + beta * (target - state)
                updated.append(np.clip((1 - leak) * state + leak * total, 0.0, 1.0))
            states = updated
        return states

    def _learn(self, inputs: Floats, free: list[Floats], nudged: list[Floats], beta: float) -> None:
        """gradient = (b_above b_below^T, nudged minus free) / (beta batch);  m <- (1 - gamma) m + gamma gradient;  a
        weight flips where it opposes an average beyond the threshold."""
        settings = self.settings
        before = [inputs, *((state >= 0.5).astype(np.float64) for state in free)]
        after = [inputs, *((state >= 0.5).astype(np.float64) for state in nudged)]
        for layer, weights in enumerate(self.weights):
            gradient = after[layer + 1].T @ after[layer] - before[layer + 1].T @ before[layer]
            gradient /= beta * len(inputs)
            average = self._averages[layer]
            average *= 1 - settings.gamma
            average += settings.gamma * gradient
            flips = (np.abs(average) > self._thresholds[layer]) & (np.sign(average) != np.sign(weights))
            weights[flips] *= -1
            shift = (after[layer + 1] - before[layer + 1]).mean(axis=0) / beta
            self.biases[layer] += settings.bias_rate * shift
