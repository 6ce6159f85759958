"""Simulated arrays have the error rates that closed forms give, each within its confidence interval."""

import functools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.memristor.geometry import ArrayGeometry
from sim.devices.array import DeviceArray
from sim.devices.error_rates import (
    best_reference,
    bit_error_rate,
    bit_error_rate_1t1r,
    bit_error_rate_2t2r,
    interval,
    switching_failure,
    tail,
)
from sim.devices.hfox import HfOxConfig, Resistance, SenseAmplifier, Switching
from sim.devices.lines import Device, Supply
from sim.devices.population import Population, State

GEOMETRY = ArrayGeometry(block_rows=32, block_columns=64, rows=1, columns=64)
"""One row a block: each of the 131,072 cells has an amplifier of its own, so that their errors are independent."""

DEVICES = 40_000
"""Devices simulated for a failure rate."""

IDEAL = HfOxConfig.ideal()


def resistance(median_ohm: float, device_sigma: float, cycle_sigma: float) -> Resistance:
    return Resistance(median_ohm=median_ohm, device_sigma=device_sigma, cycle_sigma=cycle_sigma)


def cells(lrs: Resistance, hrs: Resistance, offset_sigma: float = 0.0, noise_sigma: float = 0.0) -> HfOxConfig:
    """Cells that every pulse switches."""
    sense = SenseAmplifier(offset_sigma=offset_sigma, noise_sigma=noise_sigma)
    return IDEAL.model_copy(update={"lrs": lrs, "hrs": hrs, "sense": sense})


DEFAULT = HfOxConfig()
KINDS = {
    "default": cells(DEFAULT.lrs, DEFAULT.hrs, DEFAULT.sense.offset_sigma, DEFAULT.sense.noise_sigma),
    "devices differ": cells(resistance(7e3, 0.2, 0.0), resistance(40e3, 0.7, 0.0)),
    "cycles differ": cells(resistance(7e3, 0.0, 0.2), resistance(40e3, 0.0, 0.7)),
    "small window": cells(resistance(7e3, 0.2, math.sqrt(0.05)), resistance(25e3, 0.6, 0.0)),
    "poor amplifiers": cells(resistance(7e3, 0.1, 0.1), resistance(15e3, 0.2, 0.1), 0.3, 0.2),
}


@functools.cache
def programmed(name: str) -> tuple[DeviceArray, NDArray[np.int64]]:
    """An array that was programmed once, and its bits."""
    array = DeviceArray(GEOMETRY, KINDS[name], seed=1)
    bits = np.random.default_rng(0).integers(0, 2, GEOMETRY.shape)
    array.form()
    array.program(bits)
    return array, bits


def read_errors(name: str) -> int:
    array, bits = programmed(name)
    return int((array.read().bits != bits).sum())


@pytest.mark.parametrize("name", KINDS)
def test_2t2r_cells_have_the_closed_forms_bit_error_rate(name: str) -> None:
    config = KINDS[name]
    low, high = interval(read_errors(name), GEOMETRY.cells)
    assert low <= bit_error_rate(config) <= high
    # And so exactly that spreads which are 4 % off would be noticed.
    for factor in (0.96, 1.04):
        off = {
            "device_sigma": config.hrs.device_sigma * factor,
            "cycle_sigma": config.hrs.cycle_sigma * factor,
        }
        hrs = config.hrs.model_copy(update=off)
        sense = math.hypot(config.sense.offset_sigma, config.sense.noise_sigma) * factor
        assert not low <= bit_error_rate_2t2r(config.lrs, hrs, sense) <= high


def test_single_devices_have_the_closed_forms_bit_error_rate() -> None:
    config = KINDS["default"]
    array, bits = programmed("default")
    for reference in (best_reference(config.lrs, config.hrs), 15e3):
        errors = int((array.compare(..., Device.BL, reference) != bits).sum())
        low, high = interval(errors, GEOMETRY.cells)
        assert low <= bit_error_rate_1t1r(config.lrs, config.hrs, reference) <= high
        assert errors > 2 * read_errors("default")


@pytest.mark.parametrize(
    ("lrs", "hrs", "single", "pair"),
    [
        (resistance(7e3, 0.2, 0.0), resistance(40e3, 0.7, 0.0), 2.2e-2, 8.3e-3),
        (resistance(7e3, 0.3, 0.0), resistance(25e3, 0.0, 0.6), 7.3e-2, 2.9e-2),
    ],
)
def test_examples_that_were_worked_out_before(lrs: Resistance, hrs: Resistance, single: float, pair: float) -> None:
    assert bit_error_rate_2t2r(lrs, hrs) == pytest.approx(pair, rel=0.02)
    assert bit_error_rate_1t1r(lrs, hrs, best_reference(lrs, hrs)) == pytest.approx(single, rel=0.02)


@pytest.mark.parametrize(("low_sigma", "high_sigma"), [(0.2, 0.7), (0.4, 0.4), (0.5, 0.3)])
def test_no_reference_is_better_than_the_best(low_sigma: float, high_sigma: float) -> None:
    lrs, hrs = resistance(7e3, low_sigma, 0.0), resistance(40e3, 0.0, high_sigma)
    best = best_reference(lrs, hrs)
    least = bit_error_rate_1t1r(lrs, hrs, best)
    assert all(least <= bit_error_rate_1t1r(lrs, hrs, other) for other in np.geomspace(1e3, 1e6, 2001))
    assert lrs.median_ohm < best < hrs.median_ohm


def test_without_spread_a_rate_is_a_step() -> None:
    lrs, hrs = IDEAL.lrs, IDEAL.hrs
    assert bit_error_rate(IDEAL) == bit_error_rate_2t2r(lrs, hrs) == 0
    assert (bit_error_rate_2t2r(hrs, lrs), bit_error_rate_2t2r(lrs, lrs)) == (1, 0.5)
    best = best_reference(lrs, hrs)
    assert best == pytest.approx(math.sqrt(lrs.median_ohm * hrs.median_ohm))
    # Below both medians, at one, between, at the other, above both.
    references = (1e3, lrs.median_ohm, best, hrs.median_ohm, 1e6)
    assert [bit_error_rate_1t1r(lrs, hrs, each) for each in references] == [0.5, 0.25, 0, 0.25, 0.5]
    # The limit of small spreads.
    for ratio in (1e-150, 1e-3, 1.0, 1e3, 1e150):
        narrow, wide = resistance(7e3, 1e-3 * min(ratio, 1), 0.0), resistance(40e3, 1e-3 / max(ratio, 1), 0.0)
        assert lrs.median_ohm * (1 - 1e-12) <= best_reference(narrow, wide) <= hrs.median_ohm * (1 + 1e-12)
        assert bit_error_rate_2t2r(narrow, wide) == 0


def test_one_state_without_spread_has_a_rate_and_no_best_reference() -> None:
    exact, spread = resistance(7e3, 0.0, 0.0), resistance(40e3, 0.5, 0.0)
    assert bit_error_rate_2t2r(exact, spread) == pytest.approx(tail(math.log(40 / 7) / 0.5))
    rates = [bit_error_rate_1t1r(exact, spread, 7e3 * (1 + above)) for above in (1e-1, 1e-3, 1e-6, 0)]
    assert rates[0] > rates[1] > rates[2] < rates[3]
    for lrs, hrs in ((exact, spread), (spread.model_copy(update={"median_ohm": 3e3}), exact)):
        message = f"both be 0, not {lrs.sigma} and {hrs.sigma}: no reference is the best"
        with pytest.raises(HwgenError, match=message):
            best_reference(lrs, hrs)


def test_the_defaults_spreads_are_those_of_the_example() -> None:
    assert (DEFAULT.lrs.sigma, DEFAULT.hrs.sigma) == (pytest.approx(0.2), pytest.approx(0.7))


LAW = Switching(volts=3.5, median_ns=100.0)
LAWS = {
    "default": LAW,
    "devices differ": LAW.model_copy(update={"cycle_sigma": 0.0}),
    "pulses differ": LAW.model_copy(update={"device_sigma": 0.0}),
    "slow": LAW.model_copy(update={"median_ns": 400.0}),
}


def failures(supply: Supply, law: Switching, pulse_ns: float, attempts: int, volts: float) -> int:
    """How many devices did not switch; other operations always succeed."""
    config = HfOxConfig(**(IDEAL.model_dump() | {supply.value: law, f"{supply}_v": volts}))
    devices = Population(DEVICES, config, np.random.SeedSequence(7))
    every = np.arange(DEVICES)
    if supply is not Supply.FORMING:
        devices.set_pulse(every, Supply.FORMING, 1e12)
        devices.reset_pulse(every, Supply.RESET, 1e12)
    if supply is Supply.RESET:
        devices.set_pulse(every, Supply.SET, 1e12)
    apply = devices.reset_pulse if supply is Supply.RESET else devices.set_pulse
    before = devices.state[0]
    assert (devices.state == before).all()
    for _ in range(attempts):
        apply(every, supply, pulse_ns)
    assert set(devices.state) <= {before, State.HRS if supply is Supply.RESET else State.LRS}
    return int((devices.state == before).sum())


@pytest.mark.parametrize("supply", Supply)
@pytest.mark.parametrize("name", LAWS)
def test_switching_fails_as_often_as_the_closed_form_says(supply: Supply, name: str) -> None:
    law = LAWS[name]
    for pulse_ns, attempts, volts in ((1000.0, 1, 3.5), (300.0, 1, 3.5), (300.0, 3, 3.5), (600.0, 2, 3.3)):
        low, high = interval(failures(supply, law, pulse_ns, attempts, volts), DEVICES)
        assert low <= switching_failure(law, pulse_ns, attempts, volts) <= high


def test_attempts_help_less_where_devices_differ() -> None:
    once = switching_failure(LAW, 300.0)
    assert once**3 < switching_failure(LAW, 300.0, 3) < once
    same_devices = LAWS["pulses differ"]
    assert switching_failure(same_devices, 300.0, 3) == pytest.approx(switching_failure(same_devices, 300.0) ** 3)
    same_pulses = LAWS["devices differ"]
    assert switching_failure(same_pulses, 300.0, 3) == switching_failure(same_pulses, 300.0)


def test_without_spread_the_median_decides() -> None:
    exact = LAW.model_copy(update={"device_sigma": 0.0, "cycle_sigma": 0.0})
    assert (switching_failure(exact, 99.0), switching_failure(exact, 101.0)) == (1.0, 0.0)


@pytest.mark.parametrize("name", LAWS)
def test_a_pulse_of_no_length_never_switches(name: str) -> None:
    assert switching_failure(LAWS[name], 0.0) == switching_failure(LAWS[name], 0.0, attempts=3) == 1
    assert switching_failure(LAWS[name], 1e-30) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: switching_failure(LAW, -1.0), "pulse_ns must be at least 0, not -1.0"),
        (lambda: switching_failure(LAW, math.nan), "pulse_ns must be at least 0, not nan"),
        (lambda: switching_failure(LAW, 100.0, attempts=0), "attempts must be at least 1, not 0"),
        (lambda: switching_failure(LAW, 100.0, volts=math.nan), "volts must be a finite number, not nan"),
        (lambda: bit_error_rate_1t1r(DEFAULT.lrs, DEFAULT.hrs, 0.0), "reference_ohm must be above 0, not 0.0"),
        (lambda: best_reference(DEFAULT.hrs, DEFAULT.lrs), r"must be above that of lrs \(40000.0 ohm\), not 7000.0"),
        (lambda: interval(5, 0), "events must lie between 0 and 0, not 5"),
        (lambda: interval(-1, 10), "events must lie between 0 and 10, not -1"),
        (lambda: interval(0, -1), "trials must be at least 0, not -1"),
        (lambda: interval(1, 10, 1.0), "confidence must be above 0 and below 1, not 1.0"),
    ],
)
def test_what_has_no_rate_is_refused(call: Callable[[], float], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        call()


def test_one_in_a_hundred_default_pulses_fails() -> None:
    assert switching_failure(DEFAULT.set, DEFAULT.pulse_ns) == pytest.approx(0.01, abs=0.001)
    assert switching_failure(DEFAULT.forming, DEFAULT.forming_ns) < 1e-3


def test_intervals_hold_the_probability_as_often_as_they_say() -> None:
    counts = np.random.default_rng(1).binomial(1000, 0.01, 4000)
    limits = {count: interval(int(count), 1000, 0.95) for count in np.unique(counts)}
    held = np.mean([limits[count][0] <= 0.01 <= limits[count][1] for count in counts])
    assert 0.95 <= held < 0.98  # an exact interval is never too narrow
    assert interval(0, 10)[0] == 0 and interval(10, 10)[1] == 1
    assert interval(0, 0) == (0, 1)
