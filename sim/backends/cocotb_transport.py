"""The driver's transport inside a cocotb test bench: the same driver, on every simulator that cocotb reaches.

A test bench touches the ports of the emitted top module only: names of signals inside differ between simulators.
"""

import random
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import resume
from cocotb.triggers import ReadOnly, RisingEdge, Timer

from hwgen.bus.packing import WORD_BITS, words_for
from hwgen.errors import BusError, HwgenError
from hwgen.transport import Words

CLOCK_NS = 10
INPUTS = ("bus_valid", "bus_write", "bus_address", "bus_wdata", "x_valid", "x_payload", "y_ready")


class CocotbTransport:
    """Register bus and streams of an emitted top module, as coroutines and as the blocking calls a driver makes.

    Create it, then await :meth:`start`. A driver's calls block: run them through ``cocotb.task.bridge``.

    Args:
        dut: cocotb's handle of the top module.
        x_stall, y_stall: probability that a payload not yet offered is held back for a clock, and that a result is
            refused for a clock.
        seed: of the stalls.
        limit: clocks without a transfer after which the hardware counts as hung.
    """

    def __init__(
        self, dut: Any, *, x_stall: float = 0.0, y_stall: float = 0.0, seed: int = 0, limit: int = 100_000
    ) -> None:
        self.dut = dut
        self.x_stall = x_stall
        self.y_stall = y_stall
        self.limit = limit
        self.clocks = 0
        self._random = random.Random(seed)
        self._y_words = words_for(len(dut.y_payload))

    async def start(self) -> None:
        """Drive every input, start the clock, and reset."""
        for name in INPUTS:
            getattr(self.dut, name).value = 0
        self.dut.rst.value = 1
        await Timer(CLOCK_NS, unit="ns")
        Clock(self.dut.clk, CLOCK_NS, unit="ns").start()
        cocotb.start_soon(self._count())
        await self.pulse_reset()

    async def pulse_reset(self, clocks: int = 2) -> None:
        """Hold ``rst`` for some clocks."""
        self.dut.rst.value = 1
        for _ in range(clocks):
            await RisingEdge(self.dut.clk)
        self.dut.rst.value = 0
        await RisingEdge(self.dut.clk)

    async def access(self, address: int, value: int | None = None) -> tuple[int, bool]:
        """One bus access, a write if ``value`` is given: the word read, and whether it was answered with an error."""
        dut = self.dut
        dut.bus_valid.value = 1
        dut.bus_write.value = value is not None
        dut.bus_address.value = address
        dut.bus_wdata.value = value or 0
        for _ in range(self.limit):
            await ReadOnly()
            ready = bool(dut.bus_ready.value)
            answer = (int(dut.bus_rdata.value), bool(dut.bus_error.value)) if ready else None
            await RisingEdge(dut.clk)
            if answer is not None:
                dut.bus_valid.value = 0
                return answer
        raise HwgenError(f"the bus did not answer at address 0x{address:08x} in {self.limit} clocks")

    async def send(self, x: Words) -> int | None:
        """Push payloads into ``x``; returns the clock of the first transfer."""
        dut = self.dut
        first = None
        for payload in x:
            while self._random.random() < self.x_stall:
                await RisingEdge(dut.clk)
            dut.x_valid.value = 1
            dut.x_payload.value = _join(payload)
            await self._until(dut.x_ready, "x took no sample")
            first = self.clocks if first is None else first
            dut.x_valid.value = 0
        return first

    async def receive(self, results: int) -> tuple[Words, int]:
        """Take payloads from ``y``; returns them and the clock of the last transfer."""
        dut = self.dut
        y = np.zeros((results, self._y_words), np.uint32)
        for index in range(results):
            while self._random.random() < self.y_stall:
                await RisingEdge(dut.clk)
            dut.y_ready.value = 1
            await self._until(dut.y_valid, "y offered no result")
            y[index] = self._taken
            dut.y_ready.value = 0
        return y, self.clocks

    async def _until(self, signal: Any, complaint: str) -> None:
        """Wait for the clock edge at which ``signal`` is 1; keeps what ``y`` offered then."""
        for _ in range(self.limit):
            await ReadOnly()
            done = bool(signal.value)
            if done and signal is self.dut.y_valid:
                self._taken = _split(int(self.dut.y_payload.value), self._y_words)
            await RisingEdge(self.dut.clk)
            if done:
                return
        raise HwgenError(f"{complaint} in {self.limit} clocks")

    async def _count(self) -> None:
        while True:
            await RisingEdge(self.dut.clk)
            self.clocks += 1

    # The transport that a driver sees.

    @resume
    async def write(self, addresses: Words, values: Words) -> None:
        """See :class:`hwgen.transport.Transport`."""
        for address, value in zip(addresses.tolist(), values.tolist(), strict=True):
            if (await self.access(address, value))[1]:
                raise BusError(f"write of 0x{value:08x} at address 0x{address:08x} was answered with an error")

    @resume
    async def read(self, addresses: Words) -> Words:
        """See :class:`hwgen.transport.Transport`."""
        words = []
        for address in addresses.tolist():
            word, error = await self.access(address)
            if error:
                raise BusError(f"read at address 0x{address:08x} was answered with an error")
            words.append(word)
        return np.array(words, np.uint32)

    @resume
    async def stream(self, x: Words, results: int) -> tuple[Words, int]:
        """See :class:`hwgen.transport.Transport`."""
        sender = cocotb.start_soon(self.send(x))
        y, last = await self.receive(results)
        first = await sender
        return y, 0 if first is None else last - first

    @resume
    async def reset(self) -> None:
        """See :class:`hwgen.transport.Transport`."""
        await self.pulse_reset()

    def close(self) -> None:
        """Nothing to give back: the simulation ends with its test."""


def _join(words: Words) -> int:
    return sum(int(word) << WORD_BITS * index for index, word in enumerate(words))


def _split(value: int, count: int) -> list[int]:
    return [value >> WORD_BITS * index & 0xFFFFFFFF for index in range(count)]
