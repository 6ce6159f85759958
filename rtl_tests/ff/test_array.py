"""Sweeps of the array: sums, updates, their clocks, and the memory behind them, against the golden model's loops."""

import os
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwgen.crossbar.stages import MEMORY_STAGES
from hwgen.emit.verilog import emit_verilog
from hwgen.ff.array import LaneArray
from hwgen.ff.config import FFConfig
from hwgen.ff.plan import LANE_STAGES, ArrayLayer, ArrayPlan, engine_plan, readout_plan
from rtl_tests.ff.engine import Begin, Engine, Seen, Sweep, run_sweeps
from rtl_tests.ff.reference import Reference, check, random_plan, random_sweeps, random_weights
from rtl_tests.ff.words import from_words, to_words
from sim.golden import ff_kernel as kernel
from sim.golden.ff_rule import Rule

CASES = 100 if os.environ.get("HWGEN_TEST_PROFILE") == "full" else 12
SWEEPS = 24

MOVED = FFConfig.parse(
    {
        "layers": [20, 6],
        "rule": "contrastive",
        "view_shift": 2,
        "image_width": 5,
        "lanes": 3,
        "update_shift": 13,
        "activation_bits": 4,
        "modulator_bits": 4,
    }
)


@pytest.mark.parametrize("seed", range(CASES))
def test_random_sweeps_of_random_arrays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = random_plan(rng)
    check(plan, random_sweeps(plan, rng, SWEEPS), rng)


@pytest.mark.parametrize("ports", [1, 2])
def test_moved_images(ports: int) -> None:
    """Entries that leave the image take their clock, but draw no random word; the bias is not moved."""
    plan = engine_plan(MOVED, (0,), unit_lanes=1, entries=20, banks=4, ports=ports)
    rng = np.random.default_rng(ports)
    sweeps = [
        replace(sweep, row=0, right=int(rng.integers(-2, 3)), down=int(rng.integers(-2, 3)), constant=(20, 32))
        for sweep in random_sweeps(plan, rng, SWEEPS)
    ]
    check(plan, sweeps, rng, Rule.of(MOVED))


def test_a_readout() -> None:
    """Weights of 16 bits, summed whole; a lane for each class."""
    plan = readout_plan(MOVED, entries=6, banks=3)
    rng = np.random.default_rng(7)
    _, seen = check(plan, random_sweeps(plan, rng, SWEEPS), rng)
    assert seen.saturated[0]


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
def test_results_do_not_depend_on_the_lanes(lanes: int) -> None:
    """Terms over all groups, one after the other, with random words that all groups share."""
    rng = np.random.default_rng(5)
    layer = ArrayLayer(9, 16, 14, 4)
    plan = ArrayPlan((layer,), lanes, 1, 8, 8, 7, 17, 24, entries=8, banks=4)
    weights = rng.integers(-128, 128, (9, 16)).astype(np.int16)
    wanted, state = weights.copy(), 0xBEEF
    sweeps = []
    for _ in range(3):
        index = np.flatnonzero(rng.random(8) < 0.7).astype(np.int32)
        value = rng.integers(1, 128, len(index)).astype(np.int32)
        steps = rng.integers(-5000, 5000, 16).astype(np.int32)
        entries = tuple(zip(index.tolist(), value.tolist(), strict=True))
        sweeps += [
            Sweep(group=group, entries=entries, update=True, steps=tuple(steps[group * lanes :][:lanes].tolist()))
            for group in range(16 // lanes)
        ]
        state, _ = kernel.update(wanted, index, value, len(index), steps, 14, 127, state)
    engine = Engine(plan, [weights], (0xBEEF,))
    seen = engine.run(sweeps)
    np.testing.assert_array_equal(engine.weights[0], wanted)
    assert seen.states == [state]


def long_plan(ports: int = 2) -> ArrayPlan:
    return ArrayPlan((ArrayLayer(8, 12, 17, 4),), 4, 1, 8, 8, 7, 17, 24, entries=8, banks=4, ports=ports)


LONG = tuple((index, 100 - index) for index in range(8))


def test_groups_follow_each_other_without_a_gap() -> None:
    """One word a clock: sums and steps of one group go their way while the next one's words come."""
    plan = long_plan()
    rng = np.random.default_rng(11)
    sums = [Sweep(group=group % 3, entries=LONG) for group in range(6)]
    steps = tuple(rng.integers(-65025, 65026, 4).tolist())
    updates = [Sweep(group=group % 3, entries=LONG, update=True, steps=steps) for group in range(6)]
    _, seen = check(plan, sums + updates, rng)
    assert np.diff(seen.starts[:6]).tolist() == [8] * 5
    assert np.diff(seen.starts[6:]).tolist() == [8] * 5


def test_an_update_begins_before_the_sums_of_its_words_have_left() -> None:
    """What it waits for is that its steps have the chain."""
    plan = long_plan()
    rng = np.random.default_rng(12)
    steps = tuple(rng.integers(-65025, 65026, 4).tolist())
    kept = [Sweep(entries=LONG, capture=False), Sweep(entries=LONG, update=True, steps=steps)]
    _, seen = check(plan, kept, rng)
    assert seen.starts == [0, 8]


@pytest.mark.parametrize("ports", [1, 2])
def test_a_sum_over_words_just_updated(ports: int) -> None:
    """The last word updated is the first one read."""
    plan = long_plan(ports)
    rng = np.random.default_rng(13)
    steps = tuple(rng.integers(-65025, 65026, 4).tolist())
    sweeps = [
        Sweep(entries=LONG, update=True, steps=steps),
        Sweep(entries=LONG[-1:]),
        Sweep(entries=LONG[-1:], update=True, steps=steps),
        Sweep(entries=LONG[-1:], update=True, steps=steps),
        Sweep(entries=(), constant=LONG[-1]),
    ]
    _, seen = check(plan, sweeps, rng)
    assert seen.starts[1] == seen.endings[0] + plan.turnaround


def test_a_sum_that_comes_too_early_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArrayPlan, "turnaround", 4)
    with pytest.raises(AssertionError):
        test_a_sum_over_words_just_updated(2)


@pytest.mark.parametrize("lanes", [1, 2, 3, 6])
@pytest.mark.parametrize("master_bits", [8, 13])
def test_random_weights_are_the_golden_models(lanes: int, master_bits: int) -> None:
    layers = (ArrayLayer(4, 6, 17, 3), ArrayLayer(3, 6, 17, 5))
    plan = ArrayPlan(layers, lanes, 1, master_bits, 8, 7, 17, 24, entries=4, banks=1)
    engine = Engine(plan, None, (1, 1))
    engine.memory = [-1] * plan.word_format.depth
    engine.fill(0xC0FFEE)
    state = 0xC0FFEE
    for layer, found in zip(layers, engine.weights, strict=True):
        wanted, state = kernel.initial_weights(state, layer.rows, layer.units, layer.initial_bits, master_bits - 8)
        np.testing.assert_array_equal(found, wanted)


def test_a_readout_begins_with_zeros() -> None:
    engine = Engine(readout_plan(MOVED, entries=6, banks=3), None, (1,))
    engine.memory = [-1] * engine.plan.word_format.depth
    engine.fill(0xC0FFEE)
    assert not any(engine.memory)


@pytest.mark.parametrize(("lanes", "master_bits"), [(6, 8), (3, 12), (2, 16)])
def test_the_host_reads_and_writes_weights(lanes: int, master_bits: int) -> None:
    layers = (ArrayLayer(3, 2 * lanes, 17, 3),)
    plan = ArrayPlan(layers, lanes, 1, master_bits, 8, 7, 17, 24, entries=4, banks=4)
    rng = np.random.default_rng(lanes)
    weights = random_weights(plan, rng)
    engine = Engine(plan, weights, (1,))
    words = to_words(plan, weights)
    written = to_words(plan, random_weights(plan, rng))
    form = plan.word_format
    seen = Seen(saturated=[0])

    def element(word: int, place: int) -> int:
        return word >> place * form.element_bits & (1 << form.element_bits) - 1

    async def bench(ctx: Any) -> None:
        for address, word in enumerate(words):
            for place in range(form.elements):
                index = address << form.place_bits | place
                assert await access(engine, ctx, index) == element(word, place)
                await access(engine, ctx, index, element(written[address], place))
                assert await access(engine, ctx, index) == element(written[address], place)
        await run_sweeps(engine, ctx, [Sweep(entries=((0, 3), (2, 5)))], seen)

    engine.simulate(bench)
    assert engine.memory == written
    reference = Reference(plan, from_words(plan, written), [1])
    reference.run([Sweep(entries=((0, 3), (2, 5)))])
    assert [beat[1:] for beat in seen.sums] == reference.sums


@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize("clock", range(1, 24, 2))
def test_a_reset_at_any_time_drops_what_is_under_way(clock: int, merges: bool) -> None:
    """Weights are as they were or have made their step, and what follows is as it should be."""
    other_bits = 17 if merges else 0
    plan = ArrayPlan((ArrayLayer(6, 4, 17, 4),), 2, 1, 8, 8, 7, 17, 24, entries=6, banks=4, other_bits=other_bits)
    rng = np.random.default_rng(clock)
    weights = random_weights(plan, rng)
    engine = Engine(plan, weights, (1,))
    update = Sweep(entries=LONG[:5], update=True, steps=(60000, -60000))
    if merges:
        update = replace(update, others=LONG[1:6], other_steps=(60000, 60000))
    sweeps = [Sweep(entries=LONG[:5]), update]
    after = random_sweeps(plan, rng, 8, begin=Begin.CLEAR)
    dropped, seen = Seen(saturated=[0]), Seen(saturated=[0])
    found: list[Any] = []

    async def interrupt(ctx: Any) -> None:
        await run_sweeps(engine, ctx, sweeps, dropped, stop=clock)
        ctx.set(engine.reset, 1)
        await ctx.tick().repeat(MEMORY_STAGES + 1)
        ctx.set(engine.reset, 0)
        for _ in range(LANE_STAGES + 2):
            assert not ctx.get(engine.array.working)
            assert not ctx.get(engine.array.sums.valid)
            await ctx.tick()
        found.extend([engine.weights, [ctx.get(state) for state in engine.rounding.states]])
        await run_sweeps(engine, ctx, after, seen)

    engine.simulate(interrupt)
    (between,), states = found
    complete = Reference(plan, [array.copy() for array in weights], [1])
    complete.run(sweeps)
    assert np.all((between == weights[0]) | (between == complete.weights[0]))
    reference = Reference(plan, [between], states)
    reference.run(after)
    np.testing.assert_array_equal(engine.weights[0], reference.weights[0])
    assert [beat[1:] for beat in seen.sums] == reference.sums


def test_lanes_are_instances_of_one_module() -> None:
    verilog = emit_verilog(LaneArray(long_plan()), "array").text
    assert len(re.findall(r"^module array_lane\(", verilog, flags=re.MULTILINE)) == 1
    assert len(re.findall(r"^  array_lane \w+ \(", verilog, flags=re.MULTILINE)) == 4


async def access(engine: Engine, ctx: Any, index: int, value: int | None = None) -> int:
    """An access of the host that is not refused."""
    port = engine.pipeline.window
    for name, given in {"valid": 1, "write": value is not None, "index": index, "wdata": value or 0}.items():
        ctx.set(getattr(port, name), given)
    rdata, error = await ctx.tick().sample(port.rdata, port.error).until(port.ready)
    ctx.set(port.valid, 0)
    assert not error
    return int(rdata)
