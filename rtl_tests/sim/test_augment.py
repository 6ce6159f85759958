"""Images are moved by whole pixels, in every direction, the same way for the same seed."""

import numpy as np
import pytest

from hwgen.errors import HwgenError
from sim.augment import shift_images

IMAGE = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)


def moved(down: int, right: int) -> list[int]:
    """The image, moved one pixel at a time."""
    image = np.zeros((3, 4), np.uint8)
    for row in range(3):
        for column in range(4):
            if 0 <= row - down < 3 and 0 <= column - right < 4:
                image[row, column] = IMAGE[row - down, column - right]
    return image.ravel().tolist()


def test_each_image_is_moved_as_drawn() -> None:
    images = np.tile(IMAGE.ravel(), (200, 1))
    result = shift_images(images, 3, 4, 2, np.random.default_rng(1))
    drawn = np.random.default_rng(1).integers(-2, 3, (200, 2)).tolist()
    assert len({tuple(shift) for shift in drawn}) == 25
    assert result.tolist() == [moved(down, right) for down, right in drawn]
    assert result.dtype == np.uint8


def test_no_shift_is_no_change() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 12))
    np.testing.assert_array_equal(shift_images(images, 3, 4, 0, np.random.default_rng(1)), images)
    assert shift_images(images[:0], 3, 4, 1, np.random.default_rng(1)).shape == (0, 12)


def test_what_is_no_image_is_refused() -> None:
    images, rng = np.zeros((5, 12)), np.random.default_rng(0)
    with pytest.raises(HwgenError, match=r"images of 4 x 4 must have shape \(n, 16\), not \(5, 12\)"):
        shift_images(images, 4, 4, 1, rng)
    for most in (-1, 3):
        with pytest.raises(HwgenError, match=f"a shift must be between 0 and 2 pixels, not {most}"):
            shift_images(images, 3, 4, most, rng)
