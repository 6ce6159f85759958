"""A core that is nothing but an array's interface, and a transport to it in Amaranth's simulator."""

import random
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from hwgen.bus.bank import RegisterBank
from hwgen.bus.common import IDENTITY_MAGIC, core_map
from hwgen.bus.driver import CoreDriver
from hwgen.bus.interface import BusSignature
from hwgen.errors import BusError
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.memristor.interface import ArrayInterface, connect_array
from hwgen.memristor.registers import ARRAY_ERRORS, array_registers, array_windows
from hwgen.memristor.signature import LINES, ArraySignature
from hwgen.transport import Words
from rtl_tests.simulate import CLOCK_PERIOD
from rtl_tests.wrappers.hosts import NativeHost
from sim.devices.attached import AttachedArray, Devices
from sim.devices.protocol import ProtocolChecker
from sim.golden.memristor import Pins

NUMBER, HASH = 99, 0x1234


class Shell(wiring.Component):
    """The interface behind a register bank."""

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        self.map = core_map(errors=ARRAY_ERRORS, registers=array_registers(config), windows=array_windows(config))
        super().__init__(
            {"bus": In(BusSignature()), "pins": Out(ArraySignature(config)), "in_use": In(1), "drops": Out(1)}
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self.map)
        m.submodules.array = array = ArrayInterface(self.config)
        connect(m, flipped(self.bus), bank.bus)
        connect(m, array.pins, flipped(self.pins))
        connect_array(m, bank, array)
        m.d.comb += [
            bank.identity.eq(IDENTITY_MAGIC << 16 | NUMBER),
            bank.config_hash.eq(HASH),
            bank.errors.eq(array.errors),
            bank.clear.eq(bank.control[0]),
            array.drop.eq(bank.control[0]),
            array.in_use.eq(self.in_use),
            self.drops.eq(bank.control[0] | (array.unlocked & bank.array_command[4:].any())),
        ]
        return m


class ShellTransport:
    """Runs the simulation while a driver's call waits; the devices see every clock, and no rule may be broken."""

    def __init__(self, dut: Shell, devices: Devices = None, seed: int = 0) -> None:
        self.dut = dut
        self.attached = AttachedArray(dut.config, devices, seed)
        self.checker = ProtocolChecker(dut.config)
        self._task: Callable[[Any], Coroutine[Any, Any, Any]] | None = None
        self._answer: Any = None
        self._simulator = Simulator(dut)
        self._simulator.add_clock(CLOCK_PERIOD)
        self._simulator.add_testbench(self._watch, background=True)
        self._simulator.add_testbench(self._perform, background=True)
        self._host = NativeHost(dut.bus, random.Random(seed))

    def perform(self, task: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """Run the simulation until ``task`` has ended; what it returned."""
        self._task = task
        while self._task is not None:
            self._simulator.advance()
        assert not self.checker.breaches
        if isinstance(self._answer, BusError):
            raise self._answer
        return self._answer

    def write(self, addresses: Words, values: Words) -> None:
        """See :class:`hwgen.transport.Transport`."""

        async def task(ctx: Any) -> None:
            for address, value in zip(addresses.tolist(), values.tolist(), strict=True):
                if (await self._host.access(ctx, address, value))[1]:
                    raise BusError(f"write at 0x{address:x}")

        self.perform(task)

    def read(self, addresses: Words) -> Words:
        """See :class:`hwgen.transport.Transport`."""

        async def task(ctx: Any) -> Words:
            words = []
            for address in addresses.tolist():
                word, error = await self._host.access(ctx, address)
                if error:
                    raise BusError(f"read at 0x{address:x}")
                words.append(word)
            return np.array(words, np.uint32)

        return self.perform(task)

    def clocks(self, count: int) -> None:
        """Let time pass."""

        async def task(ctx: Any) -> None:
            await ctx.tick().repeat(count)

        self.perform(task)

    def close(self) -> None:
        """Nothing to give back."""

    async def _watch(self, ctx: Any) -> None:
        dropped = False
        while True:
            pins = Pins(*(ctx.get(getattr(self.dut.pins, name)) for name in LINES))
            ctx.set(self.dut.pins.data, self.attached.clock(pins))
            self.checker.clock(pins, dropped)
            *_, drops = await ctx.tick().sample(self.dut.drops)
            dropped = bool(drops)

    async def _perform(self, ctx: Any) -> None:
        while True:
            if self._task is not None:
                try:
                    self._answer = await self._task(ctx)
                except BusError as error:
                    self._answer = error
                self._task = None
            await ctx.tick()


def open_shell(config: ArrayConfig, devices: Devices = None, seed: int = 0) -> ArrayProgrammer:
    """The programming interface of an array in the simulator."""
    core = Shell(config)
    transport = ShellTransport(core, devices, seed)
    return ArrayProgrammer(CoreDriver(transport, core.map, NUMBER, HASH), config)
