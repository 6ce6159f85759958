"""Commands from Python: what is refused, by hardware and driver, changes nothing."""

from typing import Any

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.memristor.registers import command_bits
from rtl_tests.memristor.bench import SMALL, small_config
from rtl_tests.memristor.shell import open_shell
from sim.devices.hfox import HfOxConfig


@pytest.fixture(scope="module")
def programmed() -> ArrayProgrammer:
    """Words 3 and 4 are programmed."""
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    with programmer.programming():
        programmer.program([6, 9], [3, 4], form=True)
    return programmer


@pytest.fixture
def programmer(programmed: ArrayProgrammer) -> ArrayProgrammer:
    """Unlocked, and without an error."""
    programmed.unlock()
    programmed.core.clear_errors()
    return programmed


def ledger(programmer: ArrayProgrammer) -> list[Any]:
    """All that is remembered of the words."""
    return [programmer.failed_cells().tolist(), programmer.wear().tolist()]


@pytest.mark.parametrize("command", ["form", "set", "reset", "verify"])
@pytest.mark.parametrize("end", ["abort", "lock"])
def test_a_command_that_comes_with_an_abort_or_a_lock_is_refused(
    programmer: ArrayProgrammer, command: str, end: str
) -> None:
    core, before = programmer.core, ledger(programmer)
    core.write_register("array_place", 3)
    core.write_register("array_command", command_bits(command, end))
    assert core.read_register("array_state") == (0b01 if end == "abort" else 0b00)
    assert core.errors() == {"array_refused"}
    assert ledger(programmer) == before


def test_programming_inside_programming_leaves_the_array_unlocked(programmer: ArrayProgrammer) -> None:
    with programmer.programming():
        assert programmer.unlocked
    assert programmer.unlocked  # as it was
    programmer.lock()
    with programmer.programming():
        with programmer.programming():
            programmer.verify([6], [3])
        assert programmer.unlocked
        with pytest.raises(HwgenError), programmer.programming():
            programmer.verify([99], [3])
        assert programmer.unlocked
    assert not programmer.unlocked


@pytest.mark.parametrize("operation", ["program", "verify", "march", "pulse", "form", "read", "mark"])
def test_an_address_that_is_named_twice_is_refused(programmer: ArrayProgrammer, operation: str) -> None:
    before, twice = ledger(programmer), [4, 3, 4]
    with pytest.raises(HwgenError, match="addresses must be named once each, but 4 is not"):
        match operation:
            case "form" | "read":
                getattr(programmer, operation)(twice)
            case "pulse":
                programmer.pulse("set", words=[1, 2, 3], addresses=twice)
            case "mark":
                programmer.mark([1, 2, 3], np.ones((3, SMALL.word_bits), bool), twice)
            case _:
                getattr(programmer, operation)([1, 2, 3], twice)
    assert ledger(programmer) == before


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ([99], "form must name words that are programmed, and 99 is none of them"),
        ({3, 5}, "form must name words that are programmed, and 5 is none of them"),
        (1, "form must be true, false or addresses, not 1"),
        ("all", "form must be true, false or addresses, not 'all'"),
        ([1.5], "an address of form must be an integer, not 1.5"),
        ([True], "an address of form must be an integer, not True"),
    ],
)
@pytest.mark.parametrize("operation", ["program", "march"])
def test_words_that_cannot_be_formed_are_refused(
    programmer: ArrayProgrammer, operation: str, form: Any, message: str
) -> None:
    before = ledger(programmer)
    with pytest.raises(HwgenError, match=message):
        getattr(programmer, operation)([6, 9], [3, 4], form=form)
    assert ledger(programmer) == before
    assert not programmer.core.errors()


@pytest.mark.parametrize("form", [np.True_, np.array([3, 4]), {3: 0, 4: 0}], ids=["true", "array", "dict"])
def test_words_to_be_formed_may_come_in_any_container(programmer: ArrayProgrammer, form: Any) -> None:
    pulses = programmer.core.transport.attached.array.pulses.sum()
    assert not programmer.program([6, 9], [3, 4], form=form).failed.any()
    # Two forming pulses a cell, and one SET and one RESET.
    assert programmer.core.transport.attached.array.pulses.sum() - pulses == 4 * 2 * SMALL.word_bits


@pytest.mark.parametrize(
    ("read", "cells", "message"),
    [
        ([6], np.ones((1, 3), bool), r"cells must be truth values of shape \(1, 4\), not bool of shape \(1, 3\)"),
        ([6], np.ones(4, bool), r"cells must be truth values of shape \(1, 4\), not bool of shape \(4,\)"),
        ([6], np.ones((1, 4), int), r"cells must be truth values of shape \(1, 4\), not int64 of shape \(1, 4\)"),
        ([6, 9], np.ones((2, 4), bool), r"cells must be truth values of shape \(1, 4\), not bool of shape \(2, 4\)"),
        ([6, 9], np.ones((1, 4), bool), r"read must be integers of shape \(1,\), not int64 of shape \(2,\)"),
    ],
)
def test_marks_of_another_shape_are_refused(programmer: ArrayProgrammer, read: Any, cells: Any, message: str) -> None:
    before = ledger(programmer)
    with pytest.raises(HwgenError, match=message):
        programmer.mark(read, cells, [3])
    assert ledger(programmer) == before


def test_reading_words_of_which_nothing_is_known_leaves_them_marked_without_an_error() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    with programmer.programming():
        programmer.program([6], [3], form=True)
    again = open_shell(small_config(), programmer.core.transport.attached.array)  # after power-off
    assert again.failed_cells().all() and not again.wear().any()
    with again.programming():
        assert again.read([3]) == [6]
        assert again.failed_cells().all() and not again.core.errors()
        again.verify([6], [3])  # this brings the map back
    assert again.failed_cells().all(axis=1).tolist() == [address != 3 for address in again.addresses]
    assert not again.failed_cells()[again.addresses == 3].any()
