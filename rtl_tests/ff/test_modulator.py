"""The scale of a layer's steps: the golden model's, in the clocks that are documented."""

from typing import Any

import pytest

from hwgen.ff.modulator import Modulator
from hwgen.ff.unit_clocks import modulator_clocks
from hwgen.ff.unit_format import UnitFormat
from rtl_tests.ff.units import machine
from rtl_tests.simulate import simulate
from sim.golden import ff_kernel

STARTS = 150


@pytest.mark.parametrize("modulator", ["pairwise", "thresholds"])
@pytest.mark.parametrize("seed", range(0, 16, 2))
def test_scales_are_the_models(seed: int, modulator: str) -> None:
    case = machine(seed, modulator=modulator, **({} if modulator == "pairwise" else {"thresholds": (seed * 97, 900)}))
    pairwise = modulator == "pairwise"
    thresholds = [(int(low), int(high)) for low, high in case.rule.thresholds]
    units = case.units
    dut = Modulator(
        units,
        shifts=case.config.goodness_shift,
        thresholds=None if pairwise else thresholds,
        modulator_bits=case.config.modulator_bits,
    )
    seen = set()

    def scales(layer: int, positive: int, negative: int) -> list[int]:
        misses = [negative - positive] * 2
        if not pairwise:
            misses = [thresholds[layer][0] - positive, negative - thresholds[layer][1]]
        return [int(ff_kernel.modulator(case.rule, layer, miss)) for miss in misses]

    async def bench(ctx: Any) -> None:
        for _ in range(STARTS):
            layer = int(case.draw.integers(len(units.units)))
            most = (1 << int(case.draw.integers(1, units.goodness_bits + 1))) - 1
            near = case.draw.choice(thresholds[layer]) + case.draw.integers(
                -40 << units.goodness_bits // 2, 40 << units.goodness_bits // 2, size=4
            )
            candidates = [0, most, *case.draw.integers(most, size=4, endpoint=True), *near.clip(0, most)]
            goodness = case.draw.choice(candidates, size=2).tolist()
            expected = scales(layer, *goodness)
            seen.update(expected)
            for clock in range(modulator_clocks(pairwise)):
                assert not ctx.get(dut.done)
                ctx.set(dut.start, clock == 0)
                ctx.set(dut.layer, layer if clock == 0 else 0)
                for each, value in enumerate(goodness):
                    ctx.set(dut.goodness[each], value if clock == 0 else 0)
                await ctx.tick()
            ctx.set(dut.start, 0)
            assert ctx.get(dut.done)
            for _ in range(int(case.draw.integers(1, 4))):
                assert [ctx.get(scale) for scale in dut.scales] == expected
                await ctx.tick()

    simulate(dut, bench)
    assert len(seen) > 1


@pytest.mark.parametrize("name", ["shifts", "thresholds"])
def test_what_makes_no_sense_is_refused(name: str) -> None:
    parameters: dict[str, Any] = {"shifts": [3], "thresholds": [(1, 2)]}
    parameters[name] = parameters[name] * 2
    with pytest.raises(ValueError, match=f"{name} must be 1, one for each layer, not 2"):
        Modulator(UnitFormat((4,), 2, 8), modulator_bits=8, **parameters)
