"""Training in the manner of scikit-learn: a machine as an estimator, on any backend."""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from hwgen import registry
from hwgen.closing import Closing
from hwgen.design import Design
from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.samples import check_inputs
from sim.epochs import Epoch, LearningMachine, Phased, Position, advance, predict
from sim.images import Images
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


def check_phase(design: Design, phase: str | None) -> str | None:
    """The phase called so, or the first one; None for a core that learns as a whole. Raises
    :class:`~hwgen.errors.HwgenError` for a phase that there is not."""
    known = design.config.phases
    if not known:
        if phase is not None:
            raise HwgenError(f"core {design.core.name} learns as a whole and has no phases; leave phase out")
        return None
    if phase is not None and phase not in known:
        raise HwgenError(f"phase must be one of {', '.join(known)}, not {phase!r}")
    return phase or str(known[0])


def start_phase(machine: LearningMachine, phase: str | None) -> None:
    """From now on, what a phase of :func:`check_phase` says learns."""
    if phase is not None:
        assert isinstance(machine, Phased)
        machine.start_phase(phase)


def starting_weights(design: Design, seed: int | None = None) -> Any:
    """What a design's machine knows before any training: its weights, or what it draws when it has none; with a seed,
    what it draws from this one. Raises :class:`~hwgen.errors.HwgenError` for a seed out of range."""
    model = design.core.load("model")(design.config, design.parameters)
    if seed is not None:
        model.initialise(seed)
    return model.dump()


def open_machine(design: Design, backend: str, **options: Any) -> LearningMachine:
    """A learning design's machine on a backend; options and errors as for :func:`hwgen.api.open_design`."""
    check_learns(design)
    machine: LearningMachine = registry.open_backend(design, backend, **options)
    return machine


class Trainer(Closing, ClassifierMixin, BaseEstimator):
    """A learning machine as a scikit-learn classifier: ``clone``, ``cross_val_score`` and ``GridSearchCV`` take it.

    Args:
        design: a loaded design of a core that learns, such as ``ep``.
        backend: ``"golden"``, ``"rtl"`` or ``"serial:PORT"``: the results are the same bits.
        epochs: how often :meth:`fit` goes through the samples, at least 1.
        seed: of the order of samples and of their shifts. What the machine starts with is in the design (``ep.seed``,
            or weights).
        shift: most pixels by which each sample is moved in either direction, anew in each epoch. Needs as many inputs
            as a square image has pixels.
        order: ``"shuffled"``, anew in each epoch, or ``"file"``: as they come.
        phases: what learns, one after the other, each for so many epochs: some of the config's ``phases``, such as
            ``["layers", "readout"]`` of a contrastive ``ff`` machine; by default all at once.
        options: of the backend, by name, as for :func:`hwgen.api.open_design`.

    Samples ``X`` have shape ``(n, inputs)``: integers of 0 to ``2**pixel_bits - 1``, or booleans. Labels ``y`` have
    shape ``(n,)``: integers of 0 to ``classes - 1``.

    Arguments are checked when they are used, in :meth:`fit` or :meth:`partial_fit`, which also open the machine. From
    then on there are

    - ``machine_``: the machine, until :meth:`close`, the end of a ``with`` statement, or the trainer's own end;
    - ``history_``: a list of one :class:`~sim.epochs.Epoch` an epoch since the last :meth:`fit`;
    - ``classes_``: the classes that :meth:`predict` can give, shape ``(classes,)``; ``n_features_in_``: the inputs.

    A :meth:`fit` or :meth:`partial_fit` that fails or is interrupted leaves weights and history as they were before it.
    """

    machine_: LearningMachine
    history_: list[Epoch]

    def __init__(
        self,
        design: Design,
        backend: str = "golden",
        *,
        epochs: int = 1,
        seed: int = 0,
        shift: int = 0,
        order: str = Order.SHUFFLED,
        phases: Iterable[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        # scikit-learn's clone demands that arguments be kept as they are, and nothing be done with them here.
        self.design, self.backend, self.epochs = design, backend, epochs
        self.seed, self.shift, self.order = seed, shift, order
        self.phases, self.options = phases, options

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        epochs: int | None = None,
        *,
        test: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Forget what was learnt, and train.

        Args:
            X, y: training samples and labels.
            epochs: how often to go through them in each phase, at least 1; by default the trainer's ``epochs``.
            test: samples and labels to classify after each epoch, for ``history_``; nothing is learnt from them.

        Raises :class:`~hwgen.errors.HwgenError` for samples or labels of another shape, type or range, for wrong
        arguments of the trainer, a core that does not learn, and what opening the backend raises.
        """
        epochs = check_integer("epochs", self.epochs if epochs is None else epochs, 1)
        stream, held_out, phases = self._stream(X, y), self._test(test), self._phases()
        with self._all_or_nothing():
            self.machine_.load(starting_weights(self.design))
            self.history_ = []
            for phase in phases:
                self.history_ += self._advance(phase, stream, held_out, Position(), epochs)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        *,
        test: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Go on training for one epoch: ``fit(X, y, epochs=3)`` is a ``fit`` of one epoch and two ``partial_fit``,
        unless the core's learning depends on how many epochs there shall be. The first one on a trainer is a ``fit``,
        too.

        Args:
            X, y, test: as in :meth:`fit`, as are errors.
            classes: ignored: the machine's classes are in the design.

        Raises :class:`~hwgen.errors.HwgenError` for a trainer of several phases, too.
        """
        stream, held_out, phases = self._stream(X, y), self._test(test), self._phases()
        if len(phases) > 1:
            raise HwgenError(f"partial_fit trains one phase, not {', '.join(map(str, phases))}; use fit")
        with self._all_or_nothing():
            self._advance(phases[0], stream, held_out, Position(self.history_), len(self.history_) + 1)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Classes of samples, shape ``(n,)``. Nothing is learnt. Errors as in :meth:`fit`, and scikit-learn's
        ``NotFittedError`` before the first."""
        check_is_fitted(self, "machine_")
        found = predict(self.machine_, check_inputs(self.machine_.config, X))
        assert found is not None  # nobody asks it to stop
        return found

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy on samples with these labels, 0 to 1; ``sample_weight``, shape ``(n,)``, says how much each counts.
        Nothing is learnt. Errors as in :meth:`predict`, and scikit-learn's ``ValueError`` for wrong weights."""
        check_is_fitted(self, "machine_")
        images = Images.of_samples(self.machine_.config, X, y)
        return float(accuracy_score(images.labels, self.predict(images.pixels), sample_weight=sample_weight))

    @property
    def weights_(self) -> Any:
        """What the machine has learnt: ``weights_.save("weights.npz")`` writes it for a design file's
        ``[source] weights``."""
        check_is_fitted(self, "machine_")
        return self.machine_.dump()

    def close(self) -> None:
        """Give the machine back, and with it what was learnt; the next :meth:`fit` opens another one."""
        if hasattr(self, "machine_"):
            self._release()
            del self.machine_, self._release, self._opened, self.history_, self.classes_, self.n_features_in_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "machine_")

    def __getstate__(self) -> dict[str, Any]:
        """For copies and other processes: the arguments; a machine is not copied."""
        return self.get_params(deep=False)

    def _open(self) -> None:
        """Have a machine open that the arguments describe; one that is open is kept if they are still the same."""
        options = dict(self.options or {})
        opened = getattr(self, "_opened", None)
        if opened is not None and opened[0] is self.design and opened[1:] == (self.backend, options):
            return
        self.close()
        machine = open_machine(self.design, self.backend, **options)
        self.machine_ = machine
        self._opened = (self.design, self.backend, options)
        self._release = weakref.finalize(self, machine.close)
        machine.load(starting_weights(self.design))
        self.history_ = []
        self.classes_ = np.arange(machine.config.classes)
        self.n_features_in_ = machine.config.inputs

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Open the machine; after an error or an interruption it is as it was, or closed where it was not open."""
        opened = getattr(self, "machine_", None)
        self._open()
        if self.machine_ is not opened:
            try:
                yield
            except BaseException:
                self.close()
                raise
            return
        weights, history = self.machine_.dump(), list(self.history_)
        try:
            yield
        except BaseException:
            self.close()
            self._open()  # which resets the machine: it may have samples or results inside
            self.machine_.load(weights)
            self.history_ = history
            raise

    def _stream(self, X: ArrayLike, y: ArrayLike) -> TrainingStream:
        check_learns(self.design)
        config: Any = self.design.config
        return TrainingStream(config, Images.of_samples(config, X, y), self.seed, self.shift, check_order(self.order))

    def _test(self, test: tuple[ArrayLike, ArrayLike] | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
        if test is None:
            return None
        config: Any = self.design.config
        images = Images.of_samples(config, *test)
        return images.pixels, images.labels

    def _phases(self) -> list[str | None]:
        """What learns, one after the other, as :func:`check_phase` gives it."""
        if self.phases is None:
            return [check_phase(self.design, None)]
        phases = [] if isinstance(self.phases, str) or not isinstance(self.phases, Iterable) else list(self.phases)
        if not phases or not all(isinstance(phase, str) for phase in phases):
            raise HwgenError(f"phases must be a list of phases, not {self.phases!r}; leave it out to train all at once")
        return [check_phase(self.design, phase) for phase in phases]

    def _advance(
        self,
        phase: str | None,
        stream: TrainingStream,
        test: tuple[NDArray[np.uint8], NDArray[np.int64]] | None,
        position: Position,
        epochs: int,
    ) -> list[Epoch]:
        start_phase(self.machine_, phase)
        advance(self.machine_, stream, test, position, epochs)
        return position.epochs
