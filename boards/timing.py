"""What place and route found out about timing, in the design's own terms."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

# Names that synthesis adds to those of the design: `memory.word_TRELLIS_FF_Q_23_DI` is the flip-flop of `memory.word`.
ADDED = re.compile(
    r"(_(TRELLIS_|LUT\d|PFUMX|L6MUX21|CCU2C|SB_|DFF|ALU|MUX2|RAM16|RAMW|DP16KD|PDPW16KD|BSRAM|SDPB|IBUF|OBUF|"
    r"D_|O_|Q_|S\d|COUT|CE\b|LSR\b|DI\b)|\$).*"
)
INDEX = re.compile(r"(\.\d+|\[\d+\])+$")
NAMELESS = re.compile(r"(^|\.)_\d+_?$|^ICESTORM_LC_\d+$")
"""What the emitted Verilog or the packer has named, and the design has not."""


@dataclass(frozen=True)
class Path:
    """A critical path."""

    start: str
    """Register or memory that it begins at."""
    through: tuple[str, ...]
    """Signals of the design on its way."""
    end: str
    logic_ns: float
    """Clock-to-output and set-up times included."""
    routing_ns: float

    def __str__(self) -> str:
        way = " -> ".join((self.start, *self.through, self.end))
        return f"{way} ({self.logic_ns:.2f} ns logic, {self.routing_ns:.2f} ns routing)"


@dataclass(frozen=True)
class Clock:
    """One clock of the design."""

    name: str
    fmax_mhz: float
    """Median over the seeds."""
    fmax_mhz_by_seed: tuple[float, ...]
    critical_path: Path | None
    """Of the seed whose Fmax is the median (of an even number, the lower of the two in the middle)."""


def clocks_of(reports: Sequence[Mapping[str, Any]]) -> list[Clock]:
    """Fmax and critical path of each clock, from nextpnr's reports, one a seed."""
    clocks = []
    for name in reports[0]["fmax"]:
        achieved = [report["fmax"][name]["achieved"] for report in reports]
        middle = sorted(range(len(reports)), key=achieved.__getitem__)[(len(reports) - 1) // 2]
        clocks.append(
            Clock(
                name=signal_name(name) or name,
                fmax_mhz=median(achieved),
                fmax_mhz_by_seed=tuple(achieved),
                critical_path=_critical_path(reports[middle], name),
            )
        )
    return clocks


def signal_name(name: str) -> str:
    """The design's own name in a name that synthesis or place and route made of it."""
    for prefix in ("$PACKER_", "$glbnet$", "$nextpnr_"):
        name = name.removeprefix(prefix)
    return INDEX.sub("", ADDED.sub("", name)).rstrip("_.")


def _critical_path(report: Mapping[str, Any], clock: str) -> Path | None:
    edges = (f"posedge {clock}", f"negedge {clock}")
    for path in report["critical_paths"]:
        if path["from"] in edges and path["to"] in edges:
            return _path(path["path"])
    return None


def _path(segments: Sequence[Mapping[str, Any]]) -> Path:
    names = [signal_name(segments[0]["from"]["cell"])]
    for segment in segments:
        if segment["type"] == "routing":
            names += [signal_name(segment["net"]), signal_name(segment["to"]["cell"])]
    end = names[-1]
    through: list[str] = []
    for name in names[1:-1]:
        if name and not NAMELESS.search(name) and name not in (names[0], end, *through):
            through.append(name)
    routing = sum(segment["delay"] for segment in segments if segment["type"] == "routing")
    logic = sum(segment["delay"] for segment in segments if segment["type"] != "routing")
    return Path(names[0], tuple(through), end, logic, routing)
