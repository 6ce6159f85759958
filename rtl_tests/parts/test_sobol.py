"""The Sobol sequences against SciPy's, and the hardware against the model."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import qmc

from hwgen.parts.directions import MAX_DIMENSIONS, directions
from hwgen.parts.sobol import SobolPoint
from rtl_tests.simulate import simulate
from sim.golden import sobol


def reference(bits: int, length: int) -> NDArray[np.int64]:
    """SciPy's first points, as integers: it uses the same direction numbers and Gray-code order.

    The first ``2**bits`` points need ``bits`` bits, however many there are.
    """
    points = qmc.Sobol(MAX_DIMENSIONS, scramble=False, bits=30).random(length)
    scaled = points * (1 << bits)
    assert (scaled == np.round(scaled)).all()
    return scaled.astype(np.int64)


@pytest.mark.parametrize("bits", range(3, 13))
def test_every_dimension_is_scipys(bits: int) -> None:
    np.testing.assert_array_equal(sobol.points(bits, MAX_DIMENSIONS, 0, 1 << bits), reference(bits, 1 << bits))


@pytest.mark.parametrize("bits", range(3, 13))
def test_every_dimension_takes_every_value_once(bits: int) -> None:
    points = np.sort(sobol.points(bits, MAX_DIMENSIONS, 0, 1 << bits), axis=0)
    np.testing.assert_array_equal(points, np.repeat(np.arange(1 << bits)[:, None], MAX_DIMENSIONS, axis=1))


def test_direction_numbers_use_all_bits_and_no_more() -> None:
    for dimension in range(MAX_DIMENSIONS):
        for index, number in enumerate(directions(dimension, 12)):
            # The number of bit k is odd, shifted to the top but k places.
            assert number & -number == 1 << 11 - index
            assert number < 1 << 12


@pytest.mark.parametrize(("bits", "dimensions"), [(3, 1), (4, 3), (8, MAX_DIMENSIONS), (12, 5)])
def test_the_hardware_is_the_model(bits: int, dimensions: int) -> None:
    dut = SobolPoint(bits, dimensions)
    expected = sobol.points(bits, dimensions, 0, 1 << bits).tolist()
    indices = range(1 << bits) if bits <= 8 else np.random.default_rng(0).permutation(1 << bits)[:500].tolist()

    async def bench(ctx: Any) -> None:
        for index in indices:
            ctx.set(dut.index, index)
            point = ctx.get(dut.point.as_value())
            assert [point >> bits * dimension & (1 << bits) - 1 for dimension in range(dimensions)] == expected[index]

    simulate(dut, bench)
