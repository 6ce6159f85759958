"""Simulated machines to look at in mid-work."""

import numpy as np

from hwgen.ep.driver import EPDriver
from hwgen.transport import Words
from sim.backends.rtl import RtlTransport


class SteppingTransport(RtlTransport):
    """The ``rtl`` backend's transport, for looking at the hardware in mid-work."""

    def stream_for(self, clocks: int, x: Words, results: int) -> Words:
        """Like ``stream``, but for ``clocks`` clocks only; what is still offered on ``x`` then is withdrawn. Returns
        the results taken."""
        x = np.ascontiguousarray(x, np.uint32)
        # No payload fills its last word: one of all ones is none.
        y = np.full((results, self._y_words), 0xFFFFFFFF, np.uint32)
        handle = self._open_handle()
        self._library.hwgen_start_stream(handle, x.ctypes.data, len(x), y.ctypes.data, results, self._limit, 0, 0, 0)
        if clocks:
            self._library.hwgen_run(handle, clocks)
        self._library.hwgen_idle(handle)
        return y[(y != 0xFFFFFFFF).any(axis=1)]

    def stream_with_clocks(self, x: Words, results: int) -> tuple[Words, list[int]]:
        """Like ``stream``, but clock by clock. Returns the results and the clock in which each was taken, that of the
        first transfer on ``x`` being 0."""
        x = np.ascontiguousarray(x, np.uint32)
        y = np.zeros((results, self._y_words), np.uint32)
        handle = self._open_handle()
        self._library.hwgen_start_stream(handle, x.ctypes.data, len(x), y.ctypes.data, results, self._limit, 0, 0, 0)
        clocks: list[int] = []
        running = True
        while running:
            running = self._library.hwgen_run(handle, 1) == 0
            # Each result makes the stream longer.
            elapsed = self._library.hwgen_elapsed(handle)
            if elapsed > (clocks or [0])[-1]:
                clocks.append(elapsed)
        self._library.hwgen_idle(handle)
        return y, clocks

    def wait(self, clocks: int) -> None:
        """Let so many clocks pass, with nothing on ``y``."""
        assert not len(self.stream_for(clocks, np.zeros((0, self._x_words), np.uint32), 1))


def settle(driver: EPDriver) -> Words:
    """Wait until a soft reset is over; returns the results that were left on ``y``."""
    while driver.status("initialising"):
        pass
    left = []
    while driver.status("busy"):
        left.append(driver.transport.stream(np.zeros((0, -(-driver.config.stream_bits // 32)), np.uint32), 1)[0])
    return np.concatenate(left) if left else np.zeros((0, 0), np.uint32)
