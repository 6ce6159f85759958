"""``hwgen train``: a learning machine on images, chunk by chunk, to be stopped and resumed."""

import importlib.util
import inspect
import re
import shlex
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Self, TextIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hwgen import api, registry
from hwgen.cli.output import ExitCode, JsonOption, print_json, print_table, progress

if TYPE_CHECKING:
    from sim.epochs import Epoch

FOLDER = Path("build") / "train"

CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HUNG_UP,
}
"""Signals that end the training after the chunk under way, and the exit code of each."""


class Stop:
    """Whether to stop between two chunks: asked for by the first signal of :data:`CODES` since the question was first
    put. Before that, while a simulation may be compiled, and after it signals act as ever: a second one stops at
    once. At the end of a ``with`` statement that Control-C has ended before that, it says so."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __call__(self) -> bool:
        if self.signal is None and not self._before:
            self._before = {number: signal.getsignal(number) for number in CODES}
            for number, handler in self._before.items():
                if handler is not signal.SIG_IGN:  # what is ignored stays so
                    signal.signal(number, self._heed)
        return self.signal is not None

    def _heed(self, number: int, frame: FrameType | None) -> None:
        self.restore()
        self.signal = signal.Signals(number)
        progress.print(f"hwgen: {self.signal.name}: stopping after these samples; again to stop at once")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self.restore()
        if kind is not None and issubclass(kind, KeyboardInterrupt) and not self._before:
            progress.print("hwgen: stopped before anything was learnt; give the same command again")

    def restore(self) -> None:
        """Let signals act as they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def train(
    design: Annotated[Path, typer.Argument(help="Design file (TOML).", metavar="DESIGN.toml")],
    epochs: Annotated[int, typer.Option(min=1, help="How often to go through the images, resumed ones included.")],
    backend: Annotated[str, typer.Option(help="golden, rtl or serial:PORT (a board).")] = "golden",
    baudrate: Annotated[int | None, typer.Option(help="Baud rate of the board (default: 3000000).")] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="digits (bundled), mnist (in the folder HWGEN_DATA) or a folder in MNIST's format (default: the "
            "design's own, or digits)."
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of order and shifts: without effect with --order file and --shift 0. It is not the machine's."
        ),
    ] = 0,
    machine_seed: Annotated[
        int | None, typer.Option(help="Seed of what the machine draws itself (default: the design's).")
    ] = None,
    shift: Annotated[int, typer.Option(help="Move each image by up to so many pixels, anew in each epoch.")] = 0,
    order: Annotated[str, typer.Option(help="shuffled (anew in each epoch) or file.")] = "shuffled",
    phase: Annotated[
        str | None,
        typer.Option(
            help="ff: which parts learn: joint (all), layers, layer:0 and so on, readout (default: joint).",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Weights to start with, such as another phase's weights.npz (default: the design's)."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the folder's checkpoint, on any backend.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Folder for checkpoints and results (default: build/train/<design>, with -rtl or -serial behind it "
            "for these backends).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a learning machine on images, testing it after each epoch; write weights, a report and a learning curve.

    Control-C stops between two chunks of 1000 samples and keeps a checkpoint; --resume goes on from it and gives what
    an undisturbed training gives.
    """
    stop = Stop()
    with stop, warnings_as_sentences(), _bar(epochs) as at:
        loaded = api.load_design(design)
        folder = default_folder(loaded.name, backend, resume) if output is None else output
        training = api.train(
            loaded,
            data=data,
            backend=backend,
            epochs=epochs,
            seed=seed,
            shift=shift,
            order=order,
            machine_seed=machine_seed,
            phase=phase,
            weights=weights,
            output=folder,
            resume=resume,
            baudrate=baudrate,
            stop=stop,
            at=at,
        )
    if not training.complete:
        assert stop.signal is not None
        progress.print(f"hwgen: stopped; {folder} holds a checkpoint: give the same command --resume", soft_wrap=True)
        raise typer.Exit(CODES[stop.signal])
    if importlib.util.find_spec("matplotlib") is None:
        progress.print('hwgen: no curve.png: Matplotlib is not installed; try: pip install "hwgen\\[plot]"')
    told = loaded.config.phase_counters(training.phase)
    if as_json:
        print_json(training.as_dict())
    else:
        rows = [{"epoch": number, **_columns(epoch, told)} for number, epoch in enumerate(training.epochs, 1)]
        print_table(f"{loaded.name} on {backend}: weights {training.weights_sha256[:16]} ({folder})", rows)
    if told:
        options = {"data": data, "backend": backend, "baudrate": baudrate, "seed": seed, "shift": shift, "order": order}
        _name_next(design, epochs, options, folder)


def _name_next(design: Path, epochs: int, options: dict[str, Any], folder: Path) -> None:
    """Say how the read-out is trained next, with the same options as the layers, whose results are in ``folder``: into
    a folder in that one, so that they stay."""
    from sim.checkpoint import WEIGHTS

    defaults = inspect.signature(train).parameters
    given = {f"--{name}": value for name, value in options.items() if value != defaults[name].default}
    given |= {"--phase": "readout", "--weights": folder / WEIGHTS, "-o": folder / "readout"}
    more = [str(text) for option in given.items() for text in option]
    text = shlex.join(["hwgen", "train", str(design), "--epochs", str(epochs), *more])
    line = f"hwgen: once all layers have learnt, train the read-out: {text}"
    progress.print(line, markup=False, highlight=False, soft_wrap=True)


def _columns(epoch: "Epoch", told: Sequence[str]) -> dict[str, Any]:
    """What a table has room for: not what is told of each layer or phase. Where errors say nothing, it is the means of
    the statistics ``told``."""
    if told:
        return {**epoch.means(told), "cycles": epoch.cycles, "samples": epoch.samples}
    return {name: value for name, value in epoch.as_dict().items() if not re.search(r"_\d+$|_cycles$", name)}


def default_folder(name: str, backend: str, resume: bool) -> Path:
    """Where a training of the design ``name`` on a backend leaves its files. Each kind of backend has its own, so that
    none replaces what another gave. A training that is resumed may be another backend's, if there is only one."""
    from sim.checkpoint import CHECKPOINT

    folders = {kind: FOLDER / (name if kind == "golden" else f"{name}-{kind}") for kind in registry.BACKENDS}
    own = folders[registry.backend(backend)[0]]
    begun = [folder for folder in folders.values() if (folder / CHECKPOINT).exists()]
    return begun[0] if resume and own not in begun and len(begun) == 1 else own


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Meanwhile a warning is a line on standard error, without the line of code that it comes from."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        progress.print(f"hwgen: warning: {message}", markup=False, highlight=False, soft_wrap=True)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


@contextmanager
def _bar(epochs: int) -> Iterator[Callable[[int, int, int], None]]:
    """A progress bar: what to call with the epoch under way, the samples done, of training and tests, and how many
    there are."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("samples,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=progress, transient=True) as bar:
        task = bar.add_task("preparing", total=None)
        resumed = True

        def at(epoch: int, done: int, total: int) -> None:
            nonlocal resumed
            if resumed:
                bar.reset(task, completed=done)  # what a checkpoint has brought says nothing about the speed
                resumed = False
            bar.update(task, description=f"epoch {epoch} of {epochs}", completed=done, total=total)

        yield at
