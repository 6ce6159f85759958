"""Whole epochs: the emitted Verilog and the golden model learn the same from every sample of a data set."""

import os
from typing import Any

import numpy as np
import pytest

from hwgen.ep.config import EPConfig
from rtl_tests.ep.designs import open_machine
from rtl_tests.ep.digits import digits
from sim.datasets import load_mnist
from sim.golden.ep import EPModel

EPOCHS = 3


def check_epochs(config: EPConfig, samples: Any, labels: Any, epochs: int) -> list[int]:
    """Train both machines; returns the errors of each epoch."""
    driver, model = open_machine(config), EPModel(config)
    errors = []
    for epoch in range(epochs):
        result, golden = driver.train(samples, labels), model.train(samples, labels)
        assert not result.differences(golden).any(), f"epoch {epoch}"
        assert result.flips.sum() == golden.flips.sum() > 0
        assert result.elapsed_cycles == golden.elapsed_cycles
        assert result.busy_cycles == golden.busy_cycles
        assert driver.dump() == model.dump()
        errors.append(int((result.predictions != labels).sum()))
    found, expected = driver.statistics(), model.statistics()
    assert found["train_errors"] == sum(errors)
    assert found["trained"] == epochs * len(samples)
    assert found == expected
    driver.close()
    return errors


def test_several_epochs_of_digits_are_learnt_alike() -> None:
    train, labels, _, _ = digits()
    config = EPConfig.parse({"layers": [64, 32, 10], "lanes": 16, "pixel_bits": 4, "nudging": "random-sign"})
    errors = check_epochs(config, train, labels, EPOCHS)
    assert errors[-1] < errors[0] < 0.8 * len(train)  # it does learn


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("HWGEN_DATA"), reason="HWGEN_DATA, the folder that holds mnist/, is not set")
def test_an_epoch_of_mnist_is_learnt_alike() -> None:
    train, _ = load_mnist()
    samples, labels = train.features.astype(np.uint8), train.labels
    config = EPConfig.parse({"layers": [784, 512, 10], "pixel_bits": 8})
    assert check_epochs(config, samples, labels, 1)[0] < 0.2 * len(samples)
