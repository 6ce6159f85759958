"""What every cocotb bench of the Bayesian machine needs: a host on the ports, and the golden model beside them."""

import os
import random
from collections.abc import Iterator
from typing import Any, Self

import cocotb
import numpy as np
from cocotb.task import Task
from cocotb.triggers import ReadOnly, RisingEdge

from hwgen.bayes.stimulus import BayesStimulus
from hwgen.bus.map import WORD_BYTES, Access
from hwgen.bus.packing import unpack
from hwgen.design import Design
from rtl_tests.bayes.designs import bench_design
from sim.backends.cocotb_transport import CocotbTransport
from sim.golden.bayes import BayesModel

DESIGN = "HWGEN_BENCH_DESIGN"
"""Environment: name of the bench design."""
FLIP = "HWGEN_BENCH_FLIP"
"""Environment: number of the expected bit, counted over all results, that is altered on purpose; none if empty."""

OUTPUTS = ("bus_ready", "bus_rdata", "bus_error", "x_ready", "y_valid", "y_payload", "irq")
SILENCE = 64
"""Clocks, beyond those of a decision, after which nothing more will come."""


class Scoreboard:
    """Follows the ports clock by clock.

    Each sample accepted on ``x`` is decided by the golden model at once, each result taken from ``y`` is compared. An
    offer on ``y`` must stay as it is until it is taken, and every output must be 0 or 1 on every clock.
    """

    def __init__(self, dut: Any, design: Design) -> None:
        self.dut = dut
        self.config = design.config
        self.table = design.parameters
        self.stimulus = BayesStimulus(design.config)
        self.control = self.stimulus.map.base("control")
        # Verilator knows no X.
        self.outputs = [getattr(dut, name) for name in OUTPUTS] if cocotb.SIM_NAME.startswith("Icarus") else []
        self.flip = int(os.environ.get(FLIP) or -1)
        self.clock = 0
        self.total = 0
        self.reset()

    def reset(self) -> None:
        """What a hardware reset leaves."""
        self.model = BayesModel(self.config, self.table if self.config.initialised else None)
        self.pending: list[int] = []  # expected results
        self.dropped: list[int] = []  # expected before a soft reset, which may still be on their way
        self.accepted = self.taken = self.busy_cycles = 0
        self.transfers: list[int] = []  # clocks in which a result was taken
        self.offer: int | None = None  # refused in the last clock
        self.offered_at_reset = False  # a result was on y, and not taken, in the clock of the last soft reset
        self.survivors = 0  # results taken since then that were decided before it

    async def watch(self) -> None:
        """Run beside the bench."""
        dut = self.dut
        while True:
            await RisingEdge(dut.clk)
            await ReadOnly()  # what now stands on the ports is what the next edge acts on
            self.clock += 1
            for output in self.outputs:
                assert output.value.is_resolvable, f"{output._name} is {output.value}"
            if dut.rst.value:
                self.reset()
                continue
            if dut.bus_ready.value and dut.bus_write.value and int(dut.bus_address.value) == self.control:
                self._command(int(dut.bus_wdata.value))  # it acted in the clock before
            self._watch_y()
            if dut.x_valid.value and dut.x_ready.value:
                self._accept(int(dut.x_payload.value))

    def _watch_y(self) -> None:
        dut = self.dut
        offered = bool(dut.y_valid.value)
        payload = int(dut.y_payload.value)
        if self.offer is not None:
            assert offered, "an offer on y was withdrawn"
            assert payload == self.offer, f"an offer on y changed from {self.offer:x} to {payload:x}"
        self.offer = payload if offered and not dut.y_ready.value else None
        if offered and dut.y_ready.value:
            queue = self.dropped or self.pending
            self.survivors += queue is self.dropped
            assert queue, f"result {payload:x} without a sample"
            expected = queue.pop(0)
            assert payload == expected, f"result {self.taken} is {payload:x}, not {expected:x}"
            self.taken += 1
            self.transfers.append(self.clock)

    def _accept(self, payload: int) -> None:
        words = np.array([[payload >> 32 * index & 0xFFFFFFFF for index in range(8)]], np.uint32)
        *observations, restart = unpack(words, [*self.config.observation_bits, 1])
        result = self.model.infer(
            np.stack(observations, axis=1), restart.astype(bool) if self.config.feedback else None
        )
        width = len(self.dut.y_payload)
        expected = _join(self.stimulus.pack_results(result)[0])
        if 0 <= self.flip - self.total < width:
            expected ^= 1 << self.flip - self.total
        self.total += width
        self.pending.append(expected)
        self.accepted += 1
        self.busy_cycles += result.busy_cycles

    def _command(self, value: int) -> None:
        names = [field.name for field in self.stimulus.map.register("control").fields]
        commands = {name for bit, name in enumerate(names) if value >> bit & 1}
        if "clear_loaded" in commands:
            self.model = BayesModel(self.config)
        if "set_loaded" in commands:
            self.model.load(self.table)
        if "soft_reset" in commands:
            self.model.soft_reset()
            self.dropped, self.pending = self.pending, []
            self.offered_at_reset, self.survivors = self.offer is not None, 0
            self.accepted = self.taken = self.busy_cycles = 0


class Bench:
    """A host: sends samples, takes results with a probability, and uses the bus."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.design = bench_design(os.environ[DESIGN])
        self.config = self.design.config
        self.scoreboard = Scoreboard(dut, self.design)
        self.stimulus = self.scoreboard.stimulus
        self.map = self.stimulus.map
        self.transport = CocotbTransport(dut)
        self.access = self.transport.access
        self.random = random.Random(cocotb.RANDOM_SEED)
        self.rng = np.random.default_rng(cocotb.RANDOM_SEED)
        self.x_stall = 0.0
        self.y_stall = 0.0

    @classmethod
    async def start(cls, dut: Any) -> Self:
        """Reset the hardware; from then on everything is watched."""
        bench = cls(dut)
        await bench.transport.start()
        cocotb.start_soon(bench.scoreboard.watch())
        cocotb.start_soon(bench._take())
        await RisingEdge(dut.clk)
        return bench

    async def reset(self) -> None:
        """Hold the hardware's reset."""
        await self.transport.pulse_reset(self.random.randrange(1, 4))

    # Streams.

    async def _take(self) -> None:
        while True:
            self.dut.y_ready.value = self.random.random() >= self.y_stall
            await RisingEdge(self.dut.clk)

    def offered(self) -> bool:
        """Whether a result is on ``y``."""
        return bool(self.dut.y_valid.value)

    def payloads(self, count: int, valid_only: bool = False) -> Any:
        """Random samples; some are out of range unless ``valid_only``."""
        inputs = self.stimulus.random_inputs(count, self.rng)
        if valid_only:
            inputs["samples"] = self.rng.integers(0, np.array(self.config.bins), (count, self.config.columns))
        return self.stimulus.pack_samples(**inputs)

    async def decide(self, count: int, *, x_stall: float = 0.0, y_stall: float = 0.0, valid_only: bool = False) -> None:
        """Send samples and wait for their results."""
        self.transport.x_stall, self.y_stall = x_stall, y_stall
        await self.transport.send(self.payloads(count, valid_only))
        await self.finish()

    async def send_one(self, *, valid: bool) -> None:
        """Send one sample, of which ``valid`` says whether it can be decided."""
        sample = np.zeros((1, self.config.columns), np.int64)
        sample[0, -1] = 0 if valid else self.config.bins[-1]
        await self.transport.send(self.stimulus.pack_samples(sample))

    def send_forever(self, valid_only: bool = False) -> Task[None]:
        """Send samples until the task is cancelled."""
        self.transport.x_stall = 0.1

        async def send() -> None:
            while True:
                await self.transport.send(self.payloads(1, valid_only))

        return cocotb.start_soon(send())

    async def finish(self) -> None:
        """Take what is left; every accepted sample must have got its result."""
        self.dut.x_valid.value = 0
        self.y_stall = min(self.y_stall, 0.9)
        for _ in range(1000):
            await RisingEdge(self.dut.clk)
            if not self.scoreboard.pending:
                break
        await self.settle()
        assert not self.scoreboard.pending, f"{len(self.scoreboard.pending)} samples got no result"

    async def settle(self) -> None:
        """Wait until whatever can come has come."""
        self.dut.x_valid.value = 0
        for _ in range(self.config.slots + self.config.latency + SILENCE):
            await RisingEdge(self.dut.clk)

    # Bus.

    async def read(self, name: str) -> int:
        """A register's value, low word first."""
        base = self.map.base(name)
        words = [await self.access(base + WORD_BYTES * index) for index in range(self.map.register(name).words)]
        assert not any(error for _, error in words)
        return _join([word for word, _ in words])

    async def write_clocks(self) -> int:
        """Clocks that a register write takes; it acts in the last but one, and is answered in the last."""
        before = self.scoreboard.clock
        await self.write("control", 0)
        return self.scoreboard.clock - before

    async def write(self, name: str, value: int) -> None:
        """Write a register."""
        assert await self.access(self.map.base(name), value) == (0, False)

    async def command(self, field: str) -> None:
        """Raise a field of ``control``; the scoreboard follows."""
        control = self.map.register("control")
        await self.write("control", 1 << control.lsb(control.field(field)))

    async def load(self) -> None:
        """Fill the memory where the Verilog did not."""
        if not self.config.initialised:
            for address, value in self.stimulus.load_writes(self.design.parameters).tolist():
                assert await self.access(address, value) == (0, False)

    def addresses(self) -> list[int]:
        """Byte address of every likelihood."""
        return self.stimulus.likelihood_addresses().tolist()

    def contents(self) -> list[int]:
        """The likelihoods that belong there."""
        return np.concatenate([stream.reshape(-1) for stream in self.design.parameters.streams]).tolist()

    async def dump(self) -> list[int]:
        """The likelihoods that the memory holds."""
        answers = [await self.access(address) for address in self.addresses()]
        assert not any(error for _, error in answers)
        return [word for word, _ in answers]

    async def everything(self) -> dict[str, Any]:
        """All that can be read."""
        names = [register.name for register in self.map.registers if register.access is not Access.STROBE]
        return {name: await self.read(name) for name in names} | {"memory": await self.dump()}

    def status(self, *, loaded: bool) -> int:
        """The idle status register."""
        return loaded << 1

    def forbidden(self) -> Iterator[tuple[int, int | None]]:
        """Accesses that must be answered with an error: address, and value if it is a write."""
        exists = {address for address, _, _ in self.map.words()}
        window = self.map.window("likelihoods")
        memory = set(self.addresses())
        beyond = range(max(exists) + 4, self.map.base(window.name), 4)
        holes = [
            address for address in range(self.map.base(window.name), self.map.span, WORD_BYTES) if address not in memory
        ]
        for address in [*beyond, *holes, self.map.span, self.map.span * 2, 1 << 31, 0xFFFFFFFC]:
            yield from ((address, None), (address, 0), (address, 1))
        aliases = [1 << bit for bit in range(self.map.address_bits, 32)]
        for address in sorted(exists | {min(memory), max(memory)}):
            for offset in (1, 2, 3):
                yield from ((address + offset, None), (address + offset, 1))
            for alias in aliases:
                yield from ((address | alias, None), (address | alias, 1))
        for address, register, _ in self.map.words():
            if register.access is Access.READ:
                yield from ((address, 0), (address, 0xFFFFFFFF))
            else:
                yield from ((address, 1 << register.width), (address, 0xFFFFFFFF))
        yield self.map.base("control"), None
        yield from ((min(memory), 1 << window.width), (max(memory), 1 << 31))


def _join(words: Any) -> int:
    return sum(int(word) << 32 * index for index, word in enumerate(words))
