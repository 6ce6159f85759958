"""Real data: what scikit-learn bundles, and MNIST-format files from a folder."""

import gzip
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets as bundled
from sklearn.model_selection import train_test_split

from hwgen.errors import DesignError, HwgenError

_LOADERS: dict[str, Callable[[], Any]] = {
    "digits": bundled.load_digits,
    "wine": bundled.load_wine,
    "breast_cancer": bundled.load_breast_cancer,
    "iris": bundled.load_iris,
}

DATASETS = tuple(_LOADERS)
"""Names that :func:`load_dataset` knows."""

IMAGE_MAGIC = 0x0803
LABEL_MAGIC = 0x0801
"""The IDX format's first 32 bits: unsigned bytes (08) in 3 or in 1 dimensions."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled samples of a classification task."""

    name: str
    features: NDArray[np.floating[Any]]
    """Shape ``(n, columns)``, in the data's own units."""
    labels: NDArray[np.int64]
    """Shape ``(n,)``: each sample's class, an index into ``class_names``."""
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, chosen: NDArray[np.int64]) -> "Dataset":
        """The samples with these indices, in this order."""
        return Dataset(self.name, self.features[chosen], self.labels[chosen], self.feature_names, self.class_names)


def load_dataset(name: str) -> Dataset:
    """One of :data:`DATASETS`, whole and in scikit-learn's order: digits (64 features, values 0 to 16), wine (13),
    breast_cancer (30), iris (4). Features are float64.

    Raises :class:`~hwgen.errors.DesignError` for another name.
    """
    if name not in _LOADERS:
        raise DesignError(f"dataset must be one of {', '.join(DATASETS)}, not {name!r}")
    data = _LOADERS[name]()
    return Dataset(
        name,
        np.asarray(data.data, np.float64),
        np.asarray(data.target, np.int64),
        tuple(str(feature) for feature in data.feature_names),
        tuple(str(label) for label in data.target_names),
    )


def split(dataset: Dataset, test_fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Train and test parts, each with every class in proportion; the same ones for the same seed.

    Raises :class:`~hwgen.errors.DesignError` for a fraction that leaves a part without some class.
    """
    try:
        train, test = train_test_split(
            np.arange(len(dataset)), test_size=test_fraction, random_state=seed, stratify=dataset.labels
        )
    except ValueError as error:
        raise DesignError(f"cannot split {dataset.name} with test_fraction {test_fraction}: {error}") from None
    return dataset.part(train), dataset.part(test)


def load_split(name: str, test_fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Train and test parts of one of :data:`DATASETS`: :func:`load_dataset`, then :func:`split`."""
    return split(load_dataset(name), test_fraction, seed)


def load_mnist(folder: Path | None = None) -> tuple[Dataset, Dataset]:
    """Train and test parts of MNIST, or of another set in its format (Fashion-MNIST, KMNIST, ...).

    Args:
        folder: holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
            ``t10k-labels-idx1-ubyte``, plain or with ``.gz``; by default ``$HWGEN_DATA/mnist``.

    Features are float32, one a pixel, row by row, 0 to 255.

    Raises :class:`~hwgen.errors.HwgenError` naming the file that is missing, cut off, or not in this format.
    """
    if folder is None:
        if not (root := os.environ.get("HWGEN_DATA")):
            raise HwgenError("load_mnist needs a folder: give one, or set HWGEN_DATA to the folder that holds mnist/")
        folder = Path(root).expanduser() / "mnist"
    return _mnist_part(folder, "train"), _mnist_part(folder, "t10k")


def _mnist_part(folder: Path, prefix: str) -> Dataset:
    images_file, images = _read_idx(folder, f"{prefix}-images-idx3-ubyte", IMAGE_MAGIC, 3)
    labels_file, labels = _read_idx(folder, f"{prefix}-labels-idx1-ubyte", LABEL_MAGIC, 1)
    if len(images) != len(labels):
        raise HwgenError(f"{images_file} holds {len(images)} images, but {labels_file} {len(labels)} labels")
    if labels.size and labels.max() > 9:
        raise HwgenError(f"{labels_file} must hold labels between 0 and 9, not {labels.max()}")
    _, height, width = images.shape
    names = tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width))
    features = images.reshape(len(images), height * width).astype(np.float32)
    return Dataset(folder.name, features, labels.astype(np.int64), names, tuple(str(digit) for digit in range(10)))


def _read_idx(folder: Path, name: str, magic: int, dimensions: int) -> tuple[Path, NDArray[np.uint8]]:
    """The file's path and its array."""
    candidates = [folder / name, folder / f"{name}.gz"]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise HwgenError(f"{candidates[0]} is missing (plain or with .gz)")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise HwgenError(f"{path} is not a whole gzip file: {error}") from None
    header = 4 + 4 * dimensions
    found = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and found != magic:
        raise HwgenError(f"{path} must start with the IDX magic number {magic:#010x}, not {found:#010x}")
    shape = tuple(int.from_bytes(content[start : start + 4], "big") for start in range(4, header, 4))
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) < header or len(content) != expected:
        wanted = f"{expected} bytes for shape {shape}" if len(content) >= header else f"a header of {header} bytes"
        raise HwgenError(f"{path} must hold {wanted}, not {len(content)} bytes; copy it again")
    return path, np.frombuffer(content, np.uint8, offset=header).reshape(shape)
