"""Steps of groups of units: each product is shifted before it counts, and groups follow each other without a gap."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal

from hwgen.ff.steps import Steps, step_bits
from hwgen.ff.unit_clocks import STEP_STAGES, step_clocks
from hwgen.ff.unit_format import UnitFormat
from hwgen.ff.unit_memory import UnitMemory
from rtl_tests.ff.units import packed, unpacked
from rtl_tests.simulate import simulate

BANKS = 3
GROUPS = 40


@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize(
    ("lanes", "beats", "activation_bits", "modulator_bits", "positive_max"),
    [(4, 3, 8, 8, 2), (1, 1, 4, 8, 1), (8, 2, 8, 4, 1), (3, 5, 5, 5, 2)],
)
def test_steps_are_exact(
    lanes: int, beats: int, activation_bits: int, modulator_bits: int, positive_max: int, pause: bool, merges: bool
) -> None:
    """Where lists can be merged, those of the other one come beside them."""
    draw = np.random.default_rng(lanes)
    units = UnitFormat((lanes * beats * 2, lanes * beats), lanes, activation_bits)
    dut = Steps(
        units, modulator_bits=modulator_bits, positive_max=positive_max, beats=beats, banks=BANKS, merges=merges
    )
    memory = UnitMemory(activation_bits * lanes, sum(units.beats), BANKS)
    bits, other_bits = (step_bits(activation_bits, modulator_bits, most) for most in (positive_max, 1))
    m = Module()
    m.submodules.dut, m.submodules.memory = dut, memory
    clock = Signal(32)
    m.d.sync += clock.eq(clock + 1)
    m.d.comb += [
        memory.enable.eq(1),
        memory.read.eq(dut.read),
        memory.read_bank.eq(dut.read_bank),
        memory.read_beat.eq(dut.read_beat),
        dut.activations.as_value().eq(memory.word),
    ]
    activations = draw.integers(1 << activation_bits, size=(BANKS, sum(units.beats), lanes))
    activations[0, :2] = (1 << activation_bits) - 1
    expected: list[list[int]] = []
    others: list[list[int] | None] = []
    lasts: list[int] = []
    seen: list[list[int]] = []
    seen_lasts: list[int] = []

    async def drive(ctx: Any) -> None:
        for bank in range(BANKS):
            for beat in range(sum(units.beats)):
                ctx.set(memory.write, 1)
                ctx.set(memory.write_bank, bank)
                ctx.set(memory.write_beat, beat)
                ctx.set(memory.write_word, packed(activations[bank, beat], activation_bits))
                await ctx.tick()
        ctx.set(memory.write, 0)
        for _ in range(GROUPS):
            while pause and draw.random() < 0.7:
                await ctx.tick()
            while not ctx.get(dut.ready):
                await ctx.tick()
            positive, negative = int(draw.integers(positive_max + 1)), int(draw.integers(2))
            if not (positive or negative):
                positive = positive_max
            scales = draw.choice([0, 1, (1 << modulator_bits) - 1, (1 << modulator_bits) * 5 // 8], size=2).tolist()
            annealing = int(draw.integers(8))
            banks = draw.integers(BANKS, size=2).tolist()
            first = int(draw.integers(len(activations[0]) // beats)) * beats
            for name, value in (("positive", positive), ("negative", negative), ("annealing", annealing)):
                ctx.set(getattr(dut, name), value)
            for which in range(2):
                ctx.set(dut.scales[which], scales[which])
                ctx.set(dut.bank[which], banks[which])
            ctx.set(dut.beat, first)
            ctx.set(dut.start, 1)
            both = merges and positive > 0 and draw.random() < 0.5
            if merges:
                ctx.set(dut.merges, both)
            lasts.append(ctx.get(clock) + step_clocks(beats, positive, negative, both))
            await ctx.tick()
            ctx.set(dut.start, 0)
            for beat in range(first, first + beats):
                more, less = (
                    scale * activations[bank, beat] >> annealing for scale, bank in zip(scales, banks, strict=True)
                )
                expected.append((positive * more - negative * less).tolist())
                others.append((-less).tolist() if both else None)
        await ctx.tick().repeat(2 * beats + STEP_STAGES + 2)

    async def watch(ctx: Any) -> None:
        while True:
            if ctx.get(dut.valid):
                if len(seen) < len(others) and others[len(seen)] is not None:
                    found = unpacked(ctx.get(dut.others.as_value()), other_bits, lanes, signed=True)
                    assert found == others[len(seen)]
                seen.append(unpacked(ctx.get(dut.steps.as_value()), bits, lanes, signed=True))
            if ctx.get(dut.last):
                assert ctx.get(dut.valid)
                seen_lasts.append(ctx.get(clock))
            await ctx.tick()

    simulate(m, drive, background=[watch])
    assert seen == expected
    assert seen_lasts == lasts


@pytest.mark.parametrize(("name", "value"), [("positive_max", 3), ("beats", 0)])
def test_what_makes_no_sense_is_refused(name: str, value: int) -> None:
    parameters = {"modulator_bits": 8, "positive_max": 1, "beats": 2, "banks": 2} | {name: value}
    with pytest.raises(ValueError, match=f"{name} must be .*not {value}"):
        Steps(UnitFormat((8,), 4, 8), **parameters)
