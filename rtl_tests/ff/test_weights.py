"""The weights of a Forward-Forward machine: what is refused, and files."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig
from hwgen.ff.weights import FFWeights
from hwgen.npz import read_npz, write_npz
from rtl_tests.ff.random_machines import random_config, random_weights

CONFIG = FFConfig.parse({"layers": [5, 4, 3], "rule": "contrastive", "classes": 2, "readout_bits": 12})
LAYERS = [np.zeros(shape, np.int64) for shape in CONFIG.weight_shapes]
READOUT = np.zeros((8, 2), np.int64)


@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_saved_is_read(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    weights = random_weights(config, rng)
    path = tmp_path_factory.mktemp("weights") / "new" / "weights.npz"
    weights.save(path)
    again = FFWeights.load(path, config)
    assert again == weights and again.digest == weights.digest
    assert [file.name for file in path.parent.iterdir()] == ["weights.npz"]


def with_one(array: Any, value: int) -> Any:
    changed = array.copy()
    changed[0, 1] = value
    return changed


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"layers": LAYERS[:1]}, "layers must be 2 arrays, one for each layer, not 1"),
    (
        {"layers": [LAYERS[0].T, LAYERS[1]]},
        r"weights of layer 0 must be integers of shape \(6, 4\), not int64 of .*\(4, 6\)",
    ),
    ({"layers": [LAYERS[0], LAYERS[1] * 1.0]}, "weights of layer 1 must be integers of shape .*, not float64"),
    (
        {"layers": [with_one(LAYERS[0], 128), LAYERS[1]]},
        "weights of layer 0 must lie between -128 and 127, not 0 to 128",
    ),
    (
        {"layers": [LAYERS[0], with_one(LAYERS[1], -129)]},
        "weights of layer 1 must lie between -128 and 127, not -129 to 0",
    ),
    (
        {"readout": READOUT[:7]},
        r"weights of the read-out must be integers of shape \(8, 2\), not int64 of shape \(7, 2\)",
    ),
    ({"readout": with_one(READOUT, 2048)}, "weights of the read-out must lie between -2048 and 2047, not 0 to 2048"),
    ({"rounding": [1, 2]}, r"rounding must be integers of shape \(3,\), not int64 of shape \(2,\)"),
    ({"rounding": [1, 0, 2]}, "rounding must lie between 1 and 65535, not 0 to 2"),
    ({"rounding": [1, 3, 1 << 16]}, "rounding must lie between 1 and 65535, not 1 to 65536"),
    ({"control": 0}, "control must lie between 1 and 4294967295, not 0 to 0"),
    ({"control": 0.5}, r"control must be integers of shape \(\), not float64"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[row[-1] for row in REFUSED])
def test_weights_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        FFWeights.for_config(CONFIG, **({"layers": LAYERS} | change))


def test_a_supervised_machine_has_no_readout() -> None:
    config = FFConfig.parse({"layers": [5, 4], "classes": 2})
    layers = [np.zeros((8, 4), int)]
    with pytest.raises(DesignError, match="readout must be left out: a supervised machine has none"):
        FFWeights.for_config(config, layers, READOUT)
    assert FFWeights.for_config(config, layers).readout is None


def test_every_part_changes_equality_and_digest() -> None:
    rounding, control = [1, 2, 3], 4
    base = FFWeights.for_config(CONFIG, LAYERS, READOUT, rounding, control)
    others = [
        FFWeights.for_config(CONFIG, [LAYERS[0], with_one(LAYERS[1], 1)], READOUT, rounding, control),
        FFWeights.for_config(CONFIG, LAYERS, with_one(READOUT, 1), rounding, control),
        FFWeights.for_config(CONFIG, LAYERS, READOUT, [1, 2, 4], control),
        FFWeights.for_config(CONFIG, LAYERS, READOUT, rounding, 5),
    ]
    assert all(other != base for other in others)
    assert len({weights.digest for weights in [base, *others]}) == 5
    assert base == FFWeights.for_config(CONFIG, LAYERS, None, rounding, control)
    assert base != "weights"
    assert 0 <= base.digest < 1 << 64


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    with pytest.raises(DesignError, match="does not exist"):
        FFWeights.load(path, CONFIG)
    path.write_text("weights")
    with pytest.raises(DesignError, match=r"weights.npz is not an .npz file"):
        FFWeights.load(path, CONFIG)
    FFWeights.for_config(CONFIG, LAYERS).save(path)
    deeper = FFConfig.parse({"layers": [5, 4, 3, 3], "rule": "contrastive", "classes": 2})
    with pytest.raises(DesignError, match=r"weights.npz: this machine's weights have the arrays .*layer_2, readout"):
        FFWeights.load(path, deeper)
    with pytest.raises(DesignError, match=r"arrays layer_0, layer_1, rounding, control, master_bits, not .*readout"):
        FFWeights.load(path, FFConfig.parse({"layers": [5, 4, 3], "classes": 2}))
    wider = FFConfig.parse(CONFIG.parameters() | {"layers": [5, 6, 3], "lanes": 1, "unit_lanes": 1})
    with pytest.raises(DesignError, match=r"weights.npz: weights of layer 0 must be integers of shape \(6, 6\)"):
        FFWeights.load(path, wider)


OTHER_WIDTHS: list[tuple[dict[str, Any], str]] = [
    ({"master_bits": 12}, "weights are of master_bits = 8, the machine has master_bits = 12; make it the same in [ff]"),
    ({"readout_bits": 16}, "weights are of readout_bits = 12, the machine has readout_bits = 16"),
    (
        {"master_bits": 9, "readout_bits": 13},
        "weights are of master_bits = 8 and readout_bits = 12, the machine has master_bits = 9 and readout_bits = 13",
    ),
]


@pytest.mark.parametrize(("change", "message"), OTHER_WIDTHS, ids=[row[-1] for row in OTHER_WIDTHS])
def test_weights_of_other_widths_are_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    weights = FFWeights.for_config(CONFIG, LAYERS)
    weights.save(path)
    other = FFConfig.parse(CONFIG.parameters() | change)
    assert weights != FFWeights.for_config(other, LAYERS)
    with pytest.raises(DesignError, match=re.escape(message)) as of_file:
        FFWeights.load(path, other)
    assert str(of_file.value).startswith(f"{path}: ")
    with pytest.raises(DesignError, match=re.escape(message)):
        weights.checked(other)


def test_a_file_without_widths_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    FFWeights.for_config(CONFIG, LAYERS).save(path)
    arrays = read_npz(path)
    write_npz(path, {name: array for name, array in arrays.items() if not name.endswith("_bits")})
    message = "weights.npz does not say master_bits and readout_bits: an earlier version of hwgen wrote it; train again"
    with pytest.raises(DesignError, match=message):
        FFWeights.load(path, CONFIG)
