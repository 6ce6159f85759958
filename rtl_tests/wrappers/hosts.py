"""Hosts in the simulator: one access or one payload over each protocol, with random stalls, its rules checked."""

import random
from typing import Any

OKAY, SLVERR = 0, 2
LIMIT = 2000
"""Clocks after which hardware that does not answer counts as hung."""


async def transfer(ctx: Any, valid: Any, ready: Any, draw: random.Random, stall: float, *payload: Any) -> None:
    """Offer ``payload`` (pairs of signal and value) after a random wait, until it is taken."""
    while draw.random() < stall:
        await ctx.tick()
    ctx.set(valid, 1)
    for signal, value in payload:
        ctx.set(signal, value)
    await _until(ctx, ready)
    ctx.set(valid, 0)


async def take(ctx: Any, valid: Any, ready: Any, draw: random.Random, stall: float, *payload: Any) -> list[int]:
    """Take a payload after random waits; an offer that is refused must stay as it is."""
    offer = None
    for _ in range(LIMIT):
        now_ready = draw.random() >= stall
        ctx.set(ready, now_ready)
        _, _, is_valid, *values = await ctx.tick().sample(valid, *payload)
        assert offer is None or (is_valid and values == offer), "an offer was withdrawn or changed"
        offer = values if is_valid else None
        if is_valid and now_ready:
            ctx.set(ready, 0)
            return values
    raise AssertionError(f"nothing was offered in {LIMIT} clocks")


async def _until(ctx: Any, ready: Any) -> None:
    for _ in range(LIMIT):
        _, _, taken = await ctx.tick().sample(ready)
        if taken:
            return
    raise AssertionError(f"nothing was taken in {LIMIT} clocks")


class NativeHost:
    """The register bus itself."""

    def __init__(self, bus: Any, draw: random.Random, stall: float = 0.0) -> None:
        self.bus, self.draw, self.stall = bus, draw, stall

    async def access(self, ctx: Any, address: int, value: int | None = None) -> tuple[int, bool]:
        """One access, a write if ``value`` is given: the word read, and whether it ended with an error."""
        bus = self.bus
        ctx.set(bus.valid, 1)
        ctx.set(bus.write, value is not None)
        ctx.set(bus.address, address)
        ctx.set(bus.wdata, value or 0)
        for _ in range(LIMIT):
            _, _, ready, rdata, error = await ctx.tick().sample(bus.ready, bus.rdata, bus.error)
            if ready:
                ctx.set(bus.valid, 0)
                return rdata, bool(error)
        raise AssertionError(f"no answer at 0x{address:x}")


class AXI4LiteHost:
    """A manager that sends the address and the data of a write in either order."""

    def __init__(self, axi: Any, draw: random.Random, stall: float = 0.0) -> None:
        self.axi, self.draw, self.stall = axi, draw, stall

    async def access(self, ctx: Any, address: int, value: int | None = None) -> tuple[int, bool]:
        """One access, as :meth:`NativeHost.access`."""
        if value is None:
            await self.request_read(ctx, address)
            rdata, response = await self.take_read(ctx)
            return rdata, _is_error(response)
        parts = [self.send_address(ctx, address), self.send_data(ctx, value)]
        self.draw.shuffle(parts)
        for part in parts:
            await part
        return 0, _is_error(await self.take_write(ctx))

    async def send_address(self, ctx: Any, address: int) -> None:
        """The AW channel."""
        axi = self.axi
        await transfer(ctx, axi.awvalid, axi.awready, self.draw, self.stall, (axi.awaddr, address))

    async def send_data(self, ctx: Any, value: int, strobe: int = 0xF) -> None:
        """The W channel."""
        axi = self.axi
        payload = (axi.wdata, value), (axi.wstrb, strobe)
        await transfer(ctx, axi.wvalid, axi.wready, self.draw, self.stall, *payload)

    async def take_write(self, ctx: Any) -> int:
        """The B channel: the response."""
        axi = self.axi
        return (await take(ctx, axi.bvalid, axi.bready, self.draw, self.stall, axi.bresp))[0]

    async def request_read(self, ctx: Any, address: int) -> None:
        """The AR channel."""
        axi = self.axi
        await transfer(ctx, axi.arvalid, axi.arready, self.draw, self.stall, (axi.araddr, address))

    async def take_read(self, ctx: Any) -> list[int]:
        """The R channel: data and response."""
        axi = self.axi
        return await take(ctx, axi.rvalid, axi.rready, self.draw, self.stall, axi.rdata, axi.rresp)


class WishboneHost:
    """A master of classic cycles; some follow each other without a pause."""

    def __init__(self, wb: Any, draw: random.Random, stall: float = 0.0) -> None:
        self.wb, self.draw, self.stall = wb, draw, stall

    async def access(self, ctx: Any, address: int, value: int | None = None, sel: int = 0xF) -> tuple[int, bool]:
        """One access, as :meth:`NativeHost.access`."""
        wb = self.wb
        while self.draw.random() < self.stall:
            ctx.set(wb.stb, 0)
            ctx.set(wb.cyc, self.draw.random() < 0.5)
            await self.silent(ctx)
        ctx.set(wb.cyc, 1)
        ctx.set(wb.stb, 1)
        ctx.set(wb.we, value is not None)
        ctx.set(wb.adr, address)
        ctx.set(wb.dat_w, value or 0)
        ctx.set(wb.sel, sel)
        for _ in range(LIMIT):
            _, _, ack, err, dat_r = await ctx.tick().sample(wb.ack, wb.err, wb.dat_r)
            assert not (ack and err)
            if ack or err:
                ctx.set(wb.cyc, 0)
                ctx.set(wb.stb, 0)
                return dat_r, bool(err)
        raise AssertionError(f"no answer at 0x{address:x}")

    async def silent(self, ctx: Any) -> None:
        """A clock in which no answer may come."""
        _, _, ack, err = await ctx.tick().sample(self.wb.ack, self.wb.err)
        assert not (ack or err), "an answer without a request"


def _is_error(response: int) -> bool:
    assert response in (OKAY, SLVERR)
    return response == SLVERR
