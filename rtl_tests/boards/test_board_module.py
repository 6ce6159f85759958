"""The board's own top module in simulation: reset while the PLL has no lock, LEDs, and the UART's pins."""

import re
import subprocess
from pathlib import Path

import pytest

from boards.definitions import BOARDS, Board
from boards.families.base import Pll
from boards.pinout import RESET_STAGES, board_module, clock_choices, clock_setting

pytestmark = pytest.mark.requires_icarus

LEDS = 3
CLOCK_OUTPUTS = ("CLKOP", "PLLOUTGLOBAL", "CLKOUT", "CLKOUT0", "CLKFBOUT")

# Time runs in units; the clock rises at 5, 15, 25, ... The system's LEDs show what the bench puts there.
BENCH = """
`timescale 1ns/1ns
module system(clk, rst, rx, tx, led);
  input clk, rst, rx;
  output tx;
  output [{leds}:0] led;
  assign tx = ~rx;
  assign led = bench.led;
endmodule

module bench;
  reg clk = 0, lock = {lock}, runs = 1, rx = 1;
  reg [{leds}:0] led = 0;
  wire tx;
  wire [{shown}:0] pins;
  always #5 if (runs) clk = ~clk;
  board dut(.clk_pin(clk), .rx_pin(rx), .tx_pin(tx), .led_pins(pins));

  // Each line that is printed: what the system sees.
  task show;
    $display("%0d %b", $time, dut.system.rst);
  endtask
  initial begin
{script}
    $finish;
  end
endmodule
"""


def pll_model(text: str) -> str:
    """A PLL with the ports of the one in ``text``, which passes its input on and has a lock when the bench says so."""
    found = re.search(r"(\w+) #\((.*?)\)\s+pll\((.*?)\);", text, re.DOTALL)
    assert found is not None
    name, parameters, ports = found.groups()
    nets = dict(re.findall(r"\.(\w+)\(([^()]*)\)", ports))
    driven = {port: "bench.clk" for port, net in nets.items() if port in CLOCK_OUTPUTS}
    driven |= {port: "bench.lock" for port, net in nets.items() if net == "locked"}
    declared = [f"  {'output' if port in driven else 'input'} {_range(net)}{port};" for port, net in nets.items()]
    return "\n".join(
        [
            f"module {name}({', '.join(nets)});",
            *(f"  parameter {parameter} = 0;" for parameter in re.findall(r"\.(\w+)\(", parameters)),
            *declared,
            *(f"  assign {port} = {value};" for port, value in driven.items()),
            "endmodule",
            "module BUFG(I, O); input I; output O; assign O = I; endmodule",
        ]
    )


def _range(net: str) -> str:
    bits = re.match(r"(\d+)'b", net)
    return f"[{int(bits[1]) - 1}:0] " if bits else ""


def simulated(board: Board, pll: Pll | None, script: str, folder: Path) -> list[str]:
    """What ``script``, the body of an initial block, prints; with a PLL the lock is missing at first."""
    text, shown = board_module(board, "board", "system", pll, LEDS)
    bench = BENCH.format(leds=LEDS - 1, shown=shown - 1, lock=int(pll is None), script=script)
    (folder / "bench.v").write_text(bench + text + (pll_model(text) if pll is not None else ""))
    subprocess.run(["iverilog", "-g2005", "-s", "bench", "-o", "bench", "bench.v"], cwd=folder, check=True)
    done = subprocess.run(["vvp", "-n", "bench"], cwd=folder, check=True, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if "$finish" not in line]


def with_pll(board: Board) -> Pll:
    """Any setting of the board's PLL."""
    return next(pll for mhz in clock_choices(board) if (pll := clock_setting(board, mhz)) is not None)


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_reset_lasts_until_the_clock_has_run_with_a_lock_and_returns_at_once_without_one(
    board: Board, tmp_path: Path
) -> None:
    script = "\n".join(
        [
            "    #1 show; #99 show;",  # no lock: reset, however long the clock runs
            "    #2 lock = 1; #2 show;",  # 104
            *["    #10 show;"] * (RESET_STAGES + 1),
            "    runs = 0; #100 show;",
            "    lock = 0; #1 show;",  # the clock stands still
            "    lock = 1; #1 show; #98 runs = 1;",
            *["    #10 show;"] * (RESET_STAGES + 1),
        ]
    )
    found = [line.split() for line in simulated(board, with_pll(board), script, tmp_path)]
    held = ["1"] * 2
    released = ["1"] * RESET_STAGES + ["0"] * 2
    assert [level for _, level in found] == [*held, *released, "0", "1", "1", *released[1:]]


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_without_a_pll_reset_is_over_after_a_few_clocks(board: Board, tmp_path: Path) -> None:
    script = "\n".join(["    #1 show;", *["    #10 show;"] * (RESET_STAGES + 1)])
    found = [line.split()[1] for line in simulated(board, None, script, tmp_path)]
    assert found == ["1"] * RESET_STAGES + ["0"] * 2


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_leds_light_for_what_they_show_and_the_line_passes(board: Board, tmp_path: Path) -> None:
    script = "\n".join(
        f'    led = {LEDS}\'d{lit}; rx = {lit & 1}; #1 $display("%b %b", pins, tx);' for lit in range(1 << LEDS)
    )
    shown = min(LEDS, len(board.led_pins))
    for lit, line in enumerate(simulated(board, None, script, tmp_path)):
        pins, tx = line.split()
        levels = [bool(lit >> index & 1) for index in range(LEDS)]
        # The last one lights for all that are left.
        expected = [*levels[: shown - 1], any(levels[shown - 1 :])]
        assert [int(pin) != board.leds_active_low for pin in reversed(pins)] == expected
        assert int(tx) == 1 - (lit & 1)
