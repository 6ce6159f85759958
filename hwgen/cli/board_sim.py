"""``hwgen board-sim``: a board without the board."""

from pathlib import Path
from typing import Annotated

import typer

from hwgen import api
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.cli.output import JsonOption, print_json, progress


def board_sim(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    clock_mhz: Annotated[float, typer.Option(help="Clock of the board in MHz.")] = 12,
    baudrate: Annotated[int, typer.Option(help="Baud rate of its UART; a bit has at least 4 clocks.")] = BAUDRATE,
    as_json: JsonOption = False,
) -> None:
    """Simulate a design's whole board top and serve its UART on a pseudo-terminal, until Control-C.

    Prints the port; use it from another terminal: hwgen verify DESIGN.toml --backend serial:PORT.
    """
    from sim.virtual_board import VirtualBoard

    loaded = api.load_design(design)
    with VirtualBoard(loaded, clock_hz=clock_mhz * 1e6, baudrate=baudrate) as board:
        if as_json:
            print_json({"design": loaded.name, "port": board.port, "clock_mhz": clock_mhz, "baudrate": baudrate})
        else:
            print(board.port, flush=True)
        progress.print(f"{loaded.name} is on serial:{board.port}; Control-C switches it off", highlight=False)
        board.wait()
