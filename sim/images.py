"""Labelled images, and how they become a machine's samples."""

import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import HwgenError
from hwgen.samples import Inputs, check_inputs, check_labels
from sim.datasets import Dataset, load_mnist, load_split

TEST_FRACTION, SPLIT_SEED = 0.25, 0
"""How the bundled digits are split: as a design file's ``[source]`` does by default."""


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images and their classes."""

    name: str
    pixels: NDArray[np.uint8]
    """Shape ``(n, height * width)``, row by row: 0 to ``2**bits - 1``."""
    labels: NDArray[np.int64]
    """Shape ``(n,)``, from 0 on."""
    height: int
    width: int
    bits: int
    """Bits of a pixel, 1 to 8."""

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of_samples(cls, config: Inputs, samples: ArrayLike, labels: ArrayLike) -> Self:
        """A machine's samples as images: square ones where their size allows it, else one row.

        Args:
            config: of the machine.
            samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``.
            labels: shape ``(n,)``, integers of 0 to ``classes - 1``.

        Raises :class:`~hwgen.errors.HwgenError` naming the shape, type or value that is wrong.
        """
        pixels = check_inputs(config, samples)
        classes = check_labels(config, labels, len(pixels))
        if not len(pixels):
            raise HwgenError("samples must not be empty: nothing can be learnt from none")
        side = math.isqrt(config.inputs)
        height, width = (side, side) if side**2 == config.inputs else (1, config.inputs)
        return cls("samples", pixels, classes.astype(np.int64), height, width, config.pixel_bits)

    def digest(self) -> str:
        """SHA-256 of sizes, pixels and labels, hexadecimal."""
        sizes = f"{len(self)} x {self.height} x {self.width}, {self.bits} bits"
        return hashlib.sha256(sizes.encode() + self.pixels.tobytes() + self.labels.astype("<i8").tobytes()).hexdigest()


class ImageSplit(NamedTuple):
    """Images to learn from, and held-out ones."""

    train: Images
    test: Images

    def digest(self) -> str:
        """SHA-256 of both parts, hexadecimal."""
        return hashlib.sha256(f"{self.train.digest()} {self.test.digest()}".encode()).hexdigest()


def load_images(data: str | Path) -> ImageSplit:
    """Training and test images.

    Args:
        data: ``"digits"``: scikit-learn's, 8 x 8 pixels of 4 bits (of its levels 0 to 16 the brightest two are one);
            1,347 to learn from and 450 held out, the same ones as a design file's ``[source]`` has by default.
            ``"mnist"``: the folder ``$HWGEN_DATA/mnist``. Anything else: a folder of files in MNIST's format, plain
            or ``.gz``, as :func:`sim.datasets.load_mnist` reads it.

    Raises :class:`~hwgen.errors.HwgenError` naming what is missing, and what to set or to give.
    """
    if data == "digits":
        parts = load_split("digits", TEST_FRACTION, SPLIT_SEED)
        return ImageSplit(*(_images("digits", part, 4) for part in parts))
    if data == "mnist":
        folder = _mnist_folder()
    elif not (folder := Path(data)).is_dir():
        raise HwgenError(f"data must be digits, mnist or a folder of files in MNIST's format, not {str(data)!r}")
    train, test = load_mnist(folder)
    for part, dataset in (("training", train), ("test", test)):
        if not len(dataset):
            raise HwgenError(f"{folder} holds no {part} images")
    return ImageSplit(_images(folder.name, train, 8), _images(folder.name, test, 8))


def check_fit(config: Inputs, split: ImageSplit) -> None:
    """Raise :class:`~hwgen.errors.HwgenError` unless a machine can be given these images: the inputs must be all
    pixels or a smaller square, the classes suffice, and both parts be of one size."""
    train, test = split
    if (train.height, train.width) != (test.height, test.width):
        raise HwgenError(
            f"test images of {train.name} must be of {train.height} x {train.width} pixels like its training images, "
            f"not {test.height} x {test.width}"
        )
    for images in split:
        if images.labels.max() >= config.classes:
            raise HwgenError(
                f"{images.name} has {images.labels.max() + 1} classes, but the machine only {config.classes}"
            )
    _frame(config.inputs, train.height, train.width)


def to_samples(config: Inputs, pixels: NDArray[Any], images: Images) -> NDArray[np.uint8]:
    """Images as a machine's samples.

    A machine with fewer inputs than pixels gets a square: where it divides the images evenly (14 x 14 of 28 x 28) each
    input is the mean of a block of pixels, rounded down, otherwise (22 x 22) the centre is cut out; an odd row or
    column more is cut off at bottom and right. Then pixels are scaled to ``pixel_bits`` by their upper bits; an input
    of one bit is 1 from a quarter of full scale on (64 of 256).

    Args:
        config: of the machine.
        pixels: shape ``(n, height * width)``, of these images.
        images: says of what size and how many bits they are.

    Returns shape ``(n, inputs)``, 0 to ``2**pixel_bits - 1``. Raises :class:`~hwgen.errors.HwgenError` when the inputs
    do not fit.
    """
    rows, columns, block = _frame(config.inputs, images.height, images.width)
    whole = pixels.reshape(-1, images.height, images.width)
    if block > 1:
        blocks = whole.reshape(-1, rows, block, columns, block).astype(np.uint32)
        part = blocks.sum(axis=(2, 4)) // block**2
    else:
        top, left = (images.height - rows) // 2, (images.width - columns) // 2
        part = whole[:, top : top + rows, left : left + columns]
    return _scale(part.reshape(len(whole), config.inputs), images.bits, config.pixel_bits)


def _mnist_folder() -> Path:
    root = os.environ.get("HWGEN_DATA")
    if root and (folder := Path(root).expanduser() / "mnist").is_dir():
        return folder
    found = f"in {root} there is none" if root else "it is not set"
    raise HwgenError(
        f"data mnist needs HWGEN_DATA: set it to the folder that holds mnist/ ({found}), "
        "or give the folder of the files itself as data"
    )


def _images(name: str, dataset: Dataset, bits: int) -> Images:
    names = dataset.feature_names
    height, width = (int(number) + 1 for number in names[-1].split("_")[1:]) if names else (0, 0)
    pixels = np.minimum(dataset.features, (1 << bits) - 1).astype(np.uint8)
    return Images(name, pixels, dataset.labels, height, width, bits)


def _frame(inputs: int, height: int, width: int) -> tuple[int, int, int]:
    """Rows and columns that ``inputs`` hold of an image, and the side of the block of pixels that each is the mean
    of."""
    if inputs == height * width:
        return height, width, 1
    side = math.isqrt(inputs)
    if side**2 != inputs or side > min(height, width):
        most = min(height, width)
        squares = [size for size in (most // 2, 4 * most // 5) if size > 1]
        others = " or ".join(f"{size**2} ({size} x {size})" for size in squares)
        raise HwgenError(
            f"images of {height} x {width} pixels do not fit {inputs} inputs; the machine's inputs must be "
            f"{height * width}, or a smaller square, such as {others}"
        )
    even = height == width and height % side == 0
    return side, side, height // side if even else 1


def _scale(pixels: NDArray[Any], bits: int, wanted: int) -> NDArray[np.uint8]:
    """Pixels of ``bits`` as pixels of ``wanted`` bits."""
    if wanted == bits:
        scaled = pixels
    elif wanted == 1:
        scaled = 4 * pixels.astype(np.uint16) >= 1 << bits
    elif wanted < bits:
        scaled = pixels >> (bits - wanted)
    else:
        scaled = pixels.astype(np.uint16) << (wanted - bits)
    return scaled.astype(np.uint8)
