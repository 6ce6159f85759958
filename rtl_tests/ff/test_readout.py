"""The read-out's decision and steps: the golden model's, in the clocks that are documented."""

from typing import Any

import numpy as np
import pytest

from hwgen.ff.config import FFConfig
from hwgen.ff.readout import Readout
from hwgen.ff.unit_clocks import READOUT_STAGES, readout_step_clocks
from rtl_tests.simulate import simulate
from sim.golden.ff_readout import set_readout_steps
from sim.golden.ff_rule import Rule

DECISIONS = 40
SUM_BITS = 30


@pytest.mark.parametrize("readout", ["hinge", "softmax"])
@pytest.mark.parametrize(
    ("classes", "shift", "margin", "gap"), [(10, 13, 16, 0.0), (2, 0, 0, 0.4), (64, 20, 255, 0.0), (3, 29, 16, 0.4)]
)
def test_predictions_and_steps_are_the_models(readout: str, classes: int, shift: int, margin: int, gap: float) -> None:
    hinge = readout == "hinge"
    values = {"margin": margin} if hinge else {}
    config = FFConfig(layers=(4, 4), rule="contrastive", readout=readout, classes=classes, **values)
    rule = Rule.of(config)
    dut = Readout(classes=classes, sum_bits=SUM_BITS, shift=shift, margin=margin if hinge else None)
    draw = np.random.default_rng(classes)
    learnt = []

    def sums() -> np.ndarray:
        """Far from each other, or near, with ties."""
        spread = shift + int(draw.integers(9)) if draw.random() < 0.8 else SUM_BITS - 1
        values = draw.integers(-(1 << min(spread, SUM_BITS - 1)), 1 << min(spread, SUM_BITS - 1), size=classes)
        return np.where(draw.random(classes) < 0.3, draw.choice(values, size=classes), values)

    async def bench(ctx: Any) -> None:
        for _ in range(DECISIONS):
            values, label, annealing = sums(), int(draw.integers(classes)), int(draw.integers(8))
            scores = values >> shift
            step = np.zeros(classes, np.int32)
            learns = set_readout_steps(rule, scores, label, annealing, step)
            learnt.append(learns)
            ctx.set(dut.label, label)
            for value in values.tolist():
                while draw.random() < gap:
                    await ctx.tick()
                ctx.set(dut.valid, 1)
                ctx.set(dut.sum, value)
                await ctx.tick()
                ctx.set(dut.valid, 0)
            for _ in range(READOUT_STAGES - 1):
                assert not ctx.get(dut.done)
                await ctx.tick()
            assert ctx.get(dut.done)
            assert (ctx.get(dut.prediction), ctx.get(dut.learns)) == (int(scores.argmax()), learns)
            if not learns:
                continue
            for _ in range(int(draw.integers(3))):
                await ctx.tick()
            ctx.set(dut.annealing, annealing)
            ctx.set(dut.start, 1)
            given, last = [], None
            for clock in range(readout_step_clocks(classes, hinge) + 1):
                if ctx.get(dut.step_valid):
                    given.append(ctx.get(dut.step))
                last = clock if ctx.get(dut.step_last) else last
                if clock < readout_step_clocks(classes, hinge):
                    await ctx.tick()
                ctx.set(dut.start, 0)
                ctx.set(dut.annealing, 0)
            assert given == step.tolist()
            assert last == readout_step_clocks(classes, hinge)
            await ctx.tick()
            assert not ctx.get(dut.step_valid)

    simulate(dut, bench)
    assert any(learnt) and (classes != 10 or all(learnt) == (not hinge))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="classes must be at least 2, not 1"):
        Readout(classes=1, sum_bits=20, shift=3, margin=16)
    with pytest.raises(ValueError, match="shift must be from 0 to 19, not 20"):
        Readout(classes=10, sum_bits=20, shift=20, margin=16)
