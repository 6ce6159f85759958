"""What is remembered of each word, whenever the bus asks for it."""

from typing import Any

import pytest

from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.geometry import BAYES_8X8, Place
from hwgen.memristor.ledger import Ledger
from rtl_tests.simulate import simulate

RECORDED, OTHER = Place(0, 0, 5, 0), Place(2, 1, 3, 0)
BEFORE = 40
"""Wear of both words."""


class LedgerBench:
    """A ledger and its bus windows."""

    def __init__(self, ctx: Any, dut: Ledger) -> None:
        self.ctx = ctx
        self.dut = dut

    async def record(self, place: Place, failed: int, worn: int) -> None:
        ctx, dut = self.ctx, self.dut
        ctx.set(dut.place, place._asdict())
        ctx.set(dut.failed, failed)
        ctx.set(dut.worn, worn)
        ctx.set(dut.record, 1)
        await ctx.tick()
        ctx.set(dut.record, 0)
        await ctx.tick()

    def ask(self, name: str, place: Place, wdata: int | None = None) -> None:
        """Begin an access to a window."""
        port = getattr(self.dut, name)
        self.ctx.set(port.index, BAYES_8X8.address(place))
        self.ctx.set(port.write, wdata is not None)
        self.ctx.set(port.wdata, wdata or 0)
        self.ctx.set(port.valid, 1)

    async def answer(self, name: str) -> int:
        """Wait for its end; what was read."""
        port = getattr(self.dut, name)
        while not self.ctx.get(port.ready):
            await self.ctx.tick()
        assert not self.ctx.get(port.error)
        found = self.ctx.get(port.rdata)
        await self.ctx.tick()
        self.ctx.set(port.valid, 0)
        return int(found)

    async def read(self, name: str, place: Place) -> int:
        self.ask(name, place)
        return await self.answer(name)


@pytest.mark.parametrize("asked", [RECORDED, OTHER], ids=["the same word", "another word"])
@pytest.mark.parametrize("worn", [0, 1])
@pytest.mark.parametrize("clocks", range(-5, 6))
def test_neither_a_record_nor_a_write_of_wear_is_lost_whenever_they_meet(clocks: int, worn: int, asked: Place) -> None:
    """The host begins to write so many clocks after the record, or before."""
    dut = Ledger(ArrayConfig(geometry=BAYES_8X8, clock_hz=1_000_000))

    async def testbench(ctx: Any) -> None:
        bench = LedgerBench(ctx, dut)
        for place in (RECORDED, OTHER):
            await bench.record(place, 0x12, 0)
            bench.ask("wear", place, BEFORE)
            await bench.answer("wear")
        ctx.set(dut.place, RECORDED._asdict())
        ctx.set(dut.failed, 0x81)
        ctx.set(dut.worn, worn)
        written = False
        for clock in range(-6, 12):
            ctx.set(dut.record, clock == 0)
            if clock == clocks:
                bench.ask("wear", asked, 7)
            ready = ctx.get(dut.wear.ready)
            await ctx.tick()
            if ready:
                assert not written
                written = True
                ctx.set(dut.wear.valid, 0)
        assert written
        assert await bench.read("failed_cells", RECORDED) == 0x81
        assert await bench.read("failed_cells", OTHER) == 0x12
        if asked == OTHER:
            assert await bench.read("wear", OTHER) == 7
            assert await bench.read("wear", RECORDED) == BEFORE + worn
        else:
            # One came after the other.
            assert await bench.read("wear", RECORDED) in (7, 7 + worn)
            assert await bench.read("wear", OTHER) == BEFORE

    simulate(dut, testbench)


@pytest.mark.parametrize("name", ["failed_cells", "wear"])
@pytest.mark.parametrize("clocks", range(1, 5))
def test_what_is_read_after_a_record_is_what_was_recorded(clocks: int, name: str) -> None:
    dut = Ledger(ArrayConfig(geometry=BAYES_8X8, clock_hz=1_000_000))

    async def testbench(ctx: Any) -> None:
        bench = LedgerBench(ctx, dut)
        bench.ask("wear", RECORDED, BEFORE)
        await bench.answer("wear")
        ctx.set(dut.place, RECORDED._asdict())
        ctx.set(dut.failed, 0x81)
        ctx.set(dut.worn, 1)
        ctx.set(dut.record, 1)
        await ctx.tick()
        ctx.set(dut.record, 0)
        await ctx.tick().repeat(clocks - 1) if clocks > 1 else None
        assert await bench.read(name, RECORDED) == {"failed_cells": 0x81, "wear": BEFORE + 1}[name]

    simulate(dut, testbench)


def test_no_cell_is_known_to_be_right_at_power_on() -> None:
    dut = Ledger(ArrayConfig(geometry=BAYES_8X8, clock_hz=1_000_000))

    async def testbench(ctx: Any) -> None:
        bench = LedgerBench(ctx, dut)
        for place in (RECORDED, OTHER):
            assert await bench.read("failed_cells", place) == 0xFF
            assert await bench.read("wear", place) == 0
        # What is recorded, and what a host restores, is of one word.
        await bench.record(RECORDED, 0x81, 1)
        bench.ask("wear", OTHER, BEFORE)
        await bench.answer("wear")
        assert await bench.read("failed_cells", RECORDED) == 0x81
        assert await bench.read("failed_cells", OTHER) == 0xFF

    simulate(dut, testbench)
