"""The boards: what each one carries and how it is wired, as data."""

from dataclasses import dataclass

from hwgen.errors import DesignError


@dataclass(frozen=True)
class Capacity:
    """What a device holds."""

    luts: int
    """Look-up tables: of 4 inputs, on Xilinx of 6."""
    ffs: int
    block_rams: int
    block_ram_kbit: int
    """Size of one block RAM, parity bits included."""
    dsps: int = 0
    """Multipliers of 18 by 18 bits (iCE40: 16 by 16; Xilinx: 25 by 18)."""
    sprams: int = 0
    """Single-port RAMs of 256 kbit, without initial content."""


@dataclass(frozen=True)
class Board:
    """One board. Pins are named as the vendor's package drawing has them."""

    name: str
    title: str
    family: str
    """Name of the :class:`~boards.families.base.Family` that its tools and primitives belong to."""
    device: str
    """The device as the family's place-and-route tool knows it."""
    package: str
    speed: str
    """Speed grade."""
    capacity: Capacity
    clock_hz: int
    clock_pin: str
    rx_pin: str
    """FPGA input: what the host sends."""
    tx_pin: str
    """FPGA output: what the host receives."""
    baudrate: int
    """The fastest rate in bits per second that the link's other end is specified for."""
    link: str
    """What the UART is connected to."""
    led_pins: tuple[str, ...]
    leds_active_low: bool
    io_standard: str
    programmer: tuple[str, ...]
    """openFPGALoader's arguments before the bitstream's name."""
    flash_only: bool = False
    """Whether the programmer reaches the flash memory only, not the FPGA's own."""


LFE5U_85F = Capacity(luts=83640, ffs=83640, block_rams=208, block_ram_kbit=18, dsps=156)
LFE5U_12F = Capacity(luts=24288, ffs=24288, block_rams=56, block_ram_kbit=18, dsps=28)
"""What is on the die, which is that of the 25F; the data sheet vouches for half of the logic and for 32 block RAMs."""
ICE40_UP5K = Capacity(luts=5280, ffs=5280, block_rams=30, block_ram_kbit=4, dsps=8, sprams=4)
GW1N_9C = Capacity(luts=8640, ffs=6480, block_rams=26, block_ram_kbit=18, dsps=20)
XC7A35T = Capacity(luts=20800, ffs=41600, block_rams=100, block_ram_kbit=18, dsps=90)


def _ulx3s(name: str, device: str, capacity: Capacity) -> Board:
    return Board(
        name=f"ulx3s-{name}",
        title=f"Radiona ULX3S {name.upper()}",
        family="ecp5",
        device=device,
        package="CABGA381",
        speed="6",
        capacity=capacity,
        clock_hz=25_000_000,
        clock_pin="G2",
        rx_pin="M1",
        tx_pin="L4",
        baudrate=3_000_000,
        link="USB (FT231X)",
        led_pins=("B2", "C2", "C1", "D2", "D1", "E2", "E1", "H3"),
        leds_active_low=False,
        io_standard="LVCMOS33",
        programmer=("-b", "ulx3s"),
    )


BOARDS = {
    board.name: board
    for board in (
        _ulx3s("85f", "85k", LFE5U_85F),
        _ulx3s("12f", "12k", LFE5U_12F),
        Board(
            name="orangecrab-85f",
            title="OrangeCrab r0.2 85F",
            family="ecp5",
            device="85k",
            package="CSFBGA285",
            speed="8",
            capacity=LFE5U_85F,
            clock_hz=48_000_000,
            clock_pin="A9",
            rx_pin="N17",
            tx_pin="M18",
            baudrate=3_000_000,
            link="header pins 0 (RX) and 1 (TX), a 3.3 V UART adapter of your own",
            led_pins=("K4", "M3", "J3"),
            leds_active_low=True,
            io_standard="LVCMOS33",
            programmer=("-b", "orangeCrab"),
        ),
        Board(
            name="ecpix5-85f",
            title="LambdaConcept ECPIX-5 85F",
            family="ecp5",
            device="um5g-85k",
            package="CABGA554",
            speed="8",
            capacity=LFE5U_85F,
            clock_hz=100_000_000,
            clock_pin="K23",
            rx_pin="R26",
            tx_pin="R24",
            baudrate=3_000_000,
            link="USB (FT2232H, second port)",
            led_pins=("T23", "R21", "T22", "U21", "W21", "T24", "K21", "K24", "M21", "P21", "R23", "P22"),
            leds_active_low=True,
            io_standard="LVCMOS33",
            programmer=("-b", "ecpix5"),
        ),
        Board(
            name="icebreaker",
            title="1BitSquared iCEBreaker",
            family="ice40",
            device="up5k",
            package="sg48",
            speed="",
            capacity=ICE40_UP5K,
            clock_hz=12_000_000,
            clock_pin="35",
            rx_pin="6",
            tx_pin="9",
            baudrate=3_000_000,
            link="USB (FT2232H, second port)",
            led_pins=("11", "37"),
            leds_active_low=True,
            io_standard="SB_LVCMOS",
            programmer=("-b", "ice40_generic"),
            flash_only=True,
        ),
        Board(
            name="tang-nano-9k",
            title="Sipeed Tang Nano 9K",
            family="gowin",
            device="GW1NR-LV9QN88PC6/I5",
            package="QFN88P",
            speed="C6/I5",
            capacity=GW1N_9C,
            clock_hz=27_000_000,
            clock_pin="52",
            rx_pin="18",
            tx_pin="17",
            baudrate=3_000_000,
            link="USB (BL702)",
            led_pins=("10", "11", "13", "14", "15", "16"),
            leds_active_low=True,
            io_standard="LVCMOS33",
            programmer=("-b", "tangnano9k"),
        ),
        Board(
            name="arty-a7-35t",
            title="Digilent Arty A7-35T",
            family="xilinx",
            device="xc7a35ticsg324-1L",
            package="csg324",
            speed="1L",
            capacity=XC7A35T,
            clock_hz=100_000_000,
            clock_pin="E3",
            rx_pin="A9",
            tx_pin="D10",
            baudrate=3_000_000,
            link="USB (FT2232H, second port)",
            led_pins=("H5", "J5", "T9", "T10"),
            leds_active_low=False,
            io_standard="LVCMOS33",
            programmer=("-b", "arty_a7_35t"),
        ),
    )
}


def board(name: str) -> Board:
    """The board called ``name``; raises :class:`~hwgen.errors.DesignError` naming the boards there are."""
    if name not in BOARDS:
        raise DesignError(f"board must be one of {', '.join(BOARDS)}, not {name!r}")
    return BOARDS[name]
