"""Interrupts: every source, masked and not, behind a bank with the common registers; nothing that happens is lost."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.bank import RegisterBank
from hwgen.bus.common import core_map
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.bus.map import Field
from rtl_tests.simulate import simulate

ERROR, RESULT, IDLE = 1, 2, 4
ALL = ERROR | RESULT | IDLE
TO_PENDING, TO_IRQ = 2, 3
"""Clocks from an event to its bit of ``interrupt_pending``, and to ``irq``."""
ACTS, ENDS = 3, 5
"""Clocks of an access, counted from 1, in which a write acts, and which is its last."""


class Shell(wiring.Component):
    """A core in which the test does what happens: errors, ``busy``, and both sides of ``y``."""

    def __init__(self) -> None:
        self.map = core_map(errors=(Field("one", ""), Field("two", "")))
        y = stream.Signature(8)
        super().__init__({"bus": In(BusSignature()), "y": In(y), "errors": In(2), "busy": In(1), "irq": Out(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self.map)
        wiring.connect(m, wiring.flipped(self.bus), bank.bus)
        m.d.comb += [bank.errors.eq(self.errors), bank.clear.eq(bank.control[0])]
        connect_interrupts(m, bank, y=self.y, busy=self.busy, irq=self.irq)
        return m


class Host:
    """The core's surroundings."""

    def __init__(self, dut: Shell, ctx: Any) -> None:
        self.dut, self.ctx = dut, ctx

    def set(self, *, errors: int = 0, busy: int = 0, valid: int = 0, ready: int = 0) -> None:
        """What happens from this clock on."""
        dut = self.dut
        for signal, value in ((dut.errors, errors), (dut.busy, busy), (dut.y.valid, valid), (dut.y.ready, ready)):
            self.ctx.set(signal, value)

    def irq(self) -> bool:
        return bool(self.ctx.get(self.dut.irq))

    async def tick(self, clocks: int = 1) -> None:
        await self.ctx.tick().repeat(clocks)

    async def access(
        self, name: str, value: int | None = None, during: Callable[[int], None] = lambda clock: None
    ) -> int:
        """One access; ``during`` is called in each of its clocks, from 1 on."""
        ctx, bus = self.ctx, self.dut.bus
        ctx.set(bus.valid, 1)
        ctx.set(bus.write, value is not None)
        ctx.set(bus.address, self.dut.map.base(name))
        ctx.set(bus.wdata, value or 0)
        for clock in range(1, ENDS + 1):
            during(clock)
            ready, rdata, error = ctx.get(bus.ready), ctx.get(bus.rdata), ctx.get(bus.error)
            assert ready == (clock == ENDS) and not error
            await ctx.tick()
        ctx.set(bus.valid, 0)
        return int(rdata)

    async def pending(self) -> int:
        await self.tick(TO_PENDING)
        return await self.access("interrupt_pending")

    async def clear(self, bits: int = ALL) -> None:
        await self.access("interrupt_pending", bits)


def run(bench: Callable[[Host], Coroutine[Any, Any, None]]) -> None:
    dut = Shell()

    async def testbench(ctx: Any) -> None:
        await ctx.tick()
        await bench(Host(dut, ctx))

    simulate(dut, testbench)


async def cause(host: Host, source: int) -> None:
    """Let one source happen, in the clock of the call, and end quiet: the last clock is the one after."""
    host.set(errors=source == ERROR, valid=source == RESULT, busy=source == IDLE)
    if source == IDLE:
        await host.tick()
    host.set(errors=source == ERROR, valid=source == RESULT, ready=source == RESULT)
    await host.tick()
    host.set()


@pytest.mark.parametrize("source", [ERROR, RESULT, IDLE])
def test_each_source_sets_its_bit_and_irq_three_clocks_later_if_the_mask_lets_it(source: int) -> None:
    async def bench(host: Host) -> None:
        for mask in range(ALL + 1):
            await host.access("interrupt_mask", mask)
            assert await host.access("interrupt_mask") == mask
            await cause(host, source)
            seen = []
            for _ in range(TO_IRQ + 2):
                seen.append(host.irq())
                await host.tick()
            raised = bool(mask & source)
            assert seen == [False] * (TO_IRQ - 1) + [raised] * 3
            assert await host.pending() == source
            # Level-sensitive: it stays until the host has dealt with it.
            await host.clear(ALL & ~source)
            assert await host.pending() == source
            assert host.irq() == raised
            await host.clear(source)
            await host.tick()
            assert not host.irq()
            assert await host.pending() == 0
            await host.access("errors", 3)

    run(bench)


def test_the_mask_acts_on_what_is_pending_already() -> None:
    async def bench(host: Host) -> None:
        await cause(host, RESULT)
        for mask, level in ((ALL, True), (ERROR | IDLE, False), (RESULT, True), (0, False)):
            await host.access("interrupt_mask", mask)
            await host.tick()
            assert host.irq() == level
        assert await host.pending() == RESULT

    run(bench)


def test_an_error_counts_when_its_bit_rises_and_not_again_while_it_is_set() -> None:
    async def bench(host: Host) -> None:
        await cause(host, ERROR)
        assert await host.pending() == ERROR
        await host.clear()
        await cause(host, ERROR)
        assert await host.pending() == 0, "the bit was 1 already"
        host.set(errors=2)
        await host.tick()
        host.set()
        assert await host.pending() == ERROR, "another bit rose"
        assert await host.access("errors") == 3
        # In the very clock in which its bit is cleared, an error rises anew; before, it is the old one.
        for clock in range(1, ENDS + 1):
            await host.clear()
            await host.access("errors", 1, during=lambda now, at=clock: host.set(errors=now == at))
            host.set()
            assert await host.pending() == ERROR * (clock >= ACTS)
            assert await host.access("errors") == 2 | (clock >= ACTS)
            await cause(host, ERROR)

    run(bench)


def test_every_result_counts_once_however_long_it_waits() -> None:
    async def bench(host: Host) -> None:
        host.set(valid=1)
        assert await host.pending() == RESULT
        await host.clear()
        assert await host.pending() == 0, "it only waits"
        for _ in range(2):
            host.set(valid=1, ready=1)
            await host.tick()
            host.set(valid=1)
            assert await host.pending() == RESULT, "after the transfer there is another one"
            await host.clear()
        host.set(valid=1, ready=1)
        await host.tick()
        host.set(ready=1)
        assert await host.pending() == 0
        host.set(valid=1, ready=1)
        await host.tick()
        host.set(ready=1)
        assert await host.pending() == RESULT, "it was there for one clock"

    run(bench)


def test_idle_counts_when_busy_falls() -> None:
    async def bench(host: Host) -> None:
        assert await host.pending() == 0
        host.set(busy=1)
        assert await host.pending() == 0
        host.set()
        assert await host.pending() == IDLE
        await host.clear()
        assert await host.pending() == 0

    run(bench)


@pytest.mark.parametrize("source", [ERROR, RESULT, IDLE])
def test_what_happens_while_its_bit_is_cleared_is_not_lost(source: int) -> None:
    async def bench(host: Host) -> None:
        for clock in range(1, ENDS + 1):
            await cause(host, source)
            await host.access("errors", 3)
            assert await host.pending() == source

            def happen(now: int, at: int = clock) -> None:
                active = now == at
                host.set(errors=source == ERROR and active, valid=source == RESULT and active)
                if source == IDLE:
                    host.set(busy=now < at)

            host.set(busy=source == IDLE)
            await host.tick()
            await host.access("interrupt_pending", source, during=happen)
            host.set()
            # The event reaches the register two clocks later; until the write acts, it is cleared with the others.
            assert await host.pending() == source * (clock + TO_PENDING > ACTS)
            await host.clear()
            await host.access("errors", 3)
            await host.tick(TO_PENDING)

    run(bench)


@pytest.mark.parametrize("source", [ERROR, RESULT, IDLE])
def test_soft_reset_clears_mask_and_pending_and_what_is_on_its_way(source: int) -> None:
    async def bench(host: Host) -> None:
        for clock in range(1, ENDS + 1):
            await host.access("interrupt_mask", ALL)
            await cause(host, source)
            await host.tick(TO_IRQ)
            assert host.irq()

            def happen(now: int, at: int = clock) -> None:
                active = now == at
                host.set(errors=source == ERROR and active, valid=source == RESULT and active, ready=1)
                if source == IDLE:
                    host.set(busy=now < at)

            await host.access("control", 1, during=happen)
            host.set()
            await host.tick()
            assert not host.irq()
            assert await host.access("interrupt_mask") == 0
            # The fall of busy that comes with a soft reset, a clock after it, is no event.
            after = clock > ACTS and not (source == IDLE and clock == ACTS + 1)
            assert await host.pending() == source * after
            await host.access("control", 1)
            assert await host.pending() == 0

    run(bench)


def test_a_result_that_a_soft_reset_leaves_on_y_is_announced_again() -> None:
    async def bench(host: Host) -> None:
        host.set(valid=1)
        assert await host.pending() == RESULT
        await host.access("control", 1)
        assert await host.pending() == RESULT
        await host.clear()
        assert await host.pending() == 0

    run(bench)
