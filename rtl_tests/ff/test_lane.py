"""One lane: products, sums, steps with their rounding and saturation, and the chain, clock by clock."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwgen.ff.lane import Lane
from hwgen.ff.plan import LANE_STAGES, ArrayLayer, ArrayPlan
from rtl_tests.simulate import simulate
from sim.golden import ff_kernel as kernel

STEPS = 150


def lane_plan(master_bits: int, shift: int, mac_bits: int = 8) -> ArrayPlan:
    return ArrayPlan(
        layers=(ArrayLayer(2, 1, shift, 1),),
        lanes=1,
        unit_lanes=1,
        master_bits=master_bits,
        mac_bits=mac_bits,
        value_bits=8,
        step_bits=18,
        sum_bits=30,
        entries=1,
        banks=1,
    )


def stepped(plan: ArrayPlan, weight: int, step: int, value: int, state: int) -> tuple[int, int]:
    """The weight after a step, and whether it saturated, as the golden model has it."""
    weights = np.array([[weight]], np.int16)
    index, values, steps = np.zeros(1, np.int32), np.array([value], np.int32), np.array([step], np.int32)
    most = (1 << plan.master_bits - 1) - 1
    _, saturated = kernel.update(weights, index, values, 1, steps, plan.update_shift, most, state)
    return int(weights[0, 0]), saturated


def steps_of(plan: ArrayPlan, rng: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """Weights, steps, values and random words: large and small ones, and those at the ends of their ranges."""
    most = 1 << plan.master_bits - 1
    drawn = []
    for _ in range(STEPS):
        size = 1 << int(rng.integers(1, 18))
        drawn.append(
            (
                int(rng.choice([-most, most - 1, *rng.integers(-most, most, 4)])),
                int(rng.choice([-size, size - 1, *rng.integers(-size, size, 4)])),
                int(rng.integers(256)),
                int(rng.choice([1, 0xFFFF, *rng.integers(1, 1 << 16, 4)])),
            )
        )
    return drawn


@pytest.mark.parametrize("master_bits", [8, 12, 16])
@pytest.mark.parametrize("shift", [1, 2, 9, 15, 16, 17, 21, 26])
def test_a_step_a_clock(master_bits: int, shift: int) -> None:
    """A new step in each clock, as if each entry had its own; what is written comes three clocks later."""
    plan = lane_plan(master_bits, shift)
    dut = Lane(plan)
    drawn = steps_of(plan, np.random.default_rng(shift))
    wanted = [stepped(plan, *each) for each in drawn]
    seen: list[tuple[int, int]] = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.control.shift, 1)
        ctx.set(dut.control.load, 1)
        ctx.set(dut.control.take, 1)
        for clock in range(-1, STEPS + LANE_STAGES):
            at = dict(enumerate(drawn))
            ctx.set(dut.chain_in, at.get(clock + 1, (0, 0))[1])
            ctx.set(dut.word, at.get(clock, (0,))[0] & (1 << master_bits) - 1)
            ctx.set(dut.control.value, at.get(clock - 1, (0, 0, 0))[2])
            ctx.set(dut.random, at.get(clock - 2, (0, 0, 0, 0))[3])
            ctx.set(dut.control.update, clock - 2 in at)
            if clock >= LANE_STAGES:
                seen.append((ctx.get(dut.update), ctx.get(dut.saturated)))
            await ctx.tick()

    simulate(dut, bench)
    mask = (1 << master_bits) - 1
    assert seen == [(weight & mask, saturated) for weight, saturated in wanted]
    if shift < 20:  # else few steps are large enough
        assert {saturated for _, saturated in wanted} == {0, 1}


@pytest.mark.parametrize("shift", [1, 9, 16, 17, 26])
def test_a_step_of_two_lists_a_clock(shift: int) -> None:
    """Both products count before one rounding and one saturation."""
    plan = replace(lane_plan(8, shift), other_bits=17)
    dut = Lane(plan)
    rng = np.random.default_rng(shift)
    drawn = steps_of(plan, rng)
    more = [(int(rng.choice([-65025, 0, 65025, *rng.integers(-9000, 9000, 4)])), int(rng.integers(256))) for _ in drawn]
    wanted, seen = [], []
    for (weight, step, value, state), (other, other_value) in zip(drawn, more, strict=True):
        weights, merged = np.array([[weight]], np.int16), np.array([[0], [value], [other_value]], np.int32)
        steps, others = np.array([step], np.int32), np.array([other], np.int32)
        _, saturated = kernel.update_merged(weights, merged, 1, steps, others, shift, 127, state)
        wanted.append((int(weights[0, 0]) & 255, saturated))

    async def bench(ctx: Any) -> None:
        for name in ("shift", "load", "take"):
            ctx.set(getattr(dut.control, name), 1)
        at, others_at = dict(enumerate(drawn)), dict(enumerate(more))
        for clock in range(-1, STEPS + LANE_STAGES):
            step, other = at.get(clock + 1, (0, 0))[1], others_at.get(clock + 1, (0, 0))[0]
            chain = (step & (1 << plan.step_bits) - 1) | other << plan.step_bits
            ctx.set(dut.chain_in, chain)
            ctx.set(dut.word, at.get(clock, (0,))[0] & 255)
            ctx.set(dut.control.value, at.get(clock - 1, (0, 0, 0))[2])
            ctx.set(dut.control.other, others_at.get(clock - 1, (0, 0))[1])
            ctx.set(dut.random, at.get(clock - 2, (0, 0, 0, 0))[3])
            ctx.set(dut.control.update, clock - 2 in at)
            if clock >= LANE_STAGES:
                seen.append((ctx.get(dut.update), ctx.get(dut.saturated)))
            await ctx.tick()

    simulate(dut, bench)
    assert seen == wanted


def test_stochastic_rounding_is_unbiased() -> None:
    """Over all states of the generator, the mean of what is added is the step before rounding, but for the state 0
    that there is not."""
    plan = lane_plan(8, 20)
    for step, value in ((5_000, 77), (-31_000, 3), (65_025, 127)):
        exact = step * value / 2**20
        rounded = [stepped(plan, 0, step, value, state)[0] for state in range(1, 1 << 16)]
        assert abs(np.mean(rounded) - exact) < 2 / (1 << 16)


@pytest.mark.parametrize(("master_bits", "mac_bits"), [(8, 8), (12, 8), (16, 8), (16, 16)])
def test_sums_are_kept_cleared_and_restored(master_bits: int, mac_bits: int) -> None:
    plan = lane_plan(master_bits, 17, mac_bits)
    dut = Lane(plan)
    rng = np.random.default_rng(mac_bits)
    most = 1 << master_bits - 1
    clocks = STEPS
    weights = rng.integers(-most, most, clocks).tolist()
    values = rng.integers(0, 256, clocks).tolist()
    begins = rng.choice(["keep", "restore", "clear"], clocks, p=[0.8, 0.1, 0.1]).tolist()
    saves = (rng.random(clocks) < 0.1).tolist()
    total, base, sums = 0, 0, []
    for weight, value, begin, save in zip(weights, values, ["clear", *begins[1:]], saves, strict=True):
        before = {"keep": total, "restore": base, "clear": 0}[begin]
        total = before + (weight >> master_bits - mac_bits) * value
        base = total if save else base
        sums.append(total)
    begins[0] = "clear"
    seen: list[int] = []

    async def bench(ctx: Any) -> None:
        control = dut.control
        ctx.set(control.capture, 1)
        ctx.set(control.load, 1)
        for clock in range(clocks + 4):
            summed = 0 <= clock - 2 < clocks
            ctx.set(dut.word, weights[clock] & 2 * most - 1 if clock < clocks else 0)
            ctx.set(control.value, values[clock - 1] if 0 <= clock - 1 < clocks else 0)
            ctx.set(control.accumulate, summed)
            ctx.set(control.keep, summed and begins[clock - 2] == "keep")
            ctx.set(control.restore, summed and begins[clock - 2] == "restore")
            ctx.set(control.save, summed and saves[clock - 2])
            if clock >= 4:
                seen.append(ctx.get(dut.chain_out))
            await ctx.tick()

    simulate(dut, bench)
    assert seen == sums


def test_what_the_bus_and_the_fill_write() -> None:
    plan = lane_plan(12, 17)
    dut = Lane(plan)

    async def bench(ctx: Any) -> None:
        control = dut.control
        # A word passes unchanged where nothing is multiplied, whatever the random word is.
        ctx.set(dut.word, 0xABC)
        ctx.set(dut.random, 0xFFFF)
        await ctx.tick().repeat(LANE_STAGES)
        assert ctx.get(dut.update) == 0xABC
        ctx.set(dut.selected, 1)
        ctx.set(dut.written, 0x123)
        await ctx.tick()
        assert ctx.get(dut.update) == 0x123
        ctx.set(dut.selected, 0)
        ctx.set(control.fill_hold, 1)
        await ctx.tick().repeat(5)
        assert ctx.get(dut.update) == 0x123
        ctx.set(control.fill_shift, 1)
        ctx.set(dut.fill_in, 0xFED)
        await ctx.tick()
        ctx.set(control.fill_shift, 0)
        ctx.set(dut.fill_in, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.update) == 0xFED

    simulate(dut, bench)
