"""A Bayesian machine's Verilog with devices at its array's pins, in every clock, and a checker of the lines."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from numpy.typing import NDArray

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.driver import BayesDriver
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.memristor.signature import LINES
from rtl_tests.bayes.designs import make_design
from sim.backends.attached import AttachedTransport
from sim.devices.array import DeviceArray
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig
from sim.devices.protocol import ProtocolChecker
from sim.golden.memristor import IDLE, Pins

CLOCK_HZ = 1_000_000
PHASES: dict[str, Any] = {
    "clock_hz": CLOCK_HZ,
    "programming": {"supply_ns": 1_000},
}
"""A microsecond a clock, and a clock a phase, but ten of forming: 1 % of the other pulses fail."""


def machine_config(mode: str, bins: int, columns: int, **array: Any) -> BayesConfig:
    """A machine of 4 x 4 blocks with likelihoods of 8 bits."""
    return BayesConfig.parse(
        {
            "mode": mode,
            "rows": 4,
            "bins": [bins] * 4,
            "likelihood_bits": 8,
            "memory": "array",
            "array": PHASES | {"columns": columns} | array,
        }
    )


class Ticking(wiring.Component):
    """A machine whose array has a pin more, which changes in every clock: software at the pins is then called in every
    clock."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self._others = {name: member for name, member in machine.signature.members.items() if name != "array"}
        array = dict(machine.signature.members["array"].signature.members)
        super().__init__(self._others | {"array": Out(wiring.Signature(array | {"tick": Out(1)}))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.machine = machine = self.machine
        for name, member in self._others.items():
            inner, outer = getattr(machine, name), getattr(self, name)
            if member.is_signature:
                connect(m, inner, flipped(outer))
            else:
                m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        m.d.comb += [getattr(self.array, name).eq(getattr(machine.array, name)) for name in LINES]
        m.d.comb += machine.array.data.eq(self.array.data)
        m.d.sync += self.array.tick.eq(~self.array.tick)
        return m


class TickingDesign:
    """A design whose component is :class:`Ticking`; what else it has is the design's."""

    def __init__(self, design: Any) -> None:
        self._design = replace(design, name="ticking")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._design, name)

    def component(self) -> Ticking:
        """The machine."""
        return Ticking(self._design.component())


class WatchedArray:
    """Devices at the pins, and the checker beside them."""

    def __init__(self, attached: AttachedArray) -> None:
        self.attached = attached
        self.checker = ProtocolChecker(attached.config)
        read, programming = attached.config.read_clocks, attached.config.programming_clocks
        self._longest = sum(read) + programming.overhead + programming.supply
        self._stood = 0
        self._outputs = -1
        self._pins = Pins()
        self._fields: list[tuple[int, int]] = []
        self._lines = 0

    def connect(self, outputs: Mapping[str, int]) -> None:
        """Where each line is among the outputs."""
        lowest = 0
        assert tuple(outputs) == (*LINES, "tick")
        for name in LINES:
            self._fields.append((lowest, (1 << outputs[name]) - 1))
            lowest += outputs[name]
        self._lines = (1 << lowest) - 1

    def levels(self, outputs: int) -> int:
        """The data pins in a clock."""
        outputs &= self._lines
        if outputs != self._outputs:
            self._outputs, self._stood = outputs, 0
            self._pins = Pins(*[outputs >> lowest & mask for lowest, mask in self._fields])
        self._stood += 1
        # Lines that are idle, and have been for as long as any rule asks, break none; nor do they reach a cell.
        if self._pins == IDLE and self._stood > self._longest:
            return 0
        # No bench aborts or locks an array while a line is active: none drops.
        self.checker.check(self._pins)
        return self.attached.clock(self._pins)


class CosimulatedArray:
    """A machine, its driver, and the devices at its pins."""

    def __init__(self, config: BayesConfig, devices: HfOxConfig, seed: int = 0) -> None:
        self.config = config
        self.design = TickingDesign(make_design(config, None))
        attached = AttachedArray(config.array_config, devices, seed)
        assert isinstance(attached.array, DeviceArray)
        self.devices = attached.array
        self.watched = WatchedArray(attached)
        self.driver = BayesDriver(AttachedTransport(self.design, "array", self.watched), config)  # type: ignore[arg-type]
        assert self.driver.array is not None
        self.array: ArrayProgrammer = self.driver.array

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Shape ``(words, word_bits)``: cells with a stuck device, as the device model knows them, by address."""
        geometry = self.config.array_config.geometry
        stuck = self.devices.stuck.any(axis=-1).reshape(-1, geometry.word_bits)
        assert len(stuck) == geometry.words == len(self.array.addresses)
        return stuck

    def words(self, seed: int) -> NDArray[np.uint32]:
        """Random words, one for each address."""
        geometry = self.config.array_config.geometry
        return np.random.default_rng(seed).integers(0, 1 << geometry.word_bits, geometry.words, np.uint32)

    def close(self) -> None:
        """Give the simulation back."""
        self.driver.close()
