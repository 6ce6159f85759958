"""The queue of results: in order, whatever the pace on both sides, and as deep as it is said to be."""

import random
from collections import deque
from typing import Any

import pytest

from hwgen.bus.link.queue import ResultQueue
from rtl_tests.simulate import simulate

DEPTH = 8


@pytest.mark.parametrize(("offered", "taken"), [(1.0, 1.0), (0.8, 0.3), (0.3, 0.8), (1.0, 0.1)])
def test_words_come_out_in_order(offered: float, taken: float) -> None:
    dut = ResultQueue(16, DEPTH)
    draw = random.Random(0)

    async def bench(ctx: Any) -> None:
        inside: deque[int] = deque()
        most = 0
        for word in range(2000):
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, draw.random() < offered)
            ctx.set(dut.o.ready, draw.random() < taken)
            if ctx.get(dut.o.valid):
                assert ctx.get(dut.o.payload) == inside[0]
                if ctx.get(dut.o.ready):
                    inside.popleft()
            if ctx.get(dut.i.valid) and ctx.get(dut.i.ready):
                inside.append(word)
            most = max(most, len(inside))
            await ctx.tick()
        assert most <= DEPTH

    simulate(dut, bench)


def test_it_holds_as_many_words_as_it_says_and_loses_none() -> None:
    dut = ResultQueue(16, DEPTH)

    async def bench(ctx: Any) -> None:
        for start in range(0, 10 * DEPTH, DEPTH):
            ctx.set(dut.i.valid, 1)
            accepted = 0
            for _ in range(3 * DEPTH):
                ctx.set(dut.i.payload, start + accepted)
                accepted += ctx.get(dut.i.ready)
                await ctx.tick()
            assert accepted == DEPTH
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.o.ready, 1)
            for word in range(DEPTH):
                assert ctx.get(dut.o.valid) and ctx.get(dut.o.payload) == start + word
                await ctx.tick()
            assert not ctx.get(dut.o.valid)
            ctx.set(dut.o.ready, 0)

    simulate(dut, bench)


@pytest.mark.parametrize("depth", [0, 1, 6])
def test_a_depth_that_no_address_has_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"depth must be a power of two and at least 2, not {depth}"):
        ResultQueue(16, depth)
