"""The register bank: every kind of register, a window with a slow memory, and everything that must be refused."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window
from rtl_tests.simulate import simulate

MAP = RegisterMap(
    registers=(
        Register("version", Access.READ, "", (Field("value", "", 12),)),
        Register("settings", Access.READ_WRITE, "", (Field("low", "", 4, reset=9), Field("high", "", 6, reset=33))),
        Register("word", Access.READ_WRITE, "", (Field("value", "", 32, reset=0xDEADBEEF),)),
        Register("command", Access.STROBE, "", (Field("go", ""), Field("halt", ""), Field("code", "", 3))),
        Register("flags", Access.STICKY, "", (Field("one", ""), Field("two", ""), Field("three", ""))),
        Register("counter", Access.READ, "", (Field("value", "", 64),)),
        Register("wide", Access.READ, "", (Field("value", "", 80),)),
        Register("hash", Access.READ, "", (Field("value", "", 40),), constant=True),
    ),
    windows=(Window("memory", "", 10, ("row", "column"), (3, 5)), Window("full", "", 32, ("index",), (4,))),
)
ACCESS_CLOCKS = 5
"""Clocks of a register access, the one that answers included; a write acts in the last but one."""

READS = [(address, register, word) for address, register, word in MAP.words() if register.access is not Access.STROBE]


class Host:
    """The bus of a bank in the simulator, and the memories behind its windows."""

    def __init__(self, dut: RegisterBank, ctx: Any) -> None:
        self.dut = dut
        self.ctx = ctx
        self.seen: dict[str, list[int]] = {"command": []}

    async def access(
        self, address: int, value: int | None = None, during: Callable[[int], None] = lambda clock: None
    ) -> tuple[int, bool, int]:
        """Word read, error, and clocks that the access took; ``during`` is called in each of them."""
        ctx, bus = self.ctx, self.dut.bus
        ctx.set(bus.valid, 1)
        ctx.set(bus.write, value is not None)
        ctx.set(bus.address, address)
        ctx.set(bus.wdata, value or 0)
        for clocks in range(1, 100):
            during(clocks)
            self.seen["command"].append(ctx.get(self.dut.command))
            ready, rdata, error = ctx.get(bus.ready), ctx.get(bus.rdata), ctx.get(bus.error)
            await ctx.tick()
            if ready:
                ctx.set(bus.valid, 0)
                return rdata, bool(error), clocks
        raise AssertionError(f"no answer at 0x{address:x}")

    async def read(self, address: int) -> int:
        value, error, _ = await self.access(address)
        assert not error
        return value

    async def write(self, address: int, value: int) -> None:
        assert (await self.access(address, value))[:2] == (0, False)

    async def snapshot(self) -> list[int]:
        """All register words, and what the bank drives."""
        words = [await self.read(address) for address, _, _ in READS]
        return [*words, self.ctx.get(self.dut.settings), self.ctx.get(self.dut.word)]


def run(bench: Any, *, wait: int = 0) -> None:
    """Run ``bench(host)`` on a bank with two memories that take ``wait`` further clocks to answer."""
    dut = RegisterBank(MAP)
    memories: dict[str, dict[int, int]] = {"memory": {}, "full": {}}

    def serve(name: str) -> Any:
        port = getattr(dut, name)

        async def memory(ctx: Any) -> None:
            waited = 0
            async for _, _, valid, ready, write, index, wdata in ctx.tick().sample(
                port.valid, port.ready, port.write, port.index, port.wdata
            ):
                exists = name == "full" or (index >> 3 < 3 and index & 7 < 5)
                if valid and ready and write and exists:
                    memories[name][index] = wdata
                waited = 0 if ready or not valid else waited + 1
                answer = waited > wait
                ctx.set(port.ready, answer)
                ctx.set(port.error, answer and not exists)
                ctx.set(port.rdata, memories[name].get(index, 0x155) if answer else 0x2AA)

        return memory

    async def testbench(ctx: Any) -> None:
        host = Host(dut, ctx)
        await ctx.tick()
        await bench(host)

    simulate(dut, testbench, background=[serve("memory"), serve("full")])


def test_read_only_registers_show_the_cores_value() -> None:
    async def bench(host: Host) -> None:
        for value in (0, 0xFFF, 0x5A3):
            host.ctx.set(host.dut.version, value)
            assert await host.access(MAP.base("version")) == (value, False, ACCESS_CLOCKS)

    run(bench)


def test_stored_registers_keep_what_was_written_until_clear() -> None:
    async def bench(host: Host) -> None:
        ctx, dut = host.ctx, host.dut
        fields = fields_of(MAP.register("settings"), dut.settings)
        for _ in range(2):
            assert await host.read(MAP.base("settings")) == ctx.get(dut.settings) == 33 << 4 | 9
            assert await host.read(MAP.base("word")) == ctx.get(dut.word) == 0xDEADBEEF
            await host.write(MAP.base("settings"), 7 << 4 | 3)
            await host.write(MAP.base("word"), 0xFFFFFFFF)
            assert (ctx.get(fields["low"]), ctx.get(fields["high"])) == (3, 7)
            assert await host.read(MAP.base("settings")) == 7 << 4 | 3
            assert await host.read(MAP.base("word")) == 0xFFFFFFFF
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)

    run(bench)


def test_strobes_last_one_clock() -> None:
    async def bench(host: Host) -> None:
        for value in (1, 2, 0b11100, 0b11111, 0):
            host.seen["command"].clear()
            await host.write(MAP.base("command"), value)
            await host.read(MAP.base("version"))
            assert [seen for seen in host.seen["command"] if seen] == [value] * (value > 0)

    run(bench)


def test_sticky_flags_stay_until_1_is_written_and_a_new_event_wins() -> None:
    async def bench(host: Host) -> None:
        ctx, dut = host.ctx, host.dut
        flags = MAP.base("flags")

        async def event(value: int) -> None:
            ctx.set(dut.flags, value)
            await ctx.tick()
            ctx.set(dut.flags, 0)

        await event(0b101)
        assert await host.read(flags) == 0b101
        await event(0b010)
        assert await host.read(flags) == 0b111
        await host.write(flags, 0)
        assert await host.read(flags) == 0b111
        await host.write(flags, 0b001)
        assert await host.read(flags) == 0b110
        await host.write(flags, 0b110)
        # An event in the very clock of its clearing is not lost.
        for clock in range(1, ACCESS_CLOCKS + 1):
            await event(0b100)
            assert await host.access(flags, 0b100, during=lambda now, at=clock: ctx.set(dut.flags, 0b100 * (now == at)))
            ctx.set(dut.flags, 0)
            await ctx.tick()
            assert await host.read(flags) == 0b100 * (clock >= ACCESS_CLOCKS - 2)
            await host.write(flags, 0b100)
        await event(0b111)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        assert await host.read(flags) == 0

    run(bench)


def test_a_wide_register_is_consistent_when_its_low_word_is_read_first() -> None:
    async def bench(host: Host) -> None:
        ctx, dut = host.ctx, host.dut
        for name, words in (("counter", 2), ("wide", 3)):
            port, base = getattr(dut, name), MAP.base(name)
            for value in (0x1234_5678_9ABC_DEF0_1357, 0xFFFF_FFFF, 0):
                value &= (1 << MAP.register(name).width) - 1
                ctx.set(port, value)
                assert await host.read(base) == value & 0xFFFFFFFF
                ctx.set(port, ~value & (1 << MAP.register(name).width) - 1)  # as a carry would change it
                for word in range(1, words):
                    assert await host.read(base + 4 * word) == value >> 32 * word & 0xFFFFFFFF

    run(bench)


def test_the_upper_words_are_those_of_the_wide_register_whose_low_word_was_read_last() -> None:
    async def bench(host: Host) -> None:
        ctx, dut = host.ctx, host.dut
        ctx.set(dut.counter, 1 << 32)
        ctx.set(dut.wide, 3 << 64 | 2 << 32)
        ctx.set(dut.hash, 0x5A_1234_5678)
        upper = {name: MAP.base(name) + 4 for name in ("counter", "wide", "hash")}
        for name, expected in (("counter", 1), ("wide", 2)):
            await host.read(MAP.base(name))
            assert await host.read(MAP.base("hash")) == 0x1234_5678, "a constant needs no latch"
            assert await host.read(upper["hash"]) == 0x5A
            assert await host.read(upper["counter"]) == await host.read(upper["wide"]) == expected
        assert await host.read(upper["wide"] + 4) == 3

    run(bench)


@pytest.mark.parametrize("wait", [0, 1, 5])
def test_windows_answer_when_their_memory_does(wait: int) -> None:
    async def bench(host: Host) -> None:
        draw = random.Random(wait)
        contents = {}
        for row in range(3):
            for column in range(5):
                address = MAP.base("memory") + 4 * (row << 3 | column)
                contents[address] = draw.randrange(1 << 10)
                await host.write(address, contents[address])
        for index in range(4):
            address = MAP.base("full") + 4 * index
            contents[address] = draw.randrange(1 << 32)
            await host.write(address, contents[address])
        for address, value in draw.sample(list(contents.items()), len(contents)):
            word, error, clocks = await host.access(address)
            assert (word, error) == (value, False)
            assert clocks == ACCESS_CLOCKS + 1 + wait
        for address in (MAP.base("memory") + 4 * 5, MAP.base("memory") + 4 * (3 << 3)):
            assert (await host.access(address))[:2] == (0, True), "an element that the memory lacks"
            assert (await host.access(address, 1))[:2] == (0, True)

    run(bench, wait=wait)


def test_everything_else_is_refused_at_once_and_changes_nothing() -> None:
    async def bench(host: Host) -> None:
        ctx, dut = host.ctx, host.dut
        ctx.set(dut.version, 0x123)
        ctx.set(dut.counter, 5 << 32 | 6)
        ctx.set(dut.flags, 0b010)
        await ctx.tick()
        ctx.set(dut.flags, 0)
        before = await host.snapshot()
        host.seen["command"].clear()
        exists = {address for address, _, _ in MAP.words()}
        first, beyond = max(exists) + 4, MAP.base("full") + 16
        refused: list[tuple[int, int | None]] = [(MAP.base("command"), None)]
        outside = [*range(first, MAP.base("memory"), 4), *range(MAP.base("memory") + 128, MAP.base("full"), 4)]
        for address in [*outside, beyond, 1 << 20, 0x8000_0000, 0xFFFF_FFFC]:
            refused += [(address, None), (address, 0), (address, 1)]
        for address in [*exists, MAP.base("memory"), MAP.base("full")]:
            for offset in (1, 2, 3):
                refused += [(address + offset, None), (address + offset, 1)]
        for address, register, _ in MAP.words():
            if register.access is Access.READ:
                refused += [(address, 0), (address, 1)]
            elif register.width < 32:
                refused += [(address, 1 << register.width), (address, 1 << 31 | 1)]
        refused += [(MAP.base("memory"), 1 << 10), (MAP.base("memory"), 1 << 31)]
        for address, value in refused:
            answer = await host.access(address, value)
            assert answer == (0, True, ACCESS_CLOCKS), f"access {value} at 0x{address:x}"
        assert set(host.seen["command"]) == {0}
        assert await host.snapshot() == before
        assert await host.read(MAP.base("memory")) == 0x155

    run(bench)


def test_an_idle_bus_changes_nothing() -> None:
    async def bench(host: Host) -> None:
        ctx, bus = host.ctx, host.dut.bus
        ctx.set(bus.write, 1)
        ctx.set(bus.wdata, 1)
        for address, _, _ in MAP.words():
            ctx.set(bus.address, address)
            await ctx.tick()
            assert not ctx.get(bus.ready)
            assert not ctx.get(host.dut.command)
        assert ctx.get(host.dut.word) == 0xDEADBEEF

    run(bench)
