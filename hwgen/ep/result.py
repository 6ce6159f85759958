"""What the equilibrium-propagation machine answers, whichever backend runs it, and what it is asked."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.ep.config import EPConfig
from hwgen.errors import HwgenError


@dataclass(frozen=True, eq=False)
class EPResult:
    """Results of ``n`` samples, in order."""

    predictions: NDArray[np.int32]
    """Shape ``(n,)``: the class at the end of the free phase, before anything was learnt from the sample: the largest
    sum of states, the lowest class of equals."""
    states: NDArray[np.int32]
    """Shape ``(n, outputs)``: states of the output neurons at the end of the free phase, 0 to ``state_max[-1]``."""
    free_steps: NDArray[np.int32]
    """Shape ``(n,)``: steps of the free phase, at least 1."""
    nudged_steps: NDArray[np.int32]
    """Shape ``(n,)``: steps of all nudged phases together; 0 for a sample that was only inferred."""
    changed: NDArray[np.int32]
    """Shape ``(n,)``: hidden neurons whose activity differs between the two phases compared; 0 without learning."""
    flips: NDArray[np.int32]
    """Shape ``(n,)``: synapses whose sign flipped; 0 without learning."""
    busy_cycles: int = 0
    """Clocks that the machine worked on these samples; 0 where the backend cannot see clocks."""
    elapsed_cycles: int = 0
    """Clocks from the first sample's first transfer to the last result's when both streams run at full speed; 0
    without samples, and where the backend cannot see clocks."""

    def __len__(self) -> int:
        return len(self.predictions)

    @property
    def decisions(self) -> NDArray[np.int32]:
        """Shape ``(n,)``: the predictions, by the name that every core's results share."""
        return self.predictions

    def rows(self) -> list[dict[str, Any]]:
        """One sample an entry, as JSON values."""
        names = ("predictions", "states", "free_steps", "nudged_steps", "changed", "flips")
        columns = [getattr(self, name).tolist() for name in names]
        keys = ("prediction", *names[1:])
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def differences(self, other: "EPResult") -> NDArray[np.bool_]:
        """Shape ``(n,)``: which samples differ in any bit of their results.

        Raises :class:`ValueError` if the two are not results of equally many samples and outputs.
        """
        if self.states.shape != other.states.shape:
            raise ValueError(f"cannot compare results of shape {self.states.shape} with {other.states.shape}")
        different = np.zeros(len(self), bool)
        for name in ("predictions", "states", "free_steps", "nudged_steps", "changed", "flips"):
            mine, yours = getattr(self, name), getattr(other, name)
            different |= (mine != yours).reshape(len(self), -1).any(axis=1)
        return different


class Samples(NamedTuple):
    """Samples as the hardware gets them."""

    inputs: NDArray[np.uint8]
    """Shape ``(n, inputs)``: unsigned integers of ``pixel_bits``."""
    labels: NDArray[np.int32]
    """Shape ``(n,)``: each sample's class; 0 where nothing is learnt."""
    learn: NDArray[np.bool_]
    """Shape ``(n,)``: which samples are learnt from; the others are only inferred."""


def check_samples(
    config: EPConfig, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None
) -> Samples:
    """Check what a machine is asked.

    Args:
        config: the machine's parameters.
        samples: shape ``(n, inputs)``, integers of 0 to ``2**pixel_bits - 1``, or booleans.
        labels: shape ``(n,)``, integers of 0 to ``classes - 1``; may be left out where nothing is learnt.
        learn: shape ``(n,)``, booleans: which samples to learn from; by default all of them if there are labels.

    Raises :class:`~hwgen.errors.HwgenError` naming the wrong shape, type or value.
    """
    inputs = np.asarray(samples)
    if inputs.ndim != 2 or inputs.shape[1] != config.inputs:
        raise HwgenError(f"samples must have shape (n, {config.inputs}), one input a column, not {inputs.shape}")
    if inputs.dtype != bool and not np.issubdtype(inputs.dtype, np.integer):
        raise HwgenError(f"samples must be integers of {config.pixel_bits} bits (ep.pixel_bits), not {inputs.dtype}")
    largest = (1 << config.pixel_bits) - 1
    if inputs.size and (inputs.min() < 0 or inputs.max() > largest):
        raise HwgenError(
            f"samples must lie between 0 and {largest} (ep.pixel_bits = {config.pixel_bits}), "
            f"not {inputs.min()} to {inputs.max()}"
        )
    count = len(inputs)
    learnt = np.full(count, labels is not None) if learn is None else np.asarray(learn)
    if learnt.shape != (count,) or learnt.dtype != bool:
        raise HwgenError(f"learn must be booleans of shape ({count},), not {learnt.dtype} of shape {learnt.shape}")
    if learnt.any():
        if not config.learning:
            raise HwgenError("a machine with ep.learning = false cannot be trained; use infer, or set it to true")
        if labels is None:
            raise HwgenError("samples to learn from need labels")
    classes = np.zeros(count, np.int32) if labels is None else np.asarray(labels)
    if classes.shape != (count,) or not np.issubdtype(classes.dtype, np.integer):
        raise HwgenError(
            f"labels must be integers of shape ({count},), one a sample, not {classes.dtype} of shape {classes.shape}"
        )
    if count and not 0 <= classes.min() <= classes.max() < config.classes:
        raise HwgenError(f"labels must lie between 0 and {config.classes - 1}, not {classes.min()} to {classes.max()}")
    return Samples(inputs.astype(np.uint8), classes.astype(np.int32), learnt)


def check_seed(config: EPConfig, seed: int | None) -> int:
    """The state at which the generators of a machine start: ``seed``, or ``config.seed`` for None.

    Raises :class:`~hwgen.errors.HwgenError` for a seed out of range.
    """
    if seed is None:
        return config.seed
    if not 1 <= seed <= 0xFFFFFFFF:
        raise HwgenError(f"seed must lie between 1 and {0xFFFFFFFF}, not {seed}")
    return seed
