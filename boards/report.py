"""What a run found: resources by module, timing, speed; as a table and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from boards.definitions import Board
from boards.estimate import Estimate
from boards.families import FAMILIES
from boards.families.base import RESOURCES
from boards.netlist import to_depth, total
from boards.pinout import baudrate_at
from boards.timing import Clock

TITLES = {"lut": "LUT", "ff": "FF", "block_ram": "block RAM", "spram": "SPRAM", "dsp": "DSP"}
TABLE_DEPTH = 2
"""Levels of the hierarchy in the table; the JSON has all."""

NO_TIMING = "no timing was closed: only Vivado can place this device"


@dataclass(frozen=True)
class Report:
    """What a run found."""

    design: str
    config_hash: str
    """See :attr:`hwgen.config.CoreConfig.hash`; 16 hexadecimal digits."""
    content_hash: str
    """See :attr:`hwgen.design.Design.content_hash`; 16 hexadecimal digits."""
    verilog_sha256: str
    """SHA-256 of what was synthesised, the core's Verilog or that of the whole top level, without its lines that start
    with ``//``; 64 hexadecimal digits."""
    board: Board
    out_of_context: bool
    target_mhz: float
    """What place and route aimed at."""
    used: Mapping[str, int]
    """Resources after place and route, or where there was none after synthesis."""
    modules: Mapping[str, Mapping[str, int]]
    """Resources of each module after synthesis, without its submodules."""
    clocks: tuple[Clock, ...]
    """Empty where no tool times the device."""
    estimate: Estimate
    tools: Mapping[str, str]
    clock_mhz: float | None = None
    """The clock that the built top level runs at; None where only Fmax was asked for."""
    typical_cycles: Mapping[str, float] = field(default_factory=dict)
    """See :meth:`hwgen.design.Design.typical_cycles`."""

    @property
    def fmax_mhz(self) -> float | None:
        """Of the slowest clock."""
        return min((clock.fmax_mhz for clock in self.clocks), default=None)

    @property
    def timing_closed(self) -> bool | None:
        """Whether the built clock, with every seed tried, is within Fmax; None where that is not known."""
        if self.clock_mhz is None or not self.clocks:
            return None
        return all(min(clock.fmax_mhz_by_seed) >= self.clock_mhz for clock in self.clocks)

    @property
    def baudrate(self) -> int | None:
        """Of the built host link; None where only the core was placed."""
        return None if self.clock_mhz is None else baudrate_at(self.board, self.clock_mhz * 1e6)

    @property
    def samples_per_second(self) -> float | None:
        """At full rate, at the built clock but not beyond Fmax; None where no timing was closed. Where clocks depend on
        the sample, at least."""
        return self._rate(self.estimate.cycles_per_sample)

    def _rate(self, cycles: float) -> float | None:
        """Samples per second at so many clocks a sample."""
        if self.fmax_mhz is None:
            return None
        mhz = self.fmax_mhz if self.clock_mhz is None else min(self.clock_mhz, self.fmax_mhz)
        return mhz * 1e6 / cycles

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        capacity = asdict(self.board.capacity)
        return {
            "design": self.design,
            "config_hash": self.config_hash,
            "content_hash": self.content_hash,
            "verilog_sha256": self.verilog_sha256,
            "board": self.board.name,
            "device": self.board.device,
            "out_of_context": self.out_of_context,
            "target_mhz": self.target_mhz,
            "clock_mhz": self.clock_mhz,
            "timing_closed": self.timing_closed,
            "baudrate": self.baudrate,
            "fmax_mhz": self.fmax_mhz,
            "clocks": [
                {
                    **asdict(clock),
                    "critical_path": None if clock.critical_path is None else asdict(clock.critical_path),
                }
                for clock in self.clocks
            ],
            "used": dict(self.used),
            "available": {resource: capacity[f"{resource}s"] for resource in RESOURCES},
            "modules": {module: dict(counts) for module, counts in self.modules.items()},
            "cycles_per_sample": self.estimate.cycles_per_sample,
            "latency_cycles": self.estimate.latency,
            "samples_per_second": self.samples_per_second,
            "memory_port_utilisation": self.estimate.memory_port_utilisation,
            **{f"typical_cycles_{what}": cycles for what, cycles in self.typical_cycles.items()},
            "estimate": self.estimate.as_dict(),
            "tools": dict(self.tools),
        }

    def table(self) -> RenderableType:
        """For a terminal."""
        return Group(self._resources(), *self._note(), self._summary())

    def _resources(self) -> Table:
        table = Table(title=f"{self.design} on {self.board.title}", title_justify="left")
        table.add_column("module")
        for resource in RESOURCES:
            table.add_column(TITLES[resource], justify="right")
        for module, counts in to_depth(self.modules, TABLE_DEPTH).items():
            table.add_row(module, *(f"{counts[resource]:,}" for resource in RESOURCES))
        table.add_section()
        table.add_row("used", *(f"{self.used[resource]:,}" for resource in RESOURCES))
        available = asdict(self.board.capacity)
        table.add_row("available", *(f"{available[f'{resource}s']:,}" for resource in RESOURCES))
        return table

    def _note(self) -> list[Text]:
        """Why the modules do not add up to what is used; empty where they do."""
        if total(self.modules) == dict(self.used):
            return []
        placed = FAMILIES[self.board.family].placed_luts
        return [Text(f"Modules count the netlist before placement, used what is placed: under LUT {placed}.")]

    def _summary(self) -> Table:
        table = Table(show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for clock in self.clocks:
            seeds = len(clock.fmax_mhz_by_seed)
            median = f", median of {seeds} seeds" if seeds > 1 else ""
            table.add_row(f"Fmax of {clock.name}", f"{clock.fmax_mhz:.1f} MHz{median}")
            table.add_row("critical path", str(clock.critical_path or "-"))
        if not self.clocks:
            table.add_row("Fmax", NO_TIMING)
        if self.clock_mhz is not None:
            closed = {None: "", True: ", timing closed", False: ", TIMING NOT CLOSED"}[self.timing_closed]
            table.add_row("clock", f"{self.clock_mhz:g} MHz{closed}")
            table.add_row("host link", f"{self.baudrate:,} baud, {self.board.link}")
        elif self.clocks and not self.out_of_context:
            table.add_row("clock", f"none: `hwgen build` chooses one; place and route aimed at {self.target_mhz:g} MHz")
        table.add_row("cycles per sample", f"{self.estimate.cycles_per_sample:,}")
        if self.samples_per_second is not None:
            table.add_row("samples per second", f"{self.samples_per_second:,.0f}")
        for what, cycles in self.typical_cycles.items():
            rate = self._rate(cycles)
            speed = "" if rate is None else f", {rate:,.0f} samples per second"
            table.add_row(f"held-out samples, {what}", f"{cycles:,.1f} cycles{speed}")
        table.add_row("memory-port utilisation", f"{self.estimate.memory_port_utilisation:.1%}")
        return table
