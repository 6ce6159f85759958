"""Xilinx 7 series: area by Yosys; constraints and a project script for Vivado, which alone can place and time it."""

from collections.abc import Mapping
from typing import ClassVar

from boards.definitions import Board
from boards.families.base import Family, Pll, nearest, pin_table

VCO_HZ = (800e6, 1600e6)
PHASE_DETECTOR_HZ = (19e6, 450e6)


class Xilinx(Family):
    """7-series devices. A block RAM here is half of a 36-kbit tile; inverters vanish in look-up tables."""

    name = "xilinx"
    cells: ClassVar[Mapping[str, Mapping[str, int]]] = {
        **{f"LUT{inputs}": {"lut": 1} for inputs in range(1, 7)},
        "SRL16E": {"lut": 1},
        **{cell: {"lut": count} for cell, count in (("RAM32M", 4), ("RAM64M", 4), ("RAM32X1D", 2), ("RAM64X1D", 2))},
        **{f"FD{kind}E{edge}": {"ff": 1} for kind in ("R", "S", "C", "P") for edge in ("", "_1")},
        "RAMB18E1": {"block_ram": 1},
        "RAMB36E1": {"block_ram": 2},
        "DSP48E1": {"dsp": 1},
    }
    placed: ClassVar[Mapping[str, str]] = {}
    out_of_context = True
    lut_scale = 0.53
    bitstream_suffix = None

    def synthesis(self, top: str) -> str:
        # Unlike other families' synthesis it leaves its cells without names, and the report counts by name.
        return f"synth_xilinx -family xc7 -flatten -top {top}\nautoname"

    def constraints(self, board: Board, leds: int) -> tuple[str, str]:
        period = 1e9 / board.clock_hz
        lines = [f"create_clock -period {period:g} [get_ports clk_pin]"]
        for port, pin in pin_table(board, leds):
            lines.append(
                f"set_property -dict {{PACKAGE_PIN {pin} IOSTANDARD {board.io_standard}}} [get_ports {{{port}}}]"
            )
        return ".xdc", "\n".join(lines) + "\n"

    def pll(self, in_hz: int, out_hz: float) -> Pll | None:
        candidates = []
        for reference in range(1, 57):
            compared = in_hz / reference
            if not PHASE_DETECTOR_HZ[0] <= compared <= PHASE_DETECTOR_HZ[1]:
                continue
            for multiplier in range(2, 65):
                vco = compared * multiplier
                divider = round(vco / out_hz)
                if VCO_HZ[0] <= vco <= VCO_HZ[1] and 1 <= divider <= 128:
                    parameters = {"DIVCLK_DIVIDE": reference, "CLKFBOUT_MULT": multiplier, "CLKOUT0_DIVIDE": divider}
                    candidates.append(Pll(vco / divider, vco, parameters))
        return nearest(candidates, out_hz)

    def pll_instance(self, pll: Pll, in_hz: int) -> str:
        parameters = ", ".join(f".{name}({value})" for name, value in pll.parameters.items())
        return f"""\
  wire feedback, generated;
  PLLE2_BASE #(.CLKIN1_PERIOD({1e9 / in_hz:g}), {parameters})
    pll(.CLKIN1(clk_pin), .CLKOUT0(generated), .CLKFBOUT(feedback), .CLKFBIN(feedback), .LOCKED(locked),
    .PWRDWN(1'b0), .RST(1'b0));
  BUFG clock_buffer(.I(generated), .O(clk));
"""


def vivado_script(board: Board, top: str, source: str, constraints: str, bitstream: str) -> str:
    """A Tcl script that builds the file ``bitstream``: ``vivado -mode batch -source <script>``."""
    return "\n".join(
        [
            f"# {board.title}: {top}. Run with: vivado -mode batch -source {top}.tcl",
            f"create_project -force {top} vivado -part {board.device}",
            f"add_files {source}",
            f"add_files -fileset constrs_1 {constraints}",
            f"set_property top {top} [current_fileset]",
            "launch_runs impl_1 -to_step write_bitstream",
            "wait_on_run impl_1",
            "open_run impl_1",
            f"report_timing_summary -file {top}_timing.txt",
            f"report_utilization -hierarchical -file {top}_utilization.txt",
            f"file copy -force vivado/{top}.runs/impl_1/{top}.bit {bitstream}",
            "",
        ]
    )
