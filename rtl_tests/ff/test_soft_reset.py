"""A soft reset of a Forward-Forward machine at work."""

import numpy as np
import pytest

from rtl_tests.ep.stepping import SteppingTransport, settle
from rtl_tests.ff.machines import SUPERVISED, open_machine, supervised_config, tiny_config
from rtl_tests.ff.random_machines import random_samples, random_weights
from sim.golden.ff import FFModel

RESETS = 60
COUNT = 4
LONGEST = 900
"""Clocks from the first transfer to a reset: some samples long."""


@pytest.mark.parametrize("name", ["views", "hinge", "union", "recurrent", "pairwise", "merged", "one-layer"])
def test_a_soft_reset_in_mid_work_leaves_whole_samples(name: str) -> None:
    """Of each sample all is learnt or nothing, weights and generators alike; results that were dropped count."""
    config = supervised_config(SUPERVISED[name]) if name in SUPERVISED else tiny_config(name)
    rng = np.random.default_rng(len(name))
    driver, model = open_machine(config, transport=SteppingTransport), FFModel(config)
    weights = random_weights(config, rng)
    driver.load(weights)
    model.load(weights)
    learnt, whole = 0, 0
    for _ in range(RESETS):
        samples, labels, learn = random_samples(config, rng, COUNT)
        driver.transport.stream_for(
            int(rng.integers(LONGEST)), driver.stimulus.pack_samples(samples, labels, learn), COUNT
        )
        driver.soft_reset()
        settle(driver)
        counted = driver.statistics()
        done = counted["inferred"] + counted["trained"] - whole
        whole += done
        if done:
            model.run(samples[:done], labels[:done], learn[:done])
            learnt += int(learn[:done].sum())
        assert driver.dump() == model.dump()
        expected = model.statistics()
        assert {
            name: value for name, value in counted.items() if not name.endswith("cycles") and name != "samples"
        } == {name: value for name, value in expected.items() if not name.endswith("cycles") and name != "samples"}
    assert learnt > RESETS / 4
    driver.close()
