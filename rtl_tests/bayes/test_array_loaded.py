"""Whether a machine's array holds what it is said to hold: pulses take it back, what is refused does not."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.bayes.config import BayesConfig
from hwgen.errors import HwgenError
from hwgen.memristor.registers import command_bits
from rtl_tests.bayes.designs import make_design, random_table

CONFIG = BayesConfig.parse(
    {
        "mode": "logarithmic",
        "rows": 2,
        "bins": [2, 3],
        "likelihood_bits": 4,
        "memory": "array",
        "array": {"clock_hz": 1_000_000, "programming": {"forming_ns": 1000, "supply_ns": 1000}},
    }
)
SAMPLE = [[0, 1]]


@pytest.fixture
def machine() -> Iterator[Any]:
    """It decides with what its array holds."""
    machine = hwgen.open_design(make_design(CONFIG, random_table(CONFIG, np.random.default_rng(1))), "rtl")
    assert machine.status("loaded")
    yield machine
    machine.close()


@pytest.mark.parametrize("command", ["form", "set", "reset"])
def test_pulses_of_any_kind_end_decisions_and_reads_do_not(machine: Any, command: str) -> None:
    array = machine.array
    with array.programming():
        array.verify([0], [1])
        array.read([1])
        machine.write_register("array_command", command_bits(command, "abort"))  # refused
        assert machine.status("loaded")
        array.pulse(command, words=[0], addresses=[1])
        assert not machine.status("loaded")
    assert machine.infer(SAMPLE).invalid.all() and "not_loaded" in machine.errors()
    machine.load(random_table(CONFIG, np.random.default_rng(2)))
    assert machine.status("loaded") and not machine.infer(SAMPLE).invalid.any()


def test_a_load_that_is_refused_changes_nothing(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, wear = machine.infer(SAMPLE), machine.array.wear()
    payloads = machine.stimulus.pack_samples(SAMPLE)
    machine.transport.stream(payloads, 0)
    monkeypatch.setattr(machine, "status", lambda field: False)  # the sample came after the driver had asked
    with pytest.raises(HwgenError, match="the array cannot be unlocked while a sample is in the machine"):
        machine.load(random_table(CONFIG, np.random.default_rng(3)))
    monkeypatch.undo()
    machine.transport.stream(payloads[:0], 1)
    assert machine.status("loaded") and not machine.infer(SAMPLE).differences(expected).any()
    np.testing.assert_array_equal(machine.array.wear(), wear)


def test_an_unlocked_machine_says_that_it_takes_no_samples(machine: Any) -> None:
    machine.array.unlock()
    with pytest.raises(HwgenError, match=r"the array is unlocked, and no sample is taken; call lock\(\) first"):
        machine.infer(SAMPLE)
    machine.array.lock()
    assert not machine.infer(SAMPLE).invalid.any()
