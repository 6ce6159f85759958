"""Is the network alive? A free phase whose outcome does not depend on the sample means wrong scales."""

import warnings

import numpy as np
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig

WINDOW = 1000
"""At most so many samples are looked at, the last ones: a network may take a while to settle."""
FEWEST = 100
"""Fewer samples than this say nothing."""
NEARLY_ALL = 0.85
"""Share of samples. Machines that latch up were found above 0.88 within their first 200 training samples, machines that
learn below 0.2, before any training."""


class LatchUpWarning(UserWarning):
    """The output neurons hold each other active, or none ever is: the state no longer depends on the sample."""


def warn_if_latched(
    config: EPConfig,
    states: NDArray[np.int32],
    predictions: NDArray[np.int32],
    labels: NDArray[np.int32] | None = None,
) -> None:
    """Warn of a network that cannot learn because of its scales.

    Two signs, each in :data:`NEARLY_ALL` of the last :data:`WINDOW` samples (of :data:`FEWEST` at least):

    - *latched*: outputs of more than one class are active at the end of the free phase. Once active, they feed the
      hidden neurons that keep them active.
    - *stuck*: one class is predicted for samples of several classes, none of which makes up half of them. Seen only
      where samples have labels, and only in a full window.

    Args:
        config: the machine's parameters.
        states: shape ``(n, outputs)``: output states at the end of the free phase.
        predictions: shape ``(n,)``: the classes predicted.
        labels: shape ``(n,)``: the samples' classes, if they are known.

    Warns :class:`LatchUpWarning`, naming the parameters to change.
    """
    window = slice(-WINDOW, None)
    states, predictions = states[window], predictions[window]
    if len(states) < FEWEST:
        return
    active = states > config.state_max[-1] // 2
    classes = active.reshape(len(states), config.classes, -1).any(axis=2).sum(axis=1)
    share = np.mean(classes > 1)
    if share >= NEARLY_ALL:
        _warn(
            f"{share:.0%} of the last {len(states)} samples ended the free phase with outputs of several classes "
            f"active: the outputs are latched. Raise ep.state_bits of the outputs ({config.state_bits[-1]}) by one, "
            f"or lower ep.feedback_shift of the last hidden layer ({config.feedback_shift[-1]}) by one"
        )
    elif labels is not None and len(states) == WINDOW:
        share = np.bincount(predictions).max() / WINDOW
        if share >= NEARLY_ALL and np.bincount(labels[window]).max() < WINDOW / 2:
            silent = np.mean(classes == 0)
            _warn(
                f"class {np.bincount(predictions).argmax()} was predicted for {share:.0%} of the last {WINDOW} "
                f"samples, {silent:.0%} of which left every output inactive: the states are stuck. Change "
                f"ep.state_bits ({list(config.state_bits)}) or ep.feedback_shift ({list(config.feedback_shift)}) by one"
            )


def _warn(text: str) -> None:
    warnings.warn(f"ep: {text}", LatchUpWarning, stacklevel=4)
