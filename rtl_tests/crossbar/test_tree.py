"""The tree of signed terms: exact sums of any number of them, one each clock."""

from typing import Any

import numpy as np
import pytest

from hwgen.crossbar.tree import SignedTree
from rtl_tests.simulate import simulate


@pytest.mark.parametrize(
    ("lanes", "levels", "depth"),
    [(1, 3, 1), (2, 3, 1), (3, 1, 2), (5, 2, 2), (8, 3, 1), (9, 3, 2), (13, 4, 1), (64, 3, 2), (100, 3, 3)],
)
def test_it_adds_exactly(lanes: int, levels: int, depth: int) -> None:
    dut = SignedTree(lanes, levels)
    assert dut.depth == depth
    draw = np.random.default_rng(lanes)
    vectors = [np.full(lanes, value) for value in (-1, 0, 1)]
    vectors += [draw.integers(-1, 2, size=lanes) for _ in range(200)]
    vectors += [np.where(draw.random(lanes) < 0.05, 0, sign) for sign in (-1, 1)]

    async def bench(ctx: Any) -> None:
        for clock in range(len(vectors) + depth):
            if clock < len(vectors):
                word = sum((term & 3) << 2 * lane for lane, term in enumerate(vectors[clock].tolist()))
                ctx.set(dut.terms.as_value(), word)
            if clock >= depth:
                assert ctx.get(dut.total) == vectors[clock - depth].sum()
            await ctx.tick()

    simulate(dut, bench)


@pytest.mark.parametrize(("lanes", "levels", "name"), [(0, 3, "lanes"), (4, 0, "levels")])
def test_what_makes_no_sense_is_refused(lanes: int, levels: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        SignedTree(lanes, levels)
