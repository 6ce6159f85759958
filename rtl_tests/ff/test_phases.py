"""Which parts of a machine learn, and how far a training is: golden model and hardware take and refuse the same."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from rtl_tests.ff.machines import open_machine, tiny_config
from sim.golden.ff import FFModel


@pytest.fixture(scope="module", params=["golden", "rtl"])
def machine(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Three contrastive layers."""
    config = tiny_config("deep")
    with FFModel(config) if request.param == "golden" else open_machine(config) as opened:
        yield opened


@pytest.mark.parametrize(
    ("layers", "readout", "learns"),
    [
        ([0], True, (True, False, False, True)),
        (np.array([2, 1, 2]), np.True_, (False, True, True, True)),
        (range(3), np.False_, (True, True, True, False)),
        ((1,), False, (False, True, False, False)),
        ([], False, (False,) * 4),
    ],
)
def test_what_is_asked_to_learn_does(machine: Any, layers: Any, readout: Any, learns: tuple[bool, ...]) -> None:
    machine.learn_only(layers, readout)
    assert machine.learns == learns


@pytest.mark.parametrize(
    ("layers", "readout", "message"),
    [
        ([0], 2, "readout must be True or False, not 2"),
        ([0], 1, "readout must be True or False, not 1"),
        ([0], None, "readout must be True or False, not None"),
        ([0], "no", "readout must be True or False, not 'no'"),
        (0, False, "layers must be a list of numbers of layers, not 0"),
        (None, False, "layers must be a list of numbers of layers, not None"),
        ([3], False, "a layer that learns must lie between 0 and 2, not 3"),
        ([-1], False, "a layer that learns must lie between 0 and 2, not -1"),
        ([0.5], False, "a layer that learns must be an integer, not 0.5"),
        ([True], False, "a layer that learns must be an integer, not True"),
        ("0", False, "a layer that learns must be an integer, not '0'"),
    ],
)
def test_what_cannot_learn_is_refused(machine: Any, layers: Any, readout: Any, message: str) -> None:
    machine.learn_only([1], readout=True)
    with pytest.raises(HwgenError, match=f"^{re.escape(message)}$"):
        machine.learn_only(layers, readout)
    assert machine.learns == (False, True, False, True)


def test_a_supervised_machine_has_no_readout_to_learn() -> None:
    model = FFModel(FFConfig.parse({"layers": [4, 4]}))
    with pytest.raises(HwgenError, match="readout must be False: a supervised machine has no read-out"):
        model.learn_only([0], readout=True)


@pytest.mark.parametrize(
    ("epoch", "epochs", "message"),
    [
        (20, 20, "epoch must lie between 0 and 19 for epochs = 20, not 20"),
        (-1, 20, "epoch must lie between 0 and 19 for epochs = 20, not -1"),
        (0.5, 20, "epoch must be an integer, not 0.5"),
        (0, 0, "epochs must be at least 1, not 0"),
        (0, None, "epochs must be an integer, not None"),
    ],
)
def test_an_epoch_that_there_is_not_is_refused(machine: Any, epoch: Any, epochs: Any, message: str) -> None:
    machine.start_epoch(9, 10)
    with pytest.raises(HwgenError, match=f"^{re.escape(message)}$"):
        machine.start_epoch(epoch, epochs)
    assert machine.annealing == 3
    machine.start_epoch(0, 1)
    assert machine.annealing == 0


def test_weights_of_seeds_follow_from_each_other() -> None:
    """As the page of the core says: the generator is linear."""
    model = FFModel(FFConfig.parse({"layers": [784, 128, 128]}))

    def layers(seed: int) -> list[np.ndarray]:
        model.initialise(seed)
        return list(model.dump().layers)

    first, second, third, fourth = map(layers, (1, 2, 3, 4))
    for one, two, three in zip(first, second, third, strict=True):
        np.testing.assert_array_equal(one ^ two, three)
    assert np.corrcoef(first[0].flat, third[0].flat)[0, 1] == pytest.approx(-1 / 4, abs=0.01)
    independent = np.corrcoef([weights[0].ravel() for weights in (first, second, fourth)])
    np.testing.assert_allclose(independent, np.eye(3), atol=0.01)
