"""PLL settings: known ones, limits of the oscillators, and what the families' PLLs cannot make."""

import math

import pytest

from boards.definitions import BOARDS
from boards.families import FAMILIES, ecp5, gowin, ice40, xilinx
from boards.pinout import baudrate_at, board_module, clock_choices, clock_setting, host_link
from hwgen.errors import DesignError

VCO_HZ = {"ecp5": ecp5.VCO_HZ, "ice40": ice40.VCO_HZ, "gowin": gowin.VCO_HZ, "xilinx": xilinx.VCO_HZ}


@pytest.mark.parametrize(
    ("family", "in_hz", "out_hz", "parameters"),
    [
        # As the vendors' and the open tools' calculators (ecppll, icepll, gowin_pll) have them.
        ("ecp5", 25_000_000, 100e6, {"CLKI_DIV": 1, "CLKFB_DIV": 4, "CLKOP_DIV": 6}),
        ("ecp5", 48_000_000, 60e6, {"CLKI_DIV": 4, "CLKFB_DIV": 5, "CLKOP_DIV": 10}),
        ("ice40", 12_000_000, 24e6, {"DIVR": 0, "DIVF": 63, "DIVQ": 5, "FILTER_RANGE": 1}),
        ("ice40", 12_000_000, 48e6, {"DIVR": 0, "DIVF": 63, "DIVQ": 4, "FILTER_RANGE": 1}),
        ("gowin", 27_000_000, 54e6, {"IDIV_SEL": 0, "FBDIV_SEL": 1, "ODIV_SEL": 8}),
        ("xilinx", 100_000_000, 150e6, {"DIVCLK_DIVIDE": 1, "CLKFBOUT_MULT": 9, "CLKOUT0_DIVIDE": 6}),
    ],
)
def test_known_setting(family: str, in_hz: int, out_hz: float, parameters: dict[str, int]) -> None:
    pll = FAMILIES[family].pll(in_hz, out_hz)
    assert pll is not None
    assert (pll.parameters, pll.out_hz) == (parameters, out_hz)


def frequency(family: str, in_hz: int, values: dict[str, int]) -> float:
    """What the primitive makes of its input, by the family's data sheet."""
    match family:
        case "ecp5":
            return in_hz * values["CLKFB_DIV"] / values["CLKI_DIV"]
        case "ice40":
            return in_hz * (values["DIVF"] + 1) / (values["DIVR"] + 1) / 2 ** values["DIVQ"]
        case "gowin":
            return in_hz * (values["FBDIV_SEL"] + 1) / (values["IDIV_SEL"] + 1)
        case _:
            return in_hz * values["CLKFBOUT_MULT"] / values["DIVCLK_DIVIDE"] / values["CLKOUT0_DIVIDE"]


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_every_choice_of_clock_is_exact_and_within_the_oscillators_range(board: object) -> None:
    choices = clock_choices(board)
    assert choices == sorted(choices, reverse=True)
    assert board.clock_hz / 1e6 in choices
    low, high = VCO_HZ[board.family]
    for mhz in choices:
        pll = clock_setting(board, mhz)
        if pll is not None:
            assert low <= pll.vco_hz <= high
            assert frequency(board.family, board.clock_hz, dict(pll.parameters)) == pytest.approx(mhz * 1e6, rel=1e-9)


def test_clock_that_no_pll_makes_is_refused() -> None:
    with pytest.raises(DesignError, match=r"clock-mhz must be 12 .*, not 1000"):
        clock_setting(BOARDS["icebreaker"], 1000)


@pytest.mark.parametrize("mhz", [0.0, -25.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", BOARDS)
def test_what_is_no_frequency_is_refused(name: str, mhz: float) -> None:
    with pytest.raises(DesignError, match=f"clock-mhz must be a number above 0, not {mhz:g}"):
        clock_setting(BOARDS[name], mhz)


def test_own_clock_needs_no_pll() -> None:
    assert clock_setting(BOARDS["ulx3s-85f"], 25) is None


@pytest.mark.parametrize(("mhz", "baudrate"), [(12, 3_000_000), (8, 2_000_000), (1, 230_400)])
def test_slow_clocks_get_a_slower_link(mhz: float, baudrate: int) -> None:
    assert baudrate_at(BOARDS["icebreaker"], mhz * 1e6) == baudrate


def test_clock_too_slow_for_any_link_is_refused() -> None:
    with pytest.raises(DesignError, match=r"clock-mhz must be at least 0\.4608 .*, not 0\.1"):
        baudrate_at(BOARDS["icebreaker"], 0.1e6)


def test_host_link_runs_at_the_boards_clock_unless_told_otherwise() -> None:
    assert host_link(BOARDS["ulx3s-85f"]) == (25e6, 3_000_000)
    assert host_link(BOARDS["icebreaker"], 24) == (24e6, 3_000_000)
    with pytest.raises(DesignError, match="clock-mhz must be 12"):
        host_link(BOARDS["icebreaker"], 300)


def leds(name: str) -> str:
    """What a board's LEDs show of three."""
    text, _ = board_module(BOARDS[name], "top", "system", None, 3)
    [line] = [line for line in text.splitlines() if "assign led_pins" in line]
    return line.split("= ")[1]


def test_the_last_led_shows_the_error_also_where_there_are_fewer() -> None:
    assert leds("ulx3s-85f") == "{|led[2:2], led[1], led[0]};"
    assert leds("icebreaker") == "~{|led[2:1], led[0]};"
