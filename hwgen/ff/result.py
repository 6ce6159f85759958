"""Results of the Forward-Forward machine, the same for golden model and driver."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.config import goodness_names


@dataclass(frozen=True, eq=False)
class FFResult:
    """Results of ``n`` samples, in order."""

    predictions: NDArray[np.int32]
    """Shape ``(n,)``: classes. A supervised machine that learns decides between the right label and the wrong one that
    it drew."""
    goodness: NDArray[np.int64]
    """Shape ``(n, layers, 2)``: sums of squared activations of the positive and the negative pass, over all steps of a
    sequence; 0 where there was no pass."""
    busy_cycles: int = 0
    """Clocks that the machine worked on these samples; 0 where the backend cannot see clocks."""
    elapsed_cycles: int = 0
    """Clocks from the first sample's first transfer to the last result's when both streams run at full speed; 0
    without samples, and as :attr:`busy_cycles`."""

    def __len__(self) -> int:
        return len(self.predictions)

    @property
    def decisions(self) -> NDArray[np.int32]:
        """Shape ``(n,)``: the predictions, by the name that every core's results share."""
        return self.predictions

    def rows(self) -> list[dict[str, Any]]:
        """One sample an entry, as JSON values."""
        return [
            {"prediction": prediction, "goodness": goodness}
            for prediction, goodness in zip(self.predictions.tolist(), self.goodness.tolist(), strict=True)
        ]

    def columns(self) -> list[dict[str, Any]]:
        """One sample an entry, as a table shows it: a column for each layer and pass."""
        names = goodness_names(range(self.goodness.shape[1]))
        goodness = self.goodness.reshape(len(self), len(names)).tolist()
        return [
            {"prediction": prediction, **dict(zip(names, values, strict=True))}
            for prediction, values in zip(self.predictions.tolist(), goodness, strict=True)
        ]

    def differences(self, other: "FFResult") -> NDArray[np.bool_]:
        """Shape ``(n,)``: which samples differ in any bit of their results.

        Raises :class:`ValueError` if the two are not results of equally many samples and layers.
        """
        if self.goodness.shape != other.goodness.shape:
            raise ValueError(f"cannot compare results of shape {self.goodness.shape} with {other.goodness.shape}")
        return (self.predictions != other.predictions) | (self.goodness != other.goodness).any(axis=(1, 2))
