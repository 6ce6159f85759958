"""The boards' data agree with amaranth-boards, wherever that has the board."""

import importlib
from typing import Any

import pytest

from boards.definitions import BOARDS, Board, board
from boards.families import FAMILIES
from hwgen.errors import DesignError

PLATFORMS = {
    "ulx3s-85f": ("ulx3s", "ULX3S_85F_Platform"),
    "ulx3s-12f": ("ulx3s", "ULX3S_12F_Platform"),
    "orangecrab-85f": ("orangecrab_r0_2", "OrangeCrabR0_2_85FPlatform"),
    "ecpix5-85f": ("ecpix5", "ECPIX585Platform"),
    "icebreaker": ("icebreaker", "ICEBreakerPlatform"),
    "tang-nano-9k": ("tang_nano_9k", "TangNano9kPlatform"),
    "arty-a7-35t": ("arty_a7", "ArtyA7_35Platform"),
}

DEVICES = {"85k": "LFE5U-85F", "12k": "LFE5U-12F", "um5g-85k": "LFE5UM5G-85F"}
"""Devices, as nextpnr-ecp5 and as amaranth-boards name them."""

PACKAGES = {"BG381": "CABGA381", "MG285": "CSFBGA285", "BG554": "CABGA554", "SG48": "sg48", "csg324": "csg324"}
"""Packages, as amaranth-boards and as the place-and-route tools name them."""


def platform(name: str) -> Any:
    pytest.importorskip("amaranth_boards")
    module, attribute = PLATFORMS[name]
    return getattr(importlib.import_module(f"amaranth_boards.{module}"), attribute)


def pins(resource: Any) -> list[str]:
    return list(resource.ios[0].names)


def resources(name: str, kind: str) -> list[Any]:
    return [resource for resource in platform(name).resources if resource.name == kind]


def test_amaranth_boards_is_compared_with_every_board() -> None:
    assert PLATFORMS.keys() == BOARDS.keys()


@pytest.mark.parametrize("entry", BOARDS.values(), ids=lambda entry: entry.name)
def test_clock_is_that_of_amaranth_boards(entry: Board) -> None:
    [clock] = resources(entry.name, platform(entry.name).default_clk)
    assert pins(clock) == [entry.clock_pin]
    assert clock.clock.frequency == entry.clock_hz


@pytest.mark.parametrize("entry", BOARDS.values(), ids=lambda entry: entry.name)
def test_uart_is_that_of_amaranth_boards(entry: Board) -> None:
    uarts = resources(entry.name, "uart")
    if not uarts:
        pytest.skip(f"amaranth-boards has no UART on {entry.title}: it is on the header")
    names = {signal.name: pins(signal) for signal in uarts[0].ios if hasattr(signal, "ios")}
    assert (names["rx"], names["tx"]) == ([entry.rx_pin], [entry.tx_pin])


def test_header_pins_of_the_orangecrab_are_its_uart() -> None:
    [connector] = platform("orangecrab-85f").connectors
    mapping = connector.mapping
    entry = BOARDS["orangecrab-85f"]
    assert (mapping["0"], mapping["1"]) == (entry.rx_pin, entry.tx_pin)


@pytest.mark.parametrize("entry", BOARDS.values(), ids=lambda entry: entry.name)
def test_leds_are_those_of_amaranth_boards(entry: Board) -> None:
    leds = [led.ios[0] for led in resources(entry.name, "led")]
    if not leds:
        leds = [signal.ios[0] for led in resources(entry.name, "rgb_led") for signal in led.ios]
    assert [name for led in leds for name in led.names] == list(entry.led_pins)
    assert {led.invert for led in leds} == {entry.leds_active_low}


@pytest.mark.parametrize("entry", BOARDS.values(), ids=lambda entry: entry.name)
def test_device_is_that_of_amaranth_boards(entry: Board) -> None:
    known = platform(entry.name)
    match entry.family:
        case "gowin":
            assert known.part == entry.device
        case "xilinx":
            assert f"{known.device}{known.package}-{known.speed}" == entry.device
        case "ice40":
            assert (known.device, PACKAGES[known.package]) == ("iCE40UP5K", entry.package)
        case "ecp5":
            assert known.device == DEVICES[entry.device]
            assert (PACKAGES[known.package], known.speed) == (entry.package, entry.speed)


def test_every_board_has_a_family() -> None:
    assert {entry.family for entry in BOARDS.values()} == FAMILIES.keys()


def test_unknown_board_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(DesignError, match=r"board must be one of ulx3s-85f, .*, not 'ulx4s'"):
        board("ulx4s")
