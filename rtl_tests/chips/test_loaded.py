"""Whether a chip holds what it is said to hold: pulses take it back, what is refused does not."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.profile import PROFILES
from hwgen.errors import HwgenError
from hwgen.memristor.registers import UNLOCK_KEY, command_bits
from rtl_tests.chips.benches import ChipBench, random_table

SAMPLE = [[0, 1, 0, 1]]


@pytest.fixture(scope="module", params=PROFILES)
def programmed(request: pytest.FixtureRequest) -> Iterator[tuple[ChipBench, LikelihoodTable]]:
    bench, table = ChipBench(request.param), random_table("logarithmic", 2, seed=1)
    bench.driver.program(table, form=True)
    yield bench, table
    bench.close()


@pytest.fixture
def bench(programmed: tuple[ChipBench, LikelihoodTable]) -> ChipBench:
    """It decides with the table."""
    bench, table = programmed
    bench.driver.program(table)
    bench.driver.clear_errors()
    assert bench.driver.status("loaded")
    return bench


def test_forming_ends_decisions_until_the_chip_is_programmed_again(bench: ChipBench) -> None:
    driver, table = bench.driver, random_table("logarithmic", 2, seed=2)
    driver.form(table)
    assert not driver.status("loaded")
    assert driver.infer(SAMPLE).invalid.all() and driver.errors() == {"not_loaded"}
    profile = bench.config.profile
    if profile.bins == 8:  # of 8,192 words, reading all takes minutes
        # What it was programmed with says nothing of its cells any more.
        assert [stream.shape for stream in driver.dump().streams] == [(profile.bins, profile.rows)] * profile.columns
    driver.program(table)
    assert driver.status("loaded") and not driver.infer(SAMPLE).invalid.any()
    assert driver.dump() == table


@pytest.mark.parametrize("command", ["form", "set", "reset"])
def test_pulses_of_any_kind_end_decisions_and_reads_do_not(bench: ChipBench, command: str) -> None:
    driver = bench.driver
    with driver.array.programming():
        driver.array.verify([0], [1])
        driver.array.read([1])
        assert driver.status("loaded")
        driver.array.pulse(command, words=[0], addresses=[1])
        assert not driver.status("loaded")
    assert driver.infer(SAMPLE).invalid.all()
    driver.strobe("set_loaded")  # the host takes it as it is
    assert not driver.infer(SAMPLE).invalid.any()


def test_a_command_that_is_refused_ends_no_decisions(bench: ChipBench) -> None:
    driver = bench.driver
    driver.write_register("array_command", command_bits("set"))  # it is locked
    driver.write_register("array_key", UNLOCK_KEY)
    driver.write_register("array_command", command_bits("set", "abort"))
    driver.array.lock()
    assert driver.errors() == {"array_refused"} and driver.status("loaded")


@pytest.mark.parametrize("operation", ["program", "march"])
def test_an_operation_that_is_refused_changes_nothing(
    programmed: tuple[ChipBench, LikelihoodTable], bench: ChipBench, operation: str
) -> None:
    driver, table, another = bench.driver, programmed[1], random_table("logarithmic", 3, seed=3)
    expected = driver.infer(SAMPLE)
    wear = driver.array.wear()
    wrong: list[tuple[dict[str, Any], str]] = [({"form": [1 << 20]}, "form must name words that are programmed")]
    if operation == "march":
        wrong.append(({"rounds": 0}, "rounds must lie between 1 and 1000, not 0"))
    for arguments, message in wrong:
        with pytest.raises(HwgenError, match=message):
            getattr(driver, operation)(another, **arguments)
    payloads = driver.stimulus.pack_samples(SAMPLE)
    bench.transport.stream(payloads, 0)
    with pytest.raises(HwgenError, match="the array cannot be unlocked while a sample is in the machine"):
        getattr(driver, operation)(another)
    bench.transport.stream(payloads[:0], 1)
    assert driver.status("loaded") and not driver.infer(SAMPLE).differences(expected).any()
    assert driver.dump() == table
    np.testing.assert_array_equal(driver.array.wear(), wear)


def test_an_unlocked_chip_says_that_it_takes_no_samples(bench: ChipBench) -> None:
    bench.driver.array.unlock()
    with pytest.raises(HwgenError, match=r"the array is unlocked, and no sample is taken; call lock\(\) first"):
        bench.driver.infer(SAMPLE)
    bench.driver.array.lock()
    assert not bench.driver.infer(SAMPLE).invalid.any()


def test_operations_leave_a_chip_unlocked_that_was(
    programmed: tuple[ChipBench, LikelihoodTable], bench: ChipBench
) -> None:
    driver, table = bench.driver, programmed[1]
    with driver.array.programming():
        driver.verify(table)
        driver.dump()
        driver.program(table)
        assert driver.array.unlocked
    assert not driver.infer(SAMPLE).invalid.any()
