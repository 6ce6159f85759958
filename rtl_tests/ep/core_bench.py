"""cocotb benches of the equilibrium-propagation machine's top module; ``test_core_bench.py`` runs them.

Beside each bench, every clock is watched: an offer on ``y`` stays as it is until it is taken, and no output is X.
"""

import os
import random
from collections.abc import Set
from typing import Any, Self

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

from hwgen.bus.map import WORD_BYTES
from hwgen.ep.registers import CYCLES
from hwgen.ep.stimulus import EPStimulus
from rtl_tests.ep.designs import bench_config, lively_weights, samples_of
from sim.backends.cocotb_transport import CocotbTransport
from sim.golden.ep import EPModel
from sim.verify import DEPENDS_ON_ARRIVAL

CONFIG = "HWGEN_BENCH_CONFIG"
"""Environment: name of the machine, see :func:`~rtl_tests.ep.designs.bench_config`."""
FLIP = "HWGEN_BENCH_FLIP"
"""Environment: what is altered on purpose, in the lowest bit: "result", "memory", or nothing if empty."""

OUTPUTS = ("bus_ready", "bus_rdata", "bus_error", "x_ready", "y_valid", "y_payload", "irq")
SILENCE = 400
"""Clocks after which the machine has done whatever it could."""


class Bench:
    """A host on the ports, and the golden model beside it."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.config = bench_config(os.environ[CONFIG])
        self.stimulus = EPStimulus(self.config)
        self.map = self.stimulus.map
        self.model = EPModel(self.config)
        self.transport = CocotbTransport(dut, seed=cocotb.RANDOM_SEED)
        self.random = random.Random(cocotb.RANDOM_SEED)
        self.rng = np.random.default_rng(cocotb.RANDOM_SEED)
        self.flip = os.environ.get(FLIP, "")
        self.results: list[list[int]] = []

    @classmethod
    async def start(cls, dut: Any) -> Self:
        """Reset the hardware and fill its memory; from the reset on, every clock is watched."""
        bench = cls(dut)
        await bench.transport.start()
        cocotb.start_soon(bench.watch())
        await bench.wait()
        # All benches run in one simulation: the memory has what the one before has left there.
        await bench.command("initialise")
        await bench.command("clear_statistics")
        await bench.wait()
        return bench

    async def wait(self) -> None:
        """Until the machine is at rest."""
        while await self.read("status"):
            pass

    async def watch(self) -> None:
        dut = self.dut
        # Verilator knows no X.
        outputs = [getattr(dut, name) for name in OUTPUTS] if cocotb.SIM_NAME.startswith("Icarus") else []
        refused = None
        while True:
            await RisingEdge(dut.clk)
            await ReadOnly()
            for output in outputs:
                assert output.value.is_resolvable, f"{output._name} is {output.value}"
            offer = int(dut.y_payload.value) if dut.y_valid.value and not dut.rst.value else None
            assert refused in (None, offer) or dut.rst.value, "an offer on y was withdrawn or changed"
            refused = None if dut.y_ready.value else offer

    # Streams.

    async def take(self) -> None:
        """Take results for ever."""
        while True:
            y, _ = await self.transport.receive(1)
            self.results += y.tolist()

    async def run(self, count: int, x_stall: float = 0.0, y_stall: float = 0.0) -> None:
        """Samples through both; their results are the same."""
        self.transport.x_stall, self.transport.y_stall = x_stall, y_stall
        inputs = samples_of(self.config, self.rng, count)
        expected = self.stimulus.pack_results(self.model.run(**inputs))
        expected[0, 0] ^= self.flip == "result"
        sender = cocotb.start_soon(self.transport.send(self.stimulus.pack_samples(**inputs)))
        y, _ = await self.transport.receive(count)
        await sender
        for index, (found, wanted) in enumerate(zip(y.tolist(), expected.tolist(), strict=True)):
            assert found == wanted, f"result {index} is {found}, not {wanted}"

    # Bus.

    async def load(self) -> None:
        """Random weights into both."""
        weights = lively_weights(self.config, self.rng)
        self.model.load(weights)
        for address, value in self.stimulus.load_writes(weights).tolist():
            assert await self.transport.access(address, value) == (0, False)

    async def read(self, name: str) -> int:
        """A register's value, low word first."""
        base = self.map.base(name)
        words = [await self.transport.access(base + WORD_BYTES * word) for word in range(self.map.register(name).words)]
        assert not any(error for _, error in words)
        return sum(word << 32 * index for index, (word, _) in enumerate(words))

    async def command(self, field: str) -> None:
        """Raise a field of ``control``."""
        control = self.map.register("control")
        value = 1 << control.lsb(control.field(field))
        assert await self.transport.access(self.map.base("control"), value) == (0, False)

    async def check_state(self, but: Set[str] = DEPENDS_ON_ARRIVAL) -> None:
        """The synapse memory word by word, the random state and, but for some, the statistics."""
        weights = self.model.dump()
        *writes, _, _ = self.stimulus.load_writes(weights).tolist()
        writes[0][1] ^= self.flip == "memory"
        for address, wanted in writes:
            found = await self.transport.access(address)
            assert found == (wanted, False), f"0x{address:x} holds {found}, not {wanted:x}"
        assert await self.read("random") == weights.random
        for name, value in self.model.statistics().items():
            assert name in but or await self.read(name) == value, name


@cocotb.test()
async def back_pressure_changes_no_result_and_no_synapse(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.check_state()
    await bench.load()
    await bench.run(2)
    await bench.check_state(frozenset())
    draw = bench.random
    for x_most, y_most in ((0.9, 0.0), (0.0, 0.9), (0.9, 0.9), (0.9, 0.9), (0.2, 0.99)):
        x_stall, y_stall = draw.uniform(0, x_most), draw.uniform(0, y_most)
        # The memory is read after every k-th sample.
        k = draw.randint(1, 5)
        for _ in range(draw.randint(1, 3)):
            await bench.run(k, x_stall, y_stall)
            await bench.check_state()
    assert await bench.read("status") == await bench.read("errors") == 0
    assert not bench.config.learning or await bench.read("flips")


@cocotb.test()
async def the_bus_answers_during_work_and_disturbs_nothing(dut: Any) -> None:
    bench = await Bench.start(dut)
    inputs = samples_of(bench.config, bench.rng, 12)
    expected = bench.stimulus.pack_results(bench.model.run(**inputs)).tolist()
    addresses = bench.stimulus.synapse_addresses().tolist()
    bench.transport.x_stall, bench.transport.y_stall = 0.05, 0.3
    sender = cocotb.start_soon(bench.transport.send(bench.stimulus.pack_samples(**inputs)))
    taker = cocotb.start_soon(bench.take())
    names = [register.name for register in bench.map.registers if register.name not in ("control",)]
    refused = 0
    while len(bench.results) < len(expected):
        await bench.read(bench.random.choice(names))
        busy = sender.done() is False and await bench.read("status") & 1
        for value in (None, bench.random.randrange(2)):
            if busy and not sender.done():
                answer = await bench.transport.access(bench.random.choice(addresses), value)
                assert answer == (0, True), "the memory is locked while samples are in the machine"
                refused += 1
        await ClockCycles(dut.clk, 1 + bench.random.randrange(4))
    taker.cancel()
    dut.y_ready.value = 0
    assert refused > 10
    assert bench.results == expected
    await bench.check_state()


@cocotb.test()
async def soft_reset_in_mid_work_leaves_whole_samples(dut: Any) -> None:
    bench = await Bench.start(dut)
    for attempt in range(12):
        inputs = samples_of(bench.config, bench.rng, 12)
        bench.transport.x_stall, bench.transport.y_stall = 0.1, 0.95 if attempt % 2 else 0.2
        before = await bench.read("trained") + await bench.read("inferred")
        bench.results.clear()
        sender = cocotb.start_soon(bench.transport.send(bench.stimulus.pack_samples(**inputs)))
        taker = cocotb.start_soon(bench.take())
        await ClockCycles(dut.clk, bench.random.randrange(1, 500))
        # x goes on up to the clock of the reset.
        await bench.command("soft_reset")
        sender.cancel()
        dut.x_valid.value = 0
        bench.transport.y_stall = 0.2
        await ClockCycles(dut.clk, SILENCE)
        taker.cancel()
        dut.y_ready.value = 0
        done = await bench.read("trained") + await bench.read("inferred") - before
        part = {key: values[:done] for key, values in inputs.items()}
        expected = bench.stimulus.pack_results(bench.model.run(**part)).tolist()
        assert bench.results == expected[: len(bench.results)] and len(expected) - len(bench.results) in (0, 1)
        # Beats that x took after the reset begin a sample, which never ends: drop them too.
        await bench.command("soft_reset")
        bench.model.soft_reset()
        await ClockCycles(dut.clk, 4)
        # Clocks of samples that were dropped count too.
        await bench.check_state(frozenset(CYCLES))
    await bench.run(4)
    await bench.check_state(frozenset(CYCLES))


@cocotb.test()
async def a_reset_leaves_a_quiet_machine_and_the_memory(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.run(6)
    await bench.transport.pulse_reset(3)
    bench.model.clear_statistics()
    bench.model.soft_reset()
    for _ in range(30):
        await RisingEdge(dut.clk)
        assert not dut.y_valid.value and not dut.irq.value
    await bench.check_state()
    await bench.run(6, 0.2, 0.2)
    await bench.check_state()
