"""Arrays of 2T2R cells: what pulses on lines do, and what operations make of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.array import DeviceArray
from sim.devices.hfox import HfOxConfig, Resistance, SenseAmplifier
from sim.devices.lines import Device, Lines, Supply
from sim.devices.population import State

IDEAL = HfOxConfig.ideal()
GEOMETRY = ArrayGeometry(block_rows=2, block_columns=3, rows=8, columns=16, word_bits=8)
CELL = (4, 5, 9)
VIRGIN, LRS, HRS = int(State.VIRGIN), int(State.LRS), int(State.HRS)

SEPARATE = HfOxConfig(
    lrs=Resistance(median_ohm=7e3, device_sigma=0.05, cycle_sigma=0.05),
    hrs=Resistance(median_ohm=200e3, device_sigma=0.1, cycle_sigma=0.1),
    stuck_virgin=0.005,
    stuck_lrs=0.01,
    stuck_hrs=0.01,
)
"""Formed cells that never read wrong, some of them stuck."""


def formed(config: HfOxConfig = IDEAL, seed: int = 0) -> DeviceArray:
    array = DeviceArray(GEOMETRY, config, seed)
    array.form()
    return array


def random_bits(seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, 2, GEOMETRY.shape)


@pytest.mark.parametrize(
    ("csl", "cbl", "device", "state"),
    [
        (0, 1, Device.BL, HRS),
        (0, 0, Device.BLB, HRS),
        (1, 1, Device.BLB, LRS),
        (1, 0, Device.BL, LRS),
    ],
)
def test_pins_program_the_device_of_the_published_table(csl: int, cbl: int, device: Device, state: int) -> None:
    array = formed()
    if state == LRS:
        for each in Device:
            array.reset(CELL, each)
    before = array.states
    supply = Supply.SET if csl else Supply.RESET
    array.pulse(CELL, Lines.from_pins(supply, bool(csl), bool(cbl)), 1000)
    changed = np.argwhere(array.states != before)
    assert changed.tolist() == [[*CELL, device]]
    assert array.states[*CELL, device] == state


@pytest.mark.parametrize("supply", Supply)
@pytest.mark.parametrize("level", [False, True])
def test_equal_levels_and_a_closed_word_line_do_nothing(supply: Supply, level: bool) -> None:
    array = formed()
    array.program(random_bits())
    states, pulses = array.states, array.pulses
    array.pulse(..., Lines(supply, word_line=True, bit_line=level, bit_line_b=level, source_line=level), 1e6)
    for csl in (False, True):
        array.pulse(..., Lines.from_pins(supply, csl, level, cwl=False), 1e6)
    assert (array.states == states).all() and (array.pulses == pulses).all()


def test_lines_may_drive_both_devices_at_once() -> None:
    array = formed()
    array.pulse(..., Lines(Supply.RESET, word_line=True, bit_line=True, bit_line_b=True, source_line=False), 1000)
    assert (array.states == HRS).all()


def test_levels_may_differ_from_cell_to_cell() -> None:
    array = formed()
    bits = random_bits().astype(bool)
    array.pulse(..., Lines.from_pins(Supply.RESET, csl=False, cbl=bits), 1000)
    assert (array.states[..., Device.BL] == np.where(bits, HRS, LRS)).all()
    assert (array.states[..., Device.BLB] == np.where(bits, LRS, HRS)).all()


def test_virgin_cells_are_undetermined_and_cannot_be_programmed() -> None:
    array = DeviceArray(GEOMETRY, HfOxConfig())
    for _ in range(2):
        reading = array.read()
        assert not reading.determined.any()
        assert 0.4 < reading.bits.mean() < 0.6
        assert array.program(random_bits(), attempts=3).failed.any()
        assert (array.states == VIRGIN).all()


def test_forming_leaves_both_devices_equal_which_is_undetermined() -> None:
    array = formed()
    assert (array.states == LRS).all()
    assert not array.read().determined.any()
    array.reset(CELL, Device.BL)
    assert np.argwhere(array.read().determined).tolist() == [list(CELL)]
    assert array.read(CELL).bits == [1]
    array.reset(CELL, Device.BLB)
    assert not array.read(CELL).determined.any()
    array.set_(CELL, Device.BL)
    reading = array.read(CELL)
    assert reading.determined == [True] and reading.bits == [0]


def test_ideal_cells_read_what_was_programmed_at_the_first_attempt() -> None:
    array = formed()
    for seed in range(3):
        bits = random_bits(seed)
        programming = array.program(bits, attempts=5)
        assert (programming.attempts == 1).all() and not programming.failed.any()
        reading = array.read()
        assert reading.determined.all() and (reading.bits == bits).all()
        assert (array.states[..., Device.BL] == np.where(bits, HRS, LRS)).all()


def test_bit_by_bit_gives_what_all_at_once_gives() -> None:
    bits = random_bits()
    at_once, one_by_one = formed(), formed()
    at_once.program(bits)
    for cell in np.ndindex(GEOMETRY.shape):
        for csl, supply in ((True, Supply.SET), (False, Supply.RESET)):
            one_by_one.pulse(cell, Lines.from_pins(supply, csl, bool(bits[cell])), 1000)
    assert (one_by_one.states == at_once.states).all()
    assert (one_by_one.pulses == at_once.pulses).all()


def test_only_the_cells_named_change() -> None:
    array = formed()
    array.program(0)
    array.program(1, cells=(2, 3, slice(8, 16)))
    expected = np.zeros(GEOMETRY.shape)
    expected[2, 3, 8:16] = 1
    assert (array.read().bits == expected).all()
    assert array.read((2, 3)).bits.tolist() == expected[2, 3].tolist()
    blocks, rows, columns = np.array([0, 5]), np.array([1, 7]), np.array([3, 3])
    assert array.program([1, 0], cells=(blocks, rows, columns)).attempts.tolist() == [1, 1]
    assert array.read((blocks, rows, columns)).bits.tolist() == [1, 0]


def test_wear_counts_pulses_and_changes_of_state() -> None:
    array = formed()
    assert (array.pulses == 1).all() and (array.switches == 1).all()
    array.program(1)  # BL: one RESET; BLB: one SET, of what is in the low-resistance state already
    assert (array.pulses == 2).all()
    assert (array.switches == [2, 1]).all()
    array.program(1)
    assert (array.pulses == 3).all()
    assert (array.switches == [2, 1]).all()
    array.reset(CELL, Device.BLB, pulse_ns=1.0)  # too short to switch
    assert array.pulses[CELL].tolist() == [3, 4] and array.switches[CELL].tolist() == [2, 1]


def test_short_pulses_and_low_supplies_do_not_switch() -> None:
    array = formed()
    array.reset(..., Device.BL, pulse_ns=99.0)
    assert (array.states == LRS).all()
    array.reset(..., Device.BL, pulse_ns=101.0)
    assert (array.states[..., Device.BL] == HRS).all()
    # A quarter of a volt below, it takes ten times as long.
    low = formed(IDEAL.model_copy(update={"reset_v": 4.25}))
    low.reset(..., Device.BL, pulse_ns=990.0)
    assert (low.states == LRS).all()
    low.reset(..., Device.BL, pulse_ns=1010.0)
    assert (low.states[..., Device.BL] == HRS).all()


def test_the_supply_of_another_operation_is_too_low_to_reset_and_does_not_form() -> None:
    array = DeviceArray(GEOMETRY, IDEAL)
    for supply in (Supply.SET, Supply.RESET):
        array.pulse(..., Lines.from_pins(supply, csl=True, cbl=True), 1e4)
    assert (array.states == VIRGIN).all()
    array.form()
    for supply in (Supply.FORMING, Supply.SET):
        array.pulse(..., Lines.from_pins(supply, csl=False, cbl=True), 1e4)
    assert (array.states == LRS).all()


@pytest.mark.parametrize(("precharge_ns", "evaluate_ns"), [(1.0, 20.0), (2.0, 0.1), (0.0, 0.0)])
def test_a_read_with_too_short_a_phase_is_undetermined(precharge_ns: float, evaluate_ns: float) -> None:
    array = formed()
    array.program(1)
    assert array.sense(..., 2.0, 1.0).determined.all()
    reading = array.sense(..., precharge_ns, evaluate_ns)
    assert not reading.determined.any()
    assert 0.4 < reading.bits.mean() < 0.6


def test_an_amplifiers_offset_decides_between_equal_devices() -> None:
    config = IDEAL.model_copy(update={"sense": SenseAmplifier(offset_sigma=0.1, noise_sigma=0.0)})
    array = formed(config)
    reading = array.read()
    assert not reading.determined.any()
    assert (reading.bits == reading.bits[:, :1, :]).all()  # one amplifier for the rows of a column
    assert 0 < reading.bits[:, 0, :].mean() < 1
    assert (array.read().bits == reading.bits).all()


def test_the_same_seed_gives_the_same_array() -> None:
    first, second, other = (formed(HfOxConfig(), seed) for seed in (5, 5, 6))
    for array in (first, second, other):
        array.program(random_bits(), attempts=2)
    second.read()
    for array in (first, second, other):
        array.program(random_bits(1), attempts=1)  # reads in between change nothing
    assert (first.resistances == second.resistances).all()
    assert not (first.resistances == other.resistances).any()


def test_devices_keep_what_is_theirs_and_draw_the_rest_in_each_cycle() -> None:
    array = formed(IDEAL.model_copy(update={"hrs": Resistance(median_ohm=40e3, device_sigma=0.6, cycle_sigma=0.2)}))
    cycles = []
    for _ in range(40):
        array.set_(..., Device.BL)
        array.reset(..., Device.BL)
        cycles.append(np.log(array.resistances[..., Device.BL]))
    within = np.std(cycles, axis=0, ddof=1)
    # 768 devices and 40 cycles: standard errors of 0.0006 and 0.015.
    assert np.sqrt(np.mean(within**2)) == pytest.approx(0.2, abs=0.003)
    assert np.std(np.mean(cycles, axis=0)) == pytest.approx(0.6, abs=0.06)


def test_stuck_devices_are_as_frequent_as_asked_for_and_never_change() -> None:
    array = DeviceArray(GEOMETRY, SEPARATE, 3)
    stuck, states = array.stuck, array.states
    assert 0.015 * stuck.size < stuck.sum() < 0.035 * stuck.size
    array.form()
    for bit in (0, 1, 0):
        array.program(bit, attempts=4)
    assert (array.states[stuck] == states[stuck]).all()
    assert {VIRGIN, LRS, HRS} == set(states[stuck].tolist())
    assert not (array.states[~stuck] == VIRGIN).any()


def test_cells_that_fail_have_a_stuck_device_and_all_others_are_right() -> None:
    array = formed(SEPARATE, 3)
    bits = random_bits()
    programming = array.program(bits, attempts=20)
    sound = ~array.stuck.any(axis=-1)
    assert programming.failed.any()
    assert not programming.failed[sound].any()
    assert (programming.attempts[programming.failed] == 20).all()
    assert 0 < (programming.attempts[sound] > 1).mean() < 0.1
    reading = array.read()
    assert (reading.bits[sound] == bits[sound]).all() and reading.determined[sound].mean() > 0.97


def test_worn_devices_stay_in_the_low_resistance_state() -> None:
    array = formed(IDEAL.model_copy(update={"endurance_cycles": 5.0}))
    for _ in range(4):
        array.reset(..., Device.BL)
        array.set_(..., Device.BL)
    assert not array.stuck.any()  # 9 changes of state
    array.reset(..., Device.BL)
    assert array.stuck[..., Device.BL].all() and not array.stuck[..., Device.BLB].any()
    array.set_(..., Device.BL)
    array.reset(..., Device.BL)
    assert (array.states == LRS).all()


def test_single_devices_are_compared_with_a_reference() -> None:
    array = formed()
    bits = random_bits()
    array.program(bits)
    assert (array.compare(..., Device.BL, 20e3) == bits).all()
    assert (array.compare(..., Device.BLB, 20e3) == 1 - bits).all()


def test_what_cannot_be_done_is_refused() -> None:
    array = formed()
    twice = (np.array([0, 0]), np.array([1, 1]), np.array([2, 2]))
    with pytest.raises(HwgenError, match="cells must be named once each"):
        array.read(twice)
    with pytest.raises(HwgenError, match="duration_ns must be at least 0, not -1"):
        array.reset(CELL, Device.BL, pulse_ns=-1)
    with pytest.raises(HwgenError, match="duration_ns must be at least 0, not nan"):
        array.reset(CELL, Device.BL, pulse_ns=float("nan"))
    with pytest.raises(HwgenError, match="bits must be 0 or 1"):
        array.program(2)
    with pytest.raises(HwgenError, match="attempts must lie between 1 and 65535, not 0"):
        array.program(1, attempts=0)
    with pytest.raises(HwgenError, match="seed must be at least 0, not -1"):
        DeviceArray(GEOMETRY, IDEAL, -1)
    assert (array.states == LRS).all()
