"""Soft reset in the very clock in which a sample is offered: nothing is counted, flagged or lost unseen."""

from typing import Any

import pytest

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.bayes.table import LikelihoodTable
from rtl_tests.simulate import simulate

CONFIG = BayesConfig(mode="logarithmic", rows=2, bins=(2,))
RESET_CLOCK = 3
"""The bank acts on a write in the third clock of an access: samples taken until then are dropped and not counted."""

TABLE = LikelihoodTable.for_config(CONFIG, [[[1, 2], [3, 1]]])


@pytest.mark.parametrize("clock", range(4))
def test_an_invalid_sample_offered_for_one_clock_around_a_soft_reset_is_flagged_and_counted_or_neither(
    clock: int,
) -> None:
    core = BayesCore(CONFIG, TABLE)
    found = {}

    async def access(context: Any, address: int, value: int | None = None, offer: int = -1) -> int:
        context.set(core.bus.valid, 1)
        context.set(core.bus.write, value is not None)
        context.set(core.bus.address, address)
        context.set(core.bus.wdata, value or 0)
        now = 0
        while not context.get(core.bus.ready):
            context.set(core.x.valid, now == offer)
            await context.tick()
            now += 1
        context.set(core.x.valid, now == offer)
        answer = context.get(core.bus.rdata)
        await context.tick()
        context.set(core.bus.valid, 0)
        context.set(core.x.valid, 0)
        return int(answer)

    async def bench(context: Any) -> None:
        context.set(core.y.ready, 1)
        context.set(core.x.payload.observations.column_0, 2)  # out of range
        await context.tick()
        await access(context, core.map.base("control"), 1, offer=clock)
        await context.tick().repeat(10)
        found["samples"] = await access(context, core.map.base("samples"))
        found["errors"] = await access(context, core.map.base("errors"))

    simulate(core, bench)
    assert found["errors"] == found["samples"] == (0 if clock <= RESET_CLOCK else 1)
