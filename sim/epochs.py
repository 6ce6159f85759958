"""The training loop: chunk by chunk through the epochs, a test after each; it can stop and go on between any chunks."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hwgen.samples import Inputs
from sim.stream import CHUNK, TrainingStream

COUNTED = {"steps_free": "free_steps", "steps_nudged": "nudged_steps", "flips": "flips"}
"""Sums of an epoch, and the fields of a core's results that they are of, if it has them."""


class LearningMachine(Protocol):
    """What the training loop uses of a learning core's golden model or driver, and no more."""

    @property
    def config(self) -> Inputs: ...

    def load(self, weights: Any) -> None:
        """Take over weights, random state included."""

    def dump(self) -> Any:
        """The weights: an object that has ``save(path)``, and whose type has ``load(path, config)``."""

    def train(self, samples: NDArray[Any], labels: NDArray[Any]) -> Any:
        """Classify samples and learn from each: a result with ``decisions`` and ``busy_cycles``, and what there is
        of :data:`COUNTED`."""

    def infer(self, samples: NDArray[Any]) -> Any:
        """Classify samples and learn nothing: a result with ``decisions``."""

    def close(self) -> None:
        """Give the machine back."""


@runtime_checkable
class Scheduled(Protocol):
    """What a learning core's golden model and driver have beside :class:`LearningMachine` if how they learn depends on
    how far the training is, such as a step size that shrinks."""

    def start_epoch(self, epoch: int, epochs: int) -> None:
        """The samples that :meth:`LearningMachine.train` gets from now on are of epoch ``epoch``, from 0 on, of
        ``epochs``. Called before the first samples of each epoch, and again where a training is resumed within one:
        the same arguments must set the same, whatever was set before."""


@runtime_checkable
class Phased(Protocol):
    """What a learning core's golden model and driver have beside :class:`LearningMachine` if parts of the machine can
    learn alone."""

    def start_phase(self, phase: str) -> None:
        """From now on what ``phase`` says learns, one of the config's ``phases``."""


@runtime_checkable
class Counting(Protocol):
    """What a learning core's golden model and driver have beside :class:`LearningMachine` if they count what learning
    does."""

    @property
    def epoch_counters(self) -> tuple[str, ...]:
        """The :meth:`statistics` that are wanted of an epoch."""

    def statistics(self) -> dict[str, int]:
        """Counters by name."""

    def clear_statistics(self) -> None:
        """They become 0."""


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave."""

    train_error: float
    """Fraction of the training samples that were classified wrongly, each before it was learnt from."""
    test_error: float | None
    """Fraction of the test samples that are classified wrongly after the epoch; None without test samples."""
    cycles: int
    """Clocks in which the machine worked on the training samples, as its register ``busy_cycles`` counts them. Golden
    model and RTL agree: their samples come at full speed. On a board samples that come late may take more."""
    samples: int
    statistics: dict[str, int] = field(default_factory=dict)
    """What the machine counted of the training samples: sums of :data:`COUNTED`, and its :class:`Counting` counters."""

    def means(self, names: Iterable[str]) -> dict[str, float]:
        """These statistics, by name, a sample."""
        return {name: self.statistics[name] / self.samples for name in names}

    def as_dict(self) -> dict[str, Any]:
        """As JSON values, each statistic by its name beside the rest."""
        values = asdict(self)
        return values | values.pop("statistics")


@dataclass
class Sums:
    """Of the samples of an epoch so far."""

    samples: int = 0
    wrong: int = 0
    cycles: int = 0
    statistics: dict[str, int] = field(default_factory=dict)

    def add(self, result: Any, labels: NDArray[np.int64], counted: dict[str, int] | None = None) -> None:
        """Add a chunk of ``len(labels)`` samples; ``counted``: what the machine counted of it."""
        self.samples += len(labels)
        self.wrong += int((result.decisions != labels).sum())
        self.cycles += int(result.busy_cycles)
        found = {name: int(getattr(result, of).sum()) for name, of in COUNTED.items() if hasattr(result, of)}
        for name, count in (found | (counted or {})).items():
            self.statistics[name] = self.statistics.get(name, 0) + count

    def closed(self, test_error: float | None) -> Epoch:
        """The whole epoch."""
        return Epoch(
            train_error=self.wrong / self.samples,
            test_error=test_error,
            cycles=self.cycles,
            samples=self.samples,
            statistics=dict(self.statistics),
        )


@dataclass
class Position:
    """Where a training stands: the epochs that are over, and the sums of the one under way."""

    epochs: list[Epoch] = field(default_factory=list)
    sums: Sums = field(default_factory=Sums)

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Position":
        """From what :meth:`as_dict` gives. Raises TypeError or KeyError for anything else."""
        return cls([Epoch(**epoch) for epoch in values["epochs"]], Sums(**values["sums"]))


def advance(
    machine: LearningMachine,
    stream: TrainingStream,
    test: tuple[NDArray[np.uint8], NDArray[np.int64]] | None,
    position: Position,
    epochs: int,
    *,
    stop: Callable[[], bool] = lambda: False,
    at: Callable[[Position, int], None] = lambda position, tested: None,
    after_epoch: Callable[[Position], None] = lambda position: None,
) -> bool:
    """Train until so many epochs are over, tests included.

    Args:
        machine: holds the weights that belong to ``position``; told of each epoch if it is :class:`Scheduled`.
        stream: the training samples.
        test: samples and labels for the test after each epoch, which changes nothing; or None.
        position: where the training stands; brought up to date.
        epochs: how many there shall be, those in ``position`` included.
        stop: asked between two chunks whether to stop.
        at: called after each chunk of samples with the position, and with how many samples of the test after the epoch
            under way are done.
        after_epoch: called after each epoch.

    Returns whether they are all over; False after a stop. Machine and position then fit together, and another call
    goes on as if nothing had happened.
    """
    with _each_warning_once() as heeded:
        while len(position.epochs) < epochs:
            if isinstance(machine, Scheduled):
                machine.start_epoch(len(position.epochs), epochs)
            while position.sums.samples < len(stream):
                if stop():
                    return False
                samples, labels = stream.chunk(len(position.epochs), position.sums.samples)
                if isinstance(machine, Counting):
                    machine.clear_statistics()
                result = heeded(machine.train, samples, labels)
                position.sums.add(result, labels, _counted(machine))
                at(position, 0)
            error = None
            if test is not None:
                wrong = _wrong(machine, *test, heeded, stop, partial(at, position))
                if wrong is None:
                    return False
                error = wrong / len(test[1])
            position.epochs.append(position.sums.closed(error))
            position.sums = Sums()
            after_epoch(position)
    return True


def predict(
    machine: LearningMachine,
    samples: NDArray[np.uint8],
    stop: Callable[[], bool] = lambda: False,
    at: Callable[[int], None] = lambda done: None,
) -> NDArray[np.int64] | None:
    """Classes of samples, shape ``(n,)``, chunk by chunk, after each of which ``at`` is told how many are done; None
    after a stop."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(samples), CHUNK):
        if stop():
            return None
        found.append(np.asarray(machine.infer(samples[start : start + CHUNK]).decisions, np.int64))
        at(start + len(found[-1]))
    return np.concatenate(found)


def _wrong(
    machine: LearningMachine,
    samples: NDArray[np.uint8],
    labels: NDArray[np.int64],
    heeded: Callable[..., Any],
    stop: Callable[[], bool],
    at: Callable[[int], None],
) -> int | None:
    """How many samples are classified wrongly; None after a stop."""
    predictions = heeded(predict, machine, samples, stop, at)
    return None if predictions is None else int((predictions != labels).sum())


def _counted(machine: LearningMachine) -> dict[str, int]:
    """What the machine has counted since its statistics were cleared."""
    if not isinstance(machine, Counting):
        return {}
    statistics = machine.statistics()
    return {name: statistics[name] for name in machine.epoch_counters}


@contextmanager
def _each_warning_once() -> Iterator[Callable[..., Any]]:
    """A way to call functions that passes on the first warning of each category only: chunk after chunk would say
    almost the same."""
    seen: set[type[Warning]] = set()

    def call(function: Callable[..., Any], *arguments: Any) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer = function(*arguments)
        for warning in caught:
            if warning.category not in seen:
                seen.add(warning.category)
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        return answer

    yield call
