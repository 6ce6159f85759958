"""The adder tree: sums of any number of terms, saturating."""

import math
from typing import Any

import numpy as np
import pytest

from hwgen.parts.adder_tree import AdderTree
from rtl_tests.simulate import simulate


@pytest.mark.parametrize(
    ("count", "term_bits", "total_bits"),
    [
        (1, 4, 4), (2, 8, 8), (2, 8, 9), (3, 4, 5), (5, 8, 8), (6, 3, 6), (7, 12, 14), (64, 4, 10), (66, 8, 8),
        (66, 12, 19),
    ],
)  # fmt: skip
def test_it_adds_and_saturates_under_stalls(count: int, term_bits: int, total_bits: int) -> None:
    dut = AdderTree(count, term_bits, total_bits)
    assert dut.depth == math.ceil(math.log2(count))
    draw = np.random.default_rng(count)
    largest, limit = (1 << term_bits) - 1, (1 << total_bits) - 1
    # Sums on both sides of the limit, and exactly on it.
    scale = min(1.0, 2 * limit / (count * largest))
    vectors = [np.zeros(count, int), np.full(count, largest)]
    vectors += [np.floor(draw.random(count) * (largest + 1) * scale).astype(int) for _ in range(150)]
    expected = [min(int(vector.sum()), limit) for vector in vectors]
    can_saturate = count * largest > limit
    assert (max(int(vector.sum()) for vector in vectors) > limit) == can_saturate
    assert sum(0 < total < limit for total in expected) > 30

    async def bench(ctx: Any) -> None:
        entered = 0
        while entered < len(vectors):
            enable = int(draw.random() < 0.7)
            ctx.set(dut.enable, enable)
            for term, value in zip(dut.terms, vectors[entered].tolist(), strict=True):
                ctx.set(term, value)
            if entered >= dut.depth:
                assert ctx.get(dut.total) == expected[entered - dut.depth]
            await ctx.tick()
            entered += enable

    simulate(dut, bench)


@pytest.mark.parametrize("total", [254, 255, 256, 257])
def test_the_limit_itself_is_no_saturation(total: int) -> None:
    dut = AdderTree(3, 8, 8)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.enable, 1)
        for term, value in zip(dut.terms, [100, 100, total - 200], strict=True):
            ctx.set(term, value)
        await ctx.tick().repeat(dut.depth)
        assert ctx.get(dut.total) == min(total, 255)

    simulate(dut, bench)
