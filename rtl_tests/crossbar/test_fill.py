"""The first filling of the synapse memory: which sign goes where, and when."""

from typing import Any

import pytest

from hwgen.crossbar.fill import Matrix, SignFill
from rtl_tests.simulate import simulate
from sim.golden import lfsr

SHAPES = [
    # rows and columns of each matrix, lanes
    (((5, 6),), (1, 2, 3, 6)),
    (((4, 6), (3, 6)), (1, 2, 3, 6)),
    (((1, 4), (4, 4), (2, 8)), (1, 2, 4)),
    (((7, 1), (1, 1)), (1,)),
]


def matrices(shape: tuple[tuple[int, int], ...], lanes: int) -> tuple[Matrix, ...]:
    base, result = 0, []
    for rows, columns in shape:
        result.append(Matrix(base, rows, columns // lanes))
        base += rows * columns // lanes
    return tuple(result)


def fill(blocks: tuple[Matrix, ...], lanes: int, seeds: list[int], start_for: int = 1) -> list[dict[int, list[int]]]:
    """Fill a memory through lanes that do as they are told; for each seed, the words written."""
    dut = SignFill(blocks, lanes)
    words = sum(block.rows * block.groups for block in blocks)
    memories = []

    async def bench(ctx: Any) -> None:
        for seed in seeds:
            memory: dict[int, list[int]] = {}
            chain, update = [0] * lanes, [0] * lanes
            ctx.set(dut.start, 1)
            ctx.set(dut.seed, seed)
            assert not ctx.get(dut.working)
            await ctx.tick()
            ctx.set(dut.start, start_for > 1)
            ctx.set(dut.seed, 1)  # is taken once
            clocks = 0
            while ctx.get(dut.working):
                clocks += 1
                assert ctx.get(dut.done) == (clocks == words * (lanes + 1) + 1)
                assert not (ctx.get(dut.shift) and ctx.get(dut.fill))
                if ctx.get(dut.write):
                    address = ctx.get(dut.address)
                    assert address not in memory  # each word once
                    memory[address] = update
                if ctx.get(dut.fill):
                    update = chain
                if ctx.get(dut.shift):
                    chain = [*chain[1:], ctx.get(dut.sign)]
                if ctx.get(dut.done):
                    ctx.set(dut.start, 0)
                await ctx.tick()
            assert clocks == words * (lanes + 1) + 1
            assert not ctx.get(dut.write)
            memories.append(memory)
            await ctx.tick().repeat(3)

    simulate(dut, bench)
    return memories


@pytest.mark.parametrize(("shape", "lanes"), [(shape, count) for shape, lanes in SHAPES for count in lanes])
def test_synapse_n_has_the_sign_of_the_nth_state_whatever_the_lanes(
    shape: tuple[tuple[int, int], ...], lanes: int
) -> None:
    blocks = matrices(shape, lanes)
    synapses = sum(rows * columns for rows, columns in shape)
    seeds = [1, 0xDEADBEEF]
    for seed, memory in zip(seeds, fill(blocks, lanes, seeds), strict=True):
        signs = []
        for block in blocks:
            for row in range(block.rows):
                for group in range(block.groups):
                    signs += memory[block.base + group * block.rows + row]
        assert signs == (lfsr.sequence(32, seed, synapses) & 1).tolist()
        assert sorted(memory) == list(range(synapses // lanes))


def test_a_start_meanwhile_changes_nothing() -> None:
    blocks = matrices(((4, 6), (3, 6)), 2)
    assert fill(blocks, 2, [7], start_for=99) == fill(blocks, 2, [7])
