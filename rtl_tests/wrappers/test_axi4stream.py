"""AXI4-Stream: payloads pass unchanged at every width; a packet of the wrong length is dropped and flagged."""

import random
from typing import Any

import pytest

from hwgen.bus.wrappers.axi4stream import (
    AXI4StreamSampleReceiver,
    AXI4StreamSignature,
    AXI4StreamTransmitter,
    receiver,
)
from hwgen.bus.wrappers.interfaces import beats_for
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.axis import beats_of
from rtl_tests.wrappers.hosts import take, transfer

SIZES = [(1, 8), (8, 8), (9, 8), (50, 16), (96, 32), (100, 32), (130, 128), (300, 64)]
STALLS = [(0.0, 0.0), (0.3, 0.3), (0.7, 0.1), (0.1, 0.7)]


def received(
    packets: list[list[tuple[int, int]]],
    bits: int,
    width: int,
    count: int,
    stalls: tuple[float, float] = (0, 0),
    payloads: int = 1,
) -> tuple[list[int], bool, int]:
    """The ``count`` payloads that come out of ``packets``, ``framing_error`` at the end, and the clocks it took."""
    dut = receiver(bits, width, payloads)
    found: list[int] = []
    end: list[int] = []
    clocks = 0

    async def send(ctx: Any) -> None:
        nonlocal clocks
        draw = random.Random(1)
        axis = dut.axis
        for tdata, tlast in (beat for packet in packets for beat in packet):
            await transfer(ctx, axis.tvalid, axis.tready, draw, stalls[0], (axis.tdata, tdata), (axis.tlast, tlast))
        await ctx.tick().repeat(4)

    async def collect(ctx: Any) -> None:
        draw = random.Random(2)
        for _ in range(count):
            found.extend(await take(ctx, dut.o.valid, dut.o.ready, draw, stalls[1], dut.o.payload))
        ctx.set(dut.o.ready, 1)
        for _ in range(20):
            _, _, valid = await ctx.tick().sample(dut.o.valid)
            assert not valid, "a payload too many"
        end.append(ctx.get(dut.framing_error))

    async def count_clocks(ctx: Any) -> None:
        nonlocal clocks
        while len(found) < count:
            await ctx.tick()
            clocks += 1

    simulate(dut, send, collect, background=[count_clocks])
    return found, bool(end[0]), clocks


@pytest.mark.parametrize("stalls", STALLS)
@pytest.mark.parametrize(("bits", "width"), SIZES)
def test_packets_become_payloads(bits: int, width: int, stalls: tuple[float, float]) -> None:
    draw = random.Random(bits)
    payloads = [draw.getrandbits(bits) for _ in range(20)]
    packets = [beats_of(payload, bits, width) for payload in payloads]
    assert received(packets, bits, width, len(payloads), stalls)[:2] == (payloads, False)


@pytest.mark.parametrize("stalls", STALLS)
@pytest.mark.parametrize(("bits", "width"), SIZES)
def test_payloads_become_packets(bits: int, width: int, stalls: tuple[float, float]) -> None:
    dut = AXI4StreamTransmitter(bits, width)
    draw = random.Random(bits)
    payloads = [draw.getrandbits(bits) for _ in range(20)]
    found: list[tuple[int, ...]] = []

    async def send(ctx: Any) -> None:
        draw = random.Random(1)
        for payload in payloads:
            await transfer(ctx, dut.i.valid, dut.i.ready, draw, stalls[0], (dut.i.payload, payload))

    async def collect(ctx: Any) -> None:
        draw = random.Random(2)
        axis = dut.axis
        for _ in range(len(payloads) * beats_for(bits, width)):
            beat = await take(ctx, axis.tvalid, axis.tready, draw, stalls[1], axis.tdata, axis.tlast)
            found.append(tuple(beat))

    simulate(dut, send, collect)
    assert found == [beat for payload in payloads for beat in beats_of(payload, bits, width)]


@pytest.mark.parametrize("stalls", STALLS)
@pytest.mark.parametrize("bits", [8, 30])
def test_packets_of_a_wrong_length_are_dropped_whole(bits: int, stalls: tuple[float, float]) -> None:
    draw = random.Random(bits)
    right = beats_for(bits, 8)
    packets, payloads = [], []
    for length in [*range(1, 2 * right + 3)] * 3:
        packets.append([(draw.getrandbits(8), beat == length - 1) for beat in range(length)])
        payloads.append(draw.getrandbits(bits))
        if length == right:
            kept = sum(tdata << 8 * beat for beat, (tdata, _) in enumerate(packets[-1]))
            payloads.insert(-1, kept & (1 << bits) - 1)
        packets.append(beats_of(payloads[-1], bits, 8))
    assert received(packets, bits, 8, len(payloads), stalls)[:2] == (payloads, True)


@pytest.mark.parametrize("packet", [[(1, 1)], [(1, 0), (2, 0), (3, 1)]])
def test_the_flag_rises_with_the_first_wrong_packet_and_stays(packet: list[tuple[int, int]]) -> None:
    good = beats_of(0x1234, 16, 8)
    assert received([good, good], 16, 8, 2)[:2] == ([0x1234] * 2, False)
    assert received([good, packet, good], 16, 8, 2)[:2] == ([0x1234] * 2, True)


@pytest.mark.parametrize(("bits", "width"), [(8, 8), (32, 8)])
def test_a_beat_passes_every_clock(bits: int, width: int) -> None:
    packets = [beats_of(index, bits, width) for index in range(50)]
    _, _, clocks = received(packets, bits, width, 50)
    assert clocks <= 50 * beats_for(bits, width) + 3


@pytest.mark.parametrize("width", [0, 4, 12, 136, 256])
def test_other_widths_are_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 8 from 8 to 128, not {width}"):
        AXI4StreamSignature(width)


SAMPLES = [(8, 8, 2), (8, 8, 5), (20, 8, 3), (32, 64, 4), (8, 16, 2)]
"""Bits of a payload, width of the stream, payloads of a sample."""


def sample_beats(payloads: list[int], bits: int, width: int) -> list[tuple[int, int]]:
    """The packet of a sample of several payloads."""
    packet = [tdata for payload in payloads for tdata, _ in beats_of(payload, bits, width)]
    return [(tdata, int(beat == len(packet) - 1)) for beat, tdata in enumerate(packet)]


@pytest.mark.parametrize("stalls", STALLS)
@pytest.mark.parametrize(("bits", "width", "count"), SAMPLES)
def test_packets_become_the_payloads_of_samples(bits: int, width: int, count: int, stalls: tuple[float, float]) -> None:
    draw = random.Random(bits)
    samples = [[draw.getrandbits(bits) for _ in range(count)] for _ in range(8)]
    packets = [sample_beats(sample, bits, width) for sample in samples]
    expected = [payload for sample in samples for payload in sample]
    assert received(packets, bits, width, len(expected), stalls, count)[:2] == (expected, False)


@pytest.mark.parametrize("stalls", STALLS)
@pytest.mark.parametrize(("bits", "width", "count"), SAMPLES)
def test_a_sample_of_a_wrong_length_is_completed_or_cut_and_its_last_payload_is_0(
    bits: int, width: int, count: int, stalls: tuple[float, float]
) -> None:
    draw = random.Random(bits)
    beats = beats_for(bits, width)
    packets, expected = [], []
    for length in [*range(1, 2 * count * beats + 2)] * 2:
        packet = [(draw.getrandbits(width), int(beat == length - 1)) for beat in range(length)]
        packets.append(packet)
        tdata = [value for value, _ in packet] + [0] * count * beats
        joined = [
            sum(tdata[payload * beats + beat] << width * beat for beat in range(beats)) & (1 << bits) - 1
            for payload in range(count)
        ]
        expected += joined if length == count * beats else [*joined[:-1], 0]
    assert received(packets, bits, width, len(expected), stalls, count)[:2] == (expected, True)


@pytest.mark.parametrize("length", [1, 5, 7])
def test_the_flag_rises_with_the_first_sample_of_a_wrong_length_and_stays(length: int) -> None:
    good = sample_beats([1, 2, 3], 16, 8)
    wrong = [(9, int(beat == length - 1)) for beat in range(length)]
    assert received([good, good], 16, 8, 6, payloads=3)[:2] == ([1, 2, 3] * 2, False)
    found, flag, _ = received([good, wrong, good], 16, 8, 9, payloads=3)
    assert (found[:3], found[5:], flag) == ([1, 2, 3], [0, 1, 2, 3], True)


@pytest.mark.parametrize(("bits", "width"), [(8, 8), (32, 8)])
def test_a_beat_of_a_sample_passes_every_clock(bits: int, width: int) -> None:
    packets = [sample_beats([index, index, index], bits, width) for index in range(20)]
    _, _, clocks = received(packets, bits, width, 60, payloads=3)
    assert clocks <= 60 * beats_for(bits, width) + 3


def test_a_sample_of_one_payload_is_for_the_other_receiver() -> None:
    with pytest.raises(ValueError, match="payloads must be at least 2, not 1"):
        AXI4StreamSampleReceiver(8, 8, 1)
