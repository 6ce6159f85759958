"""The core's side of a bus wrapper in the simulator: a memory that refuses some addresses and answers when it likes."""

import random
from typing import Any

WORDS = 16
"""Words of the memory, from address 0 on; every other address is refused."""


class RegisterBus:
    """Answers a register bus after random waits, and checks that each request is held until then.

    ``memory`` holds the words, ``accesses`` what was asked for, in order: address, and the value if it was a write.
    """

    def __init__(self, bus: Any, seed: int = 0, most_wait: int = 5) -> None:
        self.bus = bus
        self.memory = {address: address * 0x01010101 & 0xFFFFFFFF for address in range(0, 4 * WORDS, 4)}
        self.accesses: list[tuple[int, int | None]] = []
        self._random = random.Random(seed)
        self._most_wait = most_wait

    async def serve(self, ctx: Any) -> None:
        """Serve for ever."""
        bus = self.bus
        wait = None
        held = None
        async for _, _, valid, ready, *request in ctx.tick().sample(
            bus.valid, bus.ready, bus.write, bus.address, bus.wdata
        ):
            write, address, wdata = request
            if ready:
                assert valid, "the request was withdrawn in the clock that answers it"
                wait = held = None
                ctx.set(bus.ready, 0)
                continue
            if not valid:
                assert held is None, "a request was withdrawn"
                continue
            assert held in (None, request), "a request was changed"
            held = request
            wait = self._random.randint(0, self._most_wait) if wait is None else wait - 1
            if wait == 0:
                self._answer(ctx, write, address, wdata)

    def _answer(self, ctx: Any, write: int, address: int, wdata: int) -> None:
        self.accesses.append((address, wdata if write else None))
        known = address in self.memory
        if write and known:
            self.memory[address] = wdata
        ctx.set(self.bus.ready, 1)
        ctx.set(self.bus.error, not known)
        ctx.set(self.bus.rdata, self.memory[address] if known and not write else self._random.getrandbits(32))


async def random_accesses(ctx: Any, host: Any, draw: random.Random) -> list[tuple[int, int | None]]:
    """A hundred reads and writes by ``host``, some of them refused, each answer checked; returns what was asked for."""
    asked: list[tuple[int, int | None]] = []
    memory = {address: address * 0x01010101 for address in range(0, 4 * WORDS, 4)}
    for _ in range(100):
        address = draw.randrange(0, 4 * WORDS + 8, 4)
        value = draw.getrandbits(32) if draw.random() < 0.5 else None
        asked.append((address, value))
        rdata, error = await host.access(ctx, address, value)
        assert error == (address not in memory)
        if value is None and not error:
            assert rdata == memory[address]
        elif not error:
            memory[address] = value
    return asked
