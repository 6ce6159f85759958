"""A bitstream: the fastest clock that is found to close timing, and what the board needs besides."""

import logging
from dataclasses import dataclass
from pathlib import Path

from boards.definitions import Board
from boards.errors import MissesTiming
from boards.families import FAMILIES
from boards.families.xilinx import vivado_script
from boards.flow import CONSTRAINTS, SOURCE, Flow, build_folder
from boards.pinout import clock_choices
from boards.record import bitstream_name, publish_bitstream, publish_project, script_name
from boards.report import Report
from boards.steps import Steps
from hwgen.design import Design

_log = logging.getLogger("hwgen")

MARGIN = 1.05
"""Fmax over clock that a clock must have which nobody asked for."""


@dataclass(frozen=True)
class Built:
    """What was built."""

    report: Report
    files: tuple[Path, ...]
    """The bitstream, on Xilinx the files of a Vivado project; and ``report.json``, which says what it was built of."""


def build(design: Design, board: Board, directory: Path | None = None, *, clock_mhz: float | None = None) -> Built:
    """Build a design's whole top level for a board.

    Args:
        directory: build folder; a run in it resumes where the last one stopped.
        clock_mhz: the clock in MHz; by default the fastest that is found to close timing with 5 % of margin, of those
            that the board's PLL makes exactly (:func:`~boards.pinout.clock_choices`), each tried with one seed.

    What is in the build folder is replaced when the new bitstream is whole; a build that is refused changes nothing.
    Raises :class:`~hwgen.errors.DesignError` for a design that cannot fit, and for a clock that the board cannot make;
    :class:`~boards.errors.DoesNotFit` and :class:`~boards.errors.MissesTiming` for what turns out too large or too
    slow; :class:`~hwgen.errors.ToolError` for a tool that is missing or fails.
    """
    directory = directory or build_folder(design, board)
    if FAMILIES[board.family].bitstream_suffix is None:
        return _project(Flow(design, board, directory, board.clock_hz / 1e6 if clock_mhz is None else clock_mhz))
    if clock_mhz is None:
        flow, report = _fastest(design, board, directory)
    else:
        flow = Flow(design, board, directory, clock_mhz)
        report = flow.run()
        if not report.timing_closed:
            raise MissesTiming(
                f"{design.name} on {board.title} does not close timing at {report.clock_mhz:g} MHz: Fmax is "
                f"{report.fmax_mhz:.1f} MHz; lower --clock-mhz, or leave it out to get the fastest clock that is found"
            )
    steps = Steps(directory)
    elaborated = flow.elaborate(steps)
    placed = flow.place(steps, elaborated, flow.synthesise(steps, elaborated), seed=1)
    assert placed is not None
    bitstream, record = publish_bitstream(steps, flow.pack(steps, placed), bitstream_name(design, board), report)
    return Built(report, (bitstream, record))


def _fastest(design: Design, board: Board, directory: Path) -> tuple[Flow, Report]:
    """The fastest choice of clock that is found to close timing with margin.

    What place and route reaches depends on what it aims at, so an attempt tells where to go on, down or up again: each
    choice up to the highest Fmax of all attempts is tried, from the top, until one closes; none is tried twice.
    """
    open_choices = clock_choices(board)
    slowest = open_choices[-1]
    chosen: tuple[Flow, Report] | None = None
    reached = 0.0
    attempt: float | None = open_choices[0]
    while attempt is not None:
        _log.info("trying %g MHz ...", attempt)
        flow = Flow(design, board, directory, attempt)
        report = flow.run()
        fmax = report.fmax_mhz
        assert fmax is not None
        reached = max(reached, fmax)
        open_choices.remove(attempt)
        if fmax >= attempt * MARGIN:
            chosen = flow, report
            open_choices = [choice for choice in open_choices if choice > attempt]
        else:
            _log.info("%g MHz does not close timing with margin: Fmax is %.1f MHz", attempt, fmax)
        attempt = next((choice for choice in open_choices if choice * MARGIN <= reached), None)
        if attempt is None and chosen is None and slowest in open_choices:
            attempt = slowest
    if chosen is None:
        raise MissesTiming(
            f"{design.name} on {board.title} closes timing at no clock that is tried: Fmax is {reached:.1f} MHz; "
            "choose one with --clock-mhz"
        )
    return chosen


def _project(flow: Flow) -> Built:
    """The Verilog, the constraints and the script with which Vivado builds the bitstream."""
    report = flow.run()
    steps = Steps(flow.directory)
    elaborated = flow.elaborate(steps)
    suffix, _ = FAMILIES[flow.board.family].constraints(flow.board, 1)
    source, constraints = f"{flow.top}.v", f"{flow.top}{suffix}"
    bitstream = bitstream_name(flow.design, flow.board)
    texts = {
        source: (elaborated / SOURCE).read_text(encoding="utf-8"),
        constraints: (elaborated / CONSTRAINTS).read_text(encoding="utf-8"),
        script_name(flow.design): vivado_script(flow.board, flow.top, source, constraints, bitstream),
    }
    return Built(report, publish_project(steps, texts, bitstream, report))
