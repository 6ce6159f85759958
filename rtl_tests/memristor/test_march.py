"""Every stuck cell is reported, and every other bit is right: programmed, verified and read through the pins, beside
what the device model knows."""

import numpy as np
import pytest

from hwgen.memristor.geometry import BAYES_64X64
from rtl_tests.memristor.cosimulation import CosimulatedArray, machine_config
from sim.devices.hfox import HfOxConfig, SenseAmplifier

QUIET = SenseAmplifier(noise_sigma=0.0)


def check_bar(bench: CosimulatedArray, most_suspects: float) -> None:
    """March over the whole array; nothing is masked."""
    array, words = bench.array, bench.words(seed=1)
    with array.programming():
        found = array.march(words, form=True)
        reported = found.failed | found.suspect
        np.testing.assert_array_equal(array.failed_cells(), reported)
        assert (bench.stuck & ~reported).sum() == 0
        for _ in range(4):
            wrong = (array.read() ^ words)[:, None] >> np.arange(reported.shape[1]) & 1
            assert not wrong[~reported].any()
        np.testing.assert_array_equal(array.failed_cells(), reported)
    sound = ~bench.stuck
    assert reported[sound].mean() <= most_suspects
    assert 0.005 < (found.attempts[sound] > 1).mean() < 0.05
    assert found.suspect[bench.stuck].sum() > found.failed[bench.stuck].sum()  # most stuck cells read right
    assert bench.driver.errors() == {"array_cells_failed"}


@pytest.mark.parametrize("sense", [QUIET, SenseAmplifier()], ids=["quiet", "noisy"])
def test_every_stuck_cell_is_reported_and_every_other_bit_is_right(sense: SenseAmplifier) -> None:
    devices = HfOxConfig(stuck_lrs=0.004, stuck_hrs=0.004, stuck_virgin=0.002, sense=sense)
    bench = CosimulatedArray(machine_config("logarithmic", bins=8, columns=16), devices, seed=1)
    assert bench.stuck.sum() > 10
    check_bar(bench, most_suspects=0.005)
    bench.close()


@pytest.mark.slow  # 131,072 devices, some ten million clocks: ten minutes and more
def test_the_whole_array() -> None:
    # 1 % of the pulses fail; a device of one cell in a thousand is stuck.
    devices = HfOxConfig(stuck_lrs=0.00025, stuck_hrs=0.00025, sense=QUIET)
    bench = CosimulatedArray(machine_config("logarithmic", bins=512, columns=64), devices, seed=1)
    assert bench.config.array_config.geometry == BAYES_64X64
    assert 40 < bench.stuck.sum() < 100
    check_bar(bench, most_suspects=0.002)
    bench.close()
