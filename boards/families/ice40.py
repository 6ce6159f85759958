"""Lattice iCE40 UltraPlus: Yosys, nextpnr-ice40, icepack."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from boards.definitions import Board
from boards.families.base import SINGLE_PORT_MAP, Command, Family, Job, Pll, nearest, pin_table

VCO_HZ = (533e6, 1066e6)
PHASE_DETECTOR_HZ = (10e6, 133e6)
OUT_HZ = (16e6, 275e6)
FILTER_RANGES = ((17e6, 1), (26e6, 2), (44e6, 3), (66e6, 4), (101e6, 5))
"""FILTER_RANGE by the phase detector's frequency, up to and without the one given; above all of them 6."""

LEAST_ENABLED = 3
"""Flip-flops with a clock enable of their own. All eight of a tile share one, so that each enable of a flip-flop or two
costs a tile: the synthesis' usual 1 made 254 groups of one ep machine, this makes 141, of less logic cells too."""

LUT = "SB_LUT4"
FLIP_FLOPS = (
    f"SB_DFF{edge}{kind}" for edge in ("", "N") for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
)


class Ice40(Family):
    """iCE40UP devices. A carry belongs to the logic cell of its look-up table, so it counts nothing."""

    name = "ice40"
    cells: ClassVar[Mapping[str, Mapping[str, int]]] = {
        LUT: {"lut": 1},
        **{cell: {"ff": 1} for cell in FLIP_FLOPS},
        **{f"SB_RAM40_4K{edges}": {"block_ram": 1} for edges in ("", "NR", "NW", "NRNW")},
        "SB_SPRAM256KA": {"spram": 1},
        "SB_MAC16": {"dsp": 1},
    }
    placed: ClassVar[Mapping[str, str]] = {
        "ICESTORM_LC": "lut",
        "ICESTORM_RAM": "block_ram",
        "ICESTORM_SPRAM": "spram",
        "ICESTORM_DSP": "dsp",
    }
    placed_luts = "logic cells, each with a look-up table, a flip-flop or both"
    out_of_context = False
    lut_scale = 1.15  # what is placed are logic cells, some of which hold a flip-flop only
    bitstream_suffix = ".bin"

    def synthesis(self, top: str) -> str:
        return f"synth_ice40 -device u -dsp -dffe_min_ce_use {LEAST_ENABLED} -top {top}"

    def single_port_synthesis(self, top: str, memories: Sequence[str]) -> str:
        # Yosys' own choice (-spram) finds none: the memories start with zeros, and their two ports have two addresses.
        chosen = " ".join(f"c:{memory}" for memory in memories)
        return "\n".join(
            [
                f"{self.synthesis(top)} -run begin:map_ram",
                f"select -assert-count {len(memories)} {chosen}",
                f"chtype -set $__single_port_memory {chosen}",
                f"techmap -map {SINGLE_PORT_MAP}",
                # techmap renames them, and the report counts by name.
                *(f'setparam -set MEMID "\\{memory}" c:{memory}' for memory in memories),
                f"{self.synthesis(top)} -run map_ram:",
            ]
        )

    def least_luts(self, cells: Mapping[str, Any], ports: Mapping[str, Any]) -> int:
        """Logic cells: a flip-flop shares that of a look-up table only if it is the only one to read it."""
        readers = Counter(bit for port in ports.values() if port["direction"] == "output" for bit in port["bits"])
        for cell in cells.values():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] == "input":
                    readers.update(bits)
        driven = {cell["connections"]["O"][0] for cell in cells.values() if cell["type"] == LUT}
        inputs = [cell["connections"]["D"][0] for cell in cells.values() if cell["type"].startswith("SB_DFF")]
        return len(driven) + sum(bit not in driven or readers[bit] > 1 for bit in inputs)

    def constraints(self, board: Board, leds: int) -> tuple[str, str]:
        return ".pcf", "".join(f"set_io {port} {pin}\n" for port, pin in pin_table(board, leds))

    def pll(self, in_hz: int, out_hz: float) -> Pll | None:
        candidates = []
        for reference in range(16):
            compared = in_hz / (reference + 1)
            if not PHASE_DETECTOR_HZ[0] <= compared <= PHASE_DETECTOR_HZ[1]:
                continue
            limit = next((number for below, number in FILTER_RANGES if compared < below), 6)
            for output in range(1, 7):
                feedback = round(out_hz * 2**output / compared) - 1
                vco = compared * (feedback + 1)
                out = vco / 2**output
                if 0 <= feedback <= 127 and VCO_HZ[0] <= vco <= VCO_HZ[1] and OUT_HZ[0] <= out <= OUT_HZ[1]:
                    parameters = {"DIVR": reference, "DIVF": feedback, "DIVQ": output, "FILTER_RANGE": limit}
                    candidates.append(Pll(out, vco, parameters))
        return nearest(candidates, out_hz)

    def pll_instance(self, pll: Pll, in_hz: int) -> str:
        parameters = ", ".join(f".{name}({value})" for name, value in pll.parameters.items())
        # The pad variant: the clock's pin is the PLL's own and drives nothing else.
        return f"""\
  SB_PLL40_PAD #(.FEEDBACK_PATH("SIMPLE"), {parameters})
    pll(.PACKAGEPIN(clk_pin), .PLLOUTGLOBAL(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0));
"""

    def place_and_route(self, job: Job) -> Command:
        board = job.board
        return Command(
            "nextpnr-ice40",
            (
                *(f"--{board.device}", "--package", board.package, "--pcf", str(job.constraints)),
                *("--json", str(job.netlist), "--asc", str(job.routed), "--report", str(job.report)),
                *("--freq", f"{job.clock_mhz:g}", "--timing-allow-fail", "--seed", str(job.seed)),
            ),
        )

    def pack(self, board: Board, routed: Path, bitstream: Path) -> Command:
        return Command("icepack", (str(routed), str(bitstream)))
