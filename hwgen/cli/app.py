"""The command's frame: subcommands, errors to exit codes, progress to standard error."""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer
from rich.logging import RichHandler

from hwgen import __version__
from hwgen.cli import (
    bench,
    bench_boards,
    board_sim,
    boards,
    build,
    chip,
    demo,
    doctor,
    experiment,
    generate,
    infer,
    list_,
    new,
    program,
    synth,
    train,
    verify,
)
from hwgen.cli.output import ERRORS, ExitCode, progress
from hwgen.errors import HwgenError, ToolError

app = typer.Typer(
    name="hwgen",
    help="Generators of verified hardware for physics-inspired learning machines.",
    epilog=(
        "Exit codes: 0 success; 1 a difference was found, or doctor found something missing; 2 wrong usage or input; "
        "3 a tool is missing or failed; 129, 130, 143 stopped by a signal."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("new")(new.new)
app.command("generate")(generate.generate)
app.command("verify")(verify.verify)
app.command("infer")(infer.infer)
app.command("train")(train.train)
app.command("chip")(chip.chip)
app.command("board-sim")(board_sim.board_sim)
app.command("boards")(boards.list_boards)
app.command("synth")(synth.synth)
app.command("build")(build.build)
app.command("program")(program.program)
app.command("list")(list_.list_all)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("bench")(bench.bench)
app.command("bench-boards")(bench_boards.bench_boards)
app.command("experiment")(experiment.experiment)


def _version(value: bool) -> None:
    if value:
        print(f"hwgen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Generators of verified hardware for physics-inspired learning machines."""


STOPPING = {signal.SIGTERM: ExitCode.TERMINATED, signal.SIGHUP: ExitCode.HUNG_UP}
"""Signals that end the command as Control-C does: it stops the tools that it runs and removes what is half written."""


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Meanwhile the signals in :data:`STOPPING` raise SystemExit with their exit code; ignored ones stay ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        for other in handlers:
            signal.signal(other, signal.SIG_IGN)  # nothing may disturb the cleaning up
        ERRORS.print(f"hwgen: stopped by {signal.Signals(number).name}")
        raise SystemExit(STOPPING[signal.Signals(number)])

    handlers = {number: signal.getsignal(number) for number in STOPPING}
    handlers = {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}
    for number in handlers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def logged() -> Iterator[None]:
    """Meanwhile what hwgen logs is shown."""
    handler = RichHandler(console=progress, show_time=False, show_level=False, show_path=False)
    logger = logging.getLogger("hwgen")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def main() -> None:
    """Run the command line; what went wrong becomes one message and an exit code."""
    try:
        with stopped_by_signals(), logged():
            app()
    except ToolError as error:
        ERRORS.print(f"hwgen: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(ExitCode.TOOL)
    except (HwgenError, OSError) as error:
        ERRORS.print(f"hwgen: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(ExitCode.INPUT)
    except KeyboardInterrupt:
        ERRORS.print("hwgen: interrupted")
        sys.exit(ExitCode.INTERRUPTED)
