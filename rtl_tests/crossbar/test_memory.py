"""The synapse memory: the core's two ports, and the bus, which writes through the lanes."""

from typing import Any

import numpy as np
import pytest

from hwgen.crossbar.memory import SynapseMemory
from hwgen.crossbar.stages import MEMORY_STAGES
from hwgen.crossbar.words import WordFormat
from rtl_tests.simulate import simulate

# The last one has two regions.
SHAPES = [
    (10, 8, 8),
    (7, 10, 7),
    (16, 3, 5),
    (5, 40, 1),
    (1, 1, 9),
    (3, 70, 2),
    (4, 5, 32),
    (6, 9, 16),
    (3, 35, 16),
    (3, 70, 8, 8),
]


class Bench:
    """A memory, what it should hold, and lanes that take ``delay`` clocks to put a word back."""

    def __init__(self, dut: SynapseMemory, delay: int = 1) -> None:
        self.dut = dut
        self.delay = delay
        self.draw = np.random.default_rng(dut.words.depth + dut.words.lanes)
        self.words = [self.random_word() for _ in range(dut.words.depth)]

    def random_word(self) -> int:
        return int.from_bytes(self.draw.bytes(400)) % (1 << self.dut.words.lanes * self.dut.words.synapse_bits)

    def element(self, address: int, group: int) -> int:
        bits = self.dut.words.per_element * self.dut.words.synapse_bits
        return self.words[address] >> group * bits & (1 << bits) - 1

    def element_bits(self, group: int) -> int:
        """Bits of a group's element that stand for synapses."""
        first = group * self.dut.words.per_element
        return min(self.dut.words.per_element, self.dut.words.lanes - first) * self.dut.words.synapse_bits

    async def write(self, ctx: Any, address: int, word: int) -> None:
        dut = self.dut
        ctx.set(dut.write_enable, 1)
        ctx.set(dut.write_address, address)
        await ctx.tick()
        ctx.set(dut.write_enable, 0)
        ctx.set(dut.write_word, word)
        await ctx.tick()

    async def fill(self, ctx: Any) -> None:
        for address, word in enumerate(self.words):
            await self.write(ctx, address, word)

    async def check(self, ctx: Any) -> None:
        """Read every word through the core's port, one a clock."""
        dut = self.dut
        for clock in range(dut.words.depth + MEMORY_STAGES):
            ctx.set(dut.read_enable, clock < dut.words.depth)
            ctx.set(dut.read_address, min(clock, dut.words.depth - 1))
            if clock >= MEMORY_STAGES:
                assert ctx.get(dut.word) == self.words[clock - MEMORY_STAGES]
            await ctx.tick()
        ctx.set(dut.read_enable, 0)

    async def access(self, ctx: Any, address: int, group: int, value: int | None = None) -> tuple[int, bool]:
        """A bus access: what was read, and whether it was refused."""
        port = self.dut.window
        ctx.set(port.valid, 1)
        ctx.set(port.write, value is not None)
        ctx.set(port.index, address << self.dut.words.place_bits | group)
        ctx.set(port.wdata, value or 0)
        rdata, error = await ctx.tick().sample(port.rdata, port.error).until(port.ready)
        ctx.set(port.valid, 0)
        assert not ctx.get(self.dut.bus_select)
        return rdata, bool(error)

    async def lanes(self, ctx: Any) -> None:
        """What lanes do: each takes its synapse from the element if its group is selected."""
        dut = self.dut
        while True:
            while not ctx.get(dut.bus_write):
                await ctx.tick()
            word, address = ctx.get(dut.word), ctx.get(dut.bus_address)
            select, elements = ctx.get(dut.bus_select), [ctx.get(data) for data in dut.bus_data]
            for _ in range(self.delay - 1):
                await ctx.tick()
                assert not ctx.get(dut.bus_write)
            assert ctx.get(dut.accessing) and ctx.get(dut.bus_select) == select
            mask = (1 << dut.words.synapse_bits) - 1
            for lane in range(dut.words.lanes):
                if select >> lane // dut.words.per_element & 1:
                    element = elements[lane // len(dut.words.regions[0])]
                    synapse = element >> lane % dut.words.per_element * dut.words.synapse_bits & mask
                    word = word & ~(mask << lane * dut.words.synapse_bits) | synapse << lane * dut.words.synapse_bits
            await self.write(ctx, address, word)

    def run(self, bench: Any) -> None:
        simulate(self.dut, bench, background=[self.lanes])


@pytest.mark.parametrize("bank_words", [2048, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_core_reads_and_writes_a_word_a_clock(
    shape: tuple[int, ...], bank_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass that reads each word and writes it, changed, four clocks later, as learning does."""
    monkeypatch.setattr("hwgen.crossbar.words.BANK_WORDS", bank_words)
    dut = SynapseMemory(WordFormat(*shape))
    host = Bench(dut)
    late = 4

    async def bench(ctx: Any) -> None:
        await host.fill(ctx)
        await host.check(ctx)
        old, host.words = host.words, [host.random_word() for _ in host.words]
        for clock in range(dut.words.depth + late):
            ctx.set(dut.read_enable, clock < dut.words.depth)
            ctx.set(dut.read_address, min(clock, dut.words.depth - 1))
            ctx.set(dut.write_enable, clock >= late)
            ctx.set(dut.write_address, max(clock - late, 0))
            ctx.set(dut.write_word, host.words[max(clock - late - 1, 0)])
            if MEMORY_STAGES <= clock < dut.words.depth + MEMORY_STAGES:
                assert ctx.get(dut.word) == old[clock - MEMORY_STAGES]
            await ctx.tick()
        ctx.set(dut.write_enable, 0)
        ctx.set(dut.write_word, host.words[-1])
        await ctx.tick()
        await host.check(ctx)

    host.run(bench)


@pytest.mark.parametrize(("delay", "bank_words"), [(1, 2048), (3, 2048), (1, 4)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_bus_reads_and_writes_elements(
    shape: tuple[int, ...], delay: int, bank_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwgen.crossbar.words.BANK_WORDS", bank_words)
    dut = SynapseMemory(WordFormat(*shape))
    host = Bench(dut, delay)

    async def bench(ctx: Any) -> None:
        await host.fill(ctx)
        places = [(address, group) for address in range(dut.words.depth) for group in range(dut.words.elements)]
        for address, group in places:
            assert await host.access(ctx, address, group) == (host.element(address, group), False)
        for address, group in [places[index] for index in host.draw.permutation(len(places))[:40]]:
            bits = host.element_bits(group)
            value = int(host.draw.integers(1 << bits))
            start = group * dut.words.per_element * dut.words.synapse_bits
            host.words[address] &= ~(((1 << bits) - 1) << start)
            host.words[address] |= value << start
            assert not (await host.access(ctx, address, group, value))[1]
            assert await host.access(ctx, address, group) == (value, False)
        await host.check(ctx)

    host.run(bench)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_must_be_refused_is_and_changes_nothing(shape: tuple[int, ...]) -> None:
    dut = SynapseMemory(WordFormat(*shape))
    host = Bench(dut)

    async def bench(ctx: Any) -> None:
        await host.fill(ctx)
        outside = [(0, group) for group in range(dut.words.elements, 1 << dut.words.place_bits)]
        outside += [(address, 0) for address in range(dut.words.depth, 1 << (dut.words.depth - 1).bit_length())]
        for address, group in outside:
            assert (await host.access(ctx, address, group))[1]
            assert (await host.access(ctx, address, group, 0))[1]
        for group in range(dut.words.elements):
            for bit in range(host.element_bits(group), 32):
                assert (await host.access(ctx, 0, group, 1 << bit))[1]
        ctx.set(dut.locked, 1)
        assert (await host.access(ctx, 0, 0))[1]
        assert (await host.access(ctx, 0, 0, 0))[1]
        ctx.set(dut.locked, 0)
        await host.check(ctx)

    host.run(bench)


@pytest.mark.parametrize("clock", range(9))
def test_bus_and_core_never_work_at_once(clock: int) -> None:
    """The core begins in whatever clock it is allowed to, and locks the memory one later."""
    dut = SynapseMemory(WordFormat(8, 4, 8))
    host = Bench(dut)

    async def bench(ctx: Any) -> None:
        await host.fill(ctx)
        port = dut.window
        ctx.set(port.valid, 1)
        began = answered = False
        for now in range(20):
            if not began and now >= clock and not ctx.get(dut.accessing):
                began = True
            assert not (began and (ctx.get(dut.bus_write) or (ctx.get(port.ready) and not ctx.get(port.error))))
            if ctx.get(port.ready):
                answered = True
                assert ctx.get(port.error) == began
                await ctx.tick()
                ctx.set(port.valid, 0)
            else:
                await ctx.tick()
            ctx.set(dut.locked, began)
        assert began and answered

    host.run(bench)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("clock", range(8))
def test_an_access_that_is_refused_during_work_leaves_what_the_core_reads(clock: int, write: bool) -> None:
    dut = SynapseMemory(WordFormat(8, 4, 8))
    host = Bench(dut)

    async def bench(ctx: Any) -> None:
        await host.fill(ctx)
        ctx.set(dut.locked, 1)
        port = dut.window
        ctx.set(dut.read_enable, 1)
        refused = False
        for now in range(12):
            ctx.set(port.valid, now >= clock and not refused)
            ctx.set(port.write, write)
            ctx.set(port.index, 5)
            ctx.set(dut.read_address, now % 8)
            if now >= MEMORY_STAGES:
                assert ctx.get(dut.word) == host.words[(now - MEMORY_STAGES) % 8]
            refused |= bool(ctx.get(port.ready) and ctx.get(port.error))
            await ctx.tick()
        assert refused

    host.run(bench)


def test_it_holds_what_it_is_given() -> None:
    dut = SynapseMemory(WordFormat(10, 8, 8))
    host = Bench(dut)
    dut.init = host.words[:7]
    host.words[7:] = [0, 0, 0]
    host.run(host.check)
    assert SynapseMemory(WordFormat(4, 2, 8), np.arange(4)).init == [0, 1, 2, 3]


@pytest.mark.parametrize(("name", "value"), [("depth", 0), ("lanes", 0), ("synapse_bits", 0), ("synapse_bits", 33)])
def test_what_makes_no_sense_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} must be .*not {value}"):
        WordFormat(**({"depth": 4, "lanes": 4, "synapse_bits": 4} | {name: value}))


def test_it_has_one_port_or_two() -> None:
    with pytest.raises(ValueError, match="ports must be 1 or 2, not 3"):
        SynapseMemory(WordFormat(4, 4, 4), ports=3)
