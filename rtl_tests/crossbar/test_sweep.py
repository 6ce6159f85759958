"""Passes over lists of active inputs: which synapse words are asked for, and in which clock."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from amaranth.lib import data

from hwgen.crossbar.sweep import LIST_STAGES, InputSweep
from rtl_tests.simulate import simulate

ENTRIES = 12
BANKS = 3
WORDS = 40
LISTS = np.random.default_rng(1).integers(0, ENTRIES, (BANKS, ENTRIES)).tolist()
VALUES = np.random.default_rng(2).integers(0, 8, (BANKS, ENTRIES)).tolist()

AFTER_START = 1 + LIST_STAGES + 1
"""Clocks from ``start`` to the first request."""


class Pass(NamedTuple):
    bank: int
    count: int
    base: int
    clear: bool
    slow: bool = False
    gap: int = 0
    """Clocks between the end of the pass before and this one's start; 0: it is started in the last one's last clock."""


Asked = tuple[bool, bool, bool, int, int]
NOTHING = (False, False, False, 0, 0)


def requests(each: Pass) -> list[Asked]:
    """Valid, clear, last, address and value, clock by clock."""
    asked: list[Asked] = [(False, True, False, 0, 0)] if each.clear else []
    for number in range(each.count):
        if each.slow and number:
            asked.append(NOTHING)
        address = each.base + LISTS[each.bank][number]
        asked.append((True, False, False, address, VALUES[each.bank][number]))
    valid, clear, _, address, value = asked[-1]
    return [*asked[:-1], (valid, clear, True, address, value)]


def run(passes: list[Pass]) -> list[Asked]:
    """Make passes, one after the other; what is asked for from the first start on."""
    layout = data.StructLayout({"index": 4, "value": 3})
    dut = InputSweep(layout, ENTRIES, BANKS, WORDS)
    asked: list[Asked] = []

    async def start(ctx: Any) -> None:
        for number, each in enumerate(passes):
            if number and not each.gap:
                while not ctx.get(dut.ending):
                    await ctx.tick()
            elif number:
                await ctx.tick().until(dut.ending)
                for _ in range(each.gap - 1):
                    await ctx.tick()
            for name in ("bank", "count", "base", "clear"):
                ctx.set(getattr(dut, name), getattr(each, name))
            ctx.set(dut.start, 1)
            await ctx.tick()
            # What it is told then it remembers.
            ctx.set(dut.start, 0)
            for name in ("bank", "count", "base", "clear"):
                ctx.set(getattr(dut, name), 0)
            ctx.set(dut.slow, each.slow)
        await ctx.tick().until(dut.ending)
        await ctx.tick().repeat(LIST_STAGES + 4)

    async def answer(ctx: Any) -> None:
        waiting = [(0, 0)] * LIST_STAGES
        async for _, _, bank, address in ctx.tick().sample(dut.read_bank, dut.read_address):
            waiting = [*waiting[1:], (bank, address)]
            bank, address = waiting[0]
            address %= ENTRIES  # after the last entry it reads on
            ctx.set(dut.entry.index, LISTS[bank][address])
            ctx.set(dut.entry.value, VALUES[bank][address])

    async def watch(ctx: Any) -> None:
        request = dut.request
        async for _, _, valid, clear, last, address, value in ctx.tick().sample(
            request.valid, request.clear, request.last, request.address, request.entry.value
        ):
            asked.append((bool(valid), bool(clear), bool(last), address if valid else 0, value if valid else 0))

    simulate(dut, start, background=[answer, watch])
    return asked


def expected(passes: list[Pass]) -> list[Asked]:
    asked = [NOTHING] * AFTER_START
    for each in passes:
        asked += [NOTHING] * each.gap + requests(each)
    return asked


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 3, ENTRIES])
def test_a_pass_asks_for_the_word_of_each_entry(count: int, clear: bool, slow: bool) -> None:
    if not count and not clear:
        return  # not allowed
    passes = [Pass(1, count, 17, clear, slow)]
    found = run(passes)
    wanted = expected(passes)
    assert found[: len(wanted)] == wanted
    assert set(found[len(wanted) :]) == {NOTHING}


@pytest.mark.parametrize("gap", [0, 1, 4])
@pytest.mark.parametrize("counts", [(3, 5), (1, 1), (0, 0), (0, 2), (ENTRIES, 0), (1, ENTRIES)])
def test_passes_follow_each_other_without_a_gap_of_their_own(counts: tuple[int, int], gap: int) -> None:
    first, second = counts
    passes = [
        Pass(0, first, 0, True),
        Pass(2, second, 28, True, gap=gap),
        Pass(1, 4, 5, False, gap=gap),
        Pass(2, first, 9, True, gap=gap),
    ]
    found, wanted = run(passes), expected(passes)
    assert found[: len(wanted)] == wanted


def test_random_passes() -> None:
    draw = np.random.default_rng(5)
    passes = []
    for number in range(60):
        clear = bool(draw.integers(2))
        count = int(draw.integers(0 if clear else 1, ENTRIES + 1))
        base = int(draw.integers(WORDS - ENTRIES))
        gap = int(draw.integers(3)) if number else 0
        passes.append(Pass(int(draw.integers(BANKS)), count, base, clear, slow=number % 3 == 0, gap=gap))
    found, wanted = run(passes), expected(passes)
    assert found[: len(wanted)] == wanted
