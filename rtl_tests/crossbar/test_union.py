"""Passes over the union of two lists: which synapse words are asked for, with which values, and in which clock."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import data

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES
from hwgen.crossbar.union import UnionSweep
from rtl_tests.simulate import simulate

INPUTS = 16
BANKS = 2
WORDS = 60

List = list[tuple[int, int]]
"""Numbers of inputs, ascending, and their values."""


class Pass(NamedTuple):
    own: List
    other: List
    base: int = 0
    constant: tuple[int, int] | None = None
    tag: int = 0
    gap: int = 0
    """Clocks between the end of the pass before and this one's start; 0: it is started in the last one's last clock."""


class Asked(NamedTuple):
    address: int
    value: int
    other: int
    constant: bool
    last: bool
    tag: int


def wanted(each: Pass) -> list[Asked | None]:
    """Requests, one a clock; None: one without an input."""
    own, other = dict(each.own), dict(each.other)
    rows = [(index, own.get(index, 0), other.get(index, 0), False) for index in sorted(own.keys() | other.keys())]
    if each.constant is not None:
        index, value = each.constant
        rows.append((index, value, value, True))
    if not rows:
        return [None]
    last = len(rows) - 1
    return [Asked(each.base + index, *rest, number == last, each.tag) for number, (index, *rest) in enumerate(rows)]


def run(passes: list[Pass]) -> None:
    """Make passes, one after the other, and compare all that is asked for and when."""
    entry = data.StructLayout({"index": range(INPUTS + 1), "value": 3})
    dut = UnionSweep(entry, INPUTS, BANKS, WORDS, tag=data.StructLayout({"number": 6}))
    m = Module()
    m.submodules.dut = dut
    clock = Signal(16)
    m.d.sync += clock.eq(clock + 1)
    lists: list[List] = [[], []]
    expected: dict[int, Asked | None] = {}
    endings: set[int] = set()
    seen: dict[int, Asked | None] = {}
    seen_endings: set[int] = set()

    async def start(ctx: Any) -> None:
        for number, each in enumerate(passes):
            if number:
                while not ctx.get(dut.ending):
                    await ctx.tick()
                for _ in range(each.gap):
                    await ctx.tick()
            asked = wanted(each)
            first = ctx.get(clock) + LIST_STAGES + MERGE_STAGES + 2
            expected.update({first + place: one for place, one in enumerate(asked)})
            endings.add(first + len(asked) - 2)
            mirrored = number % 2
            for name, value in (
                ("bank", mirrored),
                ("other_bank", 1 - mirrored),
                ("count", len(each.own)),
                ("other_count", len(each.other)),
                ("base", each.base),
                ("constant", each.constant is not None),
            ):
                ctx.set(getattr(dut, name), value)
            index, value = each.constant or (3, 7)
            ctx.set(dut.constant_entry, {"index": index, "value": value})
            ctx.set(dut.tag.number, each.tag)
            ctx.set(dut.start, 1)
            await ctx.tick()
            lists[mirrored], lists[1 - mirrored] = each.own, each.other
            # What it is told then it remembers.
            ctx.set(dut.start, 0)
            for name in ("bank", "other_bank", "count", "other_count", "base", "constant"):
                ctx.set(getattr(dut, name), 0)
            ctx.set(dut.constant_entry, {"index": 0, "value": 0})
            ctx.set(dut.tag.number, 0)
        while not ctx.get(dut.ending):
            await ctx.tick()
        await ctx.tick().repeat(6)
        assert not ctx.get(dut.working)

    async def answer(ctx: Any) -> None:
        waiting = [((0, 0), (0, 0))] * LIST_STAGES
        async for _, _, *asked in ctx.tick().sample(
            dut.read_bank, dut.read_address, dut.other_read_bank, dut.other_read_address
        ):
            waiting = [*waiting[1:], (tuple(asked[:2]), tuple(asked[2:]))]
            for member, (bank, address) in zip((dut.entry, dut.other_entry), waiting[0], strict=True):
                # After the last entry it reads on.
                index, value = lists[bank][address] if address < len(lists[bank]) else (5, 5)
                ctx.set(member, {"index": index, "value": value})

    async def watch(ctx: Any) -> None:
        request = dut.request
        async for _, _, now, valid, clear, last, address, value, other, constant, tag, ending in ctx.tick().sample(
            clock,
            request.valid,
            request.clear,
            request.last,
            request.address,
            request.entry.value,
            request.entry.other,
            request.constant,
            request.tag.number,
            dut.ending,
        ):
            if ending:
                seen_endings.add(now)
            if valid:
                seen[now] = Asked(address, value, other, bool(constant), bool(last), tag)
            if clear:
                assert last
                seen[now] = None

    simulate(m, start, background=[answer, watch])
    assert seen == expected
    assert seen_endings == endings


FEW = [(1, 5), (4, 2), (9, 7)]
FULL = [(index, 1 + index % 7) for index in range(INPUTS)]
EVEN, ODD = ([(index, 3) for index in range(first, INPUTS, 2)] for first in (0, 1))


@pytest.mark.parametrize("constant", [None, (INPUTS, 6)])
@pytest.mark.parametrize(
    ("own", "other"),
    [([], []), (FEW, []), ([], FEW), (FEW, FEW), (FULL, FULL), (EVEN, ODD), (FULL, FEW), (FULL[:8], FULL[8:])],
    ids=["none", "own", "other", "equal", "all", "disjoint", "within", "after"],
)
def test_each_input_of_either_list_is_visited_once(own: List, other: List, constant: tuple[int, int] | None) -> None:
    """In ascending order, one a clock from the first one on, also while one list waits for the other."""
    run([Pass(own, other, 7, constant, 9), Pass(other, own, 0, constant, 5)])


@pytest.mark.parametrize("seed", range(6))
def test_random_lists(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def drawn() -> List:
        indices = np.flatnonzero(rng.random(INPUTS) < rng.choice([0, 0.1, 0.5, 0.9, 1]))
        return [(int(index), int(rng.integers(1, 8))) for index in indices]

    run(
        [
            Pass(
                drawn(),
                drawn(),
                int(rng.integers(WORDS - INPUTS)),
                (INPUTS, int(rng.integers(1, 8))) if rng.random() < 0.5 else None,
                number,
                int(rng.choice([0, 1, 5])),
            )
            for number in range(40)
        ]
    )
