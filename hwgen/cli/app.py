"""The command's frame: subcommands, errors to exit codes, progress to standard error."""

import logging
import sys

import typer
from rich.logging import RichHandler

from hwgen import __version__
from hwgen.cli import (
    bench,
    bench_boards,
    board_sim,
    boards,
    build,
    demo,
    doctor,
    experiment,
    generate,
    infer,
    list_,
    new,
    program,
    synth,
    verify,
)
from hwgen.cli.output import ERRORS, ExitCode, progress
from hwgen.errors import HwgenError, ToolError

app = typer.Typer(
    name="hwgen",
    help="Generators of verified hardware for physics-inspired learning machines.",
    epilog=(
        "Exit codes: 0 success; 1 a difference was found, or doctor found something missing; 2 wrong usage or input; "
        "3 a tool is missing or failed; 130 interrupted."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("new")(new.new)
app.command("generate")(generate.generate)
app.command("verify")(verify.verify)
app.command("infer")(infer.infer)
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


def main() -> None:
    """Run the command line; what went wrong becomes one message and an exit code."""
    handler = RichHandler(console=progress, show_time=False, show_level=False, show_path=False)
    logger = logging.getLogger("hwgen")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
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
