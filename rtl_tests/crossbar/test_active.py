"""Lists of active inputs: their content and their clocks, under back-pressure on every side."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from hypothesis import given
from hypothesis import strategies as st

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.sample import SampleFormat
from rtl_tests.simulate import simulate
from sim.golden.crossbar import COMPLETE, Loader, active_entries, beat_clocks, load_clocks

SAMPLES = 12


class Bench:
    """A stream of random samples through a device; the host stalls beats, the core claims, reads and releases."""

    def __init__(self, dut: ActiveInputs, seed: int, stall: float, density: float) -> None:
        self.dut = dut
        self.sample = dut.sample
        self.stall = stall
        self.draw = np.random.default_rng(seed)
        sample = self.sample
        shape = SAMPLES, sample.inputs
        self.pixels = self.draw.integers(1 << sample.pixel_bits, size=shape) * (self.draw.random(shape) < density)
        self.pixels[0], self.pixels[1] = 0, (1 << sample.pixel_bits) - 1
        self.trailers = self.draw.integers(1 << min(sample.beat_bits, 62), size=SAMPLES).tolist()
        self.clock = Signal(32)
        self.offered: list[list[int]] = []
        self.transfers: list[list[int]] = []
        self.ready: list[bool] = []
        self.claims: list[int] = []
        self.freed = [0] * dut.banks

    def beats(self, number: int) -> list[int]:
        """The beats of a sample, rubbish where bits mean nothing."""
        sample = self.sample
        beats = []
        for beat in range(sample.pixel_beats):
            word = 0
            for place in range(sample.pixels_per_beat):
                pixel = beat * sample.pixels_per_beat + place
                rubbish = self.draw.integers(1 << sample.pixel_bits)
                value = self.pixels[number, pixel] if pixel < sample.inputs else rubbish
                word |= int(value) << place * sample.pixel_bits
            beats.append(word)
        return [*beats, self.trailers[number]]

    async def send(self, ctx: Any) -> None:
        x = self.dut.x
        for number in range(SAMPLES):
            self.offered.append([])
            self.transfers.append([])
            for beat in self.beats(number):
                while self.draw.random() < self.stall:
                    ctx.set(x.valid, 0)
                    await ctx.tick()
                ctx.set(x.payload, beat)
                ctx.set(x.valid, 1)
                self.offered[-1].append(ctx.get(self.clock))
                await ctx.tick().until(x.ready)
                self.transfers[-1].append(ctx.get(self.clock) - 1)
            ctx.set(x.valid, 0)

    async def claim(self, ctx: Any) -> None:
        """Claim every list, after a while read it, release its bank."""
        dut = self.dut
        for number in range(SAMPLES):
            while not ctx.get(dut.ready):
                await ctx.tick()
            while self.draw.random() < self.stall:
                await ctx.tick()
            bank = ctx.get(dut.bank)
            assert bank == number % dut.banks
            expected = active_entries(self.sample, self.pixels[number])
            assert ctx.get(dut.count) == len(expected.indices)
            assert ctx.get(dut.trailer) == self.trailers[number] % (1 << self.sample.trailer_bits)
            assert ctx.get(dut.occupied)
            self.claims.append(ctx.get(self.clock))
            ctx.set(dut.claim, 1)
            await ctx.tick()
            ctx.set(dut.claim, 0)
            entries, others = [], []
            for clock in range(len(expected.indices) + 2):
                ctx.set(dut.read_bank, bank)
                ctx.set(dut.read_address, min(clock, self.sample.inputs - 1))
                if dut.readers == 2:
                    ctx.set(dut.other_bank, bank)
                    ctx.set(dut.other_address, max(0, len(expected.indices) - 1 - clock))
                if clock >= 2:
                    entries.append(self.read(ctx, dut.entry))
                    others.append(self.read(ctx, dut.other_entry if dut.readers == 2 else dut.entry))
                await ctx.tick()
            assert entries == list(self.listed(expected))
            assert others == (entries[::-1] if dut.readers == 2 else entries)
            while self.draw.random() < self.stall:
                await ctx.tick()
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)
            self.freed.append(ctx.get(self.clock))

    def read(self, ctx: Any, entry: Any) -> tuple[int, ...]:
        names = ("index", "value", "learn") if self.sample.input_bits > 1 else ("index",)
        return tuple(ctx.get(getattr(entry, name)) for name in names)

    def listed(self, expected: Any) -> Any:
        if self.sample.input_bits > 1:
            return zip(*(array.tolist() for array in (expected.indices, expected.values, expected.learn)), strict=True)
        assert expected.values.all() and expected.learn.all()
        return zip(expected.indices.tolist())

    async def watch(self, ctx: Any) -> None:
        """Note in which clocks a list is ready."""
        async for _, _, ready in ctx.tick().sample(self.dut.ready):
            self.ready.append(bool(ready))

    def run(self) -> None:
        """Simulate, and compare every clock with the model's."""
        top = Module()
        top.submodules.dut = self.dut
        top.d.sync += self.clock.eq(self.clock + 1)
        simulate(top, self.send, self.claim, background=[self.watch])

        loader = Loader()
        complete = []
        for number in range(SAMPLES):
            clocks = beat_clocks(self.sample, self.pixels[number])
            transfers, ready = loader.load(clocks, self.offered[number], self.freed[number])
            assert transfers == self.transfers[number]
            complete.append(ready)
        assert self.ready == [
            sum(clock >= start for start in complete) > sum(clock > claim for claim in self.claims)
            for clock in range(len(self.ready))
        ]


FORMATS = [
    # inputs, pixel_bits, input_bits, input_threshold, beat_bits, trailer_bits, banks
    (64, 1, 1, 1, 32, 5, 3),
    (50, 1, 1, 1, 8, 4, 2),
    (300, 1, 1, 1, 128, 5, 3),
    (37, 4, 1, 4, 32, 9, 3),
    (37, 4, 3, 5, 40, 9, 1),
    (20, 8, 8, 64, 24, 24, 2),
    (10, 8, 2, 1, 8, 1, 4),
    (1, 2, 2, 3, 8, 3, 1),
    (1, 1, 1, 1, 1, 1, 2),
    (3, 1, 1, 1, 128, 128, 3),
]
NAMES = ("inputs", "pixel_bits", "input_bits", "input_threshold", "beat_bits", "trailer_bits")


def build(parameters: tuple[int, ...]) -> ActiveInputs:
    *sample, banks = parameters
    return ActiveInputs(banks=banks, **dict(zip(NAMES, sample, strict=True)))


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("parameters", FORMATS)
def test_lists_and_clocks_are_the_models(parameters: tuple[int, ...], stall: float) -> None:
    Bench(build(parameters), sum(parameters), stall, 0.4).run()


@pytest.mark.parametrize("parameters", FORMATS[3:6])
def test_a_second_reader_reads_where_it_wants(parameters: tuple[int, ...]) -> None:
    *sample, banks = parameters
    dut = ActiveInputs(banks=banks, readers=2, **dict(zip(NAMES, sample, strict=True)))
    Bench(dut, sum(parameters), 0.2, 0.4).run()


@st.composite
def formats(draw: st.DrawFn) -> tuple[int, ...]:
    pixel_bits = draw(st.sampled_from([1, 2, 4, 8]))
    beat_bits = draw(st.integers(1, 128 // pixel_bits)) * pixel_bits
    return (
        draw(st.integers(1, 100)), pixel_bits, draw(st.integers(1, pixel_bits)),
        draw(st.integers(1, (1 << pixel_bits) - 1)), beat_bits, draw(st.integers(1, beat_bits)),
        draw(st.integers(1, 4)),
    )  # fmt: skip


@given(formats(), st.integers(0, 99), st.sampled_from([0.0, 0.2, 0.7]), st.sampled_from([0.1, 0.5, 1.0]))
def test_so_are_those_of_any_format(parameters: tuple[int, ...], seed: int, stall: float, density: float) -> None:
    Bench(build(parameters), seed, stall, density).run()


def test_a_sample_takes_the_sum_of_its_beats_when_nothing_waits() -> None:
    sample = SampleFormat(100, 1, 1, 1, 32, 5)
    pixels = np.random.default_rng(1).integers(2, size=(6, 100))
    loader = Loader()
    start = 0
    for row in pixels:
        transfers, complete = loader.load(beat_clocks(sample, row), [0] * 5, 0)
        entries = active_entries(sample, row)
        taken = load_clocks(sample.pixel_beats, len(entries.indices), entries.beats)
        assert transfers[0] == start
        assert complete == start + taken + COMPLETE
        start += taken


def test_banks_lie_on_a_power_of_two_only_where_that_costs_nothing() -> None:
    assert build((784, 1, 1, 1, 32, 5, 3)).stride == 784
    assert build((500, 1, 1, 1, 32, 5, 3)).stride == 512
    assert build((60, 1, 1, 1, 32, 5, 3)).stride == 64
    assert build((784, 1, 1, 1, 32, 5, 1)).stride == 1024


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("clocks", range(1, 29))
def test_discard_drops_everything(clocks: int, length: int) -> None:
    """In whatever state it comes: the next beat is the first of a sample, and all banks are free."""
    dut = build((20, 1, 1, 1, 8, 4, 2))
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.x.valid, 1)
        ctx.set(dut.x.payload, 0xFF)
        for clock in range(clocks):
            ctx.set(dut.claim, clock == 25 and ctx.get(dut.ready))
            await ctx.tick()
        ctx.set(dut.claim, 0)
        ctx.set(dut.discard, 1)
        ctx.set(dut.x.payload, 0x55)  # not taken
        for _ in range(length):
            assert not ctx.get(dut.x.ready)
            await ctx.tick()
        ctx.set(dut.discard, 0)
        assert not ctx.get(dut.occupied) and not ctx.get(dut.ready)
        for payload in (0x81, 0x00, 0xF4, 0xA7):
            ctx.set(dut.x.payload, payload)
            await ctx.tick().until(dut.x.ready)
        ctx.set(dut.x.valid, 0)
        for _ in range(8):
            assert ctx.get(dut.occupied)
            if ctx.get(dut.ready):
                break
            await ctx.tick()
        assert [ctx.get(value) for value in (dut.ready, dut.bank, dut.count, dut.trailer)] == [1, 0, 3, 7]
        for address in range(3):
            ctx.set(dut.read_address, address)
            await ctx.tick().repeat(2)
            seen.append(ctx.get(dut.entry.index))
        ctx.set(dut.claim, 1)
        await ctx.tick()
        ctx.set(dut.claim, 0)
        ctx.set(dut.release, 1)
        await ctx.tick()
        assert not ctx.get(dut.occupied)

    simulate(dut, bench)
    assert seen == [0, 7, 18]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inputs", 0),
        ("input_bits", 5),
        ("input_threshold", 16),
        ("beat_bits", 30),
        ("trailer_bits", 33),
        ("banks", 0),
        ("readers", 3),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: int) -> None:
    parameters = dict(zip((*NAMES, "banks"), (10, 4, 2, 3, 32, 5, 2), strict=True)) | {name: value}
    with pytest.raises(ValueError, match=f"{name} must be .*not {value}"):
        ActiveInputs(**parameters)
