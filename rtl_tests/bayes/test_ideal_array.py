"""An ideal array, whole: programmed and verified through the pins, then used by the machine in both of its modes."""

import numpy as np
import pytest

from hwgen.memristor.geometry import BAYES_64X64
from rtl_tests.bayes.designs import random_table
from rtl_tests.memristor.cosimulation import CosimulatedArray, machine_config
from sim.devices.hfox import HfOxConfig
from sim.golden.bayes import BayesModel

SAMPLES = 200


def check(mode: str, bins: int, columns: int) -> None:
    """No cell, bit or clock may be another than the golden model's, nor a line break a rule."""
    config = machine_config(mode, bins, columns)
    bench = CosimulatedArray(config, HfOxConfig.ideal())
    rng = np.random.default_rng(1)
    table = random_table(config, rng)
    with bench.array.programming():
        bench.array.form()
    bench.driver.load(table)
    assert not bench.array.failed_cells().any()
    assert (bench.array.wear() == 2).all()  # forming, and one attempt
    assert bench.driver.dump() == table
    model = BayesModel(config, table)
    for count in (1, SAMPLES - 1):
        inputs = bench.driver.stimulus.random_inputs(count, rng)
        found, expected = bench.driver.infer(**inputs), model.infer(**inputs)
        assert not found.differences(expected).any()
        assert (found.busy_cycles, found.elapsed_cycles) == (expected.busy_cycles, expected.elapsed_cycles)
    assert bench.driver.errors() == model.errors()
    assert bench.driver.statistics() == model.statistics()
    bench.close()


@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_an_ideal_array_is_used_without_a_difference(mode: str) -> None:
    check(mode, bins=16, columns=16)


@pytest.mark.slow  # 131,072 devices, some minutes each
@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_the_whole_ideal_array_is_used_without_a_difference(mode: str) -> None:
    assert machine_config(mode, bins=512, columns=64).array_config.geometry == BAYES_64X64
    check(mode, bins=512, columns=64)
