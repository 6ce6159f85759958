"""The counter memory: what is read is a count of one clock, across carries, clears and resets."""

import random
from typing import Any

import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib.wiring import connect

from hwgen.bus.bank import RegisterBank
from hwgen.bus.counter_memory import Count, CounterMemory
from hwgen.bus.map import Access, Field, Register, RegisterMap
from rtl_tests.simulate import simulate

COUNTS = (
    Count("samples", "common"),
    Count("clocks", "statistics"),
    Count("steps", "statistics", most=255),
    Count("flips", "statistics", most=70_000),
    Count("others", "common", most=3),
)


class Bench:
    """Counters in the simulator, and what they should hold."""

    def __init__(self, counts: tuple[Count, ...] = COUNTS, seed: int = 0) -> None:
        self.counts = counts
        self.dut = CounterMemory(counts)
        self.reset = Signal()
        self.draw = random.Random(seed)
        self.totals = [dict.fromkeys((count.name for count in counts), 0)]  # of each clock so far

    async def tick(self, ctx: Any, share: float = 0.7, clearing: float = 0.0, most: bool = False) -> None:
        """A clock in which each counts with probability ``share``, and each group is cleared with ``clearing``."""
        dut, draw, now = self.dut, self.draw, dict(self.totals[-1])
        for count in self.counts:
            counts = draw.random() < share
            amount = count.most if most or draw.random() < 0.5 else draw.randrange(count.most + 1)
            ctx.set(getattr(dut, count.name), counts)
            if count.most > 1:
                ctx.set(getattr(dut, f"{count.name}_amount"), amount)
            now[count.name] += counts * (amount if count.most > 1 else 1)
        for group in dut.groups:
            cleared = draw.random() < clearing
            ctx.set(getattr(dut, f"clear_{group}"), cleared)
            now |= {count.name: 0 for count in self.counts if cleared and count.group == group}
        if ctx.get(self.reset):
            now = dict.fromkeys(now, 0)
        await ctx.tick()
        self.totals.append(now)

    async def read(self, ctx: Any, number: int, word: int, **work: Any) -> tuple[int, int]:
        """A word of a total, and the clocks that it took; the counters work on meanwhile."""
        port = self.dut.port
        ctx.set(port.index, number << 1 | word)
        ctx.set(port.valid, 1)
        for clocks in range(100):
            ready, rdata = ctx.get(port.ready), ctx.get(port.rdata)
            assert not ctx.get(port.error)
            if ready:
                await self.tick(ctx, **work)
                ctx.set(port.valid, 0)
                return rdata, clocks
            await self.tick(ctx, **work)
        raise AssertionError("no answer")

    async def check(self, ctx: Any, number: int, **work: Any) -> int:
        """Read a total, which must be that of one clock of those that it took; its upper word comes at once."""
        begun = len(self.totals) - 1
        low, clocks = await self.read(ctx, number, 0, **work)
        ended = len(self.totals)
        assert clocks <= 2 * len(self.counts)
        for _ in range(self.draw.randrange(40)):
            await self.tick(ctx, **work)
        high, clocks = await self.read(ctx, number, 1, **work)
        assert clocks == 0
        seen = {totals[self.counts[number].name] for totals in self.totals[max(0, begun - 2) : ended]}
        assert high << 32 | low in seen
        return high << 32 | low

    def run(self, *, of: Any) -> None:
        simulate(ResetInserter(self.reset)(self.dut), of)


@pytest.mark.parametrize("counts", [COUNTS, COUNTS[:2], COUNTS[1:4]])
@pytest.mark.parametrize("most", [False, True])
def test_a_total_is_that_of_one_clock_whenever_it_is_read(counts: tuple[Count, ...], most: bool) -> None:
    bench = Bench(counts)

    async def testbench(ctx: Any) -> None:
        for _ in range(150):
            share, clearing = bench.draw.choice([(1.0, 0.0), (0.3, 0.0), (0.7, 0.02), (0.9, 0.3)])
            number = bench.draw.randrange(len(counts))
            await bench.check(ctx, number, share=share, clearing=clearing, most=most)

    bench.run(of=testbench)


def test_totals_carry_into_the_upper_word() -> None:
    bench = Bench((*COUNTS, Count("huge", "common", most=1 << 26)))

    async def testbench(ctx: Any) -> None:
        while bench.totals[-1]["huge"] < 3 << 32:
            await bench.check(ctx, len(COUNTS), share=1.0)

    bench.run(of=testbench)


def test_a_clear_in_any_clock_of_a_visit_leaves_nothing() -> None:
    visit = 2 * len(COUNTS)
    for offset in range(visit):
        bench = Bench(seed=offset)

        async def testbench(ctx: Any, bench: Bench = bench, offset: int = offset) -> None:
            for _ in range(2 * visit + offset):
                await bench.tick(ctx, share=1.0, most=True)
            await bench.tick(ctx, share=1.0, clearing=1.0, most=True)
            for _ in range(2):
                await bench.tick(ctx, share=0.0)
            for number in range(len(COUNTS)):
                assert await bench.check(ctx, number, share=0.0) == 0
            for _ in range(3):
                await bench.tick(ctx, share=1.0)
            assert await bench.check(ctx, 1, share=1.0) > 0

        bench.run(of=testbench)


def test_a_reset_clears_what_the_memory_holds() -> None:
    bench = Bench()

    async def testbench(ctx: Any) -> None:
        for clocks in (200, 201, 217, 1):
            for _ in range(clocks):
                await bench.tick(ctx, share=1.0)
            ctx.set(bench.reset, 1)
            await bench.tick(ctx)
            ctx.set(bench.reset, 0)
            for _ in range(2):
                await bench.tick(ctx)
            for number in range(len(COUNTS)):
                await bench.check(ctx, number)

    bench.run(of=testbench)


def test_a_register_bank_reads_counters_at_the_addresses_of_their_registers() -> None:
    chart = RegisterMap(
        (
            Register("before", Access.READ, "", (Field("value", "", 8),)),
            Register("samples", Access.READ, "", (Field("value", "", 64),)),
            Register("between", Access.READ, "", (Field("value", "", 8),)),
            Register("huge", Access.READ, "", (Field("value", "", 64),)),
        )
    )
    counts = (Count("samples", "all"), Count("huge", "all", most=1 << 26))
    bank, counters = RegisterBank(chart, [count.name for count in counts]), CounterMemory(counts)
    m = Module()
    m.submodules.bank, m.submodules.counters = bank, counters
    connect(m, bank.counters, counters.port)

    async def access(ctx: Any, address: int, write: bool = False) -> tuple[int, int]:
        ctx.set(bank.bus.address, address)
        ctx.set(bank.bus.write, write)
        ctx.set(bank.bus.valid, 1)
        for _ in range(30):
            ready, answer = ctx.get(bank.bus.ready), (ctx.get(bank.bus.rdata), ctx.get(bank.bus.error))
            await ctx.tick()
            if ready:
                ctx.set(bank.bus.valid, 0)
                await ctx.tick()
                return answer
        raise AssertionError("no answer")

    async def testbench(ctx: Any) -> None:
        ctx.set(bank.before, 0x11)
        ctx.set(bank.between, 0x22)
        ctx.set(counters.samples, 1)
        ctx.set(counters.huge, 1)
        ctx.set(counters.huge_amount, 1 << 26)
        await ctx.tick().repeat(200)
        ctx.set(counters.samples, 0)
        ctx.set(counters.huge, 0)
        expected = {"before": 0x11, "samples": 200, "between": 0x22, "huge": 200 << 26}
        for _ in range(2):
            for address, register, word in chart.words():
                value = expected[register.name] >> 32 * word & 0xFFFFFFFF
                assert await access(ctx, address) == (value, 0)
                assert await access(ctx, address, write=True) == (0, 1)
        for address in (chart.base("huge") + 1, chart.base("huge") + 8, chart.base("huge") | 1 << 20):
            assert await access(ctx, address) == (0, 1)

    simulate(m, testbench)


def test_parameters_are_checked_first() -> None:
    with pytest.raises(ValueError, match="counts must be at least two, not 1"):
        CounterMemory(COUNTS[:1])
    with pytest.raises(ValueError, match=r"most of huge is 1073741824, too large for 2 counters"):
        CounterMemory((COUNTS[0], Count("huge", "common", most=1 << 30)))
