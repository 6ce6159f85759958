"""How long a command on a word takes, where the host waits for it no longer than it may."""

from typing import Any

import pytest

from hwgen.chips.profile import PROFILES
from hwgen.chips.sequencers import ChipSequencers
from hwgen.chips.target import target_design
from rtl_tests.simulate import simulate

PULSES = dict.fromkeys(("forming_ns", "set_ns", "reset_ns", "longest_pulse_ns"), 5_000) | {"supply_ns": 1_000}


@pytest.mark.parametrize("divider", [2, 4])
@pytest.mark.parametrize("name", PROFILES)
def test_a_command_ends_within_the_longest_and_only_just(name: str, divider: int) -> None:
    design = target_design(
        f"chip:{name}", clock_hz=divider * 1_000_000, divider=divider, programming=PULSES, attempts=2
    )
    config: Any = design.config
    sequencers = ChipSequencers(config)
    taken = 0

    async def program(ctx: Any) -> None:
        nonlocal taken
        # Nothing is at the pins: all cells read alike, and the other way round than they are to be.
        ctx.set(sequencers.target, config.profile.cells(0) ^ 0xFF)
        for length in sequencers.lengths:
            ctx.set(length, config.array_config.programming_clocks.longest_pulse)
        ctx.set(sequencers.unlock, 1)
        await ctx.tick()
        ctx.set(sequencers.unlock, 0)
        ctx.set(sequencers.command, {"form": 1, "set": 1, "reset": 1, "verify": 1})
        ctx.set(sequencers.start, 1)
        await ctx.tick()
        ctx.set(sequencers.start, 0)
        while ctx.get(sequencers.active):
            taken += 1
            assert taken <= config.longest_command
            await ctx.tick()
        assert [ctx.get(count) for count in sequencers.attempts] == [2] * 8

    simulate(sequencers, program)
    assert taken > config.longest_command - 20 * divider
