"""A soft reset in the middle of a packet: the packet is dropped, all of it, and the next one is the next sample."""

import random
from typing import Any

import numpy as np
import pytest

from hwgen import registry
from hwgen.bus.wrappers.axi4stream import receiver
from hwgen.bus.wrappers.interfaces import beats_for
from hwgen.bus.wrappers.wrapped import Wrapped
from rtl_tests.simulate import simulate
from rtl_tests.wrappers.axis import beats_of
from rtl_tests.wrappers.hosts import transfer
from rtl_tests.wrappers.machines import MACHINES
from rtl_tests.wrappers.transport import SimulatedTransport
from sim.backends import open_golden, start_driver

WIDTH = 8
QUIET = 300
"""Clocks without a result after which a machine has no sample any more."""
STORMS = 12
"""Soft resets while packets follow each other, each a clock later than the one before."""
SAMPLES = 6


class Machine:
    """A core behind AXI4-Stream, its driver, and samples that must not change what it holds."""

    def __init__(self, core: str, stall: float) -> None:
        design = MACHINES[core].with_trial_parameters()
        self.dut = Wrapped(design.component(), "native", "axi4stream", WIDTH)
        self.transport = SimulatedTransport(self.dut, stall)
        self.driver, self.golden = start_driver(design, self.transport), open_golden(design)
        self.inputs = self.driver.stimulus.random_inputs(SAMPLES, np.random.default_rng(1))
        self.stall = stall
        first = {name: values[:1] for name, values in self.inputs.items()}
        self.golden.run(**first)
        self.driver.run(**first)  # what fills its memory first is ready now
        unlearnt = dict(self.inputs)
        if "learn" in unlearnt:
            unlearnt["learn"] = np.zeros(SAMPLES, bool)
        self.packets = self._packets(self.driver.stimulus.pack_samples(**unlearnt))

    def _packets(self, payloads: Any) -> list[list[tuple[int, int]]]:
        """Beats of each sample."""
        bits = self.transport.x_bits
        values = [sum(word << 32 * index for index, word in enumerate(row)) for row in payloads.tolist()]
        beats = [tdata for value in values for tdata, _ in beats_of(value, bits, WIDTH)]
        length = self.dut.x_beats * beats_for(bits, WIDTH)
        return [
            [(tdata, int(at == length - 1)) for at, tdata in enumerate(beats[first : first + length])]
            for first in range(0, len(beats), length)
        ]

    async def send(self, ctx: Any, beats: list[tuple[int, int]]) -> None:
        axis, draw = self.dut.s_axis_x, random.Random(1)
        for tdata, tlast in beats:
            values = (axis.tdata, tdata), (axis.tlast, tlast)
            await transfer(ctx, axis.tvalid, axis.tready, draw, self.stall, *values)

    def expect_the_next_samples(self) -> None:
        """The next samples give what the golden model makes of them, which has seen none of those before."""
        self.golden.soft_reset()
        found, expected = self.driver.run(**self.inputs), self.golden.run(**self.inputs)
        assert not found.differences(expected).any()
        assert self.driver.errors() == self.golden.errors()
        assert self.driver.read_register("samples") == len(found) and not self.transport.framing_error()


@pytest.mark.parametrize("core", registry.CORES)
def test_the_rest_of_a_packet_is_dropped_after_any_of_its_beats(core: str) -> None:
    machine = Machine(core, stall=0.2)
    beats = len(machine.packets[0])
    assert beats > 1
    for before in range(beats):
        machine.transport.perform(send=lambda ctx, end=before: machine.send(ctx, machine.packets[0][:end]))
        machine.driver.soft_reset()
        if before:
            machine.transport.perform(send=lambda ctx, start=before: machine.send(ctx, machine.packets[0][start:]))
        machine.expect_the_next_samples()
    assert machine.driver.dump() == machine.golden.dump()


@pytest.mark.parametrize("stall", [0.0, 0.3])
@pytest.mark.parametrize("core", registry.CORES)
def test_a_soft_reset_between_packets_that_follow_each_other_shifts_nothing(core: str, stall: float) -> None:
    machine = Machine(core, stall)
    beats = [beat for packet in machine.packets for beat in packet]
    axis, host = machine.dut.m_axis_y, machine.transport.host
    address = machine.driver.map.base("control")
    sent = 0

    async def send(ctx: Any) -> None:
        nonlocal sent
        await machine.send(ctx, beats)
        sent += 1

    for storm in range(STORMS):

        async def reset_and_take(ctx: Any, storm: int = storm) -> None:
            ctx.set(axis.tready, 1)
            await ctx.tick().repeat(storm + 1)
            await host.access(ctx, address, 1)
            quiet = 0
            while sent == storm or quiet < QUIET:
                _, _, valid = await ctx.tick().sample(axis.tvalid)
                quiet = 0 if valid else quiet + 1
            ctx.set(axis.tready, 0)

        machine.transport.perform(main=reset_and_take, send=send)
        assert not machine.driver.status("busy")
        # A core with feedback remembers the samples behind the soft reset.
        machine.driver.soft_reset()
        machine.expect_the_next_samples()
    assert machine.driver.dump() == machine.golden.dump()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("bits", "payloads"), [(20, 1), (8, 1), (8, 3), (20, 2)])
def test_what_a_receiver_offers_is_what_came_after_the_last_clear(bits: int, payloads: int, seed: int) -> None:
    dut = receiver(bits, WIDTH, payloads)
    count = payloads * beats_for(bits, WIDTH)
    draw = random.Random(seed)
    kept: list[int] = []  # payloads that must come, as far as their last beat has been taken
    taken = 0

    async def send(ctx: Any) -> None:
        axis = dut.axis
        for _ in range(200):
            # One packet in eight has another length, which must go as it came.
            length = count if draw.random() < 7 / 8 else draw.randint(1, count + 2)
            for beat in range(length):
                values = (axis.tdata, draw.getrandbits(WIDTH)), (axis.tlast, beat == length - 1)
                await transfer(ctx, axis.tvalid, axis.tready, draw, 0.2, *values)
        await ctx.tick().repeat(20)

    async def stir(ctx: Any) -> None:
        while True:
            ctx.set(dut.clear, draw.random() < 0.03)
            # Whoever takes the payloads takes none while they are cleared.
            ctx.set(dut.o.ready, not ctx.get(dut.clear) and draw.random() < 0.6)
            await ctx.tick()

    async def watch(ctx: Any) -> None:
        nonlocal taken
        packet: list[int] = []
        begun = True  # the packet under way began after the last clear
        axis, o = dut.axis, dut.o
        signals = axis.tvalid, axis.tready, axis.tdata, axis.tlast, o.valid, o.ready, o.payload, dut.clear
        async for _, _, tvalid, tready, tdata, tlast, valid, ready, payload, clear in ctx.tick().sample(*signals):
            if clear:
                assert not tready, "a beat is taken while the receiver is cleared"
                kept.clear()
                begun = begun and not packet
                continue
            if valid and ready:
                assert kept and payload == kept.pop(0), "a payload that did not come"
                taken += 1
            if tvalid and tready:
                packet.append(tdata)
                kept.extend(expected(packet, bool(tlast)) if begun else [])
                if tlast:
                    packet, begun = [], True

    def expected(packet: list[int], ended: bool) -> list[int]:
        """The payloads that the last beat of ``packet`` completes."""
        beats = count // payloads
        whole = [join(packet[first : first + beats]) for first in range(0, min(len(packet), count), beats)]
        if payloads == 1:
            return whole if ended and len(packet) == count else []
        right = ended and len(packet) == count
        if len(packet) > count:
            return []
        if ended or len(packet) == count:
            missing = [0] * (payloads - len(whole))
            filled = [*whole, *missing] if right else [*[*whole, *missing][:-1], 0]
            return filled[(len(packet) - 1) // beats :]
        return whole[-1:] if len(packet) % beats == 0 else []

    def join(beats: list[int]) -> int:
        return sum(tdata << WIDTH * beat for beat, tdata in enumerate(beats)) & (1 << bits) - 1

    simulate(dut, send, background=[stir, watch])
    assert taken > 40 and not kept
