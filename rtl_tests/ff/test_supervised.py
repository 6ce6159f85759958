"""What a supervised machine does with labels: which are drawn, which wrong one is the negative one, which wins."""

from typing import Any

import numpy as np
import pytest

from hwgen.ff.config import FFConfig
from hwgen.ff.decision import Decision
from hwgen.ff.hard_negative import HardNegative
from hwgen.ff.label_handover import LabelHandover
from hwgen.ff.labels import Labels
from hwgen.ff.layout import stage_of
from hwgen.ff.unit_clocks import LABEL_STAGES
from rtl_tests.simulate import simulate


def config_of(classes: int, candidates: int = 3, layers: int = 2) -> FFConfig:
    sizes = [6, *[4] * layers]
    return FFConfig.parse({"layers": sizes, "classes": classes, "candidates": candidates, "lanes": 2})


@pytest.mark.parametrize("classes", [2, 3, 10, 64])
@pytest.mark.parametrize("candidates", [1, 3])
def test_wrong_labels_are_drawn(classes: int, candidates: int) -> None:
    dut = Labels(config_of(classes, candidates))
    rng = np.random.default_rng(classes)

    async def bench(ctx: Any) -> None:
        for _ in range(300):
            # Fields at both ends of their range, too.
            state = int(rng.integers(1 << 32)) | int(rng.choice([0, 0x3FF, 0xFFC00])) & 0xFFFFFFFF
            right = int(rng.integers(classes))
            ctx.set(dut.state, state)
            ctx.set(dut.right, right)
            await ctx.tick().repeat(LABEL_STAGES)
            fields = [state // 1024**number % 1024 for number in range(candidates)]
            wrong = [(right + 1 + field * (classes - 1) // 1024) % classes for field in fields]
            assert [ctx.get(label) for label in dut.labels] == [right, *wrong]
            assert right not in wrong

    simulate(dut, bench)


@pytest.mark.parametrize("candidates", [1, 2, 3])
def test_the_candidate_with_the_largest_goodness_is_chosen(candidates: int) -> None:
    """Of equals the first one. Only then does it pass; of the other layers, each pass does."""
    dut = HardNegative(stage_of(config_of(3, candidates)))
    rng = np.random.default_rng(candidates)

    async def bench(ctx: Any) -> None:
        for _ in range(100):
            train = int(rng.integers(2))
            goodness = rng.integers(0, 3, 1 + candidates).tolist()
            chosen = 1 + int(np.argmax(goodness[1:]))
            ctx.set(dut.train, train)
            for first in (1, 0):
                ctx.set(dut.first, first)
                if not train:
                    passes = [(bank, True) for bank in range(3)]
                elif first:
                    passes = [(bank, bank in (0, candidates)) for bank in range(1 + candidates)]
                else:
                    passes = [(0, True), (chosen, True)]
                for bank, goes_on in passes:
                    ctx.set(dut.done, 1)
                    ctx.set(dut.bank, bank)
                    ctx.set(dut.goodness, goodness[bank] if bank < len(goodness) else 3)
                    await ctx.tick()
                    ctx.set(dut.done, 0)
                    assert ctx.get(dut.passed) == goes_on
                    assert ctx.get(dut.all_passed) == ((bank, goes_on) == passes[-1])
                    await ctx.tick().repeat(int(rng.integers(1, 3)))
                    assert not ctx.get(dut.passed)
                if train:
                    assert ctx.get(dut.chosen) == chosen

    simulate(dut, bench)


def test_passes_are_given_in_order() -> None:
    """Those of the last layer are not, and none while the units are at work."""
    config = config_of(4, 3, 3)
    dut = LabelHandover(stage_of(config))
    rng = np.random.default_rng(1)

    async def bench(ctx: Any) -> None:
        given: list[tuple[int, int]] = []
        wanted: list[tuple[int, int]] = []

        async def clock(passed: int, layer: int) -> None:
            ctx.set(dut.passed, passed)
            ctx.set(dut.layer, layer)
            ctx.set(dut.give_ready, int(rng.random() < 0.3))
            if ctx.get(dut.give):
                assert ctx.get(dut.give_ready)
                given.append((ctx.get(dut.give_layer), ctx.get(dut.give_bank)))
            await ctx.tick()

        for _ in range(20):
            train, chosen = int(rng.integers(2)), int(rng.integers(1, 4))
            ctx.set(dut.train, train)
            ctx.set(dut.chosen, chosen)
            banks = [0, chosen] if train else [0, 1, 2, 3]
            for layer in range(3):
                for bank in banks:
                    await clock(1, layer)
                    wanted += [(layer, bank)] if layer < 2 else []
                    for _ in range(int(rng.integers(3))):
                        await clock(0, layer)
                if layer < 2:
                    # The next layer's passes wait for these.
                    while len(given) < len(wanted):
                        await clock(0, layer)
            assert given == wanted

    simulate(dut, bench)


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("learning", [True, False])
def test_the_largest_sum_decides(layers: int, learning: bool) -> None:
    """Of equals the lowest label; of a right and a wrong one the wrong one."""
    sizes = {"layers": [6, *[4] * layers], "classes": 5, "lanes": 2, "learning": learning}
    config = FFConfig.parse(sizes | ({"candidates": 3} if learning else {}))
    dut = Decision(stage_of(config))
    rng = np.random.default_rng(layers)

    async def done(ctx: Any, layer: int, bank: int, goodness: int, passed: bool) -> None:
        ctx.set(dut.layer, layer)
        ctx.set(dut.bank, bank)
        ctx.set(dut.goodness, goodness)
        ctx.set(dut.done, 1)
        await ctx.tick()
        ctx.set(dut.done, 0)
        ctx.set(dut.passed, passed)
        await ctx.tick()
        ctx.set(dut.passed, 0)
        for _ in range(int(rng.integers(3))):
            await ctx.tick()

    async def bench(ctx: Any) -> None:
        for _ in range(60):
            train = learning and bool(rng.integers(2))
            # Small numbers, so that many sums are equal; and the largest.
            most = int(rng.choice([3, max(config.goodness_max)]))
            chosen = int(rng.integers(1, 4))
            banks = [0, chosen] if train else list(range(5))
            goodness = rng.integers(0, most + 1, (layers, 5))
            labels = rng.permutation(5)[:4].tolist()
            ctx.set(dut.start, 1)
            if learning:
                ctx.set(dut.train, train)
                ctx.set(dut.chosen, chosen)
                ctx.set(dut.labels, labels)
            await ctx.tick()
            ctx.set(dut.start, 0)
            for layer in range(layers):
                for bank in [0, 1, 2, 3] if train and layer == 0 else banks:
                    passed = not train or layer > 0 or bank in (0, 3)
                    assert not ctx.get(dut.decided)
                    await done(ctx, layer, bank, int(goodness[layer, bank]), passed)
            await ctx.tick().until(dut.decided)
            sums = goodness.sum(axis=0)
            result = dut.result
            shown = [[ctx.get(value) for value in each] for each in result.goodness]
            if train:
                prediction = labels[0] if sums[0] > sums[chosen] else labels[chosen]
                assert shown == goodness[:, banks].tolist()
            else:
                prediction = int(np.argmax(sums))
                assert shown == [[value, 0] for value in goodness[:, prediction].tolist()]
            assert ctx.get(result.prediction) == prediction

    simulate(dut, bench)
