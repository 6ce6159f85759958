"""The LFSR walks all states, in the order of the model, however many a clock."""

import gc
from functools import reduce
from operator import xor
from typing import Any

import numpy as np
import pytest

from hwgen.parts.lfsr import LFSR
from hwgen.parts.polynomials import TAPS, step_columns
from rtl_tests.simulate import simulate
from sim.golden import lfsr

WALKED = [width for width in TAPS if width <= 16]
"""Widths whose whole period fits into a test."""


def clocked_states(width: int, seed: int, lanes: int, clocks: int) -> list[int]:
    """What the hardware offers in ``clocks`` clocks, lane by lane."""
    dut = LFSR(width, seed, lanes)
    found = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.advance, 1)
        for _ in range(clocks):
            word = ctx.get(dut.states)
            found.extend(word >> lane * width & (1 << width) - 1 for lane in range(lanes))
            await ctx.tick()

    simulate(dut, bench)
    return found


@pytest.mark.parametrize("width", WALKED)
def test_the_model_walks_all_states(width: int) -> None:
    period = (1 << width) - 1
    states = lfsr.sequence(width, 1, period + 1)
    assert len(set(states.tolist())) == period
    assert 0 not in states
    assert states[-1] == 1


@pytest.mark.parametrize("width", WALKED)
def test_the_hardware_walks_all_states_as_the_model_does(width: int) -> None:
    period = (1 << width) - 1
    lanes = 1 if width <= 9 else 16 if width <= 14 else 64  # the whole period, in a reasonable number of clocks
    seed = period - 1
    clocks = -(-period // lanes) + 1
    expected = lfsr.sequence(width, seed, clocks * lanes).tolist()
    assert clocked_states(width, seed, lanes, clocks) == expected


def composed(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    """The masks of the linear map that is ``first`` and then ``second``."""
    return tuple(reduce(xor, (first[bit] for bit in range(len(first)) if mask >> bit & 1), 0) for mask in second)


def repeated(masks: tuple[int, ...], times: int) -> tuple[int, ...]:
    """The masks of the linear map done so often, by repeated squaring."""
    result = tuple(1 << bit for bit in range(len(masks)))
    while times:
        if times & 1:
            result = composed(result, masks)
        masks, times = composed(masks, masks), times >> 1
    return result


def test_32_bits_have_the_longest_period() -> None:
    # The period divides 2^32 - 1 = 3 * 5 * 17 * 257 * 65537, and is none of that number's proper divisors.
    step, nothing, longest = step_columns(32), step_columns(32, 0), (1 << 32) - 1
    assert repeated(step, longest) == nothing
    for factor in (3, 5, 17, 257, 65537):
        assert repeated(step, longest // factor) != nothing


def test_32_bits_follow_the_model() -> None:
    assert clocked_states(32, 0xDEADBEEF, 64, 8) == lfsr.sequence(32, 0xDEADBEEF, 512).tolist()


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16, 32, 64])
@pytest.mark.parametrize("width", [3, 4, 8, 12])
def test_lanes_are_the_next_states(width: int, lanes: int) -> None:
    assert clocked_states(width, 5, lanes, 20) == lfsr.sequence(width, 5, 20 * lanes).tolist()


@pytest.mark.parametrize("lanes", [1, 4])
def test_it_waits_for_advance_and_restart_wins(lanes: int) -> None:
    dut = LFSR(8, 0x5C, lanes)
    draw = np.random.default_rng(lanes)
    sequence = lfsr.sequence(8, 0x5C, 255).tolist()

    async def bench(ctx: Any) -> None:
        position = 0
        for _ in range(300):
            assert ctx.get(dut.states) & 0xFF == sequence[position % 255]
            advance, restart = draw.random() < 0.6, draw.random() < 0.1
            ctx.set(dut.advance, advance)
            ctx.set(dut.restart, restart)
            await ctx.tick()
            position = 0 if restart else position + lanes * advance

    simulate(dut, bench)


@pytest.mark.parametrize("steps", [0, 1, 2, 7, 64, 255])
def test_the_step_map_is_that_many_steps(steps: int) -> None:
    masks = step_columns(8, steps)
    for state in (1, 0x80, 0x5C, 0xFF):
        mapped = sum(((state & mask).bit_count() & 1) << bit for bit, mask in enumerate(masks))
        assert mapped == lfsr.sequence(8, state, steps + 1)[-1]


@pytest.mark.filterwarnings("ignore:.*created but never used")
@pytest.mark.parametrize("seed", [0, 256, -1])
def test_a_seed_that_is_no_state_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=rf"seed must be between 1 and 255 for a 8-bit LFSR, not {seed}"):
        LFSR(8, seed)
    gc.collect()  # the half-made component complains here, where it is expected
