"""A driver's transport to a wrapped core in Amaranth's simulator, over whichever protocols the core is wrapped in."""

import random
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from amaranth.hdl import Value
from amaranth.sim import Simulator

from hwgen.bus.packing import WORD_BITS, words_for
from hwgen.bus.wrappers.interfaces import Bus, Stream
from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.errors import BusError
from hwgen.transport import Words
from rtl_tests.simulate import CLOCK_PERIOD
from rtl_tests.wrappers.axis import axi4stream_receive, axi4stream_send
from rtl_tests.wrappers.hosts import AXI4LiteHost, NativeHost, WishboneHost, take, transfer

Operation = Callable[[Any], Coroutine[Any, Any, Any]]


class SimulatedTransport:
    """Runs the simulation while a driver's call waits.

    Args:
        dut: the wrapped core.
        stall: probability that either side of any channel waits for a clock.
    """

    def __init__(self, dut: Wrapped, stall: float = 0.2, seed: int = 0) -> None:
        self.dut = dut
        self.stall = stall
        self._x_draw, self._y_draw = random.Random(seed), random.Random(seed + 1)
        self.host = _host(dut, random.Random(seed + 2), stall)
        self._x_sent = 0
        self.x_bits, self.y_bits = (len(Value.cast(port.payload)) for port in (dut.component.x, dut.component.y))
        self._operations: dict[str, Operation] = {}
        self._answers: dict[str, Any] = {}
        self._simulator = Simulator(dut)
        self._simulator.add_clock(CLOCK_PERIOD)
        for name in ("main", "send"):
            self._simulator.add_testbench(self._performer(name), background=True)

    def write(self, addresses: Words, values: Words) -> None:
        """See :class:`hwgen.transport.Transport`."""

        async def operation(ctx: Any) -> None:
            for address, value in zip(addresses.tolist(), values.tolist(), strict=True):
                if (await self.host.access(ctx, address, value))[1]:
                    raise BusError(f"write of 0x{value:08x} at address 0x{address:08x} was answered with an error")

        self.perform(main=operation)

    def read(self, addresses: Words) -> Words:
        """See :class:`hwgen.transport.Transport`."""

        async def operation(ctx: Any) -> Words:
            words = []
            for address in addresses.tolist():
                word, error = await self.host.access(ctx, address)
                if error:
                    raise BusError(f"read at address 0x{address:08x} was answered with an error")
                words.append(word)
            return np.array(words, np.uint32)

        return self.perform(main=operation)["main"]

    def stream(self, x: Words, results: int) -> tuple[Words, int]:
        """See :class:`hwgen.transport.Transport`; clocks are not counted."""
        payloads = [sum(word << WORD_BITS * index for index, word in enumerate(row)) for row in x.tolist()]

        async def send(ctx: Any) -> None:
            for payload in payloads:
                await self._send(ctx, payload)

        async def receive(ctx: Any) -> Words:
            y = [await self._receive(ctx) for _ in range(results)]
            words = range(words_for(self.y_bits))
            return np.array([[value >> WORD_BITS * word & 0xFFFFFFFF for word in words] for value in y], np.uint32)

        return self.perform(main=receive, send=send)["main"], 0

    def irq(self) -> bool:
        """The interrupt line, after a clock in which nothing is done."""

        async def operation(ctx: Any) -> bool:
            await ctx.tick()
            return bool(ctx.get(self.dut.irq))

        return self.perform(main=operation)["main"]

    def framing_error(self) -> bool:
        """Whether a packet had a wrong length; False behind native streams."""

        async def operation(ctx: Any) -> bool:
            return self.dut.interfaces.stream == Stream.AXI4STREAM and bool(ctx.get(self.dut.framing_error))

        return self.perform(main=operation)["main"]

    def close(self) -> None:
        """Nothing to give back."""

    async def _send(self, ctx: Any, payload: int) -> None:
        dut, draw = self.dut, self._x_draw
        if dut.interfaces.stream == Stream.AXI4STREAM:
            self._x_sent += 1
            ends = self._x_sent % dut.x_beats == 0
            await axi4stream_send(ctx, dut.s_axis_x, draw, self.stall, payload, self.x_bits, ends)
        else:
            x = dut.x
            await transfer(ctx, x.valid, x.ready, draw, self.stall, (Value.cast(x.payload), payload))

    async def _receive(self, ctx: Any) -> int:
        dut, draw = self.dut, self._y_draw
        if dut.interfaces.stream == Stream.AXI4STREAM:
            return await axi4stream_receive(ctx, dut.m_axis_y, draw, self.stall, self.y_bits)
        return (await take(ctx, dut.y.valid, dut.y.ready, draw, self.stall, Value.cast(dut.y.payload)))[0]

    def _performer(self, name: str) -> Operation:
        """Performs what :meth:`perform` leaves under ``name``, for ever."""

        async def perform(ctx: Any) -> None:
            while True:
                if name in self._operations:
                    operation = self._operations[name]
                    try:
                        self._answers[name] = await operation(ctx)
                    except BusError as error:
                        self._answers[name] = error
                    del self._operations[name]
                await ctx.tick()

        return perform

    def perform(self, **operations: Operation) -> dict[str, Any]:
        """Run the simulation until all ``operations`` have ended; what they return, by name."""
        self._operations = dict(operations)
        self._answers = {}
        while self._operations:
            self._simulator.advance()
        for answer in self._answers.values():
            if isinstance(answer, BusError):
                raise answer
        return self._answers


def _host(dut: Wrapped, draw: random.Random, stall: float) -> Any:
    match dut.interfaces.bus:
        case Bus.AXI4LITE:
            return AXI4LiteHost(dut.s_axi, draw, stall)
        case Bus.WISHBONE:
            return WishboneHost(dut.wb, draw, stall)
    return NativeHost(dut.bus, draw, stall)
