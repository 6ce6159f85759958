"""The serial line: timing tolerance, noise, and baud rates that do not divide the clock."""

import math
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from amaranth.sim import Simulator

from hwgen.bus.link.uart import UARTReceiver, UARTTransmitter, bit_time

BYTES = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0x7F, 0xFE, *random.Random(0).randbytes(8)]
RATIOS = [4.0, 25e6 / 3e6, 48e6 / 3e6, 27.13]  # clocks a bit

Bench = Callable[[Any], Coroutine[Any, Any, None]]


def simulate(design: Any, *benches: Bench) -> None:
    simulator = Simulator(design)
    simulator.add_clock(1e-6)
    for bench in benches:
        simulator.add_testbench(bench)
    simulator.run()


def levels(sent: list[int], bit: float, pause: float = 0.0) -> list[int]:
    """The line clock by clock; ``bit`` and ``pause`` (between bytes) in clocks."""
    line, time = [1] * 8, 8.0
    for byte in sent:
        for level in [0, *(byte >> index & 1 for index in range(8)), 1]:
            time += bit
            line += [level] * (math.ceil(time) - len(line))
        time += pause
        line += [1] * (math.ceil(time) - len(line))
    return line + [1] * math.ceil(2 * bit)


def received(line: list[int], ratio: float) -> tuple[list[int], int]:
    """Bytes that a receiver finds on a line, and how many it dropped."""
    dut = UARTReceiver(bit_time(ratio, 1))
    found: list[int] = []
    errors = 0

    async def bench(ctx: Any) -> None:
        nonlocal errors
        for level in line:
            ctx.set(dut.rx, level)
            if ctx.get(dut.o.valid):
                found.append(ctx.get(dut.o.payload))
            errors += ctx.get(dut.framing_error)
            await ctx.tick()

    simulate(dut, bench)
    return found, errors


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("error", [-0.02, -0.01, 0.0, 0.01, 0.02])
def test_the_other_end_may_be_two_percent_off(ratio: float, error: float) -> None:
    for pause in (0.0, 0.37):
        assert received(levels(BYTES, ratio * (1 + error), pause), ratio) == (BYTES, 0)


def test_a_glitch_is_no_start_bit() -> None:
    ratio = 16.0
    line = [1] * 10 + [0] * 5 + [1] * 40 + levels([0x5A], ratio)
    assert received(line, ratio) == ([0x5A], 0)


def test_a_byte_without_stop_bit_is_dropped_and_a_break_is_one_error() -> None:
    ratio = 16.0
    line = levels([0x11], ratio) + [0] * 1000 + levels([0x22], ratio)
    assert received(line, ratio) == ([0x11, 0x22], 1)


@pytest.mark.parametrize("ratio", RATIOS)
def test_bytes_leave_back_to_back_and_bits_never_drift(ratio: float) -> None:
    dut = UARTTransmitter(bit_time(ratio, 1))
    line: list[int] = []

    async def feed(ctx: Any) -> None:
        await ctx.tick().repeat(5)
        ctx.set(dut.i.valid, 1)
        for byte in BYTES:
            ctx.set(dut.i.payload, byte)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def watch(ctx: Any) -> None:
        for _ in range(math.ceil(ratio * 10 * (len(BYTES) + 1))):
            line.append(ctx.get(dut.tx))
            await ctx.tick()

    simulate(dut, feed, watch)
    start = line.index(0)
    expected = [level for byte in BYTES for level in [0, *(byte >> index & 1 for index in range(8)), 1]]
    middles = [start + (index + 0.5) * ratio for index in range(len(expected))]
    assert [line[int(middle)] for middle in middles] == expected
    edges = [time for time in range(start + 1, len(line)) if line[time] != line[time - 1]]
    for edge in edges:  # every edge is at its bit's place, rounded to a clock
        assert min((edge - start) % ratio, ratio - (edge - start) % ratio) <= 1 + 10 * len(BYTES) / 512


@pytest.mark.parametrize(("clock", "baudrate"), [(25e6, 3e6), (48e6, 3e6), (12e6, 3e6), (100e6, 115200), (27e6, 3e6)])
def test_the_mean_bit_is_right_to_a_two_thousandth(clock: float, baudrate: float) -> None:
    assert bit_time(clock, baudrate) / 256 == pytest.approx(clock / baudrate, rel=5e-4)


def test_baud_rates_out_of_reach_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"baudrate must be from 153 to 2500000 at a clock of 10000000 Hz .*, not 3000000"
    ):
        bit_time(10e6, 3e6)
    with pytest.raises(ValueError, match="not 100"):
        bit_time(10e6, 100)
    with pytest.raises(ValueError, match="must be positive"):
        bit_time(10e6, 0)
