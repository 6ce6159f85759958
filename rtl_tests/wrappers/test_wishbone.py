"""Wishbone: one answer a cycle, refusals are err, and a master that gives up gets none."""

import random
from typing import Any

import pytest

from hwgen.bus.wrappers.wishbone import Wishbone
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.hosts import WishboneHost
from rtl_tests.wrappers.register_bus import RegisterBus, random_accesses


def bench(testbench: Any, stall: float = 0.3) -> RegisterBus:
    """Run ``testbench``, called with a context and a host, on the wrapper with a memory behind it."""
    dut = Wishbone(address_bits=8)
    core = RegisterBus(dut.bus)

    async def run(ctx: Any) -> None:
        await testbench(ctx, WishboneHost(dut.wb, random.Random(1), stall))

    simulate(dut, run, background=[core.serve])
    return core


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
def test_accesses_arrive_once_and_in_order(stall: float) -> None:
    expected: list[tuple[int, int | None]] = []
    draw = random.Random(stall)

    async def accesses(ctx: Any, host: WishboneHost) -> None:
        expected.extend(await random_accesses(ctx, host, draw))

    assert bench(accesses, stall).accesses == expected


def test_a_partial_access_is_refused_and_does_nothing() -> None:
    async def accesses(ctx: Any, host: WishboneHost) -> None:
        for sel in range(15):
            for value in (None, 0xFFFFFFFF):
                assert (await host.access(ctx, 4, value, sel))[1]
        assert await host.access(ctx, 4) == (0x04040404, False)

    assert bench(accesses).accesses == [(4, None)]


def test_a_master_that_gives_up_gets_no_answer_and_the_next_cycle_its_own() -> None:
    async def accesses(ctx: Any, host: WishboneHost) -> None:
        wb, draw = host.wb, random.Random(2)
        for _ in range(100):
            ctx.set(wb.cyc, 1)
            ctx.set(wb.stb, 1)
            ctx.set(wb.we, 0)
            ctx.set(wb.adr, 4)
            ctx.set(wb.sel, 0xF)
            for _ in range(draw.randint(1, 3)):
                _, _, answered = await ctx.tick().sample(wb.ack | wb.err)
                if answered:
                    break
            ctx.set(draw.choice([wb.cyc, wb.stb]), 0)
            await host.silent(ctx)
            assert await host.access(ctx, 8) == (0x08080808, False)

    bench(accesses, 0)
