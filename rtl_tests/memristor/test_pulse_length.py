"""The protocol checker knows how long a pulse must be, of the config or of the host."""

import pytest

from hwgen.memristor.geometry import Place
from rtl_tests.memristor.bench import small_config
from sim.devices.protocol import ProtocolChecker
from sim.golden.memristor import IDLE, pulse_lines, select

PLACE = Place(1, 1, 1, 1)


@pytest.mark.parametrize("supply", ["forming", "set", "reset"])
@pytest.mark.parametrize(
    ("told", "beside", "breach"),
    [
        (None, 0, None),
        (None, 1, None),
        (None, -1, "a pulse is too short"),
        (1, -1, None),  # the host has written a shorter length
        (99, 0, "a pulse is too short"),
        (99, 99, None),  # the limit cuts it
    ],
)
def test_a_pulse_lasts_as_long_as_the_config_or_the_host_says(
    supply: str, told: int | None, beside: int, breach: str | None
) -> None:
    """``beside``: clocks of the pulse beside those of the config, up to the limit."""
    config = small_config()
    clocks = config.programming_clocks
    checker = ProtocolChecker(config, None if told is None else (told,) * 3)
    length = min(getattr(clocks, supply) + beside, clocks.longest_pulse)
    ready = IDLE._replace(supply=select(supply))
    for pins in (
        *[IDLE] * 10,
        *[ready] * clocks.supply,
        *pulse_lines(config, PLACE, 2, select(supply), 1, length),
        *[ready] * 2,
    ):
        checker.clock(pins)
    assert [line.split(": ", 1)[1] for line in checker.breaches] == ([] if breach is None else [breach])


def test_a_pulse_that_an_abort_cuts_is_not_too_short() -> None:
    config = small_config()
    checker = ProtocolChecker(config)
    ready = IDLE._replace(supply=select("set"))
    pulse = list(pulse_lines(config, PLACE, 2, select("set"), 1, config.programming_clocks.set))
    begun = next(index for index, pins in enumerate(pulse) if pins.cwl) + 1
    for pins in (*[IDLE] * 10, *[ready] * config.programming_clocks.supply, *pulse[:begun]):
        checker.clock(pins)
    checker.clock(IDLE, dropped=True)
    assert not checker.breaches
