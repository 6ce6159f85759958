"""Golden model of the Sobol sequences."""

import numpy as np
from numpy.typing import NDArray

from hwgen.parts.directions import directions


def points(bits: int, dimensions: int, first: int, length: int) -> NDArray[np.uint16]:
    """Points ``first`` to ``first + length - 1`` in Gray-code order, shape ``(length, dimensions)``.

    Each coordinate is the XOR of the direction numbers at which the Gray code of the point's index has a 1.
    """
    index = np.arange(first, first + length)
    gray = index ^ index >> 1
    result = np.zeros((length, dimensions), np.uint16)
    for dimension in range(dimensions):
        for bit, number in enumerate(directions(dimension, bits)):
            result[:, dimension] ^= np.where(gray >> bit & 1, number, 0).astype(np.uint16)
    return result
