"""The frame receiver by itself: what the line's other errors do to a frame."""

from typing import Any

import pytest
from amaranth.sim import Simulator

from hwgen.bus.link.frame import FrameReceiver
from hwgen.bus.link.protocol import Opcode
from sim.backends.framing import Request

FRAME = Request(Opcode.READ, 3, 0x0100).frame(9)
CONTENT = bytes([9, Opcode.READ, 3, 0x00, 0x01, 0x00, 0x00])


def received(line: bytes, damaged_at: int | None) -> tuple[list[bytes], int]:
    """The frames kept, with their sizes in front, and how many were dropped; a byte is lost before ``damaged_at``."""
    dut = FrameReceiver(slots=4)
    frames: list[bytes] = []
    dropped = 0

    async def bench(ctx: Any) -> None:
        nonlocal dropped
        for position, byte in enumerate(line):
            ctx.set(dut.framing_error, position == damaged_at)
            await ctx.tick()
            ctx.set(dut.framing_error, 0)
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            dropped += ctx.get(dut.dropped)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            await ctx.tick()
        while ctx.get(dut.whole):
            frame = bytearray()
            ctx.set(dut.bytes.ready, 1)
            while not frame or len(frame) <= frame[0]:
                if ctx.get(dut.bytes.valid):
                    frame.append(ctx.get(dut.bytes.payload))
                await ctx.tick()
            frames.append(bytes(frame))
            ctx.set(dut.bytes.ready, 0)
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return frames, dropped


def test_frames_are_kept_with_their_size_and_without_crc() -> None:
    assert received(FRAME * 3, None) == ([bytes([len(CONTENT)]) + CONTENT] * 3, 0)


@pytest.mark.parametrize("damaged_at", range(len(FRAME)))
def test_a_frame_that_lost_a_byte_on_the_line_is_dropped_even_if_its_crc_is_right(damaged_at: int) -> None:
    frames, dropped = received(FRAME * 2, damaged_at)
    assert (len(frames), dropped) == (1, 1)


def test_a_byte_lost_on_an_idle_line_costs_no_frame_behind_the_next_delimiter() -> None:
    frames, dropped = received(b"\x00" + FRAME, damaged_at=0)
    assert (frames, dropped) == ([bytes([len(CONTENT)]) + CONTENT], 0)


def test_a_fifth_frame_is_dropped_while_four_are_kept() -> None:
    frames, dropped = received(FRAME * 5, None)
    assert (len(frames), dropped) == (4, 1)
