"""The delay line: what goes in comes out so many enabled clocks later."""

import random
from typing import Any

import pytest

from hwgen.parts.delay_line import DelayLine
from rtl_tests.simulate import simulate


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_data_come_out_depth_enabled_clocks_later(depth: int) -> None:
    dut = DelayLine(12, depth)
    draw = random.Random(depth)

    async def bench(ctx: Any) -> None:
        stages = [(0, 0)] * depth
        for _ in range(300):
            entering = (int(draw.random() < 0.4), draw.randrange(1 << 12))
            enable = draw.random() < 0.6
            ctx.set(dut.i_valid, entering[0])
            ctx.set(dut.i, entering[1])
            ctx.set(dut.enable, enable)
            valid, value = [entering, *stages][-1]
            assert ctx.get(dut.o_valid) == valid
            assert ctx.get(dut.o) == value
            assert ctx.get(dut.occupied) == any(stage_valid for stage_valid, _ in stages)
            await ctx.tick()
            if enable:
                stages = [entering, *stages][:depth]

    simulate(dut, bench)


def test_it_is_empty_after_reset() -> None:
    dut = DelayLine(4, 3)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.enable, 1)
        ctx.set(dut.i_valid, 0)
        for _ in range(6):
            assert not ctx.get(dut.occupied)
            assert not ctx.get(dut.o_valid)
            await ctx.tick()

    simulate(dut, bench)
