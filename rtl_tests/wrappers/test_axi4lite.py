"""AXI4-Lite: every access arrives once, whatever stalls; refusals are SLVERR; no channel waits for another."""

import random
from typing import Any

import pytest

from hwgen.bus.wrappers.axi4lite import AXI4Lite
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.hosts import OKAY, SLVERR, AXI4LiteHost
from rtl_tests.wrappers.register_bus import WORDS, RegisterBus, random_accesses

REFUSED = 4 * WORDS


def bench(*testbenches: Any, stall: float = 0.3, seed: int = 0) -> RegisterBus:
    """Run ``testbenches``, each called with a context and a host, on the wrapper with a memory behind it."""
    dut = AXI4Lite(address_bits=8)
    core = RegisterBus(dut.bus, seed)

    def started(number: int, testbench: Any) -> Any:
        host = AXI4LiteHost(dut.axi, random.Random(f"{seed} {number}"), stall)

        async def run(ctx: Any) -> None:
            await testbench(ctx, host)

        return run

    simulate(dut, *(started(*pair) for pair in enumerate(testbenches)), background=[core.serve])
    return core


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
def test_accesses_arrive_once_and_in_order(stall: float) -> None:
    expected: list[tuple[int, int | None]] = []
    draw = random.Random(stall)

    async def accesses(ctx: Any, host: AXI4LiteHost) -> None:
        expected.extend(await random_accesses(ctx, host, draw))

    assert bench(accesses, stall=stall).accesses == expected


def test_a_partial_write_is_refused_and_writes_nothing() -> None:
    async def accesses(ctx: Any, host: AXI4LiteHost) -> None:
        for strobe in range(15):
            await host.send_address(ctx, 4)
            await host.send_data(ctx, 0xFFFFFFFF, strobe)
            assert await host.take_write(ctx) == SLVERR
        assert await host.access(ctx, 4) == (0x04040404, False)

    assert bench(accesses).accesses == [(4, None)]


def test_either_part_of_a_write_may_come_first_and_neither_alone_does_anything() -> None:
    async def accesses(ctx: Any, host: AXI4LiteHost) -> None:
        for first, second in ((host.send_address, host.send_data), (host.send_data, host.send_address)):
            await first(ctx, 8)
            await ctx.tick().repeat(20)
            assert not ctx.get(host.axi.bvalid)
            await second(ctx, 8)
            assert await host.take_write(ctx) == OKAY

    assert bench(accesses).accesses == [(8, 8), (8, 8)]


def test_an_answer_that_nobody_takes_holds_up_its_own_direction_only() -> None:
    async def accesses(ctx: Any, host: AXI4LiteHost) -> None:
        await host.send_address(ctx, 4)
        await host.send_data(ctx, 1)
        await host.request_read(ctx, 8)
        await ctx.tick().repeat(40)
        # Both answers wait. Each direction goes on when its own is taken.
        assert (await host.take_read(ctx))[0] == 0x08080808
        for address in (12, 16):
            assert await host.access(ctx, address) == (address * 0x01010101, False)
        await host.request_read(ctx, 20)
        assert await host.take_write(ctx) == OKAY
        for value in (2, 3):
            assert await host.access(ctx, 4, value) == (0, False)
        assert await host.take_read(ctx) == [0x14141414, OKAY]

    bench(accesses, stall=0)


def test_an_access_waits_until_the_answer_before_it_is_taken() -> None:
    async def accesses(ctx: Any, host: AXI4LiteHost) -> None:
        for address in (4, REFUSED):
            await host.send_address(ctx, address)
            await host.send_data(ctx, 1)
            await ctx.tick().repeat(20)
        assert [await host.take_write(ctx), await host.take_write(ctx)] == [OKAY, SLVERR]
        for address in (8, REFUSED):
            await host.request_read(ctx, address)
            await ctx.tick().repeat(20)
        assert await host.take_read(ctx) == [0x08080808, OKAY]
        assert (await host.take_read(ctx))[1] == SLVERR

    bench(accesses, stall=0)


def test_reads_and_writes_at_the_same_time_take_turns() -> None:
    async def write(ctx: Any, host: AXI4LiteHost) -> None:
        for value in range(50):
            assert await host.access(ctx, 4, value) == (0, False)

    async def read(ctx: Any, host: AXI4LiteHost) -> None:
        for _ in range(50):
            assert await host.access(ctx, 8) == (0x08080808, False)

    core = bench(write, read, stall=0)
    assert [value for _, value in core.accesses if value is not None] == list(range(50))
    assert sum(value is None for _, value in core.accesses) == 50
    kinds = "".join("r" if value is None else "w" for _, value in core.accesses)
    assert "rrrr" not in kinds[:80] and "wwww" not in kinds[:80]
