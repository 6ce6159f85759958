"""Sweeps of the array over the union of two lists, against the golden model's loops."""

from dataclasses import replace

import numpy as np
import pytest

from hwgen.ff.plan import ArrayLayer, ArrayPlan
from rtl_tests.ff.engine import Sweep
from rtl_tests.ff.reference import check

PLAN = ArrayPlan((ArrayLayer(8, 12, 17, 4),), 4, 1, 8, 8, 7, 17, 24, entries=8, banks=4, other_bits=17)
LONG = tuple((index, 100 - index) for index in range(8))


@pytest.mark.parametrize("lanes", [1, 4])
def test_lists_that_are_merged(lanes: int) -> None:
    """Equal, disjoint and empty ones; sums and other updates before and after them."""
    plan = ArrayPlan((ArrayLayer(9, 12, 15, 4),), lanes, 1, 8, 8, 7, 18, 24, entries=8, banks=4, other_bits=17)
    rng = np.random.default_rng(lanes)
    all_of_them = tuple((index, 120 - index) for index in range(8))
    some = all_of_them[1:6:2]
    pairs = [(all_of_them, all_of_them), (all_of_them[:4], all_of_them[4:]), (some, ()), ((), some), ((), ())]
    sweeps = []
    for entries, others in pairs:
        for group in range(2):
            for constant in (None, (8, 100)):
                steps, other_steps = (tuple(rng.integers(-65025, 65026, lanes).tolist()) for _ in range(2))
                sweep = Sweep(group=group, entries=entries, constant=constant, update=True, steps=steps)
                merged = replace(sweep, others=others, other_steps=other_steps)
                sweeps += [merged, replace(merged, group=2), Sweep(group=group, entries=all_of_them), sweep]
    _, seen = check(plan, sweeps, rng)
    assert seen.saturated[0]


def test_a_sum_after_lists_that_are_merged() -> None:
    """It may come two clocks earlier after the ``ending``, which is later."""
    rng = np.random.default_rng(14)
    steps, other_steps = (tuple(rng.integers(-65025, 65026, 4).tolist()) for _ in range(2))
    merged = Sweep(entries=LONG[:4], update=True, steps=steps, others=LONG[2:], other_steps=other_steps)
    _, seen = check(PLAN, [merged, Sweep(entries=LONG[-1:]), merged, replace(merged, entries=LONG[-1:])], rng)
    assert seen.starts[1] == seen.endings[0] + PLAN.merged_turnaround
    assert seen.endings[0] - seen.starts[0] == 8 + 3


def test_a_sum_that_comes_too_early_after_them_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArrayPlan, "merged_turnaround", 2)
    with pytest.raises(AssertionError):
        test_a_sum_after_lists_that_are_merged()
