"""Parameters of HfOx cells."""

import pytest

from sim.devices.hfox import HfOxConfig, Resistance, SenseAmplifier


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must add up to at most 1, not 1\.2"):
        HfOxConfig(stuck_lrs=0.6, stuck_hrs=0.6)
    with pytest.raises(ValueError, match="medians of lrs, hrs and virgin must rise"):
        HfOxConfig(lrs=Resistance(median_ohm=50e3, device_sigma=0, cycle_sigma=0))
    with pytest.raises(ValueError, match="greater than 0"):
        SenseAmplifier(evaluate_ns=0.0)
    with pytest.raises(ValueError, match="frozen"):
        HfOxConfig().pulse_ns = 5.0  # type: ignore[misc]


def test_supplies_follow_their_operations_unless_said_otherwise() -> None:
    lower = HfOxConfig(reset=HfOxConfig().reset.model_copy(update={"volts": 4.0}), set_v=3.0)
    assert (lower.forming_v, lower.set_v, lower.reset_v) == (3.0, 3.0, 4.0)
