"""What the equilibrium-propagation machine answers, whichever backend runs it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig

FIELDS = ("predictions", "states", "free_steps", "negative_steps", "positive_steps", "changed", "flips")
"""What :class:`EPResult` says of each sample."""

STEP_BITS = 8
"""Bits of the number of a phase's steps."""


def result_bits(config: EPConfig) -> dict[str, int]:
    """Bits of each field of a result on ``y``, from the lowest on, by the names of :class:`EPResult`; those of
    ``states`` are of each output."""
    return {
        "prediction": config.class_bits,
        "states": config.state_bits[-1],
        "free_steps": STEP_BITS,
        "negative_steps": STEP_BITS,
        "positive_steps": STEP_BITS,
        "changed": sum(config.hidden).bit_length(),
        "flips": config.synapses.bit_length(),
    }


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
    negative_steps: NDArray[np.int32]
    """Shape ``(n,)``: steps of the phase nudged away from the target; 0 where there was none: under random-sign nudging
    there is this one or the other, for a sample that was only inferred neither."""
    positive_steps: NDArray[np.int32]
    """Shape ``(n,)``: steps of the phase nudged towards the target; 0 where there was none."""
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
    def nudged_steps(self) -> NDArray[np.int32]:
        """Shape ``(n,)``: steps of all nudged phases together."""
        return self.negative_steps + self.positive_steps

    @property
    def decisions(self) -> NDArray[np.int32]:
        """Shape ``(n,)``: the predictions, by the name that every core's results share."""
        return self.predictions

    def rows(self) -> list[dict[str, Any]]:
        """One sample an entry, as JSON values."""
        columns = [getattr(self, name).tolist() for name in FIELDS]
        keys = ("prediction", *FIELDS[1:])
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def differences(self, other: "EPResult") -> NDArray[np.bool_]:
        """Shape ``(n,)``: which samples differ in any bit of their results.

        Raises :class:`ValueError` if the two are not results of equally many samples and outputs.
        """
        if self.states.shape != other.states.shape:
            raise ValueError(f"cannot compare results of shape {self.states.shape} with {other.states.shape}")
        different = np.zeros(len(self), bool)
        for name in FIELDS:
            mine, yours = getattr(self, name), getattr(other, name)
            different |= (mine != yours).reshape(len(self), -1).any(axis=1)
        return different
