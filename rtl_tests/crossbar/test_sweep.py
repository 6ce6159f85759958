"""Passes over lists of active inputs: which synapse words are asked for, and in which clock."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from amaranth.hdl import Const
from amaranth.lib import data

from hwgen.crossbar.stages import LIST_STAGES, REQUEST_STAGES
from hwgen.crossbar.sweep import InputSweep
from rtl_tests.simulate import simulate

ENTRIES = 12
BANKS = 3
WORDS = 40
LISTS = np.random.default_rng(1).integers(0, ENTRIES, (BANKS, ENTRIES)).tolist()
VALUES = np.random.default_rng(2).integers(0, 8, (BANKS, ENTRIES)).tolist()

AFTER_START = 1 + REQUEST_STAGES
"""Clocks from ``start`` to the first request."""


class Pass(NamedTuple):
    bank: int
    count: int
    base: int
    clear: bool
    slow: bool = False
    gap: int = 0
    """Clocks between the end of the pass before and this one's start; 0: it is started in the last one's last clock."""
    constant: tuple[int, int] | None = None
    """Index and value of an entry after those of the list."""
    tag: int = 0


class Asked(NamedTuple):
    valid: bool = False
    clear: bool = False
    last: bool = False
    address: int = 0
    value: int = 0
    constant: bool = False
    tag: int = 0


NOTHING = Asked()


def requests(each: Pass) -> list[Asked]:
    """What is asked for, clock by clock."""
    asked = [Asked(clear=True, tag=each.tag)] if each.clear else []
    entries = list(zip(LISTS[each.bank], VALUES[each.bank], strict=True))[: each.count]
    for number, (index, value) in enumerate([*entries, *([each.constant] if each.constant else [])]):
        if each.slow and number:
            asked.append(NOTHING)
        asked.append(Asked(True, False, False, each.base + index, value, number == each.count, each.tag))
    return [*asked[:-1], asked[-1]._replace(last=True)]


def run(passes: list[Pass], *, tags_and_constants: bool = False) -> list[Asked]:
    """Make passes, one after the other; what is asked for from the first start on."""
    layout = data.StructLayout({"index": 4, "value": 3})
    more: dict[str, Any] = {"tag": data.StructLayout({"number": 5}), "constant": True} if tags_and_constants else {}
    dut = InputSweep(layout, ENTRIES, BANKS, WORDS, **more)
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
            if tags_and_constants:
                index, value = each.constant or (3, 7)
                ctx.set(dut.constant, each.constant is not None)
                ctx.set(dut.constant_entry, {"index": index, "value": value})
                ctx.set(dut.tag.number, each.tag)
            ctx.set(dut.start, 1)
            await ctx.tick()
            # What it is told then it remembers.
            ctx.set(dut.start, 0)
            for name in ("bank", "count", "base", "clear"):
                ctx.set(getattr(dut, name), 0)
            if tags_and_constants:
                ctx.set(dut.constant, 0)
                ctx.set(dut.constant_entry, {"index": 0, "value": 0})
                ctx.set(dut.tag.number, 0)
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
        said = [request.tag.number, request.constant] if tags_and_constants else [Const(0), Const(0)]
        async for _, _, valid, clear, last, address, value, tag, constant in ctx.tick().sample(
            request.valid, request.clear, request.last, request.address, request.entry.value, *said
        ):
            present = valid or clear
            entry = (address, value) if valid else (0, 0)
            asked.append(Asked(bool(valid), bool(clear), bool(last), *entry, bool(constant), tag if present else 0))

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


@pytest.mark.parametrize("seed", range(2))
def test_passes_with_tags_and_constant_entries(seed: int) -> None:
    draw = np.random.default_rng(seed)
    passes = []
    for number in range(60):
        constant = (int(draw.integers(16)), int(draw.integers(8))) if draw.random() < 0.6 else None
        clear = bool(draw.integers(2))
        count = int(draw.integers(0 if clear or constant else 1, draw.choice([2, ENTRIES + 1])))
        passes.append(
            Pass(
                bank=int(draw.integers(BANKS)),
                count=count,
                base=int(draw.integers(WORDS - 16)),
                clear=clear,
                slow=number % 3 == 0,
                gap=int(draw.integers(3)) if number else 0,
                constant=constant,
                tag=int(draw.integers(32)),
            )
        )
    found, wanted = run(passes, tags_and_constants=True), expected(passes)
    assert found[: len(wanted)] == wanted
    assert set(found[len(wanted) :]) == {NOTHING}
