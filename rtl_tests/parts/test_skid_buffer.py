"""The skid buffer: a stream passes through unchanged, at full speed, with every path cut."""

import random
from typing import Any

import pytest

from hwgen.parts.skid_buffer import SkidBuffer
from rtl_tests.simulate import simulate


def passed(values: list[int], i_stall: float, o_stall: float) -> tuple[list[int], int]:
    """What comes out when ``values`` go in, and the clocks from the first transfer in to the last out."""
    dut = SkidBuffer(16)
    draw = random.Random(1)
    found: list[int] = []
    clocks = {"first": 0, "last": 0, "now": 0}

    async def sender(ctx: Any) -> None:
        for index, value in enumerate(values):
            while draw.random() < i_stall:
                await ctx.tick()
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.i.payload, value)
            await ctx.tick().until(dut.i.ready)
            if index == 0:
                clocks["first"] = clocks["now"]
            ctx.set(dut.i.valid, 0)

    async def receiver(ctx: Any) -> None:
        refused = None
        while len(found) < len(values):
            assert clocks["now"] < 100 * len(values), f"only {len(found)} of {len(values)} values came out"
            ctx.set(dut.o.ready, draw.random() >= o_stall)
            _, _, valid, ready, payload = await ctx.tick().sample(dut.o.valid, dut.o.ready, dut.o.payload)
            clocks["now"] += 1
            if refused is not None:
                assert valid and payload == refused, "an offer was withdrawn or changed"
            refused = payload if valid and not ready else None
            if valid and ready:
                found.append(payload)
                clocks["last"] = clocks["now"]

    simulate(dut, receiver, background=[sender])
    return found, clocks["last"] - clocks["first"]


@pytest.mark.parametrize(("i_stall", "o_stall"), [(0.5, 0), (0, 0.5), (0.3, 0.3), (0.8, 0.2), (0.1, 0.9)])
def test_values_come_out_in_order_whatever_stalls(i_stall: float, o_stall: float) -> None:
    draw = random.Random(0)
    values = [draw.randrange(1 << 16) for _ in range(300)]
    assert passed(values, i_stall, o_stall)[0] == values


def test_it_passes_one_value_a_clock_one_clock_late() -> None:
    values = list(range(100))
    found, clocks = passed(values, 0, 0)
    assert found == values
    assert clocks == 100


def test_ready_and_valid_are_registered() -> None:
    dut = SkidBuffer(8)

    async def bench(ctx: Any) -> None:
        draw = random.Random(2)
        for _ in range(200):
            before = None
            for _ in range(3):
                ctx.set(dut.i.valid, draw.random() < 0.7)
                ctx.set(dut.i.payload, draw.randrange(256))
                ctx.set(dut.o.ready, draw.random() < 0.5)
                outputs = ctx.get(dut.i.ready), ctx.get(dut.o.valid), ctx.get(dut.o.payload)
                assert before in (None, outputs), "an output follows an input without a clock between"
                before = outputs
            await ctx.tick()

    simulate(dut, bench)


def test_it_holds_two_values() -> None:
    dut = SkidBuffer(8)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        for value in (1, 2):
            assert ctx.get(dut.i.ready)
            ctx.set(dut.i.payload, value)
            await ctx.tick()
        ctx.set(dut.i.payload, 3)
        assert not ctx.get(dut.i.ready)
        await ctx.tick().repeat(3)
        ctx.set(dut.i.valid, 0)
        ctx.set(dut.o.ready, 1)
        for value in (1, 2):
            assert (ctx.get(dut.o.valid), ctx.get(dut.o.payload)) == (1, value)
            await ctx.tick()
        assert not ctx.get(dut.o.valid)

    simulate(dut, bench)
