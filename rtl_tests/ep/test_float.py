"""The published rule in floating point: its equations on small cases, and that it learns."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sim.golden.ep_float import PublishedModel, PublishedSettings


def test_a_step_is_the_published_equation() -> None:
    settings = PublishedSettings((3, 4, 5, 2), free_steps=1)
    model = PublishedModel(settings, seed=1)
    rng = np.random.default_rng(2)
    inputs, target = rng.random((1, 3)), np.array([[0.0, 1.0]])
    states = [rng.random((1, size)) for size in (4, 5, 2)]
    b = [(state >= 0.5) * 1.0 for state in states]
    w, alpha = model.weights, [0.5 / np.sqrt(size) for size in (3, 4, 5)]
    expected = [
        0.5 * states[0] + 0.5 * (alpha[0] * inputs @ w[0].T + alpha[1] * b[1] @ w[1]),
        0.5 * states[1] + 0.5 * (alpha[1] * b[0] @ w[1].T + alpha[2] * b[2] @ w[2]),
        0.5 * states[2] + 0.5 * (alpha[2] * b[1] @ w[2].T + 2.0 * (target - states[2])),
    ]
    for found, wanted in zip(model._relax(inputs, states, 1, 2.0, target), expected, strict=True):
        np.testing.assert_allclose(found, np.clip(wanted, 0, 1))


def test_weights_flip_where_they_oppose_enough_gradient() -> None:
    # One input, one hidden neuron that is on only when nudged: its gradient is 1 / beta.
    settings = PublishedSettings((1, 1, 2), gamma=0.25, threshold=(0.2, 9.0), bias_rate=0.0)
    for weight, beta, flips_after in ((-1.0, 2.0, 2), (1.0, 2.0, None), (1.0, -2.0, 2), (-1.0, -2.0, None)):
        model = PublishedModel(settings)
        model.weights[0][:] = weight
        on, off, outputs = np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 2))
        flipped = []
        for _ in range(3):
            # m = gamma g, then (1 - gamma) gamma g + gamma g: 0.125, 0.21875.
            model._learn(np.ones((1, 1)), [off, outputs], [on, outputs], beta)
            flipped.append(float(model.weights[0][0, 0]) != weight)
        assert flipped == [flips_after is not None and step >= flips_after for step in (1, 2, 3)]


@pytest.mark.parametrize("outputs_per_class", [1, 3])
def test_it_tells_zeros_from_ones(outputs_per_class: int) -> None:
    data = load_digits(n_class=2)
    samples, labels = data.data / 16, data.target
    settings = PublishedSettings((64, 32, 2 * outputs_per_class), outputs_per_class=outputs_per_class, batch=8)
    model = PublishedModel(settings, seed=3)
    errors = [model.train_epoch(samples[60:], labels[60:]) for _ in range(6)]
    assert errors[0] > 0.1 > errors[-1]
    assert np.mean(model.infer(samples[:60]) == labels[:60]) > 0.9
