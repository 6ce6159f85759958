"""The weights of an equilibrium-propagation machine, and what it is asked: what is refused, and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ep.config import EPConfig
from hwgen.ep.weights import EPWeights
from hwgen.errors import DesignError, HwgenError
from hwgen.samples import check_samples
from rtl_tests.ep.reference import random_config, random_weights
from sim.golden.ep import EPModel

CONFIG = EPConfig.parse({"layers": [5, 4, 3], "counter_bits": [4, 5], "threshold": [8, 3]})
SIGNS = [np.ones(shape, np.int8) for shape in CONFIG.weight_shapes]
ZEROS = [np.zeros(shape, np.int64) for shape in CONFIG.weight_shapes]


@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_loaded_is_dumped(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    weights = random_weights(config, rng)
    model = EPModel(config)
    model.load(weights)
    assert model.dump() == weights
    assert model.dump().digest == weights.digest


@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_saved_is_read(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    weights = random_weights(config, rng)
    path = tmp_path_factory.mktemp("weights") / "new" / "weights.npz"
    weights.save(path)
    assert EPWeights.load(path, config) == weights
    assert [file.name for file in path.parent.iterdir()] == ["weights.npz"]


def with_one(arrays: list[Any], layer: int, value: int) -> list[Any]:
    """The arrays, one entry of one layer set to ``value``."""
    changed = [array.astype(np.int64) for array in arrays]
    changed[layer][0, 1] = value
    return changed


REFUSED = [
    (SIGNS[:1], ZEROS, 1, "signs must be 2 arrays, one a weight layer, not 1"),
    ([SIGNS[0].T, SIGNS[1]], ZEROS, 1, r"signs of weight layer 0 must have shape .* = \(4, 5\), not \(5, 4\)"),
    (with_one(SIGNS, 1, 0), ZEROS, 1, r"signs of weight layer 1 must be \+1 or -1, not 0"),
    ([SIGNS[0] * 1.0, SIGNS[1]], ZEROS, 1, "signs of weight layer 0 must be integers, not float64"),
    (SIGNS, ZEROS[:1], 1, "agreements must be 2 arrays, one a weight layer, not 1"),
    (SIGNS, [ZEROS[0], ZEROS[0]], 1, r"agreements of weight layer 1 .* = \(3, 4\), not \(4, 5\)"),
    (SIGNS, with_one(ZEROS, 0, 8), 1, "agreements of weight layer 0 must lie between -7 and 7 .*4 bits.*, not 0 to 8"),
    (SIGNS, with_one(ZEROS, 0, -8), 1, "agreements of weight layer 0 must lie between -7 and 7 .*, not -8 to 0"),
    (SIGNS, with_one(ZEROS, 1, 16), 1, "agreements of weight layer 1 must lie between -2 and 15 .*, not 0 to 16"),
    (SIGNS, with_one(ZEROS, 1, -3), 1, "agreements of weight layer 1 must lie between -2 and 15 .threshold 3"),
    (SIGNS, ZEROS, 0, "random must lie between 1 and 4294967295, not 0"),
    (SIGNS, ZEROS, 1 << 32, "random must lie between 1 and 4294967295, not 4294967296"),
]


@pytest.mark.parametrize(("signs", "agreements", "random", "message"), REFUSED, ids=[row[-1] for row in REFUSED])
def test_weights_that_do_not_fit_are_refused(signs: Any, agreements: Any, random: int, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        EPWeights.for_config(CONFIG, signs, agreements, random)


def test_the_limits_themselves_are_allowed() -> None:
    for layer, value in ((0, 7), (0, -7), (1, 15), (1, -2)):
        weights = EPWeights.for_config(CONFIG, SIGNS, with_one(ZEROS, layer, value), (1 << 32) - 1)
        assert weights.agreements[layer][0, 1] == value


def test_every_part_changes_equality_and_digest() -> None:
    base = EPWeights.for_config(CONFIG, SIGNS, ZEROS, 1)
    others = [
        EPWeights.for_config(CONFIG, with_one(SIGNS, 1, -1), ZEROS, 1),
        EPWeights.for_config(CONFIG, with_one(SIGNS, 0, -1), ZEROS, 1),
        EPWeights.for_config(CONFIG, SIGNS, with_one(ZEROS, 0, 1), 1),
        EPWeights.for_config(CONFIG, SIGNS, with_one(ZEROS, 1, -1), 1),
        EPWeights.for_config(CONFIG, SIGNS, ZEROS, 2),
    ]
    assert all(other != base for other in others)
    assert len({weights.digest for weights in [base, *others]}) == 6
    assert base == EPWeights.for_config(CONFIG, SIGNS, random=1)
    assert base != "weights"
    assert 0 <= base.digest < 1 << 64


def test_a_machine_that_does_not_learn_holds_signs_alone() -> None:
    config = EPConfig.parse({"layers": [5, 4, 3], "learning": False, "seed": 9})
    trained = EPWeights.for_config(CONFIG, with_one(SIGNS, 0, -1), with_one(ZEROS, 0, 5), 77)
    model = EPModel(config, trained)
    held = model.dump()
    assert (held.signs[0] == trained.signs[0]).all()
    assert not held.agreements[0].any() and held.random == 9
    samples = np.random.default_rng(0).integers(0, 2, (50, 5))
    assert not model.infer(samples).differences(EPModel(CONFIG, trained).infer(samples)).any()
    with pytest.raises(HwgenError, match=r"ep.learning = false cannot be trained; use infer"):
        model.train(samples, np.zeros(50, int))


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    with pytest.raises(DesignError, match="does not exist"):
        EPWeights.load(path, CONFIG)
    path.write_text("weights")
    with pytest.raises(DesignError, match=r"weights.npz is not an .npz file"):
        EPWeights.load(path, CONFIG)
    EPWeights.for_config(CONFIG, SIGNS).save(path)
    deeper = EPConfig.parse({"layers": [5, 4, 3, 3]})
    with pytest.raises(
        DesignError, match=r"weights.npz: weights of 3 layers have the arrays .*signs_2, not .*signs_1$"
    ):
        EPWeights.load(path, deeper)
    wider = EPConfig.parse({"layers": [5, 6, 3]})
    with pytest.raises(
        DesignError, match=r"weights.npz: signs of weight layer 0 must have shape .*\(6, 5\), not \(4, 5\)"
    ):
        EPWeights.load(path, wider)
    np.savez(path, random=0.5, **{f"{kind}_{n}": SIGNS[n] for kind in ("signs", "agreements") for n in (0, 1)})
    with pytest.raises(DesignError, match="random must be one integer, not float64"):
        EPWeights.load(path, CONFIG)


ASKED: list[tuple[dict[str, Any], str]] = [
    ({"samples": np.zeros(5, int)}, r"samples must have shape \(n, 5\), one input a column, not \(5,\)"),
    ({"samples": np.zeros((2, 4), int)}, r"samples must have shape \(n, 5\).*not \(2, 4\)"),
    ({"samples": np.zeros((2, 5))}, r"samples must be integers of 0 to 1 \(pixel_bits\), not float64"),
    ({"samples": np.full((2, 5), 2)}, r"samples must lie between 0 and 1 \(pixel_bits = 1\), not 2 to 2"),
    ({"samples": np.full((2, 5), -1)}, "samples must lie between 0 and 1 .*, not -1 to -1"),
    ({"labels": [0]}, r"labels must be integers of shape \(2,\), one a sample, not int64 of shape \(1,\)"),
    ({"labels": [0.0, 1.0]}, "labels must be integers .* not float64"),
    ({"labels": [0, 3]}, "labels must lie between 0 and 2, not 0 to 3"),
    ({"labels": [-1, 0]}, "labels must lie between 0 and 2, not -1 to 0"),
    ({"labels": [0, 1], "learn": [1, 0]}, r"learn must be booleans of shape \(2,\), not int64"),
    ({"labels": [0, 1], "learn": [True]}, r"learn must be booleans of shape \(2,\), not bool of shape \(1,\)"),
    ({"learn": [True, False]}, "samples to learn from need labels"),
]


@pytest.mark.parametrize(("asked", "message"), ASKED, ids=[row[-1] for row in ASKED])
def test_samples_that_are_none_are_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        check_samples(CONFIG, **({"samples": np.zeros((2, 5), int)} | asked))


def test_no_samples_are_samples() -> None:
    model = EPModel(CONFIG)
    before = model.dump()
    for result in (model.infer(np.zeros((0, 5), int)), model.train(np.zeros((0, 5), int), np.zeros(0, int))):
        assert len(result) == 0 and result.states.shape == (0, 3)
    assert model.dump() == before


@pytest.mark.parametrize("seed", [1.5, True, "a", 0, 1 << 32, -1])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    model = EPModel(CONFIG)
    with pytest.raises(HwgenError, match=r"seed must (be an integer|lie between 1 and 4294967295), not "):
        model.initialise(seed)
