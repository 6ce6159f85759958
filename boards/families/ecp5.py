"""Lattice ECP5: Yosys, nextpnr-ecp5, ecppack."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from boards.anchor import ANCHORS, anchor
from boards.definitions import Board
from boards.families.base import Command, Family, Job, Pll, nearest, pin_table
from boards.output_registers import fold_output_registers

VCO_HZ = (400e6, 800e6)
PHASE_DETECTOR_HZ = (3.125e6, 400e6)

# nextpnr's placer weighs timing with 10 unless told otherwise; 30 gave machines of up to 11,000 look-up tables 4 % more
# Fmax.
SMALL = ("--placer-heap-timingweight", "30")

# nextpnr's usual placer and router reach a higher Fmax (88 MHz against 61 with 17,000 look-up tables), but of 31,000
# they had not routed half the arcs in half an hour; the other router routes 52,000 in ten minutes. It does not end
# where wires lack room: of 61,000 look-up tables placed as usual, 8,000 wires were still in use twice after 17 rounds.
# The other placer spreads cells evenly, with 35 % less wire there, and was routed.
LARGE = ("--router", "router2", "--placer", "static")
LARGE_LUTS = 25_000


class Ecp5(Family):
    """LFE5U devices."""

    name = "ecp5"
    cells: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "LUT4": {"lut": 1},
        "CCU2C": {"lut": 2},
        "TRELLIS_DPR16X4": {"lut": 4},
        "TRELLIS_FF": {"ff": 1},
        "DP16KD": {"block_ram": 1},
        "PDPW16KD": {"block_ram": 1},
        "MULT18X18D": {"dsp": 1},
    }
    placed: ClassVar[Mapping[str, str]] = {
        "TRELLIS_COMB": "lut",
        "TRELLIS_FF": "ff",
        "DP16KD": "block_ram",
        "MULT18X18D": "dsp",
    }
    out_of_context = True
    bitstream_suffix = ".bit"

    def synthesis(self, top: str) -> str:
        return f"synth_ecp5 -top {top}"

    refinement = "output registers 1, anchor 1"

    def refine(self, netlist: dict[str, Any], top: str, board: Board, *, out_of_context: bool) -> dict[str, Any]:
        fold_output_registers(netlist)
        if out_of_context and board.device in ANCHORS:
            anchor(netlist, top, ANCHORS[board.device])
        return netlist

    def constraints(self, board: Board, leds: int) -> tuple[str, str]:
        lines = [f'FREQUENCY PORT "clk_pin" {board.clock_hz / 1e6:g} MHZ;']
        for port, pin in pin_table(board, leds):
            lines.append(f'LOCATE COMP "{port}" SITE "{pin}";')
            lines.append(f'IOBUF PORT "{port}" IO_TYPE={board.io_standard};')
        return ".lpf", "\n".join(lines) + "\n"

    def pll(self, in_hz: int, out_hz: float) -> Pll | None:
        candidates = []
        for reference in range(1, 129):
            if not PHASE_DETECTOR_HZ[0] <= in_hz / reference <= PHASE_DETECTOR_HZ[1]:
                continue
            feedback = round(out_hz * reference / in_hz)
            if not 1 <= feedback <= 80:
                continue
            out = in_hz * feedback / reference
            # The middle of the oscillator's range, as far as the divider allows.
            divider = min(max(round(sum(VCO_HZ) / 2 / out), 1), 128)
            if VCO_HZ[0] <= out * divider <= VCO_HZ[1]:
                parameters = {"CLKI_DIV": reference, "CLKFB_DIV": feedback, "CLKOP_DIV": divider}
                candidates.append(Pll(out, out * divider, parameters))
        return nearest(candidates, out_hz)

    def pll_instance(self, pll: Pll, in_hz: int) -> str:
        divider = pll.parameters["CLKOP_DIV"]
        parameters = ", ".join(f".{name}({value})" for name, value in pll.parameters.items())
        # The attributes are the filter settings that Lattice's tool chooses; CLKOP feeds back on itself.
        return f"""\
  (* FREQUENCY_PIN_CLKI="{in_hz / 1e6:g}", FREQUENCY_PIN_CLKOP="{pll.out_hz / 1e6:g}", ICP_CURRENT="12",
     LPF_RESISTOR="8", MFG_ENABLE_FILTEROPAMP="1", MFG_GMCREF_SEL="2" *)
  EHXPLLL #({parameters}, .CLKOP_ENABLE("ENABLED"), .CLKOP_CPHASE({divider - 1}), .CLKOP_FPHASE(0),
    .FEEDBK_PATH("CLKOP"), .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"),
    .DPHASE_SOURCE("DISABLED"), .OUTDIVIDER_MUXA("DIVA"))
    pll(.CLKI(clk_pin), .CLKOP(clk), .CLKFB(clk), .LOCK(locked), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0),
    .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0));
"""

    def place_and_route(self, job: Job) -> Command:
        board = job.board
        context = ["--out-of-context"]
        effort = LARGE if job.luts >= LARGE_LUTS else SMALL
        if job.constraints is not None:
            context = ["--lpf", str(job.constraints), "--textcfg", str(job.routed)]
        return Command(
            "nextpnr-ecp5",
            (
                *(f"--{board.device}", "--package", board.package, "--speed", board.speed),
                *("--json", str(job.netlist), "--report", str(job.report), *context),
                *("--freq", f"{job.clock_mhz:g}", "--timing-allow-fail", "--seed", str(job.seed), *effort),
            ),
        )

    def pack(self, board: Board, routed: Path, bitstream: Path) -> Command:
        return Command("ecppack", ("--compress", "--input", str(routed), "--bit", str(bitstream)))
