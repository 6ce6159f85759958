"""The generator for rounding: which word each lane sees for each entry of each group."""

from typing import Any

import numpy as np
import pytest

from hwgen.ff.rounding import STAGES, RoundingGenerator
from rtl_tests.simulate import simulate
from sim.golden.ff_kernel import next_16

SEEDS = (1, 0xACE1, 0x8000)
ENTRIES = 40


def rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (16 - bits)) & 0xFFFF


def draws(rng: np.random.Generator) -> list[dict[str, int]]:
    """Sweeps of up to three groups, one after the other, some clocks of which have no entry; and pauses."""
    clocks = []
    for _ in range(ENTRIES):
        layer, groups, entries = int(rng.integers(len(SEEDS))), int(rng.integers(1, 4)), int(rng.integers(1, 8))
        for group in range(groups):
            for entry in range(entries):
                clocks.append(
                    {
                        "step": int(rng.random() < 0.8),
                        "first": int(entry == 0),
                        "last": int(entry == entries - 1),
                        "keep": int(group == groups - 1),
                        "layer": layer,
                        "rotation": int(rng.integers(16)),
                    }
                )
                clocks += [{}] * int(rng.choice([0, 0, 0, 2]))
    return clocks


def test_groups_see_the_same_words_and_layers_have_states_of_their_own() -> None:
    dut = RoundingGenerator(SEEDS)
    clocks = draws(np.random.default_rng(3))
    nothing = dict.fromkeys(clocks[0], 0)
    states, state, wanted = list(SEEDS), 0, []
    for draw in clocks:
        if not draw:
            wanted.append(None)
            continue
        if draw["first"]:
            state = states[draw["layer"]]
        wanted.append(rotated(state, draw["rotation"]))
        state = next_16(state) if draw["step"] else state
        if draw["last"] and draw["keep"]:
            states[draw["layer"]] = state
    seen: list[int] = []

    async def bench(ctx: Any) -> None:
        for clock in range(len(clocks) + STAGES):
            ctx.set(dut.draw, nothing | clocks[clock] if clock < len(clocks) else nothing)
            if clock >= STAGES:
                seen.append(ctx.get(dut.word))
            await ctx.tick()
        assert [ctx.get(state) for state in dut.states] == states

    simulate(dut, bench)
    assert len(seen) == len(wanted)
    assert all(word == expected for word, expected in zip(seen, wanted, strict=True) if expected is not None)


def test_states_are_written_one_by_one() -> None:
    dut = RoundingGenerator(SEEDS)

    async def bench(ctx: Any) -> None:
        assert [ctx.get(state) for state in dut.states] == list(SEEDS)
        for layer, state in ((1, 0x1234), (2, 0xFFFF)):
            ctx.set(dut.write, 1)
            ctx.set(dut.write_layer, layer)
            ctx.set(dut.write_state, state)
            await ctx.tick()
        ctx.set(dut.write, 0)
        await ctx.tick()
        assert [ctx.get(state) for state in dut.states] == [1, 0x1234, 0xFFFF]
        ctx.set(dut.draw, {"first": 1, "last": 1, "keep": 1, "step": 1, "layer": 1, "rotation": 0})
        await ctx.tick()
        ctx.set(dut.draw, {"first": 0, "last": 0, "keep": 0, "step": 0, "layer": 0, "rotation": 0})
        await ctx.tick()
        assert ctx.get(dut.word) == 0x1234
        assert [ctx.get(state) for state in dut.states] == [1, next_16(0x1234), 0xFFFF]

    simulate(dut, bench)


@pytest.mark.parametrize("seed", [0, 1 << 16])
def test_a_state_that_a_generator_cannot_have_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seeds must be from 1 to 65535, not {seed}"):
        RoundingGenerator((1, seed))
