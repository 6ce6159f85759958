"""The first filling of the synapse memory: which number goes where, and when."""

from typing import Any

import numpy as np
import pytest

from hwgen.crossbar.fill import RandomFill, drawn_bits
from hwgen.crossbar.words import Matrix, fill_clocks
from rtl_tests.simulate import simulate
from sim.golden import lfsr
from sim.golden.crossbar import fill

SHAPES = [
    # rows, columns and bits of each matrix; lanes
    (((5, 6, 1),), (1, 2, 3, 6)),
    (((4, 6, 1), (3, 6, 1)), (1, 2, 3, 6)),
    (((1, 4, 3), (4, 4, 3), (2, 8, 3)), (1, 2, 4)),
    (((7, 1, 1), (1, 1, 1)), (1,)),
    (((3, 4, 1), (2, 4, 5), (1, 8, 2)), (1, 2, 4)),
    (((2, 2, 32), (3, 2, 31)), (1, 2)),
]
CASES = [(shape, count) for shape, lanes in SHAPES for count in lanes]
SEEDS = (1, 0xDEADBEEF)

Shape = tuple[tuple[int, int, int], ...]


def matrices(shape: Shape, lanes: int) -> tuple[Matrix, ...]:
    base, result = 0, []
    for rows, columns, bits in shape:
        result.append(Matrix(base, rows, columns // lanes, bits))
        base += rows * columns // lanes
    return tuple(result)


def filled(blocks: tuple[Matrix, ...], lanes: int, seeds: tuple[int, ...], start_for: int = 1) -> list[list[Any]]:
    """Fill a memory through lanes that do as they are told; for each seed, the matrices' content."""
    dut = RandomFill(blocks, lanes)
    results = []

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
                assert ctx.get(dut.done) == (clocks == fill_clocks(blocks, lanes))
                assert not (ctx.get(dut.shift) and ctx.get(dut.fill))
                if ctx.get(dut.write):
                    address = ctx.get(dut.address)
                    assert address not in memory  # each word once
                    memory[address] = update
                if ctx.get(dut.fill):
                    update = chain
                if ctx.get(dut.shift):
                    chain = [*chain[1:], ctx.get(dut.drawn)]
                if ctx.get(dut.done):
                    ctx.set(dut.start, 0)
                await ctx.tick()
            assert clocks == fill_clocks(blocks, lanes)
            assert not ctx.get(dut.write)
            assert sorted(memory) == list(range(sum(block.words for block in blocks)))
            results.append(
                [
                    [
                        [value for group in range(each.groups) for value in memory[each.base + group * each.rows + row]]
                        for row in range(each.rows)
                    ]
                    for each in blocks
                ]
            )
            await ctx.tick().repeat(3)

    simulate(dut, bench)
    return results


@pytest.mark.parametrize(("shape", "lanes"), CASES)
def test_the_hardware_draws_what_the_golden_model_does(shape: Shape, lanes: int) -> None:
    blocks = matrices(shape, lanes)
    for seed, found in zip(SEEDS, filled(blocks, lanes, SEEDS), strict=True):
        expected = fill(blocks, lanes, seed)
        assert found == [matrix.tolist() for matrix in expected]
        for matrix, (_, _, bits) in zip(expected, shape, strict=True):
            assert (matrix >= -(1 << bits - 1)).all() and (matrix < 1 << bits - 1).all()


@pytest.mark.parametrize("shape", [shape for shape, _ in SHAPES])
def test_synapses_take_the_states_lowest_bits_in_order_whatever_the_lanes(shape: Shape) -> None:
    bits = iter((lfsr.sequence(32, 77, sum(rows * columns * bits for rows, columns, bits in shape)) & 1).tolist())
    for matrix, (rows, columns, width) in zip(fill(matrices(shape, 1), 1, 77), shape, strict=True):
        for value in matrix.reshape(-1).tolist():
            drawn = sum(next(bits) << place for place in range(width))
            assert value == drawn - (drawn >> width - 1 << width)
        assert matrix.shape == (rows, columns)
    assert next(bits, None) is None


def test_numbers_are_uniform() -> None:
    (matrix,) = fill((Matrix(0, 128, 1, 4),), 512, 0xC0FFEE)
    counts = np.bincount(matrix.reshape(-1) + 8, minlength=16)
    assert (abs(counts - matrix.size / 16) < 5 * np.sqrt(matrix.size / 16)).all()


def test_a_start_meanwhile_changes_nothing() -> None:
    blocks = matrices(((4, 6, 1), (3, 6, 2)), 2)
    assert filled(blocks, 2, (7,), start_for=99) == filled(blocks, 2, (7,))


@pytest.mark.parametrize("bits", [0, 33])
def test_what_cannot_be_drawn_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits must be from 1 to 32, not {bits}"):
        RandomFill((Matrix(0, 1, 1, bits),), 1)


def test_the_widest_number_sets_the_width() -> None:
    assert drawn_bits(matrices(SHAPES[4][0], 1)) == 5
