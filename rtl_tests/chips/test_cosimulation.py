"""The controller's Verilog against behavioural chips, from virgin cells to counts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_words, from_source
from hwgen.chips.profile import PROFILES
from hwgen.errors import HwgenError
from hwgen.evaluation import Evaluation
from hwgen.memristor.outcomes import ProgrammedWords
from hwgen.memristor.registers import UNLOCK_KEY
from rtl_tests.chips.benches import ChipBench, quick_design, random_table
from sim.chip_bench import run_bench
from sim.devices.chips.cells import BL, BLB, State

WINE = {"dataset": "wine", "classifier": "GaussianNB", "features": 4, "bins": 4}
MODES = [(name, mode) for name, profile in PROFILES.items() for mode in profile.modes]


@pytest.fixture(params=PROFILES)
def bench(request: pytest.FixtureRequest) -> Iterator[ChipBench]:
    bench = ChipBench(request.param)
    yield bench
    bench.close()


@pytest.mark.parametrize("name", PROFILES)
def test_a_bench_from_virgin_cells_to_counts_equals_the_golden_model(name: str) -> None:
    design = quick_design(name)
    modes = PROFILES[name].modes
    report = run_bench(design, {mode: from_source(PROFILES[name], mode, WINE) for mode in modes})
    assert report.ok and report.breaches == [] and report.errors == []
    assert [mode.mode for mode in report.modes] == list(modes)
    for mode in report.modes:
        assert (mode.words, mode.samples, mode.mismatches, mode.undetermined_reads) == (64, 45, 0, 0)
        assert mode.accuracy_chip == mode.accuracy_golden and mode.accuracy_chip > 0.8


@pytest.mark.parametrize("column_clocks", [0, 1])
@pytest.mark.parametrize(("name", "mode"), MODES)
def test_results_errors_and_clocks_whatever_registers_delay_the_columns(
    name: str, mode: str, column_clocks: int
) -> None:
    bench = ChipBench(name, column_clocks=column_clocks)
    table = random_table(mode, 2, seed=1)
    driver, model = bench.driver, bench.model
    assert not driver.program(table, form=True).failed.any()
    assert driver.dump() == table
    model.load(table)
    driver.set_mode(mode)
    model.set_mode(mode)
    samples = np.random.default_rng(2).integers(0, 3, (30, 4))  # 2 is beyond the table
    for count in (1, 2, 30):
        found, expected = driver.infer(samples[:count]), model.infer(samples[:count])
        assert not found.differences(expected).any()
        assert (found.busy_cycles, found.elapsed_cycles) == (expected.busy_cycles, expected.elapsed_cycles)
    assert found.invalid.any() and not found.invalid.all()
    assert driver.errors() == model.errors() == {"invalid_observation"}
    assert driver.statistics() == model.statistics()
    payloads = driver.stimulus.pack_samples(np.where(samples == 2, bench.config.profile.bins, samples))
    results, _ = bench.transport.stream(payloads, len(payloads), x_stall=0.7, y_stall=0.9, seed=1)
    np.testing.assert_array_equal(results, driver.stimulus.pack_results(model.infer(samples)))
    bench.close()


@pytest.mark.parametrize("facts", [{"control_clocks": 0}, {"inverted": True}], ids=["sooner", "inverted"])
def test_a_chip_that_is_not_as_its_profile_says_is_found(facts: dict[str, Any]) -> None:
    bench = ChipBench("bayes-64x64", **facts)
    table = random_table("logarithmic", 2, seed=8)
    failed = bench.driver.program(table, form=True).failed
    bench.model.load(table)
    bench.driver.set_mode("logarithmic")
    bench.model.set_mode("logarithmic")
    samples = np.random.default_rng(8).integers(0, 2, (8, 4))
    assert failed.any() or bench.driver.infer(samples).differences(bench.model.infer(samples)).any()


def test_words_that_only_a_later_mode_needs_are_formed_and_the_others_not_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formed = []
    form_and_program = ChipDriver.program

    def program(driver: ChipDriver, table: LikelihoodTable, *, form: Any) -> ProgrammedWords:
        formed.append(set(form))
        return form_and_program(driver, table, form=form)

    monkeypatch.setattr(ChipDriver, "program", program)
    design = quick_design("bayes-64x64")
    first, second = random_table("stochastic", 2, seed=9), random_table("logarithmic", 3, seed=9)
    beyond = Evaluation(np.array([[0, 1, 2, 1], [3, 0, 0, 0]]), np.array([0, 0]))
    report = run_bench(design, {"stochastic": (first, None), "logarithmic": (second, beyond)})
    assert report.ok and report.errors == []
    needed = [set(chip_words(PROFILES["bayes-64x64"], table)) for table in (first, second)]
    assert formed == [needed[0], needed[1] - needed[0]]


def test_reading_a_chip_in_a_new_session_leaves_what_is_known_of_its_cells() -> None:
    bench = ChipBench("bayes-8x8")
    table = random_table("logarithmic", 8, seed=10)
    bench.driver.program(table, form=True)
    assert ChipDriver(bench.transport, bench.config).dump() == table
    assert not bench.driver.errors() and not bench.driver.array.failed_cells().any()
    states = bench.chip.cells.states[0, 1, 0, 3]
    states[:] = states[::-1].copy()  # the other bit
    bench.driver.verify(table)
    failed = bench.driver.array.failed_cells()
    assert failed.sum() == 1
    assert ChipDriver(bench.transport, bench.config).dump() != table
    np.testing.assert_array_equal(bench.driver.array.failed_cells(), failed)
    bench.close()


def test_seeds_and_cycles_reach_the_chip() -> None:
    bench = ChipBench("bayes-64x64")
    driver, model = bench.driver, bench.model
    table = LikelihoodTable(tuple(np.full((2, 4), likelihood, np.uint16) for likelihood in (200, 180, 255, 90)))
    driver.program(table, form=True)
    model.load(table)
    assert driver.mode == "stochastic"
    driver.load_seeds((0x5C, 0x7F, 0xFB, 0xEB))
    assert driver.counts([[0, 1, 0, 1]]).tolist() == [[49] * 4]
    model.load_seeds((0x5C, 0x7F, 0xFB, 0xEB))
    for cycles in (1, 2, 40, 254):
        driver.set_cycles(cycles)
        model.set_cycles(cycles)
        found, expected = driver.infer([[0, 0, 0, 0], [1, 1, 1, 1]]), model.infer([[0, 0, 0, 0], [1, 1, 1, 1]])
        assert not found.differences(expected).any() and found.elapsed_cycles == expected.elapsed_cycles
    for wrong in ((1, 2, 3), (1, 2, 3, 0), (1, 2, 3, 256)):
        with pytest.raises(HwgenError, match="seed"):
            driver.load_seeds(wrong)
    with pytest.raises(HwgenError, match="mode of bayes-64x64 must be stochastic or logarithmic, not 'log'"):
        driver.set_mode("log")
    bench.close()


def test_every_stuck_cell_is_reported(bench: ChipBench) -> None:
    table = random_table("logarithmic", 2, seed=3)
    words = list(chip_words(bench.config.profile, table).items())
    geometry = bench.config.profile.geometry
    stuck = np.zeros((len(words), 8), bool)
    for index, bit in ((0, 7), (3, 0), (9, 4), (len(words) - 1, 2)):
        address, cells = words[index]
        place = geometry.place(address)
        cell = (place.block_row, place.block_column, place.row, place.word * 8 + bit)
        # The other way round than they are to be, so that nothing is left to chance.
        one = cells >> bit & 1
        bench.chip.cells.stick(cell, BL, State.LOW if one else State.HIGH)
        bench.chip.cells.stick(cell, BLB, State.HIGH if one else State.LOW)
        stuck[index, bit] = True
    found = bench.driver.program(table, form=True)
    np.testing.assert_array_equal(found.failed, stuck)
    np.testing.assert_array_equal(found.attempts, np.where(stuck, 3, 1))
    np.testing.assert_array_equal(bench.driver.verify(table).failed, stuck)
    assert bench.driver.errors() == {"array_cells_failed"}
    failed = bench.driver.array.failed_cells()
    np.testing.assert_array_equal(failed[[address for address, _ in words]], stuck)
    with pytest.raises(HwgenError, match="4 of 256 cells are wrong after 3 attempts"):
        bench.driver.load(table)


def test_cells_that_read_at_random_are_found_by_reading_often(bench: ChipBench) -> None:
    table = random_table("logarithmic", 2, seed=4)
    bench.driver.program(table, form=True)
    cells = bench.chip.cells
    cells.states[0, 1, 0, 3] = State.LOW  # both devices of a cell
    before = cells.undetermined
    found = bench.driver.verify(table)
    assert cells.undetermined == before + 4 * 8  # as all words of its column are read at once, eight times each
    assert found.failed.sum() == 1
    np.testing.assert_array_equal(found.unstable, found.failed)
    np.testing.assert_array_equal(bench.driver.verify(table, times=4).failed, found.failed)


def test_virgin_cells_are_not_programmed_without_forming(bench: ChipBench) -> None:
    table = random_table("logarithmic", 2, seed=5)
    found = bench.driver.program(table)
    assert found.failed.sum() > 10
    assert (bench.chip.cells.states == State.VIRGIN).all()
    bench.driver.form(table)
    assert not bench.driver.program(table).failed.any()


def test_samples_are_flagged_until_the_chip_is_programmed(bench: ChipBench) -> None:
    found = bench.driver.infer([[0, 0, 0, 0]] * 2)
    assert found.invalid.all() and bench.driver.errors() == {"not_loaded"}
    assert bench.chip.cells.undetermined == 0
    with pytest.raises(HwgenError, match="the array is locked"):
        bench.driver.array.program([0], [0])


@pytest.mark.parametrize("how", ["abort", "lock", "soft reset", "reset"])
def test_lines_become_inactive_in_any_phase_of_a_pulse(bench: ChipBench, how: str) -> None:
    driver, transport = bench.driver, bench.transport
    seen = 0
    for clocks in range(24):
        driver.write_register("array_key", UNLOCK_KEY)
        driver.write_register("array_target", 0xA5)
        driver.write_register("array_command", 0b0111)
        transport.stream(np.zeros((0, transport._x_words), np.uint32), 0)
        for _ in range(clocks):
            driver.read_register("identity")
        seen += bool(bench.chip._now.cwl)
        match how:
            case "abort":
                driver.array.abort()
            case "lock":
                driver.array.lock()
            case "soft reset":
                driver.soft_reset()
            case "reset":
                transport.reset()
        for _ in range(4):
            driver.read_register("identity")
        lines = bench.chip._now
        assert not any((lines.cwl, lines.cblen, lines.cbl, lines.csl, lines.supply, lines.row, lines.column))
        assert driver.array.unlocked == (how == "abort")
        driver.array.lock()
    assert 2 < seen < 22
    assert not bench.chip.breaches


def test_soft_reset_in_a_decision_changes_nothing_of_the_next(bench: ChipBench) -> None:
    driver, transport = bench.driver, bench.transport
    table = random_table(bench.config.profile.modes[0], 2, seed=6)
    driver.program(table, form=True)
    bench.model.load(table)
    payloads = driver.stimulus.pack_samples([[1, 0, 1, 0]])
    dropped = 0
    for accesses in range(0, 60, 7):
        transport.stream(payloads, 0)
        assert driver.status("busy")
        for _ in range(accesses):
            driver.read_register("identity")
        driver.soft_reset()
        if driver.status("busy"):  # the result was there
            transport.stream(payloads[:0], 1)
        else:
            dropped += 1
        assert not driver.infer([[0, 1, 1, 0]]).differences(bench.model.infer([[0, 1, 1, 0]])).any()
    assert dropped > 1 and driver.status("loaded")


def test_the_chip_is_not_programmed_while_a_sample_is_in_the_controller(bench: ChipBench) -> None:
    driver, transport = bench.driver, bench.transport
    table = random_table("logarithmic", 2, seed=7)
    driver.program(table, form=True)
    payloads = driver.stimulus.pack_samples([[1, 0, 1, 0]])
    transport.stream(payloads, 0)
    with pytest.raises(HwgenError, match="the array cannot be unlocked while a sample is in the machine"):
        driver.verify(table)
    transport.stream(payloads[:0], 1)
    assert not driver.verify(table).failed.any()
