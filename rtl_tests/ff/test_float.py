"""The published rules in floating point: their gradients on small cases, and that they learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sim.golden.ff_float import (
    ContrastiveModel,
    ContrastiveSettings,
    SupervisedModel,
    SupervisedSettings,
    standardised,
)


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    data = load_digits()
    held_out = np.arange(len(data.data)) % 5 == 0
    samples = data.data / 16
    return samples[~held_out], data.target[~held_out], samples[held_out], data.target[held_out]


@pytest.mark.parametrize("modulator", ["pairwise", "thresholds"])
def test_a_supervised_step_is_down_the_gradient_of_the_loss(modulator: str) -> None:
    settings = SupervisedSettings((6, 5), classes=2, modulator=modulator, rate=0.01)  # type: ignore[arg-type]
    model = SupervisedModel(settings, seed=1)
    x = np.random.default_rng(0).random((1, 6))

    def loss() -> float:
        good, bad = (model.goodness(model._labelled(x, np.array([label])))[2][0][0] for label in (1, 0))
        if modulator == "pairwise":
            return np.log1p(np.exp(bad - good))
        return np.log1p(np.exp(1 - good)) + np.log1p(np.exp(bad - 1))

    gradient = np.zeros((8, 5))
    start = model.layers.weights[0].copy()
    for i in range(8):
        for j in range(5):
            ends = []
            for move in (1e-5, -1e-5):
                model.layers.weights[0] = start.copy()
                model.layers.weights[0][i, j] += move
                ends.append(loss())
            gradient[i, j] = (ends[0] - ends[1]) / 2e-5
    model.layers.weights[0] = start.copy()
    model.train_epoch(x, [1])  # of two classes one is wrong
    np.testing.assert_allclose(model.layers.weights[0] - start, -0.01 * gradient, rtol=1e-4, atol=1e-9)


def test_a_contrastive_step_is_down_the_gradient_of_the_loss() -> None:
    settings = ContrastiveSettings((6, 5), thresholds=((0.3, 0.6),), rate=0.01, batch=2)
    model = ContrastiveModel(settings, seed=1)
    x = standardised(np.random.default_rng(0).random((2, 6)))

    def loss() -> float:
        good, bad = model.rise(2 * x)[2][0], model.rise(x + x[::-1])[2][0]
        return float((np.log1p(np.exp(0.3 - good)) + np.log1p(np.exp(bad - 0.6))).mean())

    gradient = np.zeros((6, 5))
    start = model.layers.weights[0].copy()
    for i in range(6):
        for j in range(5):
            ends = []
            for move in (1e-5, -1e-5):
                model.layers.weights[0] = start.copy()
                model.layers.weights[0][i, j] += move
                ends.append(loss())
            gradient[i, j] = (ends[0] - ends[1]) / 2e-5
    model.layers.weights[0] = start.copy()
    model.train_epoch(x)
    # The two halves are steps one after the other, both from activations before either.
    np.testing.assert_allclose(model.layers.weights[0] - start, -0.01 * gradient, rtol=1e-4, atol=1e-9)


def test_the_supervised_rule_learns_digits() -> None:
    train, labels, test, expected = digits()
    model = SupervisedModel(SupervisedSettings((64, 64, 64), rate=0.5, batch=8), seed=2)
    before = np.mean(model.infer(test) == expected)
    for _ in range(5):
        model.train_epoch(train, labels)
    assert before < 0.4 and np.mean(model.infer(test) == expected) > 0.7


def test_the_contrastive_rule_learns_features_of_digits() -> None:
    """A read-out of few units classifies better after they have learnt than of random ones."""
    train, labels, test, expected = digits()
    gains = []
    for seed in range(4):
        shares = []
        for epochs in (0, 10):
            model = ContrastiveModel(ContrastiveSettings((64, 16), rate=0.05), seed)
            for _ in range(epochs):
                model.train_epoch(train)
            for _ in range(10):
                model.train_readout(train, labels)
            shares.append(np.mean(model.infer(test) == expected))
        gains.append(shares[1] - shares[0])
    assert min(gains) > 0.03 and np.mean(gains) > 0.1
