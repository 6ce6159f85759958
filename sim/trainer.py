"""Training in the manner of scikit-learn: a machine as an estimator, on any backend."""

from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen import registry
from hwgen.design import Design
from hwgen.errors import HwgenError
from sim.epochs import Epoch, LearningMachine, Position, advance, predict
from sim.images import Images, checked_samples
from sim.stream import Order, TrainingStream


def check_learns(design: Design) -> None:
    """Raise :class:`~hwgen.errors.HwgenError` unless the design is of a core that learns, and made to."""
    if not hasattr(design.core.load("model"), "train"):
        able = [name for name, core in registry.CORES.items() if hasattr(core.load("model"), "train")]
        raise HwgenError(f"core {design.core.name} does not learn; training needs a design of core {', '.join(able)}")
    if not design.config.learns:
        raise HwgenError(
            f"{design.name} does not learn: {design.core.name}.learning is false; set it to true to train it"
        )


def check_order(order: str) -> Order:
    """The order called so. Raises :class:`~hwgen.errors.HwgenError` for another name."""
    if order not in list(Order):
        raise HwgenError(f"order must be {' or '.join(Order)}, not {order!r}")
    return Order(order)


def starting_weights(design: Design) -> Any:
    """What a design's machine knows before any training: its weights, or what it draws when it has none."""
    return design.core.load("model")(design.config, design.parameters).dump()


def open_machine(design: Design, backend: str, **options: Any) -> LearningMachine:
    """A learning design's machine on a backend; options and errors as for :func:`hwgen.api.open_design`."""
    check_learns(design)
    kind, arguments = registry.backend(backend)
    return registry.load(registry.BACKENDS[kind].opener)(design, *arguments, **options)


class Trainer:
    """A learning machine as a scikit-learn-like estimator.

    Args:
        design: a loaded design of a core that learns, such as ``ep``.
        backend: ``"golden"``, ``"rtl"`` or ``"serial:PORT"``: the results are the same bits.
        seed: of the order of samples and of their shifts. What the machine starts with is in the design (``ep.seed``,
            or weights).
        shift: most pixels by which each sample is moved in either direction, anew in each epoch. Needs as many inputs
            as a square image has pixels.
        order: ``"shuffled"``, anew in each epoch, or ``"file"``: as they come.
        options: of the backend, as for :func:`hwgen.api.open_design`.

    Samples ``X`` have shape ``(n, inputs)``: integers of 0 to ``2**pixel_bits - 1``, or booleans. Labels ``y`` have
    shape ``(n,)``: integers of 0 to ``classes - 1``.

    ``history_`` is a list of one :class:`~sim.epochs.Epoch` an epoch since the last :meth:`fit`. The machine,
    ``machine_``, is opened with the trainer; close it with :meth:`close` or a ``with`` statement.

    Raises :class:`~hwgen.errors.HwgenError` for a core that does not learn, and what opening the backend raises.
    """

    def __init__(
        self,
        design: Design,
        backend: str = "golden",
        *,
        seed: int = 0,
        shift: int = 0,
        order: str = Order.SHUFFLED,
        **options: Any,
    ) -> None:
        self.design, self.backend = design, backend
        self.seed, self.shift, self.order = seed, shift, check_order(order)
        self.history_: list[Epoch] = []
        self.machine_ = open_machine(design, backend, **options)
        self._restart()

    def fit(
        self, X: ArrayLike, y: ArrayLike, epochs: int = 1, *, test: tuple[ArrayLike, ArrayLike] | None = None
    ) -> Self:
        """Forget what was learnt, and train.

        Args:
            X, y: training samples and labels.
            epochs: how often to go through them, at least 1.
            test: samples and labels to classify after each epoch, for ``history_``; nothing is learnt from them.

        Raises :class:`~hwgen.errors.HwgenError` for samples or labels of another shape, type or range.
        """
        if epochs < 1:
            raise HwgenError(f"epochs must be at least 1, not {epochs}")
        stream, held_out = self._stream(X, y), self._test(test)
        self._restart()
        return self._advance(stream, held_out, epochs)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, *, test: tuple[ArrayLike, ArrayLike] | None = None) -> Self:
        """Go on training for one epoch: ``fit(X, y, epochs=3)`` is a ``fit`` of one epoch and two ``partial_fit``.

        Arguments and errors as in :meth:`fit`.
        """
        return self._advance(self._stream(X, y), self._test(test), len(self.history_) + 1)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Classes of samples, shape ``(n,)``. Nothing is learnt. Errors as in :meth:`fit`."""
        found = predict(self.machine_, checked_samples(self.machine_.config, X))
        assert found is not None  # nobody asks it to stop
        return found

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Accuracy on samples with these labels, 0 to 1. Nothing is learnt. Errors as in :meth:`fit`."""
        images = Images.of_samples(self.machine_.config, X, y)
        return float(np.mean(self.predict(images.pixels) == images.labels))

    @property
    def weights_(self) -> Any:
        """What the machine has learnt: ``weights_.save("weights.npz")`` writes it for a design file's
        ``[source] weights``."""
        return self.machine_.dump()

    def close(self) -> None:
        """Give the machine back."""
        self.machine_.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _restart(self) -> None:
        self.machine_.load(starting_weights(self.design))
        self.history_ = []

    def _stream(self, X: ArrayLike, y: ArrayLike) -> TrainingStream:
        config = self.machine_.config
        return TrainingStream(config, Images.of_samples(config, X, y), self.seed, self.shift, self.order)

    def _test(self, test: tuple[ArrayLike, ArrayLike] | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
        if test is None:
            return None
        images = Images.of_samples(self.machine_.config, *test)
        return images.pixels, images.labels

    def _advance(
        self, stream: TrainingStream, test: tuple[NDArray[np.uint8], NDArray[np.int64]] | None, epochs: int
    ) -> Self:
        advance(self.machine_, stream, test, Position(self.history_), epochs)
        return self
