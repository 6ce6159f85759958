"""From a design to a report and a bitstream: named steps, each cached, none of them left half done."""

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boards
import hwgen
from boards import families
from boards.definitions import Board
from boards.errors import DoesNotFit
from boards.estimate import Estimate, check_out_of_context, estimate
from boards.families import FAMILIES
from boards.families.base import SINGLE_PORT_MAP, Command, Job, Pll
from boards.fit import check_netlist, no_room
from boards.netlist import module_resources, read_netlist, total
from boards.pinout import baudrate_at, board_module, clock_choices, clock_setting
from boards.report import Report
from boards.steps import Steps
from boards.timing import clocks_of
from boards.tools import find_tool, run_tool
from boards.verilog import check_pins, emit_top, verilog_sha256
from hwgen.design import Design
from hwgen.emit.verilog import tool_versions
from hwgen.errors import ToolError
from hwgen.output import write_json

SOURCE, NETLIST, CONSTRAINTS, ROUTED, TIMING = "design.v", "netlist.json", "pins", "routed", "timing.json"

FAMILY_FILES = Path(families.__file__).parent

# Modules that synthesis was to keep apart, from one another and from the rest, have served their turn.
FLATTEN = "setattr -mod -unset keep_hierarchy *\nflatten\nclean"

NO_ROOM = "no BELs remaining"
"""What nextpnr says when it has run out of cells of a kind."""

HEADROOM = 1.3
"""Without a wanted clock, place and route aims at this many times the fastest clock that its family is known for."""

ASPIRED_MHZ = {"ecp5": 150.0, "ice40": 30.0, "gowin": 80.0, "xilinx": 150.0}
"""Clocks that small cores reach; what place and route works towards when nobody asked for one."""


@dataclass(frozen=True)
class Flow:
    """One design on one board.

    Args:
        directory: build folder, in which the steps' folders are.
        clock_mhz: wanted clock of the whole top level; None out of context.
        exploring: whether ``clock_mhz`` is only what place and route aims at: the report then has Fmax and no clock.
    """

    design: Design
    board: Board
    directory: Path
    clock_mhz: float | None = None
    exploring: bool = False

    @property
    def out_of_context(self) -> bool:
        """Whether the core alone is placed, without pins."""
        return self.clock_mhz is None

    @cached_property
    def estimate(self) -> Estimate:
        """What the design will take; synthesis follows its choice of memories for single-port RAMs."""
        return estimate(self.design, self.board, out_of_context=self.out_of_context)

    @cached_property
    def pll(self) -> Pll | None:
        """The setting of the clock generator; None out of context, and for the board's own clock."""
        return None if self.clock_mhz is None else clock_setting(self.board, self.clock_mhz)

    @property
    def clock_hz(self) -> float | None:
        """Frequency that the whole top level runs at, which is what the PLL makes; None out of context."""
        if self.clock_mhz is None:
            return None
        return float(self.board.clock_hz) if self.pll is None else self.pll.out_hz

    @property
    def target_mhz(self) -> float:
        """What place and route aims at."""
        return HEADROOM * ASPIRED_MHZ[self.board.family] if self.clock_hz is None else self.clock_hz / 1e6

    @property
    def tools(self) -> list[str]:
        """Names of the tools that :meth:`run` needs, and for a clock that is built :meth:`pack`."""
        family = FAMILIES[self.board.family]
        commands = [family.place_and_route(Job(self.board, Path(), None, 1.0, 1, Path(), Path(), 0))]
        if not (self.out_of_context or self.exploring):
            commands.append(family.pack(self.board, Path(), Path()))
        return ["yosys", *(command.tool for command in commands if command is not None)]

    def run(self, seeds: int = 1) -> Report:
        """Estimate, elaborate, synthesise, place and route (with ``seeds`` seeds, from 1 on), and report.

        Raises :class:`~hwgen.errors.DesignError` for a clock that the board cannot make and for a design that cannot
        fit or has pins that the board does not connect, and :class:`~hwgen.errors.ToolError` for one of :attr:`tools`
        that is missing, before anything is written; :class:`~boards.errors.DoesNotFit` for a design that turns out too
        large; and :class:`~hwgen.errors.ToolError` for a tool that fails.
        """
        if self.clock_hz is None:
            check_out_of_context(self.board)
        else:
            baudrate_at(self.board, self.clock_hz)
            check_pins(self.design, self.board)
        self.estimate.check_fit()
        tools = {name: find_tool(name).version for name in self.tools}
        steps = Steps(self.directory)
        elaborated = self.elaborate(steps)
        synthesised = self.synthesise(steps, elaborated)
        netlist = read_netlist(synthesised / NETLIST)
        check_netlist(self.design.name, netlist, self.top, self.board, self.estimate.needs)
        placed = [self.place(steps, elaborated, synthesised, seed) for seed in range(1, seeds + 1)]
        source = (elaborated / SOURCE).read_text(encoding="utf-8")
        return self._report(netlist, [folder for folder in placed if folder is not None], tools, verilog_sha256(source))

    def elaborate(self, steps: Steps) -> Path:
        """The folder with the Verilog and the constraints."""
        inputs = {
            "sources": _source_hash(),
            "versions": tool_versions(),
            "name": self.design.name,
            "config": self.design.config.parameters(),
            "parameters": hashlib.sha256(pickle.dumps(self.design.parameters)).hexdigest(),
            "board": self.board.name,
            "clock_hz": self.clock_hz,
        }
        return steps.run("elaborate", inputs, self._elaborate)

    def synthesise(self, steps: Steps, elaborated: Path) -> Path:
        """The folder with the netlist."""
        family = FAMILIES[self.board.family]
        within = "" if self.out_of_context else "system.core."
        single_port = [f"{within}{memory.name}" for memory in self.estimate.single_port]
        commands = family.single_port_synthesis(self.top, single_port) if single_port else family.synthesis(self.top)
        script = f"read_verilog {SOURCE}\n{commands}\n{FLATTEN}\nwrite_json {NETLIST}\n"
        texts = {"synthesise.ys": script}
        if single_port:
            texts[SINGLE_PORT_MAP] = (FAMILY_FILES / SINGLE_PORT_MAP).read_text(encoding="utf-8")
        yosys = find_tool("yosys")

        def build(folder: Path) -> None:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            run_tool(yosys, ("-q", "-l", "synthesis.log", "synthesise.ys"), folder)
            if family.refinement:
                netlist = read_netlist(folder / NETLIST)
                refined = family.refine(netlist, self.top, self.board, out_of_context=self.out_of_context)
                (folder / NETLIST).write_text(json.dumps(refined), encoding="utf-8")

        inputs = {
            "texts": texts,
            "tool": yosys.version,
            "refinement": family.refinement,
            "device": self.board.device,
            "out_of_context": self.out_of_context,
        }
        return steps.run("synthesise", inputs, build, {SOURCE: elaborated / SOURCE})

    def place(self, steps: Steps, elaborated: Path, synthesised: Path, seed: int) -> Path | None:
        """The folder with the placed and routed design and its timing; None where no tool can.

        One step: nextpnr routes worse what it has read back from a file (117 MHz became 91 MHz).
        """
        job = Job(
            board=self.board,
            netlist=Path(NETLIST),
            constraints=None if self.out_of_context else Path(CONSTRAINTS),
            clock_mhz=self.target_mhz,
            seed=seed,
            routed=Path(ROUTED),
            report=Path(TIMING),
            luts=self.estimate.luts,
        )
        command = FAMILIES[self.board.family].place_and_route(job)
        if command is None:
            return None
        files = {NETLIST: synthesised / NETLIST}
        if not self.out_of_context:
            files[CONSTRAINTS] = elaborated / CONSTRAINTS
        try:
            return self._tool_step(steps, f"place-and-route-{seed}", command, files)
        except ToolError as error:
            if NO_ROOM not in str(error):
                raise
            netlist = read_netlist(synthesised / NETLIST)
            text = no_room(self.design.name, netlist, self.top, self.board, self.estimate.needs)
            raise DoesNotFit(f"{text}\n{error}") from error

    def pack(self, steps: Steps, placed: Path) -> Path:
        """The step's file that is the bitstream."""
        family = FAMILIES[self.board.family]
        bitstream = Path(f"bitstream{family.bitstream_suffix}")
        command = family.pack(self.board, Path(ROUTED), bitstream)
        assert command is not None
        return self._tool_step(steps, "pack", command, {ROUTED: placed / ROUTED}) / bitstream

    @property
    def top(self) -> str:
        """Name of the top module."""
        return self.design.name if self.out_of_context else f"{self.design.name}_board"

    def sources(self) -> dict[str, str]:
        """The Verilog, ``SOURCE``, and where there are pins their constraints, ``CONSTRAINTS``.

        Raises :class:`~hwgen.errors.DesignError` for a clock that the board cannot make, and for pins that it does not
        connect.
        """
        if self.clock_hz is None:
            return {SOURCE: self.design.verilog().text}
        system = emit_top(self.design, self.board, self.clock_hz)
        name = f"{self.design.name}_system"
        wrapper, leds = board_module(self.board, self.top, name, self.pll, system.ports["led"])
        _, constraints = FAMILIES[self.board.family].constraints(self.board, leds)
        return {SOURCE: system.text + wrapper, CONSTRAINTS: constraints}

    def _elaborate(self, folder: Path) -> None:
        for name, text in self.sources().items():
            (folder / name).write_text(text, encoding="utf-8")

    def _tool_step(self, steps: Steps, name: str, command: Command, files: dict[str, Path]) -> Path:
        tool = find_tool(command.tool)

        def build(folder: Path) -> None:
            run_tool(tool, command.arguments, folder)

        return steps.run(name, {"arguments": command.arguments, "tool": tool.version}, build, files)

    def _report(self, netlist: Mapping[str, Any], placed: list[Path], tools: Mapping[str, str], verilog: str) -> Report:
        family = FAMILIES[self.board.family]
        modules = module_resources(netlist, self.top, family)
        timings = [json.loads((folder / TIMING).read_text(encoding="utf-8")) for folder in placed]
        used = total(modules)
        if timings:
            for entry, resource in family.placed.items():
                used[resource] = timings[0]["utilization"].get(entry, {"used": used[resource]})["used"]
        return Report(
            design=self.design.name,
            config_hash=f"{self.design.config.hash:016x}",
            content_hash=f"{self.design.content_hash:016x}",
            verilog_sha256=verilog,
            board=self.board,
            out_of_context=self.out_of_context,
            target_mhz=self.target_mhz,
            used=used,
            modules=modules,
            clocks=tuple(clocks_of(timings)) if timings else (),
            estimate=self.estimate,
            tools=tools,
            clock_mhz=None if self.clock_hz is None or self.exploring else self.clock_hz / 1e6,
            typical_cycles=self.design.typical_cycles(),
        )


@cache
def _source_hash() -> str:
    """Hash of everything that elaboration may read: a changed generator makes new Verilog."""
    digest = hashlib.sha256()
    for package in (hwgen, boards):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_folder(design: Design, board: Board) -> Path:
    """Where a design's runs for a board are kept unless told otherwise."""
    return Path("build/synth") / f"{design.name}-{board.name}"


def synthesise(
    design: Design, board: Board, directory: Path | None = None, *, out_of_context: bool = False, seeds: int = 1
) -> Report:
    """Area and Fmax of a design on a board; ``synth.json`` in the build folder, out of context ``core.json``, has the
    same.

    Args:
        directory: build folder; a run in it resumes where the last one stopped.
        out_of_context: place the core alone; if not, the whole top level, aiming at the fastest clock that
            :func:`~boards.build.build` would try.
        seeds: how often to place and route; Fmax is the median.

    Raises what :meth:`Flow.run` raises.
    """
    clock_mhz = None if out_of_context else clock_choices(board)[0]
    flow = Flow(design, board, directory or build_folder(design, board), clock_mhz, exploring=True)
    report = flow.run(seeds)
    write_json(flow.directory / ("core.json" if out_of_context else "synth.json"), report.as_dict())
    return report
