"""Payloads over AXI4-Stream in the simulator, and as beats."""

import random
from typing import Any

from hwgen.bus.wrappers.interfaces import beats_for
from rtl_tests.wrappers.hosts import take, transfer


def beats_of(payload: int, bits: int, width: int) -> list[tuple[int, int]]:
    """``tdata`` and ``tlast`` of each beat of a payload of ``bits`` bits."""
    count = beats_for(bits, width)
    return [(payload >> width * beat & (1 << width) - 1, int(beat == count - 1)) for beat in range(count)]


async def axi4stream_send(
    ctx: Any, axis: Any, draw: random.Random, stall: float, payload: int, bits: int, ends: bool = True
) -> None:
    """Send a payload, with which a packet ends or not."""
    for tdata, tlast in beats_of(payload, bits, len(axis.tdata)):
        await transfer(ctx, axis.tvalid, axis.tready, draw, stall, (axis.tdata, tdata), (axis.tlast, tlast and ends))


async def axi4stream_receive(ctx: Any, axis: Any, draw: random.Random, stall: float, bits: int) -> int:
    """Take a packet, whose length must be right, and return its payload."""
    payload = 0
    for beat in range(beats_for(bits, len(axis.tdata))):
        tdata, tlast = await take(ctx, axis.tvalid, axis.tready, draw, stall, axis.tdata, axis.tlast)
        assert tlast == (beat == beats_for(bits, len(axis.tdata)) - 1), f"TLAST is {tlast} in beat {beat}"
        payload |= tdata << len(axis.tdata) * beat
    assert payload >> bits == 0, "the last beat is not filled up with zeros"
    return payload
