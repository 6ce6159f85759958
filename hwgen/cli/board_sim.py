"""``hwgen board-sim``: a board without the board."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen import api
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.cli.output import JsonOption, print_json, progress
from hwgen.errors import DesignError


def board_sim(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    board: Annotated[
        str | None,
        typer.Option(help="Board to simulate; `hwgen boards` names them (default: none, the fastest to simulate)."),
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of the board in MHz (default: the board's own; without --board 12).")
    ] = None,
    baudrate: Annotated[
        int | None,
        typer.Option(
            help="Baud rate of its UART; a bit has at least 4 clocks (default: 3000000; with --board the board's)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a design's whole board top and serve its UART on a pseudo-terminal, until Control-C.

    Prints the port; use it from another terminal: hwgen verify DESIGN.toml --backend serial:PORT.
    """
    from sim.virtual_board import CLOCK_HZ, VirtualBoard

    loaded = api.load_design(design)
    if board is None:
        clock_hz = CLOCK_HZ if clock_mhz is None else clock_mhz * 1e6
        rate = BAUDRATE if baudrate is None else baudrate
        place = ""
    else:
        clock_hz, rate, place = _link_of(board, clock_mhz, baudrate)
    with VirtualBoard(loaded, clock_hz=clock_hz, baudrate=rate) as virtual:
        if as_json:
            values = {"board": board, "port": virtual.port, "clock_mhz": clock_hz / 1e6, "baudrate": rate}
            print_json({"design": loaded.name, **values})
        else:
            print(virtual.port, flush=True)
        progress.print(f"{loaded.name} is on serial:{virtual.port}{place}; Control-C switches it off", highlight=False)
        virtual.wait()


def _link_of(name: str, clock_mhz: float | None, baudrate: int | None) -> tuple[float, int, str]:
    """Clock in Hz and baud rate of a board, and a line's end that tells them."""
    from boards.definitions import board as find_board
    from boards.pinout import host_link

    board = find_board(name)
    clock_hz, rate = host_link(board, clock_mhz)
    if baudrate not in (None, rate):
        raise DesignError(
            f"baudrate must be {rate}, the rate of the link of {board.title} at {clock_hz / 1e6:g} MHz, "
            f"not {baudrate}; leave out --baudrate, or --board"
        )
    return clock_hz, rate, f", a {board.title} at {clock_hz / 1e6:g} MHz and {rate:,} baud"
