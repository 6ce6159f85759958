"""Training of a design's machine on images, with checkpoints to go on from on any backend."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from hwgen import registry
from hwgen.design import Design
from hwgen.errors import DesignError, HwgenError
from hwgen.integers import check_integer
from sim.checkpoint import Checkpoint, TrainingFolder, weights_sha256
from sim.epochs import Epoch, Position, advance
from sim.images import ImageSplit, check_fit, load_images, to_samples
from sim.stream import CHUNK, Order, TrainingStream
from sim.trainer import check_learns, check_order, check_phase, open_machine, start_phase, starting_weights

DATA = "digits"
"""What is trained with where neither caller nor design name data."""

log = logging.getLogger("hwgen")


@dataclass(frozen=True, eq=False)
class Training:
    """What a training gave."""

    design: str
    core: str
    backend: str
    data: str
    seed: int
    shift: int
    order: str
    machine_seed: int | None
    """What the machine drew its weights from, if not from the seed in its design."""
    phase: str | None
    """Which parts of the machine learnt; None for a core that learns as a whole."""
    epochs: list[Epoch]
    """All epochs that are over, also those before the training was resumed."""
    weights: Any
    """What the machine has learnt; ``weights.save("weights.npz")`` writes it for a design file."""
    weights_sha256: str
    """See :func:`sim.checkpoint.weights_sha256`."""
    complete: bool
    """False after a stop; the last epoch under way is then in the checkpoint only."""
    files: list[Path]
    """Results that were written."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values; ``weights``, ``complete`` and ``files`` left out."""
        names = ("design", "core", "backend", "data", "seed", "shift", "order", "machine_seed", "phase")
        return {
            **{name: getattr(self, name) for name in names},
            "epochs": [epoch.as_dict() for epoch in self.epochs],
            "weights_sha256": self.weights_sha256,
        }


def train(
    design: Design,
    *,
    data: str | Path | None = None,
    backend: str = "golden",
    epochs: int = 1,
    seed: int = 0,
    shift: int = 0,
    order: str = Order.SHUFFLED,
    machine_seed: int | None = None,
    phase: str | None = None,
    weights: Any = None,
    output: str | Path | None = None,
    resume: bool = False,
    baudrate: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    at: Callable[[int, int, int], None] = lambda epoch, done, total: None,
) -> Training:
    """Train a design's machine on images and test it after each epoch.

    Equal design, data, epochs, seeds, shift, order, phase and weights give equal weights, errors and counts on every
    backend, whether the training was stopped and resumed or not; equal clocks too, but for those of a board, which
    depend on when samples come. The machine starts with the design's weights, or with those that it draws when it has
    none.

    Args:
        design: a loaded design of a core that learns, such as ``ep``.
        data: ``"digits"``, ``"mnist"`` or a folder; see :func:`sim.images.load_images`. By default what the design's
            ``[source]`` names, or digits. How images become samples is in :func:`sim.images.to_samples`.
        backend: ``"golden"``, ``"rtl"`` or ``"serial:PORT"``.
        epochs: how often to go through the training images, at least 1; those before resuming count.
        seed: of the order of images and of their shifts, 0 to 2**32 - 1; without effect in the order of the file and
            without shifts. What the machine draws itself does not depend on it.
        shift: most pixels by which an image is moved in either direction, anew in each epoch, before it is cropped.
        order: ``"shuffled"``, anew in each epoch, or ``"file"``: as in the data.
        machine_seed: from which the machine draws its weights and random numbers, 1 to 2**32 - 1, in place of the seed
            in the design, whose hardware stays the same; not for one that starts with weights.
        phase: which parts of the machine learn, one of its config's ``phases``; by default the first one, all of it. A
            core that learns as a whole has none.
        weights: what to start with instead: a file, such as the ``weights.npz`` that another phase has left, or the
            weights themselves, as a machine's ``dump`` gives them.
        output: folder for checkpoints and results (``training.json``, ``weights.npz``, ``curve.png``); None: writes
            nothing. A checkpoint is written at the start, after each epoch, and at a stop. In a folder that holds a
            training that is over, its checkpoint stays until there is another one, and its results until the new
            training is over, too.
        resume: go on from the checkpoint in ``output``, which may come from another backend.
        baudrate: of the board, by default 3,000,000.
        stop: asked between chunks of 1000 samples whether to stop.
        at: called after each chunk, of a test too: with the number of the epoch under way, from 1 on; with the samples
            done of all epochs, tests included; and with how many there are.

    Raises :class:`~hwgen.errors.HwgenError` naming what is wrong: a core that does not learn, data that are missing or
    do not fit, a phase that there is not, weights of another machine, a checkpoint of another training, a folder whose
    training is not over, that another training uses, or that cannot be written.
    """
    epochs = check_integer("epochs", epochs, 1)
    registry.check_baudrate(registry.backend(backend)[0], baudrate)
    if resume and output is None:
        raise DesignError("resume needs output, the folder that holds the checkpoint")
    check_learns(design)
    phase = check_phase(design, phase)
    images = load_images(data or getattr(design.resolved, "data", None) or DATA)
    stream = _stream(design, images, seed, shift, check_order(order))
    test = to_samples(stream.config, images.test.pixels, images.test), images.test.labels
    if machine_seed is not None:
        machine_seed = check_integer("machine_seed", machine_seed, 1, 0xFFFFFFFF)
        if not (weights is None and design.parameters is None):
            raise HwgenError("machine_seed has no meaning for a machine that starts with weights; leave it or them out")
    start = Checkpoint(Position(), starting_weights(design, machine_seed))
    if weights is not None:
        start = Checkpoint(Position(), _given_weights(design, weights, type(start.weights)))
    if stream.seed and not stream.random:
        log.warning(
            "seed %d has no effect on samples that are neither shuffled nor shifted; what the machine itself draws "
            "follows from machine_seed, or from %s.seed in the design",
            stream.seed,
            design.core.name,
        )
    with ExitStack() as stack:
        folder = None
        if output is not None:
            folder = TrainingFolder(Path(output), _identity(design, start.weights, stream, images, epochs, phase))
            stack.enter_context(folder.taken(new=not resume))
            if resume:
                start = folder.load(type(start.weights), design.config)
                _check_not_beyond(start.position, epochs, folder.path)
        machine = open_machine(design, backend, baudrate=baudrate)
        stack.callback(machine.close)
        machine.load(start.weights)
        start_phase(machine, phase)
        told = design.config.phase_counters(phase)
        if told:
            log.info("phase %s: the read-out does not learn, and errors say nothing: means per sample follow", phase)
        if folder is not None and not folder.finished:
            folder.save(start, complete=False)
        position = start.position

        def after_epoch(position: Position) -> None:
            _tell(position, epochs, told)
            if folder is not None:
                folder.save(Checkpoint(position, machine.dump()), complete=False)

        def tell(position: Position, tested: int) -> None:
            over, whole = len(position.epochs), len(stream) + len(images.test)
            at(over + 1, over * whole + position.sums.samples + tested, epochs * whole)

        complete = advance(
            machine,
            stream,
            test,
            position,
            epochs,
            stop=stop,
            at=tell,
            after_epoch=after_epoch,
        )
        end = Checkpoint(position, machine.dump())
        return _result(design, backend, stream, machine_seed, phase, folder, end, complete)


def _given_weights(design: Design, weights: Any, kind: type[Any]) -> Any:
    """Weights of the type ``kind`` from a file, or those given, as a machine that they are loaded into has them."""
    if isinstance(weights, str | PathLike):
        return kind.load(weights, design.config)
    return design.core.load("model")(design.config, weights).dump()


def _stream(design: Design, images: ImageSplit, seed: int, shift: int, order: Order) -> TrainingStream:
    stream = TrainingStream(design.config, images.train, seed, shift, order)  # type: ignore[arg-type]
    check_fit(stream.config, images)
    return stream


def _identity(
    design: Design, start: Any, stream: TrainingStream, images: ImageSplit, epochs: int, phase: str | None
) -> dict[str, Any]:
    """What makes this training what it is, as JSON values."""
    identity = {
        "core": design.core.name,
        "config_hash": f"{design.config.hash:016x}",
        "starting_weights": f"{start.digest:016x}",
        "data_sha256": images.digest(),
        "seed": stream.seed,
        "shift": stream.shift,
        "order": str(stream.order),
        "phase": phase,
        "chunk": CHUNK,
    }
    # What such a machine learns depends on how many epochs there shall be.
    return identity | ({"epochs": epochs} if hasattr(design.core.load("model"), "start_epoch") else {})


def _check_not_beyond(position: Position, epochs: int, folder: Path) -> None:
    done = len(position.epochs)
    if done > epochs or (done == epochs and position.sums.samples):
        least = done + (position.sums.samples > 0)
        raise HwgenError(f"epochs must be at least {least}, as far as the training in {folder} is, not {epochs}")


def _tell(position: Position, epochs: int, told: tuple[str, ...]) -> None:
    epoch = position.epochs[-1]
    if told:
        means = ", ".join(f"{name} {mean:,.1f}" for name, mean in epoch.means(told).items())
        log.info("epoch %d of %d: %s", len(position.epochs), epochs, means)
        return
    test = "" if epoch.test_error is None else f", test error {epoch.test_error:.2%}"
    log.info("epoch %d of %d: training error %.2f%%%s", len(position.epochs), epochs, 100 * epoch.train_error, test)


def _result(
    design: Design,
    backend: str,
    stream: TrainingStream,
    machine_seed: int | None,
    phase: str | None,
    folder: TrainingFolder | None,
    end: Checkpoint,
    complete: bool,
) -> Training:
    """The report, and its files: after a stop a checkpoint, at the end the results."""
    files: list[Path] = []
    training = Training(
        design=design.name,
        core=design.core.name,
        backend=backend,
        data=stream.images.name,
        seed=stream.seed,
        shift=stream.shift,
        order=str(stream.order),
        machine_seed=machine_seed,
        phase=phase,
        epochs=end.position.epochs,
        weights=end.weights,
        weights_sha256=weights_sha256(end.weights),
        complete=complete,
        files=files,
    )
    if folder is not None:
        if complete:
            files += folder.finish(training.as_dict(), end, design.config.phase_counters(phase))
        folder.save(end, complete)
    return training
