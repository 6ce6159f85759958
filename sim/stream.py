"""The stream of training samples: which ones, in which order, moved by how much, in every epoch."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hwgen.integers import check_integer
from hwgen.samples import Inputs
from sim.augment import shift_images
from sim.images import Images, to_samples

CHUNK = 1000
"""Samples that a machine is given at once. It is a part of what a training is: clocks are counted chunk by chunk, from
the first sample's first transfer to the last result, so another size gives other sums."""

_ORDER, _SHIFTS = range(2)
"""What a generator of random numbers is for: the first number of its seed."""


class Order(StrEnum):
    """In which order an epoch goes through the samples."""

    SHUFFLED = "shuffled"
    FILE = "file"


@dataclass(frozen=True, eq=False)
class TrainingStream:
    """Images as the training samples of a machine: a pure function of images, machine, seed, order and shift.

    Every epoch is shuffled anew, and every sample moved anew. No epoch and no chunk depends on those before it, so a
    training goes on anywhere, on any backend. The numbers are NumPy's (PCG64): other releases could draw others.

    Raises :class:`~hwgen.errors.HwgenError` for a seed or a shift that is no integer or out of range.
    """

    config: Inputs
    images: Images
    seed: int = 0
    """0 to 2**32 - 1."""
    shift: int = 0
    """Most pixels of the data by which a sample is moved in either direction; what comes in from outside is 0."""
    order: Order = Order.SHUFFLED

    def __post_init__(self) -> None:
        seed = check_integer("seed", self.seed, 0, (1 << 32) - 1)
        size = f"pixels for images of {self.images.height} x {self.images.width}"
        shift = check_integer("shift", self.shift, 0, min(self.images.height, self.images.width) - 1, size)
        object.__setattr__(self, "seed", seed)  # NumPy's integers become Python's: they are written as JSON
        object.__setattr__(self, "shift", shift)

    @property
    def random(self) -> bool:
        """Whether the seed matters."""
        return self.order is Order.SHUFFLED or self.shift > 0

    def __len__(self) -> int:
        """Samples of an epoch."""
        return len(self.images)

    def chunk(self, epoch: int, start: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The samples from one on, :data:`CHUNK` or as many as are left.

        Args:
            epoch: number of the epoch, from 0 on.
            start: number of the first sample, a multiple of :data:`CHUNK`.

        Returns samples, shape ``(n, inputs)``, and their classes, shape ``(n,)``.
        """
        images = self.images
        chosen = self._indices(epoch)[start : start + CHUNK]
        pixels = images.pixels[chosen]
        if self.shift:
            rng = np.random.default_rng((_SHIFTS, self.seed, epoch, start))
            pixels = shift_images(pixels, images.height, images.width, self.shift, rng).astype(np.uint8)
        return to_samples(self.config, pixels, images), images.labels[chosen]

    def _indices(self, epoch: int) -> NDArray[np.int64]:
        """Shape ``(n,)``: which image comes when."""
        if self.order is Order.FILE:
            return np.arange(len(self), dtype=np.int64)
        return _shuffled(len(self), self.seed, epoch)


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng((_ORDER, seed, epoch)).permutation(count)
