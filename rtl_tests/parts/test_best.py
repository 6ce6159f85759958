"""The comparison tree: the best of several numbers, the lowest of equals, and whether there are equals."""

import math
from typing import Any

import numpy as np
import pytest

from hwgen.parts.best import Best
from rtl_tests.simulate import simulate


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize(("count", "bits"), [(1, 4), (2, 1), (3, 2), (5, 3), (8, 8), (13, 4), (64, 9)])
def test_it_finds_the_best_under_stalls(count: int, bits: int, largest: bool) -> None:
    dut = Best(count, bits, largest=largest)
    assert dut.depth == math.ceil(math.log2(count))
    draw = np.random.default_rng(count)
    # Few different values make many ties; the extremes are among them.
    pool = np.array([0, (1 << bits) - 1, *draw.integers(0, 1 << bits, 3)])
    vectors = [draw.choice(pool, count) if draw.random() < 0.5 else draw.integers(0, 1 << bits, count)
               for _ in range(150)]  # fmt: skip
    expected = []
    for vector in vectors:
        best = vector.max() if largest else vector.min()
        expected.append((int((vector == best).argmax()), int((vector == best).sum() > 1)))
    assert count == 1 or {tie for _, tie in expected} == {0, 1}

    async def bench(ctx: Any) -> None:
        entered = 0
        while entered < len(vectors):
            enable = int(draw.random() < 0.7)
            ctx.set(dut.enable, enable)
            ctx.set(dut.numbers, vectors[entered].tolist())
            # `depth` enabled clocks after its numbers went in, a result stands until the next enabled clock.
            if entered >= dut.depth:
                assert (ctx.get(dut.index), ctx.get(dut.tie)) == expected[entered - dut.depth]
            await ctx.tick()
            entered += enable

    simulate(dut, bench)
