"""Samples, labels and weights of machines that classify pixels: checked once, for models, drivers and training."""

from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.errors import HwgenError
from hwgen.integers import check_integer

Weights = TypeVar("Weights")


class Inputs(Protocol):
    """What of a core's config decides what a sample is."""

    @property
    def inputs(self) -> int: ...

    @property
    def pixel_bits(self) -> int: ...

    @property
    def classes(self) -> int: ...


def check_inputs(config: Inputs, samples: ArrayLike) -> NDArray[np.uint8]:
    """``samples``, shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1`` or booleans, as bytes.

    Raises :class:`~hwgen.errors.HwgenError` naming the shape, type or value that is wrong.
    """
    array, largest = np.asarray(samples), (1 << config.pixel_bits) - 1
    if array.ndim != 2 or array.shape[1] != config.inputs:
        raise HwgenError(f"samples must have shape (n, {config.inputs}), one input a column, not {array.shape}")
    if array.dtype != bool and not np.issubdtype(array.dtype, np.integer):
        raise HwgenError(f"samples must be integers of 0 to {largest} (pixel_bits), not {array.dtype}")
    if array.size and (array.min() < 0 or array.max() > largest):
        raise HwgenError(
            f"samples must lie between 0 and {largest} (pixel_bits = {config.pixel_bits}), "
            f"not {array.min()} to {array.max()}"
        )
    return array.astype(np.uint8)


def check_labels(config: Inputs, labels: ArrayLike, count: int) -> NDArray[np.int32]:
    """``labels`` of ``count`` samples, shape ``(count,)``, integers of 0 to ``classes - 1``.

    Raises :class:`~hwgen.errors.HwgenError` naming the shape, type or value that is wrong.
    """
    array = np.asarray(labels)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise HwgenError(
            f"labels must be integers of shape ({count},), one a sample, not {array.dtype} of shape {array.shape}"
        )
    if count and not 0 <= array.min() <= array.max() < config.classes:
        raise HwgenError(f"labels must lie between 0 and {config.classes - 1}, not {array.min()} to {array.max()}")
    return array.astype(np.int32)


class LearningConfig(Inputs, Protocol):
    """What of a learning core's config decides what it can be asked."""

    @property
    def core(self) -> str: ...

    @property
    def learning(self) -> bool: ...

    @property
    def seed(self) -> int: ...


def check_learning(config: LearningConfig) -> None:
    """Raise :class:`~hwgen.errors.HwgenError` for a machine that does not learn."""
    if not config.learning:
        raise HwgenError(
            f"a machine with {config.core}.learning = false cannot be trained; use infer, or set it to true"
        )


def check_weights(weights: object, kind: type[Weights]) -> Weights:
    """``weights`` if they are of the type ``kind``. Raises :class:`~hwgen.errors.HwgenError` for anything else."""
    if not isinstance(weights, kind):
        name = kind.__name__
        raise HwgenError(
            f"weights must be {name}, as dump gives them, not {weights!r:.80}; "
            f"{name}.load(path, config) reads them from a file"
        )
    return weights


class Samples(NamedTuple):
    """Samples as the hardware of a learning core gets them."""

    inputs: NDArray[np.uint8]
    """Shape ``(n, inputs)``: unsigned integers of ``pixel_bits``."""
    labels: NDArray[np.int32]
    """Shape ``(n,)``: each sample's class; 0 where there are none."""
    learn: NDArray[np.bool_]
    """Shape ``(n,)``: which samples are learnt from; the others are only inferred."""


def check_samples(
    config: LearningConfig, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None
) -> Samples:
    """Check what a machine is asked.

    Args:
        config: the machine's parameters.
        samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``, or booleans.
        labels: shape ``(n,)``, integers of 0 to ``classes - 1``; may be left out where nothing is learnt.
        learn: shape ``(n,)``, booleans: which samples to learn from; by default all of them if there are labels.

    Raises :class:`~hwgen.errors.HwgenError` naming the wrong shape, type or value.
    """
    inputs = check_inputs(config, samples)
    count = len(inputs)
    learnt = np.full(count, labels is not None) if learn is None else np.asarray(learn)
    if learnt.shape != (count,) or learnt.dtype != bool:
        raise HwgenError(f"learn must be booleans of shape ({count},), not {learnt.dtype} of shape {learnt.shape}")
    if learnt.any():
        check_learning(config)
        if labels is None:
            raise HwgenError("samples to learn from need labels")
    classes = np.zeros(count, np.int32) if labels is None else check_labels(config, labels, count)
    return Samples(inputs, classes, learnt)


def check_seed(config: LearningConfig, seed: int | None) -> int:
    """The state at which the generators of a machine start: ``seed``, or ``config.seed`` for None.

    Raises :class:`~hwgen.errors.HwgenError` for a seed that is no integer, and for one out of range.
    """
    return config.seed if seed is None else check_integer("seed", seed, 1, 0xFFFFFFFF)
