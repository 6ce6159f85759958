"""Gowin GW1N: Yosys, nextpnr-himbaechel, gowin_pack."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from boards.definitions import Board
from boards.families.base import Command, Family, Job, Pll, nearest, pin_table

VCO_HZ = (400e6, 1200e6)
PHASE_DETECTOR_HZ = (3e6, 400e6)
OUTPUT_DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)

PLL_DEVICE = "GW1NR-9C"
CHIP = "GW1N-9C"
"""The die's name, as gowin_pack and nextpnr's database have it."""

# The LEDs and the UART share pins with the configuration ports, which are free once the FPGA is configured.
SHARED_PINS = ("--sspi_as_gpio", "--mspi_as_gpio")


class Gowin(Family):
    """GW1N devices."""

    name = "gowin"
    cells: ClassVar[Mapping[str, Mapping[str, int]]] = {
        **{f"LUT{inputs}": {"lut": 1} for inputs in range(1, 5)},
        "ALU": {"lut": 1},
        "RAM16SDP4": {"lut": 4},
        **{
            f"DFF{edge}{kind}{enable}": {"ff": 1}
            for edge in ("", "N")
            for kind in ("", "S", "R", "P", "C")
            for enable in ("", "E")
        },
        **{cell: {"block_ram": 1} for cell in ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9")},
        "MULT18X18": {"dsp": 1},
    }
    placed: ClassVar[Mapping[str, str]] = {"LUT4": "lut", "DFF": "ff", "BSRAM": "block_ram", "MULT18X18": "dsp"}
    out_of_context = False
    bitstream_suffix = ".fs"

    def synthesis(self, top: str) -> str:
        return f"synth_gowin -family gw1n -top {top}"

    def constraints(self, board: Board, leds: int) -> tuple[str, str]:
        lines = []
        for port, pin in pin_table(board, leds):
            lines.append(f'IO_LOC "{port}" {pin};')
            lines.append(f'IO_PORT "{port}" IO_TYPE={board.io_standard};')
        return ".cst", "\n".join(lines) + "\n"

    def pll(self, in_hz: int, out_hz: float) -> Pll | None:
        candidates = []
        for reference in range(64):
            if not PHASE_DETECTOR_HZ[0] <= in_hz / (reference + 1) <= PHASE_DETECTOR_HZ[1]:
                continue
            feedback = round(out_hz * (reference + 1) / in_hz) - 1
            if not 0 <= feedback <= 63:
                continue
            out = in_hz * (feedback + 1) / (reference + 1)
            for divider in OUTPUT_DIVIDERS:
                if VCO_HZ[0] <= out * divider <= VCO_HZ[1]:
                    parameters = {"IDIV_SEL": reference, "FBDIV_SEL": feedback, "ODIV_SEL": divider}
                    candidates.append(Pll(out, out * divider, parameters))
                    break
        return nearest(candidates, out_hz)

    def pll_instance(self, pll: Pll, in_hz: int) -> str:
        parameters = ", ".join(f".{name}({value})" for name, value in pll.parameters.items())
        return f"""\
  rPLL #(.FCLKIN("{in_hz / 1e6:g}"), .DEVICE("{PLL_DEVICE}"), {parameters}, .DYN_IDIV_SEL("false"),
    .DYN_FBDIV_SEL("false"), .DYN_ODIV_SEL("false"), .CLKFB_SEL("internal"), .DYN_DA_EN("false"), .DYN_SDIV_SEL(2))
    pll(.CLKIN(clk_pin), .CLKOUT(clk), .LOCK(locked), .RESET(1'b0), .RESET_P(1'b0), .CLKFB(1'b0), .FBDSEL(6'b0),
    .IDSEL(6'b0), .ODSEL(6'b0), .PSDA(4'b0), .DUTYDA(4'b0), .FDLY(4'b0));
"""

    def place_and_route(self, job: Job) -> Command:
        options = [f"family={CHIP}", f"cst={job.constraints}"]
        return Command(
            "nextpnr-himbaechel-gowin",
            (
                *("--device", job.board.device, *(word for option in options for word in ("--vopt", option))),
                *("--json", str(job.netlist), "--write", str(job.routed), "--report", str(job.report)),
                *("--freq", f"{job.clock_mhz:g}", "--timing-allow-fail", "--seed", str(job.seed)),
            ),
        )

    def pack(self, board: Board, routed: Path, bitstream: Path) -> Command:
        return Command("gowin_pack", ("-d", CHIP, *SHARED_PINS, "-o", str(bitstream), str(routed)))
