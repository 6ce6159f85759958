"""Activations, goodness and sums: those of the golden model, in the clocks that are documented."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal

from hwgen.ff.activation import Activation
from hwgen.ff.unit_clocks import SCALED_STAGES, goodness_clocks
from hwgen.ff.unit_format import UnitFormat
from rtl_tests.ff.units import SUM_BITS, Machine, machine, packed, random_sums, unpacked
from rtl_tests.simulate import simulate
from sim.golden import ff_kernel

BANKS = 3
ROUNDS = 5


def golden(case: Machine, layer: int, sums: np.ndarray) -> tuple[list[int], list[int], int, int]:
    """t, y, the goodness and the sum of t of a pass."""
    scaled, activation = np.zeros_like(sums), np.zeros_like(sums)
    goodness = ff_kernel.activate(case.rule, layer, sums, scaled, activation)
    return scaled.tolist(), activation.tolist(), goodness, int(scaled.sum())


@pytest.mark.parametrize("gap", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(14))
def test_they_are_the_models_in_every_clock(seed: int, gap: float) -> None:
    case = machine(seed)
    units, lanes = case.units, case.units.unit_lanes
    totals = not case.config.supervised
    dut = Activation(units, sum_bits=SUM_BITS, shifts=case.config.activation_shift, banks=BANKS, totals=totals)
    top = Module()
    top.submodules.dut = dut
    clock = Signal(32)
    top.d.sync += clock.eq(clock + 1)
    beats: list[tuple[Any, ...]] = []
    done: list[tuple[int, ...]] = []
    expected_beats: list[tuple[Any, ...]] = []
    expected_done: list[tuple[int, ...]] = []

    async def drive(ctx: Any) -> None:
        draw = case.draw
        for _ in range(ROUNDS):
            # Passes of all banks at once, whose beats come in any order.
            passes = []
            for _ in range(BANKS):
                layer = int(draw.integers(len(units.units)))
                sums = random_sums(draw, units.units[layer], SUM_BITS)
                passes.append((layer, sums, golden(case, layer, sums)))
            sent = [0] * BANKS
            turns = np.repeat(np.arange(BANKS), [units.beats[layer] for layer, _, _ in passes])
            for bank in draw.permutation(turns).tolist() if draw.random() < 0.5 else turns.tolist():
                layer, sums, (scaled, activation, goodness, total) = passes[bank]
                while draw.random() < gap:
                    ctx.set(dut.sums.as_value(), int(draw.integers(1 << SUM_BITS)))
                    await ctx.tick()
                place = slice(sent[bank] * lanes, (sent[bank] + 1) * lanes)
                last = place.stop == len(sums)
                beat = units.first_beat[layer] + sent[bank]
                ctx.set(dut.valid, 1)
                ctx.set(dut.first, sent[bank] == 0)
                ctx.set(dut.last, last)
                ctx.set(dut.layer, layer)
                ctx.set(dut.bank, bank)
                ctx.set(dut.beat, beat)
                ctx.set(dut.sums.as_value(), packed(sums[place], SUM_BITS))
                now = ctx.get(clock)
                expected_beats.append((now + SCALED_STAGES, bank, beat, scaled[place], activation[place]))
                if last:
                    result = [goodness, *([total] if totals else [])]
                    expected_done.append((now + goodness_clocks(lanes), bank, *result))
                sent[bank] += 1
                await ctx.tick()
                ctx.set(dut.valid, 0)
                ctx.set(dut.first, 1)
                ctx.set(dut.last, 1)
        await ctx.tick().repeat(goodness_clocks(lanes) + 2)

    async def watch(ctx: Any) -> None:
        while True:
            if ctx.get(dut.scaled_valid):
                scaled = unpacked(ctx.get(dut.scaled.as_value()), units.scaled_bits, lanes, signed=True)
                beats.append(
                    (
                        ctx.get(clock),
                        ctx.get(dut.write_bank),
                        ctx.get(dut.write_beat),
                        scaled,
                        unpacked(ctx.get(dut.activations.as_value()), units.activation_bits, lanes),
                    )
                )
            if ctx.get(dut.done):
                bank = ctx.get(dut.done_bank)
                result = [ctx.get(dut.goodness[bank]), *([ctx.get(dut.totals[bank])] if totals else [])]
                done.append((ctx.get(clock), bank, *result))
            await ctx.tick()

    simulate(top, drive, background=[watch])
    assert beats == expected_beats
    assert done == expected_done


@pytest.mark.parametrize("shift", [0, 1, 7])
def test_every_small_sum_is_rounded_and_limited_as_in_the_model(shift: int) -> None:
    case = machine(1, activation_bits=4, activation_shift=shift)
    units = UnitFormat(case.units.units[:1], 1, 4)
    dut = Activation(units, sum_bits=SUM_BITS, shifts=[shift], banks=1, totals=False)
    sums = np.arange(-70 << shift, 70 << shift, dtype=np.int32)
    scaled, activation, _, _ = golden(case, 0, sums)
    assert min(scaled) == -64 and max(scaled) == 63 and max(activation) == 15
    seen: list[tuple[int, int]] = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.valid, 1)
        for value in [*sums.tolist(), 0, 0, 0]:
            if ctx.get(dut.scaled_valid):
                seen.append((ctx.get(dut.scaled[0]), ctx.get(dut.activations[0])))
            ctx.set(dut.sums[0], value)
            await ctx.tick()

    simulate(dut, bench)
    assert seen == list(zip(scaled, activation, strict=True))


def test_goodness_reaches_its_largest_value() -> None:
    units = UnitFormat((24,), 8, 8)
    dut = Activation(units, sum_bits=SUM_BITS, shifts=[2], banks=1, totals=True)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.sums.as_value(), packed([1 << 24] * 8, SUM_BITS))
        ctx.set(dut.valid, 1)
        for beat in range(3):
            ctx.set(dut.first, beat == 0)
            ctx.set(dut.last, beat == 2)
            await ctx.tick()
        ctx.set(dut.valid, 0)
        await ctx.tick().until(dut.done)
        assert ctx.get(dut.goodness[0]) == 24 * 255**2
        assert ctx.get(dut.totals[0]) == 24 * 1023

    simulate(dut, bench)


@pytest.mark.parametrize("clocks", range(1, 10))
def test_a_reset_drops_what_is_under_way(clocks: int) -> None:
    units = UnitFormat((12,), 2, 8)
    dut = Activation(units, sum_bits=12, shifts=[0], banks=1, totals=True)
    reset = Signal()

    async def send(ctx: Any, beats: int, sums: list[int]) -> None:
        ctx.set(dut.valid, 1)
        ctx.set(dut.sums.as_value(), packed(sums, 12))
        for beat in range(beats):
            ctx.set(dut.first, beat == 0)
            ctx.set(dut.last, beat == 5)
            ctx.set(dut.beat, beat)
            await ctx.tick()
        ctx.set(dut.valid, 0)

    async def bench(ctx: Any) -> None:
        await send(ctx, 6, [100, 7])
        await ctx.tick().repeat(clocks)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(dut.scaled_valid)
        await send(ctx, 6, [3, -2])
        seen = 0
        while not ctx.get(dut.done):
            await ctx.tick()
            seen += 1
        assert seen == goodness_clocks(2) - 1
        assert (ctx.get(dut.goodness[0]), ctx.get(dut.totals[0])) == (6 * 9, 6)

    simulate(ResetInserter(reset)(dut), bench)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"units must be multiples of unit_lanes \(4\), not 6"):
        UnitFormat((8, 6), 4, 8)
    with pytest.raises(ValueError, match="unit_lanes must be at least 1, not 0"):
        UnitFormat((8,), 0, 8)
    with pytest.raises(ValueError, match="activation_bits must be from 4 to 8, not 9"):
        UnitFormat((8,), 4, 9)
    with pytest.raises(ValueError, match="shifts must be 1, one for each layer, not 2"):
        Activation(UnitFormat((8,), 4, 8), sum_bits=20, shifts=[1, 2], banks=1, totals=False)
