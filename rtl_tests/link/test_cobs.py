"""COBS and CRC in hardware against the codec, and the pieces that words are made of."""

import random
from typing import Any

import pytest
from amaranth.sim import Simulator

from hwgen.bus.link.cobs import MOST_ENCODED_BYTES, COBSDecoder
from hwgen.bus.link.frame import CRC16, ResponseMemory
from hwgen.bus.link.pieces import Assemble, Split
from hwgen.bus.link.protocol import CRC_BYTES
from sim.backends.framing import cobs_encode, crc16, frame


def contents() -> list[bytes]:
    """All short ones over two values, random ones with few and many zeros, and lengths around a whole group."""
    draw = random.Random(0)
    short = [bytes(index >> bit & 1 for bit in range(size)) for size in range(1, 6) for index in range(1 << size)]
    mixed = [bytes(draw.choice((0, draw.randrange(256))) for _ in range(draw.randrange(1, 100))) for _ in range(20)]
    return short + mixed + [bytes([value]) * size for value in (0, 1) for size in (249, MOST_ENCODED_BYTES - CRC_BYTES)]


def run(design: Any, bench: Any) -> None:
    simulator = Simulator(design)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def decoded(line: bytes) -> list[tuple[bytes, bool]]:
    """What the decoder makes of a line: each frame's content, and whether its groups were whole."""
    dut = COBSDecoder()
    frames: list[tuple[bytes, bool]] = []

    async def bench(ctx: Any) -> None:
        content = bytearray()
        ctx.set(dut.i.valid, 1)
        for byte in line:
            ctx.set(dut.i.payload, byte)
            if ctx.get(dut.o.valid):
                content.append(ctx.get(dut.o.payload))
            if ctx.get(dut.end):
                frames.append((bytes(content), bool(ctx.get(dut.whole))))
                content.clear()
            await ctx.tick()

    run(dut, bench)
    return frames


def test_the_decoder_undoes_the_codec() -> None:
    wanted = [*contents(), bytes(300), bytes([7]) * 254, bytes([7]) * 255, bytes([7]) * 600 + bytes(2)]
    line = b"".join(cobs_encode(content) + b"\x00" for content in wanted)
    assert decoded(b"\x00\x00" + line) == [(content, True) for content in wanted]


@pytest.mark.parametrize("encoded", ["03", "0311", "051122", "0211041122"])
def test_the_decoder_notices_a_group_that_ends_early_and_goes_on(encoded: str) -> None:
    frames = decoded(bytes.fromhex(encoded) + b"\x00\x02\x01\x00")
    assert [whole for _, whole in frames] == [False, True]
    assert frames[1][0] == b"\x01"


def test_the_response_memory_holds_what_the_codec_makes() -> None:
    dut = ResponseMemory(slots=5)
    wanted = contents()
    found: list[bytes] = []

    async def bench(ctx: Any) -> None:
        for index, content in enumerate(wanted):
            slot = index % 5
            ctx.set(dut.slot, slot)
            ctx.set(dut.i.valid, 1)
            for position, byte in enumerate(content):
                ctx.set(dut.i.payload, {"byte": byte, "last": position == len(content) - 1})
                await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            await ctx.tick().until(dut.done)
            stored = bytearray()
            while not stored.endswith(b"\x00"):
                ctx.set(dut.address, slot << 8 | len(stored))
                await ctx.tick()
                stored.append(ctx.get(dut.data))
            found.append(bytes(stored))

    run(dut, bench)
    assert found == [frame(content) for content in wanted]


def test_the_crc_in_hardware_is_the_codecs() -> None:
    for content in (b"123456789", *contents()):
        assert CRC16(8).compute(content) == crc16(content)


@pytest.mark.parametrize("bits", [1, 31, 32, 33, 70])
def test_payloads_are_words_lowest_first(bits: int) -> None:
    values = [random.Random(index).getrandbits(bits) for index in range(5)]
    words = [value >> 32 * index & 0xFFFF_FFFF for value in values for index in range(-(-bits // 32))]
    assemble, split = Assemble(32, bits), Split(32, bits)

    async def assembles(ctx: Any) -> None:
        found = []
        ctx.set(assemble.o.ready, 1)
        ctx.set(assemble.i.valid, 1)
        pending = list(words)
        while len(found) < len(values):
            ctx.set(assemble.i.payload, pending[0] if pending else 0)
            ctx.set(assemble.i.valid, bool(pending))
            if ctx.get(assemble.o.valid):
                found.append(ctx.get(assemble.o.payload))
            if pending and ctx.get(assemble.i.ready):
                pending.pop(0)
            await ctx.tick()
        assert found == values

    async def splits(ctx: Any) -> None:
        found = []
        ctx.set(split.o.ready, 1)
        pending = list(values)
        while len(found) < len(words):
            ctx.set(split.i.payload, pending[0] if pending else 0)
            ctx.set(split.i.valid, bool(pending))
            if ctx.get(split.o.valid):
                found.append(ctx.get(split.o.payload))
            if pending and ctx.get(split.i.ready):
                pending.pop(0)
            await ctx.tick()
        assert found == words

    run(assemble, assembles)
    run(split, splits)
