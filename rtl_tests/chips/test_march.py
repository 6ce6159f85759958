"""Every stuck cell of a chip is reported, and every other bit is right, beside what the model of the chip knows."""

from typing import Any

import numpy as np
import pytest

from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.likelihoods import chip_words
from hwgen.chips.profile import PROFILES
from hwgen.errors import DesignError
from rtl_tests.chips.benches import ChipBench, quick_design, random_table
from sim.chip_bench import run_bench


def stuck_cells(bench: ChipBench, table: LikelihoodTable) -> np.ndarray[Any, Any]:
    """Shape (words, 8): what the model of the chip knows of the cells of a table."""
    geometry = bench.config.profile.geometry
    places = [geometry.place(address) for address in chip_words(bench.config.profile, table)]
    return np.array(
        [
            bench.chip.cells.stuck[block_row, block_column, row, word * 8 : (word + 1) * 8].any(axis=-1)
            for block_row, block_column, row, word in places
        ]
    )


def check_march(bench: ChipBench, table: LikelihoodTable) -> None:
    """Every stuck cell is reported, and no other; every other bit reads right."""
    found = bench.driver.march(table, form=True)
    stuck = stuck_cells(bench, table)
    reported = found.failed | found.suspect
    np.testing.assert_array_equal(reported, stuck)
    assert found.failed.any() and found.suspect.any()
    failed = bench.driver.array.failed_cells()[list(chip_words(bench.config.profile, table))]
    np.testing.assert_array_equal(failed, reported)
    assert not (bench.driver.verify(table, times=3).failed & ~reported).any()
    assert bench.driver.errors() == {"array_cells_failed"} and bench.driver.status("loaded")


@pytest.mark.parametrize("name", PROFILES)
def test_a_march_reports_every_stuck_cell_and_every_other_bit_is_right(name: str) -> None:
    bench = ChipBench(name, stuck=0.04, seed=3)
    check_march(bench, random_table("logarithmic", 2, seed=3))
    bench.close()


def test_a_bench_with_a_march_tells_suspect_cells() -> None:
    table = random_table("logarithmic", 2, seed=11)
    likelihoods = {"logarithmic": (table, None)}
    report = run_bench(quick_design("bayes-8x8"), likelihoods, march=True, stuck=0.02, seed=5)
    (mode,) = report.modes
    assert mode.suspect_cells and not report.ok
    assert not set(map(tuple, mode.suspect_cells)) & set(map(tuple, mode.failed_cells))
    plain = run_bench(quick_design("bayes-8x8"), likelihoods)
    assert plain.ok and plain.modes[0].suspect_cells is None
    with pytest.raises(DesignError, match="a march programs the chip's cells"):
        run_bench(quick_design("bayes-8x8"), likelihoods, march=True, program=False)


@pytest.mark.slow  # 131,072 devices, some minutes
def test_the_whole_chip() -> None:
    bench = ChipBench("bayes-64x64", stuck=0.0005, seed=1)
    table = bench.driver.stimulus.random_parameters(np.random.default_rng(1))
    assert 40 < stuck_cells(bench, table).sum() < 100
    check_march(bench, table)
    bench.close()


@pytest.mark.slow  # 131,072 devices, some minutes
def test_the_whole_ideal_chip_decides_in_both_modes() -> None:
    bench = ChipBench("bayes-64x64")
    driver, model, rng = bench.driver, bench.model, np.random.default_rng(2)
    for mode in bench.config.profile.modes:
        table = random_table(mode, 512, seed=2)
        assert not driver.program(table, form=mode == bench.config.profile.modes[0]).failed.any()
        assert driver.dump() == table
        model.load(table)
        driver.set_mode(mode)
        model.set_mode(mode)
        samples = rng.integers(0, 512, (100, 4))
        before = bench.chip.cells.undetermined  # while a word was verified, others of its column were virgin
        found, expected = driver.infer(samples), model.infer(samples)
        assert not found.differences(expected).any()
        assert (found.busy_cycles, found.elapsed_cycles) == (expected.busy_cycles, expected.elapsed_cycles)
        assert bench.chip.cells.undetermined == before
    assert not driver.errors()
    bench.close()
