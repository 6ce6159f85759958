"""Arrays of devices under weak RESET: pulses on lines, and reads."""

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.geometry import BAYES_8X8, ArrayGeometry
from sim.devices.array import DeviceArray
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.devices.lines import Device, Lines, Supply
from sim.devices.protocol import ProtocolBreach, ProtocolChecker
from sim.devices.weak_reset import WeakReset, WeakResetConfig
from sim.devices.weak_reset_array import WeakResetArray
from sim.devices.weak_reset_integer import IntegerWeakReset
from sim.golden.memristor import Pins

GEOMETRY = ArrayGeometry(block_rows=2, block_columns=3, rows=8, columns=16, word_bits=8)
CELL = (4, 5, 9)


def reset(cbl: bool) -> Lines:
    return Lines.from_pins(Supply.RESET, csl=False, cbl=cbl)


def test_pulses_are_those_of_the_devices_and_depend_on_the_seed_alone() -> None:
    array, same, other = (WeakResetArray(GEOMETRY, seed=seed) for seed in (3, 3, 4))
    devices = WeakReset((*GEOMETRY.shape, 2), seed=3)
    for cells, cbl in ((CELL, True), ((2, 1), False), (..., True)):
        for each in (array, same, other):
            each.pulse(cells, reset(cbl), 1000)
        counts = np.zeros(devices.shape, np.int64)
        counts[..., Device.BL if cbl else Device.BLB][cells] = 1
        devices.pulse(counts)
    np.testing.assert_array_equal(array.devices.t, devices.t)
    np.testing.assert_array_equal(array.devices.log_ohm, devices.log_ohm)
    np.testing.assert_array_equal(array.devices.log_ohm, same.devices.log_ohm)
    assert (array.devices.log_ohm != other.devices.log_ohm).all()
    reading = array.read()
    np.testing.assert_array_equal(reading.bits, devices.weights > 0)
    assert reading.determined.all()


def test_the_integer_form_is_read_and_sees_the_same_pulses_and_random_numbers() -> None:
    array = WeakResetArray(GEOMETRY, seed=3, integer=True)
    assert array.integer is not None and WeakResetArray(GEOMETRY).integer is None
    twin = WeakReset((*GEOMETRY.shape, 2), seed=3)
    expected = IntegerWeakReset(twin.config, twin.traits, most_pulses=1)
    for pulse in range(40):
        array.pulse(..., reset(bool(pulse % 3)), 1000)
        counts = np.zeros(twin.shape, np.int64)
        counts[..., Device.BL if pulse % 3 else Device.BLB] = 1
        expected.pulse(counts, twin.pulse(counts))
    np.testing.assert_array_equal(array.integer.log_ratio, expected.log_ratio)
    np.testing.assert_array_equal(array.integer.rtn_high, array.devices.rtn_high)
    np.testing.assert_array_equal(array.read().bits, expected.weights > 0)
    alike = expected.log_ratio[..., 0] == expected.log_ratio[..., 1]
    np.testing.assert_array_equal(array.read().determined, ~alike)


def test_what_is_read_is_the_integer_form_where_the_real_one_differs() -> None:
    array = WeakResetArray(GEOMETRY, seed=3, integer=True)
    assert array.integer is not None
    array.integer.tables.offset[:, *CELL, :] = 5 << 8, 6 << 8  # of BL and BLB: a step of the result apart
    array.integer.tables.slope[:] = 0
    assert array.read(CELL).bits == [0] and array.integer.weights[CELL] == -1
    array.integer.tables.offset[:, *CELL, :] = 6 << 8, 5 << 8
    assert array.read(CELL).bits == [1] and array.integer.weights[CELL] == 1
    array.integer.tables.offset[:, *CELL, :] = 5 << 8
    assert not array.read(CELL).determined


def test_an_amplifier_with_an_offset_reads_other_bits_and_the_same_again() -> None:
    amplifiers = SenseAmplifier(offset_sigma=0.05, noise_sigma=0.0)
    array = WeakResetArray(GEOMETRY, seed=5, amplifier=amplifiers)
    wrong = (array.read().bits != (array.devices.weights > 0)).mean()
    assert 0.05 < wrong < 0.45
    np.testing.assert_array_equal(array.read().bits, array.read().bits)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (Lines.from_pins(Supply.SET, csl=True, cbl=True), "take RESET pulses only"),
        (Lines.from_pins(Supply.FORMING, csl=True, cbl=False), "take RESET pulses only"),
        (Lines.from_pins(Supply.SET, csl=False, cbl=True), "with the supply for RESET, not for set"),
    ],
)
def test_other_pulses_are_refused(lines: Lines, message: str) -> None:
    array = WeakResetArray(GEOMETRY)
    with pytest.raises(HwgenError, match=message):
        array.pulse(CELL, lines, 1000)
    assert not array.devices.t.any()


def test_any_array_of_the_geometry_can_be_at_the_pins() -> None:
    config = ArrayConfig(geometry=GEOMETRY, clock_hz=1_000_000)
    mine = WeakResetArray(GEOMETRY, seed=1)
    assert AttachedArray(config, mine).array is mine
    assert isinstance(AttachedArray(config, WeakResetConfig()).array, WeakResetArray)
    for devices in (None, HfOxConfig.ideal()):
        assert isinstance(AttachedArray(config, devices).array, DeviceArray)
    with pytest.raises(HwgenError, match="the array at the pins must have the geometry"):
        AttachedArray(config, WeakResetArray(BAYES_8X8))


def test_a_pulse_at_the_pins_reaches_its_device() -> None:
    config = ArrayConfig(geometry=GEOMETRY, clock_hz=1_000_000)
    attached = AttachedArray(config, WeakResetConfig(), seed=2)
    lines = Pins(row=8 + 5, column=16 + 9, cblen=1, cbl=1, supply=0b100)
    for cwl in (0, 1, 0):
        attached.clock(lines._replace(cwl=cwl))
    assert np.argwhere(attached.array.devices.t).tolist() == [[4, 5, 9, Device.BL]]


def test_the_integer_form_can_be_at_the_pins() -> None:
    config = ArrayConfig(geometry=GEOMETRY, clock_hz=1_000_000)
    array = WeakResetArray(GEOMETRY, seed=2, integer=True)
    attached = AttachedArray(config, array)
    lines = Pins(row=8 + 5, column=16 + 9, cblen=1, cbl=1, supply=0b100)
    for cwl in (0, 1, 0):
        attached.clock(lines._replace(cwl=cwl))
    assert array.integer is not None
    assert np.argwhere(array.integer.t).tolist() == [[4, 5, 9, Device.BL]]


def test_a_checker_can_raise_what_it_sees() -> None:
    checker = ProtocolChecker(ArrayConfig(geometry=GEOMETRY, clock_hz=1_000_000))
    checker.check(Pins())
    with pytest.raises(ProtocolBreach, match="clock 1: two supplies are selected"):
        checker.check(Pins(supply=3))
    checker.check(Pins())
