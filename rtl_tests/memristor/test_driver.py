"""The programming interface from Python, through the registers, down to the devices."""

from typing import Any

import numpy as np
import pytest

from hwgen.errors import BusError, HwgenError
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.memristor.outcomes import bits_of, words_of
from rtl_tests.memristor.bench import SMALL, small_config
from rtl_tests.memristor.shell import Shell, open_shell
from sim.devices.hfox import HfOxConfig, SenseAmplifier

WORDS = SMALL.words
LARGEST = (1 << SMALL.word_bits) - 1
EXACT = SenseAmplifier(offset_sigma=0.0, noise_sigma=0.0)


def words(seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, LARGEST + 1, WORDS)


def held(programmer: ArrayProgrammer) -> np.ndarray[Any, Any]:
    """The words that the devices hold, as amplifiers without any spread would read them."""
    ohm = programmer.core.transport.attached.array.resistances
    bits = (ohm[..., 0] > ohm[..., 1]).reshape(SMALL.blocks * SMALL.rows * SMALL.words_per_row, SMALL.word_bits)
    return words_of(bits)


def test_an_ideal_array_holds_what_was_programmed() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    assert not programmer.unlocked
    with programmer.programming():
        assert programmer.unlocked
        programmer.form()
        assert programmer.failed_cells().all()  # nothing is known of a word that was not read
        result = programmer.program(words(1))
        assert (result.read == words(1)).all() and not result.failed.any() and (result.attempts == 1).all()
        assert not programmer.failed_cells().any()
        assert (programmer.wear() == 2).all()
        result = programmer.verify(words(1) ^ 1)
        assert (result.read == words(1)).all() and (result.failed == [True, False, False, False]).all()
        assert not result.attempts.any() and (programmer.failed_cells() == result.failed).all()
    assert not programmer.unlocked
    assert programmer.core.errors() == {"array_cells_failed"}
    assert (held(programmer) == words(1)).all()


def stuck_cells(programmer: ArrayProgrammer) -> np.ndarray[Any, Any]:
    """Shape (words, bits): what the device model knows of them."""
    return programmer.core.transport.attached.array.stuck.any(axis=-1).reshape(WORDS, SMALL.word_bits)


def test_the_cells_that_failed_are_those_whose_devices_hold_the_other_bit() -> None:
    devices = HfOxConfig(stuck_lrs=0.02, stuck_hrs=0.02, stuck_virgin=0.01, sense=EXACT)
    programmer = open_shell(small_config(), devices, seed=2)
    programmer.set_pulses(set=1, reset=1)  # 0.5 us: one in twenty does not switch its cell
    programmer.core.transport.checker.lengths = (programmer.config.programming_clocks.forming, 1, 1)
    with programmer.programming():
        result = programmer.program(words(3), form=True)
        failed = programmer.failed_cells()
    wrong = bits_of(held(programmer) ^ words(3), SMALL.word_bits)
    np.testing.assert_array_equal(failed, wrong)
    np.testing.assert_array_equal(result.failed, wrong)
    np.testing.assert_array_equal(result.read, held(programmer))
    assert not result.unstable.any()
    stuck = stuck_cells(programmer)
    assert failed.any() and not (failed & ~stuck).any()
    assert (result.attempts[failed] == programmer.config.attempts).all()
    assert ((result.attempts > 1) & ~stuck).any()
    assert (programmer.wear() == result.attempts.max(axis=1)).all()


def test_failed_cells_that_read_at_random_stay_failed_when_they_are_read() -> None:
    programmer = open_shell(small_config(verify_reads=1, attempts=1), HfOxConfig.ideal())
    with programmer.programming():
        programmer.form()  # both devices of each cell conduct: amplifiers without any spread guess
        programmer.program(np.zeros(WORDS, int), programmer.addresses.tolist())
        programmer.pulse("set", words=np.full(WORDS, LARGEST))
        programmer.verify(words(5))
        failed = programmer.failed_cells()
        programmer.read()
        assert failed.sum() > 20 and (programmer.failed_cells() & failed == failed).all()


def test_a_march_reports_every_stuck_cell_and_every_other_bit_is_right() -> None:
    devices = HfOxConfig(stuck_lrs=0.01, stuck_hrs=0.02, stuck_virgin=0.01)
    programmer = open_shell(small_config(), devices, seed=3)
    with programmer.programming():
        faulty = stuck_cells(programmer).any(axis=1)
        chosen = np.concatenate([np.flatnonzero(faulty)[:2], np.flatnonzero(~faulty)[:2]])
        addresses, targets = programmer.addresses[chosen].tolist(), words(3)[chosen]
        found = programmer.march(targets, addresses, rounds=8, form=True)
        reported = programmer.failed_cells()[chosen]
        np.testing.assert_array_equal(reported, found.failed | found.suspect)
        for _ in range(3):
            wrong = bits_of(programmer.read(addresses) ^ targets, SMALL.word_bits)
            assert not (wrong & ~reported).any()
    stuck = stuck_cells(programmer)[chosen]
    assert stuck.sum() >= 2 and not (stuck & ~reported).any() and (reported & ~stuck).sum() <= 1
    assert not (found.failed & found.suspect).any() and found.suspect.any()
    rounds = found.rounds
    assert rounds.max() == 8 and 0 < rounds.min() < 8
    # Complement, four pulses a round, target twice: as often at least got each word pulses.
    assert (programmer.wear()[chosen] >= 4 * rounds + 3).all()
    pulses = programmer.core.transport.attached.array.pulses.reshape(WORDS, -1)[chosen]
    assert (pulses.min(axis=1) >= 2 * rounds).all()


def test_a_march_finds_no_fault_in_an_ideal_array_and_pulses_are_told_by_name() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    chosen = programmer.addresses[2:4].tolist()
    with programmer.programming():
        found = programmer.march([6, 15], chosen, form=True)
        assert found.read.tolist() == [6, 15] and (found.attempts == 1).all()
        assert not found.failed.any() and not found.suspect.any() and found.rounds.max() < 8
        assert programmer.wear().tolist() == [
            int(4 * found.rounds[chosen.index(address)] + 3) if address in chosen else 0
            for address in programmer.addresses
        ]
        assert not programmer.failed_cells()[2:4].any()
        for passes in ((), ("set", "verify"), ("read",), ("set", "set")):
            with pytest.raises(HwgenError, match="passes must be some of form, set, reset, each once, not"):
                programmer.pulse(*passes, words=[1], addresses=[0])
        for rounds in (0, 1001):
            with pytest.raises(HwgenError, match=f"rounds must lie between 1 and 1000, not {rounds}"):
                programmer.march([1], [0], rounds=rounds)
        with pytest.raises(HwgenError, match="addresses must be named once each, but 4 is not"):
            programmer.march([1, 2, 3], [4, 5, 4])
    assert not programmer.core.errors()
    assert held(programmer)[2:4].tolist() == [6, 15]


@pytest.mark.parametrize("reads", [1, 8])
def test_a_cell_that_reads_at_random_passes_one_read_but_not_eight(reads: int) -> None:
    # Both devices are exactly alike.
    programmer = open_shell(small_config(verify_reads=reads), HfOxConfig.ideal(), seed=4)
    with programmer.programming():
        programmer.form()
        result = programmer.verify(words(3))
    failed = result.failed.mean()
    assert 0.3 < failed < 0.7 if reads == 1 else failed > 0.95
    assert result.unstable.mean() == 0 if reads == 1 else result.unstable.mean() > 0.95
    assert (programmer.failed_cells() == result.failed).all()


def test_some_words_only() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    chosen = [0, 5, int(programmer.addresses[-1])]
    with programmer.programming():
        assert programmer.program([3, 9, 12], chosen, form=True).read.tolist() == [3, 9, 12]
    written = programmer.wear() > 0
    assert programmer.addresses[written].tolist() == chosen
    assert held(programmer)[written].tolist() == [3, 9, 12]


def test_wear_goes_on_from_what_it_was() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    counts = np.arange(WORDS) * 7
    counts[1] = 65535
    programmer.restore_wear(counts)
    with programmer.programming():
        programmer.program([1, 2], [0, 1], form=True)
    counts[0] = 1
    assert (programmer.wear() == counts).all()


def test_an_abort_leaves_the_word_marked_and_the_array_usable() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    core = programmer.core
    with programmer.programming():
        programmer.program(words(1), form=True)
        core.write_register("array_place", 3)
        core.write_register("array_command", 0b1111)
        core.transport.clocks(40)
        assert core.read_register("array_state") == 0b11
        core.write_register("array_command", 0b1111)  # one is under way
        with pytest.raises(BusError):
            programmer.restore_wear(np.zeros(WORDS, int))
        programmer.abort()
        assert core.read_register("array_state") == 0b01
        assert programmer.failed_cells().all(axis=1).tolist() == [address == 3 for address in programmer.addresses]
        assert programmer.program([6], [3]).read == 6
    assert not programmer.failed_cells().any()
    assert core.errors() == {"array_refused"}


def test_soft_reset_locks_and_keeps_what_is_known_of_the_words() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    programmer.unlock()
    programmer.program([5], [2], form=True)
    assert programmer.core.read_register("array_word") == 5
    programmer.form([3])
    assert programmer.core.read_register("array_word") == 0  # it read nothing
    programmer.set_pulses(set=5, reset=6)
    assert programmer.core.read_register("set_clocks") == 5
    programmer.core.soft_reset()
    assert not programmer.unlocked
    assert programmer.wear()[2] == 1
    assert programmer.core.read_register("set_clocks") == programmer.config.programming_clocks.set


def test_a_pulse_that_the_host_wants_too_long_is_cut_and_told() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    longest = programmer.config.programming_clocks.longest_pulse
    programmer.core.write_register("set_clocks", longest + 1)
    with programmer.programming():
        programmer.program([5], [2], form=True)
    assert programmer.core.errors() == {"array_pulse_cut"}


def test_what_is_not_allowed_is_refused_by_name() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())
    core = programmer.core
    longest = programmer.config.programming_clocks.longest_pulse
    with pytest.raises(HwgenError, match=r"the array is locked; call unlock\(\) first"):
        programmer.program([1], [0])
    core.write_register("array_command", 0b1111)
    assert core.errors() == {"array_refused"}
    core.clear_errors()
    core.write_register("array_key", 1)
    assert core.errors() == {"array_refused"} and not programmer.unlocked
    with programmer.programming():
        with pytest.raises(HwgenError, match="each of words must lie between 0 and 15, not 16"):
            programmer.program([16], [0])
        with pytest.raises(HwgenError, match=r"words must be integers of shape \(1,\), not float64 of shape \(1,\)"):
            programmer.program([0.5], [0])
        with pytest.raises(HwgenError, match="block_row of address 24 must lie between 0 and 2, not 3"):
            programmer.program([1], [24])
        with pytest.raises(HwgenError, match=rf"set must lie between 1 and {longest} clocks \(12000 ns\), not 99"):
            programmer.set_pulses(set=99)
        with pytest.raises(HwgenError, match="pulses must be forming, set, reset, not 'write'"):
            programmer.set_pulses(write=1)
        with pytest.raises(HwgenError, match="each of counts must lie between 0 and 65535, not 65536"):
            programmer.restore_wear(np.full(WORDS, 65536))
        # The hardware refuses them too.
        core.clear_errors()
        core.write_register("array_key", 1)
        assert core.errors() == {"array_refused"} and programmer.unlocked
        core.clear_errors()
        core.write_register("array_place", 24)
        core.write_register("array_command", 0b1111)
        assert core.errors() == {"array_refused"} and not core.read_register("array_state") & 2
    with pytest.raises(BusError):
        core.transport.write(np.array([core.map.base("failed_cells")], np.uint32), np.array([1], np.uint32))
    with pytest.raises(BusError):
        core.transport.read(np.array([core.map.base("wear") + 4 * 24], np.uint32))
    with pytest.raises(BusError):
        core.transport.write(np.array([core.map.base("array_attempts")], np.uint32), np.array([1], np.uint32))


def test_an_array_in_use_stays_locked() -> None:
    programmer = open_shell(small_config(), HfOxConfig.ideal())

    async def use(ctx: Any) -> None:
        dut: Shell = programmer.core.transport.dut
        ctx.set(dut.in_use, 1)

    programmer.core.transport.perform(use)
    with pytest.raises(HwgenError, match="cannot be unlocked while a sample is in the machine"):
        programmer.unlock()
