"""The wide counter: its value is a count of two clocks ago, consistent also while the carry is on its way."""

import random
from typing import Any

import pytest

from hwgen.parts.wide_counter import WideCounter
from rtl_tests.simulate import simulate


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_it_counts_across_the_carry_and_clears(share: float) -> None:
    dut = WideCounter(8)
    draw = random.Random(0)

    async def bench(ctx: Any) -> None:
        counts = [0, 0]
        for _ in range(3000):
            increment, clear = draw.random() < share, draw.random() < 1 / 500
            ctx.set(dut.increment, increment)
            ctx.set(dut.clear, clear)
            assert ctx.get(dut.value) == counts[-2]
            await ctx.tick()
            counts = [0, 0] if clear else [counts[-1], (counts[-1] + increment) % 256]

    simulate(dut, bench)
