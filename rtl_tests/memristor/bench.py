"""A bench of an array's sequencers: devices at the pins, golden model and protocol checker beside them."""

from typing import Any

from amaranth.hdl import Cat

from hwgen.memristor.config import ArrayConfig, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import ArrayGeometry, Place
from hwgen.memristor.sequencers import ArraySequencers
from hwgen.memristor.signature import LINES
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig
from sim.devices.protocol import ProtocolChecker
from sim.golden.memristor import Command, Pins, SequencerModel

SMALL = ArrayGeometry(block_rows=3, block_columns=2, rows=2, columns=8, word_bits=4)


def small_config(clock_hz: int = 2_000_000, **others: Any) -> ArrayConfig:
    """An array with phases of several clocks, no two alike, whose supplies are quick."""
    read = ReadPhases(setup_ns=500, precharge_ns=1_000, evaluate_ns=1_500, hold_ns=500, off_ns=1_000)
    programming = ProgrammingPhases(
        setup_ns=1_000, drive_ns=500, set_ns=1_500, off_ns=1_500, supply_ns=2_500, longest_pulse_ns=12_000
    )
    parts = {"geometry": SMALL, "clock_hz": clock_hz, "read": read, "programming": programming}
    return ArrayConfig(**(parts | others))


class SequencerBench:
    """Steps hardware, golden model and devices together; every line of every clock must be the golden model's, and
    none may break a rule."""

    def __init__(self, ctx: Any, dut: ArraySequencers, devices: HfOxConfig | None = None, seed: int = 0) -> None:
        self.ctx = ctx
        self.dut = dut
        self.config = dut.config
        self.model = SequencerModel(dut.config)
        self.attached = AttachedArray(dut.config, devices, seed)
        # One look at all lines at once: that is what takes the time of a simulation.
        self._lines = Cat(getattr(dut.pins, name) for name in LINES)
        widths = [len(getattr(dut.pins, name)) for name in LINES]
        self._fields = [(sum(widths[:index]), (1 << width) - 1) for index, width in enumerate(widths)]
        self.checker = ProtocolChecker(dut.config)
        self.dropped = False
        self.clocks = 0
        ctx.set(dut.lengths, list(self.config.programming_clocks.lengths))

    async def clock(self, **model: Any) -> None:
        """One clock, with what the golden model is told of it."""
        ctx = self.ctx
        pins = self._levels(ctx.get(self._lines))
        data = self.attached.clock(pins)
        ctx.set(self.dut.pins.data, data)
        self.checker.clock(pins, self.dropped)
        assert not self.checker.breaches
        self.dropped = model.get("abort", False)
        assert self.model.clock(data, **model) == pins, f"clock {self.clocks}"
        await ctx.tick()
        self.clocks += 1

    def _levels(self, lines: int) -> Pins:
        return Pins(*[lines >> lowest & mask for lowest, mask in self._fields])

    async def idle(self) -> None:
        """Wait until something may start."""
        while not self.model.idle:
            await self.clock()

    async def strobe(self, name: str, **model: Any) -> None:
        self.ctx.set(getattr(self.dut, name), 1)
        await self.clock(**model)
        self.ctx.set(getattr(self.dut, name), 0)

    async def start(self, command: Command, place: Place, target: int) -> None:
        """Start a command on an unlocked array."""
        await self.idle()
        ctx, dut = self.ctx, self.dut
        ctx.set(dut.command, dict(zip(("form", "set", "reset", "verify"), command, strict=True)))
        ctx.set(dut.place, place._asdict())
        ctx.set(dut.target, target)
        await self.strobe("start", program=(command, place, target))

    async def program(self, command: Command, place: Place, target: int = 0) -> tuple[int, int, tuple[int, ...]]:
        """Carry out a command; returns the word read, the cells that were wrong, and the attempts of each."""
        await self.start(command, place, target)
        await self.idle()
        dut, get = self.dut, self.ctx.get
        assert not get(dut.active)
        found = get(dut.word), get(dut.wrong), tuple(get(count) for count in dut.attempts)
        assert self.model.programmed is not None
        assert (*found, get(dut.unstable)) == self.model.programmed, found
        return found

    async def read(self, place: Place) -> int:
        """Read a place of the locked array."""
        await self.idle()
        ctx, port = self.ctx, self.dut.reads
        assert ctx.get(port.ready)
        ctx.set(port.place, place._asdict())
        ctx.set(port.start, 1)
        await self.clock(read=place)
        ctx.set(port.start, 0)
        while not ctx.get(port.done):
            await self.clock()
        assert ctx.get(port.data) == self.model.data
        return int(self.model.data)
