"""Is the network alive? A free phase whose outcome does not depend on the sample means wrong scales."""

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.ep.config import EPConfig
from hwgen.ep.result import EPResult

WINDOW = 1000
"""At most so many samples are looked at, the last ones: a network may take a while to settle."""
FEWEST = 100
"""Fewer samples than this say nothing."""
STUCK_WINDOW = 300
"""Samples by which a network of one hidden layer is called stuck; a deeper one wakes later, and gets :data:`WINDOW`."""
NEARLY_ALL = 0.85
"""Share of latched samples. Machines that latch up were found above 0.88 within their first 200 training samples,
machines that learn below 0.2, before any training."""
ALL = 0.97
"""Share of silent or stuck samples, far from what networks show that learn.

Measured with the scales by default and 16 to 512 hidden neurons, on digits (three seeds) and on 2,000 images of MNIST,
in windows of 100 samples: untrained networks gave the same output states for 0.27 of the samples at most, those in
training for 0.81; of 300 samples they gave 0.75 the same class. Of 64-10-10 it was 0.96, of 64-64-64-10 0.93. Networks
that cannot learn gave 0.98 to 1.00. Untrained networks of several hidden layers are silent too (1.00), and learn: in
every sample of theirs hidden neurons change, in none of a network that is dead. 784-128-128-128-10 gave 300 samples one
class, but 1,000 samples only for 0.75, and learnt."""


class LatchUpWarning(UserWarning):
    """The output neurons hold each other active, or none ever is: the state no longer depends on the sample."""


def warn_if_latched(config: EPConfig, samples: ArrayLike, result: EPResult, labels: ArrayLike | None = None) -> None:
    """Warn of a network that cannot learn because of its scales.

    Three signs, of which the first one found is told:

    - *latched*: in :data:`NEARLY_ALL` of the last :data:`WINDOW` samples (of :data:`FEWEST` at least) outputs of more
      than one class are active at the end of the free phase. Once active, they feed the hidden neurons that keep them
      active.
    - *silent*: in :data:`ALL` of them every output's state is 0. At least :data:`FEWEST` different ones with active
      inputs must be among those. Where as many are learnt from, no hidden neuron may have changed in :data:`ALL` of
      those; where they are not, only a network of one hidden layer is judged.
    - *stuck*: one class is predicted for :data:`ALL` of the last :data:`STUCK_WINDOW` samples (with several hidden
      layers, :data:`WINDOW`) of several classes, none of which makes up half of them. Seen only where samples have
      labels, whether they are learnt from or not.

    Args:
        config: the machine's parameters.
        samples: shape ``(n, inputs)``: what the machine was given.
        result: what it made of them.
        labels: shape ``(n,)``: the samples' classes, if they are known.

    Warns :class:`LatchUpWarning`, naming the parameters to change, and which way.
    """
    states = result.states[-WINDOW:]
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
        return
    silent = ~states.any(axis=1)
    if silent.mean() >= ALL and _dead(config, np.asarray(samples)[-WINDOW:][silent], result):
        _warn(
            f"{silent.mean():.0%} of the last {len(states)} samples left every output's state at 0: the network is "
            f"silent. {_advice(config, silent=True)}"
        )
        return
    window = WINDOW if len(config.hidden) > 1 else STUCK_WINDOW
    if labels is not None and len(result) >= window:
        counts = np.bincount(result.predictions[-window:])
        if counts.max() >= ALL * window and np.bincount(np.asarray(labels)[-window:]).max() < window / 2:
            inactive = np.mean(classes[-window:] == 0)
            _warn(
                f"class {counts.argmax()} was predicted for {counts.max() / window:.0%} of the last {window} samples, "
                f"{inactive:.0%} of which left every output inactive: the states are stuck. "
                f"{_advice(config, silent=inactive >= 0.5)}"
            )


def _dead(config: EPConfig, samples: NDArray[np.integer], result: EPResult) -> bool:
    """Whether silence means that the network does not see its ``samples``, or only that it has learnt nothing yet."""
    learnt = result.nudged_steps[-WINDOW:] > 0
    if learnt.sum() >= FEWEST:
        if np.mean(result.changed[-WINDOW:][learnt] == 0) < ALL:
            return False
    elif len(config.hidden) > 1:
        return False
    # What the network sees of them.
    shift = config.pixel_bits - config.input_bits
    seen = samples >> shift if config.input_bits > 1 else (samples >= config.input_threshold).astype(np.uint8)
    different = np.unique(seen[seen.any(axis=1)], axis=0)
    return len(different) >= FEWEST


def _advice(config: EPConfig, silent: bool) -> str:
    ways = ("Lower", "raise") if silent else ("Raise", "lower")
    return (
        f"{ways[0]} ep.state_bits ({list(config.state_bits)}), or {ways[1]} ep.feedback_shift "
        f"({list(config.feedback_shift)}), by one"
    )


def _warn(text: str) -> None:
    warnings.warn(f"ep: {text}", LatchUpWarning, stacklevel=4)
