"""Bundled data sets, their split, and files in MNIST's format."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import DesignError, HwgenError
from sim.datasets import DATASETS, load_dataset, load_mnist, load_split, split

SHAPES = {"digits": (1797, 64, 10), "wine": (178, 13, 3), "breast_cancer": (569, 30, 2), "iris": (150, 4, 3)}


@pytest.mark.parametrize("name", DATASETS)
def test_bundled_data_have_their_known_shape(name: str) -> None:
    data = load_dataset(name)
    samples, columns, classes = SHAPES[name]
    assert data.features.shape == (samples, columns) and data.features.dtype == np.float64
    assert len(data) == samples and len(data.feature_names) == columns
    assert sorted(set(data.labels.tolist())) == list(range(classes)) and len(data.class_names) == classes


def test_digits_are_integers_from_0_to_16() -> None:
    features = load_dataset("digits").features
    assert set(np.unique(features)) == set(range(17))


def test_another_name_is_refused() -> None:
    with pytest.raises(DesignError, match="dataset must be one of digits, wine, breast_cancer, iris, not 'cifar'"):
        load_dataset("cifar")


def test_a_split_is_stratified_whole_and_repeatable() -> None:
    data = load_dataset("wine")
    train, test = split(data, 0.25, seed=3)
    assert len(test) == 45 and len(train) == 133
    rejoined = np.vstack([train.features, test.features])
    assert sorted(map(tuple, rejoined)) == sorted(map(tuple, data.features))
    whole = np.bincount(data.labels) / len(data)
    assert np.abs(np.bincount(test.labels) / len(test) - whole).max() < 0.02
    again = load_split("wine", 0.25, 3)[1]
    assert np.array_equal(again.features, test.features)
    assert not np.array_equal(split(data, 0.25, seed=4)[1].features, test.features)


def test_a_fraction_too_small_for_every_class_is_refused() -> None:
    with pytest.raises(DesignError, match=r"cannot split iris with test_fraction 0\.01"):
        split(load_dataset("iris"), 0.01, seed=0)


def idx(array: np.ndarray, magic: int) -> bytes:
    header = [magic, *array.shape]
    return b"".join(word.to_bytes(4, "big") for word in header) + array.astype(np.uint8).tobytes()


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A folder with 6 training and 4 test images of 2 x 3 pixels; the test files compressed."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for prefix, count in (("train", 6), ("t10k", 4)):
        images = idx(np.arange(count * 6).reshape(count, 2, 3) * 5, 0x0803)
        labels = idx(np.arange(count), 0x0801)
        for name, content in ((f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels)):
            if prefix == "train":
                (folder / name).write_bytes(content)
            else:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder


def test_mnist_files_are_read_plain_and_compressed(mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = load_mnist(mnist)
    assert train.features.shape == (6, 6) and test.features.shape == (4, 6)
    assert train.features[1].tolist() == [30, 35, 40, 45, 50, 55] and train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert train.feature_names[4] == "pixel_1_1" and train.class_names[9] == "9"
    monkeypatch.setenv("HWGEN_DATA", str(mnist.parent))
    assert np.array_equal(load_mnist()[1].features, test.features)


def test_mnist_without_a_folder_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HWGEN_DATA", raising=False)
    with pytest.raises(HwgenError, match="set HWGEN_DATA"):
        load_mnist()


def damage(path: Path, change: str) -> None:
    content = path.read_bytes()
    changed = {
        "missing": None,
        "magic": idx(np.zeros(6), 0x0802),
        "cut": content[:-3],
        "no header": content[:6],
        "empty": b"",
        "too long": content + b"\0",
        "other number": idx(np.zeros(5), 0x0801),
        "label": idx(np.full(6, 10), 0x0801),
    }[change]
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("missing", r"train-labels-idx1-ubyte is missing \(plain or with \.gz\)"),
        ("magic", "must start with the IDX magic number 0x00000801, not 0x00000802"),
        ("cut", r"must hold 14 bytes for shape \(6,\), not 11 bytes"),
        ("no header", "must hold a header of 8 bytes, not 6 bytes"),
        ("empty", "must hold a header of 8 bytes, not 0 bytes"),
        ("too long", r"must hold 14 bytes for shape \(6,\), not 15 bytes"),
        ("other number", "holds 6 images, but .* 5 labels"),
        ("label", "must hold labels between 0 and 9, not 10"),
    ],
)
def test_a_damaged_mnist_file_is_named(mnist: Path, change: str, message: str) -> None:
    damage(mnist / "train-labels-idx1-ubyte", change)
    with pytest.raises(HwgenError, match=message):
        load_mnist(mnist)


def test_a_cut_off_gzip_file_is_named(mnist: Path) -> None:
    path = mnist / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(HwgenError, match=r"t10k-images-idx3-ubyte\.gz is not a whole gzip file"):
        load_mnist(mnist)
    path.write_bytes(b"not gzip at all")
    with pytest.raises(HwgenError, match="is not a whole gzip file"):
        load_mnist(mnist)
