"""Delays of a chip that nobody has published: a controller that is told them drives it, one that is not is found."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import PROFILES
from hwgen.chips.target import target_design
from hwgen.errors import DesignError, HwgenError
from rtl_tests.chips.benches import ChipBench, quick_design, random_table
from sim.devices.chips.facts import CHIPS

SLOWER = {
    "input_clocks": (3, {"input_clocks": 3}),
    "control_clocks": (4, {"control_clocks": 4}),
    "settle_clocks": (5, {"column_clocks": 3}),
    "inference_clocks": (6, {"inference_clocks": 6}),
    "read_out_clocks": (5, {"counter_start": 16 - 5}),
}
"""What a controller is to be told of a chip, by parameter, and what makes a behavioural chip so."""


def faults(bench: ChipBench) -> list[str]:
    """What goes wrong from virgin cells to decisions in all modes; closes the bench."""
    found = []
    table = random_table("logarithmic", 2, seed=1)
    with closing(bench.driver) as driver:
        if driver.program(table, form=True).failed.any():
            found.append("cells")
        bench.model.load(table)
        samples = np.random.default_rng(2).integers(0, 2, (8, 4))
        for mode in bench.config.profile.modes:
            driver.set_mode(mode)
            bench.model.set_mode(mode)
            result, expected = driver.infer(samples), bench.model.infer(samples)
            if result.differences(expected).any():
                found.append(mode)
            assert result.elapsed_cycles == expected.elapsed_cycles
    return [*found, *(["lines"] if bench.chip.breaches else [])]


@pytest.mark.parametrize("name", PROFILES)
def test_a_controller_that_is_told_all_delays_drives_the_chip(name: str) -> None:
    facts: dict[str, Any] = {}
    for _, fact in SLOWER.values():
        facts |= fact
    parameters = {parameter: value for parameter, (value, _) in SLOWER.items()}
    assert faults(ChipBench(name, parameters=parameters, **facts)) == []


@pytest.mark.parametrize("parameter", SLOWER)
def test_a_controller_with_a_delay_that_is_too_short_is_found(parameter: str) -> None:
    assert faults(ChipBench("bayes-64x64", **SLOWER[parameter][1])) != []


@pytest.mark.parametrize("clocks", [0, 3])
def test_the_ideal_chip_of_simulations_has_the_delays_of_the_config(clocks: int) -> None:
    names = ("input_clocks", "control_clocks", "read_out_clocks")
    design = quick_design("bayes-64x64", **dict.fromkeys(names, clocks))
    table = random_table("logarithmic", 2, seed=3)
    samples = np.random.default_rng(3).integers(0, 2, (5, 4))
    with closing(hwgen.open_design(design, "rtl")) as machine, closing(hwgen.open_design(design)) as golden:
        for each in (machine, golden):
            each.load(table)
        for mode in ("stochastic", "logarithmic"):
            machine.set_mode(mode)
            golden.set_mode(mode)
            assert not machine.infer(samples).differences(golden.infer(samples)).any()


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("parameter", SLOWER)
def test_every_delay_is_in_the_config_and_its_hash(name: str, parameter: str) -> None:
    default = ChipConfig(chip=name)
    assert getattr(default, parameter) == getattr(default.profile, parameter)
    other = ChipConfig(chip=name, **{parameter: getattr(default, parameter) + 1})
    assert other.hash != default.hash
    assert ChipConfig.parse(default.parameters()) == default


def test_an_unknown_chip_is_told_of_alone() -> None:
    with pytest.raises(DesignError) as error:
        target_design("chip:bayes-8x8", input_clocks=8)
    assert str(error.value) == "chip:bayes-8x8: chip.input_clocks must be at most 7, not 8"
    with pytest.raises(DesignError) as error:
        ChipConfig.parse({"chip": "bayes-9x9"})
    assert str(error.value) == "chip.chip must be one of 'bayes-64x64' or 'bayes-8x8', not 'bayes-9x9'"


def test_a_chip_without_input_registers_is_refused() -> None:
    with pytest.raises(HwgenError, match="input_clocks must lie between 1 and 255, not 0"):
        replace(CHIPS["bayes-64x64"], input_clocks=0)
