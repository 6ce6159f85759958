"""scikit-learn's handwritten digits as samples of a machine: 64 pixels of 4 bits, 10 classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from hwgen.ep.config import EPConfig
from sim.golden.ep import EPModel


def digits() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Training samples and labels, and a fifth held out. The brightest two of the 17 levels are one."""
    data = load_digits()
    samples, held_out = np.minimum(data.data, 15).astype(np.int64), np.arange(len(data.data)) % 5 == 0
    return samples[~held_out], data.target[~held_out], samples[held_out], data.target[held_out]


def train_and_test(epochs: int, **values: Any) -> float:
    """Share of held-out digits that a machine misclassifies after training."""
    train, labels, test, expected = digits()
    model = EPModel(EPConfig.parse({"layers": [64, 128, 10], "pixel_bits": 4} | values))
    for _ in range(epochs):
        model.train(train, labels)
    return float(np.mean(model.infer(test).predictions != expected))
