"""Training samples varied at random, the same ones for the same seed whichever backend learns from them."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hwgen.errors import HwgenError


def shift_images(
    images: NDArray[np.generic], height: int, width: int, most: int, rng: np.random.Generator
) -> NDArray[np.generic]:
    """Every image moved by a random number of pixels down and to the right, the same number of pixels for all of it.

    Args:
        images: shape ``(n, height * width)``, row by row, any type.
        height: rows of an image.
        width: pixels of a row.
        most: most pixels of a shift in either direction, at least 0 and below ``height`` and ``width``.
        rng: draws the shifts, ``-most`` to ``most``: two numbers an image, down and right.

    Returns an array of the same shape and type; what comes in from outside is 0.

    Raises :class:`~hwgen.errors.HwgenError` for images of another size, and for a shift beyond the image.
    """
    if images.ndim != 2 or images.shape[1] != height * width:
        raise HwgenError(f"images of {height} x {width} must have shape (n, {height * width}), not {images.shape}")
    if not 0 <= most < min(height, width):
        raise HwgenError(f"a shift must be between 0 and {min(height, width) - 1} pixels, not {most}")
    down, right = rng.integers(-most, most + 1, (len(images), 2)).T
    padded = np.pad(images.reshape(-1, height, width), ((0, 0), (most, most), (most, most)))
    windows = sliding_window_view(padded, (height, width), axis=(1, 2))
    return windows[np.arange(len(images)), most - down, most - right].reshape(images.shape)
