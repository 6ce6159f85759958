"""A bitstream: the fastest clock that closes timing, and what the board needs besides."""

import logging
from dataclasses import dataclass
from pathlib import Path

from boards.definitions import Board
from boards.families import FAMILIES
from boards.families.xilinx import vivado_script
from boards.flow import CONSTRAINTS, SOURCE, Flow, build_folder
from boards.pinout import clock_choices
from boards.report import Report
from boards.steps import Steps
from hwgen.design import Design
from hwgen.errors import DesignError

_log = logging.getLogger("hwgen")

MARGIN = 1.05
"""Fmax over clock that a clock must have which nobody asked for."""


@dataclass(frozen=True)
class Built:
    """What was built."""

    report: Report
    files: tuple[Path, ...]
    """The bitstream; on Xilinx the files of a Vivado project."""


def build(design: Design, board: Board, directory: Path | None = None, *, clock_mhz: float | None = None) -> Built:
    """Build a design's whole top level for a board.

    Args:
        directory: build folder; a run in it resumes where the last one stopped.
        clock_mhz: the clock in MHz; by default the fastest of a list that closes timing with 5 % of margin.

    Raises :class:`~hwgen.errors.DesignError` for a design that cannot fit, and for a clock that the board cannot make
    or that does not close timing; :class:`~hwgen.errors.ToolError` for a tool that is missing or fails.
    """
    directory = directory or build_folder(design, board)
    if FAMILIES[board.family].bitstream_suffix is None:
        return _project(Flow(design, board, directory, clock_mhz or board.clock_hz / 1e6))
    if clock_mhz is None:
        flow, report = _fastest(design, board, directory)
    else:
        flow = Flow(design, board, directory, clock_mhz)
        report = flow.run()
        if not report.timing_closed:
            raise DesignError(
                f"{design.name} on {board.title} does not close timing at {clock_mhz:g} MHz: Fmax is "
                f"{report.fmax_mhz:.1f} MHz; lower --clock-mhz, or leave it out to get the fastest clock that does"
            )
    steps = Steps(directory)
    elaborated = flow.elaborate(steps)
    placed = flow.place(steps, elaborated, flow.synthesise(steps, elaborated), seed=1)
    assert placed is not None
    return Built(report, (flow.pack(steps, placed), directory / "report.json"))


def _fastest(design: Design, board: Board, directory: Path) -> tuple[Flow, Report]:
    """The fastest choice of clock that closes timing with margin. Each attempt tells where to go on."""
    choices = clock_choices(board)
    reached = 0.0
    while choices:
        flow = Flow(design, board, directory, choices[0])
        report = flow.run()
        fmax = report.fmax_mhz
        assert fmax is not None
        reached = max(reached, fmax)
        if fmax >= choices[0] * MARGIN:
            return flow, report
        _log.info("%g MHz does not close timing with margin: Fmax is %.1f MHz", choices[0], fmax)
        choices = [choice for choice in choices[1:] if choice * MARGIN <= fmax] or choices[1:][-1:]
    raise DesignError(
        f"{design.name} on {board.title} closes timing at no clock that is tried: Fmax is {reached:.1f} MHz; "
        "choose one with --clock-mhz"
    )


def _project(flow: Flow) -> Built:
    """The Verilog, the constraints and the script with which Vivado builds the bitstream."""
    report = flow.run()
    steps = Steps(flow.directory)
    elaborated = flow.elaborate(steps)
    suffix, _ = FAMILIES[flow.board.family].constraints(flow.board, 1)
    source, constraints = f"{flow.top}.v", f"{flow.top}{suffix}"
    script = vivado_script(flow.board, flow.top, [source], constraints)
    return Built(
        report,
        (
            steps.publish(elaborated / SOURCE, source),
            steps.publish(elaborated / CONSTRAINTS, constraints),
            steps.publish_text(script, f"{flow.top}.tcl"),
            flow.directory / "report.json",
        ),
    )
