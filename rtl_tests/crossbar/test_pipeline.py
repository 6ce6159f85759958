"""The way of a synapse word, with lanes that take a few clocks: what is read, learnt and written, by core, bus and
fill."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data

from hwgen.crossbar.pipeline import SynapsePipeline
from hwgen.crossbar.stages import LIST_STAGES
from hwgen.crossbar.sweep import InputSweep
from hwgen.crossbar.words import Matrix, WordFormat
from rtl_tests.simulate import simulate
from sim.golden.crossbar import fill

ENTRIES = 12
LISTS = 3
WORDS = WordFormat(depth=2 * ENTRIES + 3, lanes=3, synapse_bits=12)
MATRICES = (Matrix(0, 2 * ENTRIES, 1, 5), Matrix(2 * ENTRIES, 3, 1, 2))
VALUE_BITS = 6
TAG = data.StructLayout({"learn": 1, "value": VALUE_BITS})
ENTRY = data.StructLayout({"index": range(ENTRIES), "value": VALUE_BITS})
MACHINES = [(1, 1), (1, 2), (2, 2), (3, 1), (4, 2)]


class Machine:
    """A pipeline whose lane n adds n + 1 times an entry's value to its synapse; a sweep and three lists before it."""

    def __init__(self, latency: int, ports: int, seed: int = 1) -> None:
        self.dut = dut = SynapsePipeline(WORDS, TAG, MATRICES, latency=latency, ports=ports)
        self.sweep = sweep = InputSweep(ENTRY, ENTRIES, LISTS, WORDS.depth)
        self.update = Signal()
        self.top = m = Module()
        m.submodules.dut, m.submodules.sweep = dut, sweep
        request, read = sweep.request, dut.read
        m.d.comb += [
            read.valid.eq(request.valid),
            read.update.eq(self.update),
            read.address.eq(request.address),
            read.tag.learn.eq(request.valid & self.update),
            read.tag.value.eq(request.entry.value),
            dut.locked.eq(sweep.working | dut.pending | dut.filling),
        ]
        following: Value = dut.lanes.drawn
        for number in reversed(range(WORDS.lanes)):
            following = self._add_lane(m, number, following)

        self.draw = np.random.default_rng(seed)
        self.lists = [np.sort(self.draw.choice(ENTRIES, size, replace=False)).tolist() for size in (8, 8, 1)]
        self.lists[2][0] = self.lists[0][-1]  # the word that is written last is read first
        self.values = self.draw.integers(1 << VALUE_BITS, size=(LISTS, ENTRIES)).tolist()
        self.words = [0] * WORDS.depth

    def _add_lane(self, m: Module, number: int, following: Value) -> Value:
        """Returns what enters the lane below."""
        lanes, bits = self.dut.lanes, WORDS.synapse_bits
        value = lanes.word.word_select(number, bits) + Mux(lanes.use.learn, (number + 1) * lanes.use.value, 0)
        for clock in range(self.dut.latency - 1):
            delayed = Signal(bits, name=f"delayed_{number}_{clock}")
            m.d.sync += delayed.eq(value)
            value = delayed
        chain = Signal(bits, name=f"chain_{number}")
        update = Signal(bits, name=f"update_{number}")
        m.d.sync += update.eq(value)
        with m.If(lanes.select[number // WORDS.per_element]):
            m.d.sync += update.eq(lanes.data[0].word_select(number % WORDS.per_element, bits))
        with m.If(lanes.fill):
            m.d.sync += update.eq(chain)
        with m.If(lanes.shift):
            m.d.sync += chain.eq(following)
        m.d.comb += lanes.write_word.word_select(number, bits).eq(update)
        return chain

    async def answer(self, ctx: Any) -> None:
        """The lists."""
        waiting = [(0, 0)] * LIST_STAGES
        async for _, _, bank, address in ctx.tick().sample(self.sweep.read_bank, self.sweep.read_address):
            waiting = [*waiting[1:], (bank, address)]
            bank, address = waiting[0]
            ctx.set(self.sweep.entry.index, self.lists[bank][address % len(self.lists[bank])])
            ctx.set(self.sweep.entry.value, self.values[bank][address % len(self.lists[bank])])

    async def watch(self, ctx: Any) -> None:
        """No word is read while it is written; with one port, none is read while one is."""
        dut = self.dut
        reads = address = 0  # a clock after it was asked for
        async for _, _, valid, asked, write, written in ctx.tick().sample(
            dut.read.valid, dut.read.address, dut.lanes.write, dut.lanes.write_address
        ):
            meets = reads and write and (dut.memory.ports == 1 or address == written)
            assert not meets, f"word {address} is read while it is written"
            reads, address = valid, asked

    async def pass_over(self, ctx: Any, bank: int, base: int, counted: bool) -> None:
        """Learn from a list, wait as little as is allowed."""
        sweep, slow = self.sweep, self.dut.memory.ports == 1
        for name, value in {"bank": bank, "base": base, "count": len(self.lists[bank]), "start": 1}.items():
            ctx.set(getattr(sweep, name), value)
        await ctx.tick()
        ctx.set(sweep.start, 0)
        ctx.set(sweep.slow, slow)
        ctx.set(self.update, 1)
        while not ctx.get(sweep.ending):
            await ctx.tick()
        if counted:
            await ctx.tick().repeat(self.dut.turnaround)
        else:
            while ctx.get(sweep.working) or ctx.get(self.dut.pending):
                await ctx.tick()
        for index, value in zip(self.lists[bank], self.values[bank], strict=False):
            word = self.synapses(self.words[base + index])
            self.words[base + index] = self.word([each + (n + 1) * value for n, each in enumerate(word)])

    async def access(self, ctx: Any, index: int, value: int | None = None) -> int:
        """An access of the bus that is not refused."""
        port = self.dut.window
        for name, given in {"valid": 1, "write": value is not None, "index": index, "wdata": value or 0}.items():
            ctx.set(getattr(port, name), given)
        rdata, error = await ctx.tick().sample(port.rdata, port.error).until(port.ready)
        ctx.set(port.valid, 0)
        assert not error
        return int(rdata)

    async def check(self, ctx: Any) -> None:
        for address, word in enumerate(self.words):
            found = [await self.access(ctx, address << WORDS.place_bits | place) for place in range(WORDS.elements)]
            assert sum(element << place * WORDS.element_bits for place, element in enumerate(found)) == word

    def run(self, bench: Any) -> None:
        simulate(self.top, bench, background=[self.answer, self.watch])

    def synapses(self, word: int) -> list[int]:
        return [word >> number * WORDS.synapse_bits & (1 << WORDS.synapse_bits) - 1 for number in range(WORDS.lanes)]

    def word(self, synapses: list[int]) -> int:
        bits = WORDS.synapse_bits
        return sum((synapse & (1 << bits) - 1) << number * bits for number, synapse in enumerate(synapses))

    async def fill(self, ctx: Any, seed: int) -> None:
        ctx.set(self.dut.start, 1)
        ctx.set(self.dut.seed, seed)
        await ctx.tick()
        ctx.set(self.dut.start, 0)
        await ctx.tick().until(self.dut.filled)
        for matrix, rows in zip(MATRICES, fill(MATRICES, WORDS.lanes, seed), strict=True):
            self.words[matrix.base : matrix.base + matrix.rows] = [self.word(row) for row in rows.tolist()]


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("latency", "ports"), MACHINES)
def test_sweeps_over_the_same_words_learn_one_after_the_other(latency: int, ports: int, counted: bool) -> None:
    machine = Machine(latency, ports)

    async def bench(ctx: Any) -> None:
        await machine.fill(ctx, 7)
        passes = [(0, 1), (2, 1), (2, 1), (1, 0)]
        passes += machine.draw.integers((LISTS, 3), size=(5, 2)).tolist()
        for bank, base in passes:
            await machine.pass_over(ctx, bank, base, counted)
        await ctx.tick().repeat(8)
        await machine.check(ctx)

    machine.run(bench)


@pytest.mark.parametrize(("latency", "ports"), MACHINES)
def test_the_bus_writes_a_part_of_a_word_through_the_lanes(latency: int, ports: int) -> None:
    machine = Machine(latency, ports)

    async def bench(ctx: Any) -> None:
        await machine.fill(ctx, 0xC0FFEE)
        await machine.check(ctx)
        for address in machine.draw.permutation(WORDS.depth)[:10].tolist():
            await machine.access(ctx, address << WORDS.place_bits, 0xABCDEF)
            machine.words[address] = machine.words[address] >> 24 << 24 | 0xABCDEF
        await machine.check(ctx)

    machine.run(bench)


def test_a_sweep_that_comes_a_clock_too_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SynapsePipeline, "turnaround", 2)
    with pytest.raises(AssertionError, match="is read while it is written"):
        test_sweeps_over_the_same_words_learn_one_after_the_other(1, 2, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latency": 0}, "latency must be at least 1, not 0"),
        ({"latency": 2, "ports": 1}, "latency must be odd where the memory has one port, not 2"),
        ({"matrices": MATRICES[:1]}, "matrices must cover all 27 words of the memory, not 24"),
        ({"matrices": (Matrix(0, 27, 1, 13),)}, r"matrices must draw at most synapse_bits \(12\) bits, not 13"),
        ({"ports": 3}, "ports must be 1 or 2, not 3"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SynapsePipeline(**({"words": WORDS, "tag": TAG, "matrices": MATRICES} | changes))
