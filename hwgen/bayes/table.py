"""The likelihood table: the integers that fill the Bayesian machine's memories."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.config import hash_64
from hwgen.errors import DesignError


@dataclass(frozen=True)
class LikelihoodTable:
    """Integer likelihoods of one machine.

    ``streams[i]`` has shape ``(bins, rows)`` and dtype uint16: the observed columns in order, then feedback (its last
    word stands for "no previous decision"), then the prior (one word), as far as the config has them. A stochastic
    machine holds probabilities, ``2**likelihood_bits - 1`` being the largest; a logarithmic machine holds quantised
    negative logarithms, 0 being the most likely.
    """

    streams: tuple[NDArray[np.uint16], ...]

    @classmethod
    def for_config(cls, config: BayesConfig, streams: list[ArrayLike] | tuple[ArrayLike, ...]) -> Self:
        """Check ``streams`` against ``config``.

        Raises :class:`~hwgen.errors.DesignError` naming the column, what it holds and what is allowed.
        """
        if len(streams) != config.streams:
            raise DesignError(f"a likelihood table needs {config.streams} columns for this config, not {len(streams)}")
        largest = (1 << config.likelihood_bits) - 1
        checked = []
        for index, (stream, bins) in enumerate(zip(streams, config.stream_bins, strict=True)):
            array = np.asarray(stream)
            if array.shape != (bins, config.rows):
                raise DesignError(
                    f"column {index} of the likelihood table must have shape (bins, rows) = ({bins}, {config.rows}), "
                    f"not {array.shape}"
                )
            if not np.issubdtype(array.dtype, np.integer):
                raise DesignError(
                    f"column {index} of the likelihood table must hold integers, not {array.dtype}; "
                    "hwgen.bayes.importers quantises probabilities"
                )
            if array.min() < 0 or array.max() > largest:
                raise DesignError(
                    f"column {index} of the likelihood table must hold values between 0 and {largest} "
                    f"({config.likelihood_bits} bits), not {array.min()} to {array.max()}"
                )
            checked.append(array.astype(np.uint16))
        return cls(tuple(checked))

    @property
    def digest(self) -> int:
        """64-bit hash of all likelihoods (unsigned), equal for equal tables: ``content_hash`` of the hardware."""
        return hash_64(b"".join(f"{stream.shape}".encode() + stream.astype("<u2").tobytes() for stream in self.streams))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LikelihoodTable) or len(self.streams) != len(other.streams):
            return NotImplemented if not isinstance(other, LikelihoodTable) else False
        return all(np.array_equal(mine, yours) for mine, yours in zip(self.streams, other.streams, strict=True))
