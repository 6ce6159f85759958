"""The board's own top module: pins, clock generator and reset around the top level that every board shares."""

import math

from boards.definitions import Board
from boards.families import FAMILIES
from boards.families.base import Pll
from hwgen.bus.link.uart import FEWEST_CLOCKS
from hwgen.errors import DesignError

RESET_STAGES = 4

# fmt: off
CLOCKS_MHZ = (200, 175, 160, 150, 140, 130, 125, 120, 110, 100, 90, 80, 75, 72, 66, 60, 54, 50, 48, 42, 40, 36, 33,
              30, 27, 25, 24, 21, 20, 18, 16, 15, 12)
# fmt: on
"""What is tried when nobody asks for a clock."""

FASTEST_MHZ = {"ecp5": 200, "ice40": 48, "gowin": 120, "xilinx": 200}
"""Nothing beyond is tried: no core closes it there."""

BAUDRATES = (3_000_000, 2_000_000, 1_000_000, 500_000, 230_400, 115_200)


def clock_choices(board: Board) -> list[float]:
    """Clocks in MHz that are tried on a board, the fastest first: its own and those that its PLL makes exactly."""
    own = board.clock_hz / 1e6
    family = FAMILIES[board.family]
    choices = {own}
    for mhz in CLOCKS_MHZ:
        if mhz <= FASTEST_MHZ[board.family]:
            pll = family.pll(board.clock_hz, mhz * 1e6)
            if pll is not None and abs(pll.out_hz - mhz * 1e6) < 1:
                choices.add(float(mhz))
    return sorted(choices, reverse=True)


def baudrate_at(board: Board, clock_hz: float) -> int:
    """The fastest rate of the board's link that the UART keeps up with at a clock.

    Raises :class:`~hwgen.errors.DesignError` for a clock that is too slow for any.
    """
    for rate in BAUDRATES:
        if rate <= board.baudrate and clock_hz >= FEWEST_CLOCKS * rate:
            return rate
    slowest = FEWEST_CLOCKS * BAUDRATES[-1] / 1e6
    raise DesignError(f"clock-mhz must be at least {slowest:g} for the host link, not {clock_hz / 1e6:g}")


def clock_setting(board: Board, clock_mhz: float) -> Pll | None:
    """The PLL setting for a clock of ``clock_mhz``; None for the board's own clock, which needs no PLL.

    Raises :class:`~hwgen.errors.DesignError` for what is no frequency, and for one that the PLL does not reach within
    0.5 %.
    """
    if not (math.isfinite(clock_mhz) and clock_mhz > 0):
        raise DesignError(f"clock-mhz must be a number above 0, not {clock_mhz:g}")
    if abs(clock_mhz * 1e6 - board.clock_hz) < 1:
        return None
    pll = FAMILIES[board.family].pll(board.clock_hz, clock_mhz * 1e6)
    if pll is None:
        choices = sorted(clock_choices(board), key=lambda choice: abs(choice - clock_mhz))
        nearby = " or ".join(f"{choice:g}" for choice in sorted(choices[:2]))
        raise DesignError(
            f"clock-mhz must be {board.clock_hz / 1e6:g} (the clock of {board.title}) or a frequency that its PLL "
            f"makes of it, such as {nearby}, not {clock_mhz:g}"
        )
    return pll


def host_link(board: Board, clock_mhz: float | None = None) -> tuple[float, int]:
    """Clock in Hz and baud rate of the host link on a board; ``clock_mhz``: by default the board's own clock.

    Raises :class:`~hwgen.errors.DesignError` for a clock that the board cannot make or that is too slow for the link.
    """
    pll = None if clock_mhz is None else clock_setting(board, clock_mhz)
    clock_hz = float(board.clock_hz) if pll is None else pll.out_hz
    return clock_hz, baudrate_at(board, clock_hz)


def board_module(board: Board, name: str, system: str, pll: Pll | None, led_count: int) -> tuple[str, int]:
    """Verilog of the module ``name`` that instantiates ``system`` (ports ``clk``, ``rst``, ``rx``, ``tx``, ``led``).

    Its ports are ``clk_pin``, ``rx_pin``, ``tx_pin`` and ``led_pins``. Reset is asserted at once while the PLL is not
    locked and released with the clock. Where the board has fewer LEDs than ``led_count``, its last one lights for all
    those that are left, so that an error, the last of them, is never hidden.

    Returns the text and the number of LEDs that the board shows of ``led_count``, the width of ``led``.
    """
    shown = min(led_count, len(board.led_pins))
    clock = "  assign clk = clk_pin;\n  assign locked = 1'b1;\n"
    if pll is not None:
        clock = FAMILIES[board.family].pll_instance(pll, board.clock_hz)
    invert = "~" if board.leds_active_low else ""
    last = RESET_STAGES - 1
    leds = ", ".join([f"|led[{led_count - 1}:{shown - 1}]", *(f"led[{index}]" for index in reversed(range(shown - 1)))])
    text = f"""
module {name}(clk_pin, rx_pin, tx_pin, led_pins);
  input clk_pin;
  input rx_pin;
  output tx_pin;
  output [{shown - 1}:0] led_pins;
  wire clk;
  wire locked;
{clock}
  reg [{last}:0] reset = {{{RESET_STAGES}{{1'b1}}}};
  always @(posedge clk or negedge locked)
    if (!locked) reset <= {{{RESET_STAGES}{{1'b1}}}};
    else reset <= {{reset[{last - 1}:0], 1'b0}};

  wire [{led_count - 1}:0] led;
  assign led_pins = {invert}{{{leds}}};
  {system} system(.clk(clk), .rst(reset[{last}]), .rx(rx_pin), .tx(tx_pin), .led(led));
endmodule
"""
    return text, shown
