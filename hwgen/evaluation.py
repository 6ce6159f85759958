"""Real samples that a machine is tried on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Labelled data that nothing was trained on, as the machine takes them."""

    samples: NDArray[np.integer[Any]]
    """Shape ``(n, columns)``: as the core's ``infer`` takes them."""
    labels: NDArray[np.integer[Any]]
    """Shape ``(n,)``: the true classes."""
    float_decisions: NDArray[np.integer[Any]] | None = None
    """Shape ``(n,)``: what the classifier in floating point decides, -1 for nothing; None where the machine does not
    come from one."""

    def __len__(self) -> int:
        return len(self.labels)
