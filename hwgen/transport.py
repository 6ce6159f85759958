"""How a driver reaches its hardware: bulk register accesses and bulk streams.

A backend implements :class:`Transport` once; every core's driver runs on it unchanged.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]


class Transport(Protocol):
    """One piece of hardware with hwgen's register bus and its ``x`` and ``y`` streams."""

    def write(self, addresses: Words, values: Words) -> None:
        """Write 32-bit ``values`` to byte ``addresses`` (both shape ``(n,)``), in order.

        Raises :class:`~hwgen.errors.BusError` naming the first address that answered with an error;
        the accesses after it are not made.
        """

    def read(self, addresses: Words) -> Words:
        """Read 32-bit words from byte ``addresses`` (shape ``(n,)``), in order; errors as for :meth:`write`."""

    def stream(self, x: Words, results: int) -> tuple[Words, int]:
        """Push ``x`` into the ``x`` stream while taking ``results`` payloads from ``y``.

        Args:
            x: shape ``(n, x_words)``, one payload a row, least significant word first.
            results: how many payloads to take from ``y``.

        Returns:
            the ``y`` payloads, shape ``(results, y_words)``, and the clocks from the first ``x`` transfer to the
            last ``y`` transfer (0 where the backend cannot see clocks).

        Raises :class:`~hwgen.errors.HwgenError` when the hardware stops answering.
        """

    def reset(self) -> None:
        """Assert the hardware's reset: state returns to its initial value, memories keep their content."""

    def close(self) -> None:
        """Give the hardware back; the transport cannot be used afterwards."""
