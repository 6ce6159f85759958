"""What a layer gives to the next one: the golden model's list, in the clocks that are documented, whatever waits."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib.wiring import connect

from hwgen.crossbar.active import ActiveInputs
from hwgen.ff.mean import Mean
from hwgen.ff.norm_scale import FINE_BITS, OPERAND_FRACTION, NormScale
from hwgen.ff.normaliser import Normaliser
from hwgen.ff.tables import NORM_ENTRIES, NormTable
from hwgen.ff.unit_clocks import SCALE_STAGES, mean_bits, normaliser_clocks
from hwgen.ff.unit_format import UnitFormat
from hwgen.ff.unit_memory import UnitMemory
from rtl_tests.ff.units import SUM_BITS, Machine, machine, packed, random_sums, unpacked
from rtl_tests.simulate import simulate
from sim.golden import ff_kernel

BANKS = 3
PASSES = 8


class Pass:
    """What one pass of a layer keeps, and what it gives."""

    def __init__(self, case: Machine, layer: int, sums: np.ndarray) -> None:
        self.layer = layer
        scaled, activation = np.zeros_like(sums), np.zeros_like(sums)
        self.square = ff_kernel.activate(case.rule, layer, sums, scaled, activation)
        self.total = int(scaled.sum())
        self.kept = (activation if case.config.supervised else scaled).tolist()
        features = activation
        if not case.config.supervised:
            features = scaled
            self.square = ff_kernel.triangle(case.rule, layer, features)
        index, value = np.zeros_like(sums), np.zeros_like(sums)
        count = ff_kernel.normalise(case.rule, layer, features, self.square, index, value)
        self.outputs = [0] * len(sums)
        for entry in range(count):
            self.outputs[index[entry]] = int(value[entry])
        self.entries = list(zip(index[:count].tolist(), value[:count].tolist(), strict=True))


class Bench:
    """A normaliser with its memory, and passes that are put through it."""

    def __init__(self, case: Machine) -> None:
        self.case = case
        self.units = units = case.units
        self.dut = dut = Normaliser(units, case.tables, banks=BANKS, reciprocals=case.reciprocals)
        self.element_bits = units.activation_bits if case.config.supervised else units.scaled_bits
        self.memory = memory = UnitMemory(self.element_bits * units.unit_lanes, sum(units.beats), BANKS)
        self.top = m = Module()
        self.reset = Signal()
        m.submodules.dut, m.submodules.memory = ResetInserter(self.reset)(dut), memory
        m.d.comb += [
            memory.enable.eq(dut.enable),
            memory.read.eq(dut.read),
            memory.read_bank.eq(dut.read_bank),
            memory.read_beat.eq(dut.read_beat),
            dut.word.as_value().eq(memory.word),
        ]
        self.clock = Signal(32)
        m.d.sync += self.clock.eq(self.clock + 1)
        layers = case.draw.integers(len(units.units), size=PASSES).tolist()
        self.passes = [Pass(case, layer, random_sums(case.draw, units.units[layer], SUM_BITS)) for layer in layers]
        self.starts: list[int] = []

    async def put(self, ctx: Any) -> None:
        for number in range(PASSES):
            await self.start(ctx, number)

    async def start(self, ctx: Any, number: int) -> None:
        """Write a pass to the memory, and start it as soon as may be."""
        lanes = self.units.unit_lanes
        each, bank = self.passes[number], number % BANKS
        for beat in range(self.units.beats[each.layer]):
            ctx.set(self.memory.write, 1)
            ctx.set(self.memory.write_bank, bank)
            ctx.set(self.memory.write_beat, self.units.first_beat[each.layer] + beat)
            ctx.set(self.memory.write_word, packed(each.kept[beat * lanes : (beat + 1) * lanes], self.element_bits))
            await ctx.tick()
        ctx.set(self.memory.write, 0)
        while not ctx.get(self.dut.ready):
            await ctx.tick()
        if self.case.config.supervised:
            ctx.set(self.dut.square, each.square)
        else:
            ctx.set(self.dut.total, each.total)
        ctx.set(self.dut.layer, each.layer)
        ctx.set(self.dut.bank, bank)
        ctx.set(self.dut.trailer, number % 2)
        ctx.set(self.dut.start, 1)
        self.starts.append(ctx.get(self.clock))
        await ctx.tick()
        ctx.set(self.dut.start, 0)
        for member in (self.dut.layer, self.dut.bank, self.dut.trailer):
            ctx.set(member, 0)


@pytest.mark.parametrize("stall", [0.0, 0.6])
@pytest.mark.parametrize("seed", range(14))
def test_beats_are_the_models(seed: int, stall: float) -> None:
    case = machine(seed)
    bench = Bench(case)
    x, units = bench.dut.x, case.units
    first_clocks: list[int] = []

    async def take(ctx: Any) -> None:
        for number, each in enumerate(bench.passes):
            outputs: list[int] = []
            clocks: list[int] = []
            for beat in range(units.beats[each.layer] + 1):
                ready = False
                while not (ready and ctx.get(x.valid)):
                    ready = case.draw.random() >= stall
                    ctx.set(x.ready, ready)
                    if not (ready and ctx.get(x.valid)):
                        await ctx.tick()
                payload = ctx.get(x.payload)
                clocks.append(ctx.get(bench.clock))
                if beat < units.beats[each.layer]:
                    outputs += unpacked(payload, units.output_bits, units.unit_lanes)
                else:
                    assert payload == number % 2
                await ctx.tick()
            assert outputs == each.outputs
            first_clocks.append(clocks[0])
            if not stall:
                assert clocks == list(range(clocks[0], clocks[0] + len(clocks)))

    simulate(bench.top, bench.put, take)
    if not stall:
        assert first_clocks == [
            start + normaliser_clocks(units, each.layer, case.reciprocals)
            for start, each in zip(bench.starts, bench.passes, strict=True)
        ]


@pytest.mark.parametrize("seed", [0, 1, 4, 5])
def test_the_next_layers_list_is_the_models(seed: int) -> None:
    """Layers of equal size: one list of active inputs takes what all of them give."""
    case = machine(seed)
    size = case.units.unit_lanes * 7
    case = machine(seed, layers=(30, size, size))
    bench = Bench(case)
    bits = case.units.output_bits
    lists = ActiveInputs(
        inputs=size,
        pixel_bits=bits,
        input_bits=bits,
        input_threshold=1,
        beat_bits=bench.dut.beat_bits,
        trailer_bits=1,
        banks=1,
    )
    bench.top.submodules.lists = lists
    connect(bench.top, bench.dut.x, lists.x)

    async def check(ctx: Any) -> None:
        for number, each in enumerate(bench.passes):
            while not ctx.get(lists.ready):
                await ctx.tick()
            assert (ctx.get(lists.count), ctx.get(lists.trailer)) == (len(each.entries), number % 2)
            ctx.set(lists.claim, 1)
            await ctx.tick()
            ctx.set(lists.claim, 0)
            for place, entry in enumerate(each.entries):
                ctx.set(lists.read_address, place)
                await ctx.tick().repeat(2)
                assert (ctx.get(lists.entry.index), ctx.get(lists.entry.value)) == entry
            ctx.set(lists.release, 1)
            await ctx.tick()
            ctx.set(lists.release, 0)

    simulate(bench.top, bench.put, check)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("clocks", range(1, 44, 6))
def test_a_reset_drops_what_is_under_way(seed: int, clocks: int) -> None:
    bench = Bench(machine(seed))
    dut, x, each = bench.dut, bench.dut.x, bench.passes[1]

    async def run(ctx: Any) -> None:
        await bench.start(ctx, 0)
        await ctx.tick().repeat(clocks)
        ctx.set(bench.reset, 1)
        await ctx.tick()
        ctx.set(bench.reset, 0)
        assert ctx.get(dut.ready) and not ctx.get(x.valid)
        await bench.start(ctx, 1)
        ctx.set(x.ready, 1)
        outputs: list[int] = []
        while len(outputs) < len(each.outputs):
            if ctx.get(x.valid):
                outputs += unpacked(ctx.get(x.payload), bench.units.output_bits, bench.units.unit_lanes)
            await ctx.tick()
        assert outputs == each.outputs

    simulate(bench.top, run)


@pytest.mark.parametrize(
    ("units", "bits", "rms"), [((1000, 40, 7), 8, 21), ((3,), 4, 1), ((65536,), 8, 63), ((1, 2), 8, 1)]
)
def test_every_entry_of_the_table_is_used_with_every_exponent(units: tuple[int, ...], bits: int, rms: int) -> None:
    form = UnitFormat(units, 1, bits)
    tables = [NormTable.of(count, rms) for count in units]
    dut = NormScale(form, tables)
    cases = []
    for layer in range(len(units)):
        for square in range(form.goodness_bits):
            cases += [(layer, 1 << square), (layer, (2 << square) - 1)]
        for entry in range(8, 8 + NORM_ENTRIES):
            cases += [(layer, entry << 2 * q >> 3) for q in range((form.goodness_bits - 2) // 2)]
    cases = [(layer, square) for layer, square in cases if 0 < square <= units[layer] * form.activation_max**2]

    async def bench(ctx: Any) -> None:
        for layer, square in cases:
            ctx.set(dut.layer, layer)
            ctx.set(dut.square, square)
            await ctx.tick().repeat(SCALE_STAGES)
            q = (square.bit_length() - 1) >> 1
            entry = (square << 3 >> 2 * q) - 8
            shift = max(q + tables[layer].shifts[entry], 0)
            fine = OPERAND_FRACTION - shift % (1 << FINE_BITS)
            assert ctx.get(dut.operand) == tables[layer].factors[entry] << fine
            assert ctx.get(dut.coarse) == shift >> FINE_BITS

    simulate(dut, bench)


@pytest.mark.parametrize("units", [(1,), (1, 3), (256,), (500, 500), (40000,), (65536, 2)])
def test_means_are_exact(units: tuple[int, ...]) -> None:
    form = UnitFormat(units, 1, 8)
    reciprocals = [round((1 << 16) / count) for count in units]
    dut = Mean(form, reciprocals)
    draw = np.random.default_rng(sum(units))

    async def bench(ctx: Any) -> None:
        for number in range(60):
            layer = int(draw.integers(len(units)))
            most = units[layer] << 10
            total = (-most, most - units[layer], 0, -1)[number] if number < 4 else int(draw.integers(-most, most))
            ctx.set(dut.layer, layer)
            ctx.set(dut.total, total)
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.total, 0)
            for clock in range(1, mean_bits(reciprocals) + 1):
                assert ctx.get(dut.ending) == (clock == mean_bits(reciprocals))
                await ctx.tick()
            for _ in range(2):
                assert ctx.get(dut.mean) == total * reciprocals[layer] >> 16
                await ctx.tick()

    simulate(dut, bench)


def test_what_makes_no_sense_is_refused() -> None:
    units = UnitFormat((4, 8), 2, 4)
    table = NormTable.of(4, 21)
    with pytest.raises(ValueError, match="tables must be 2, one for each layer, not 1"):
        NormScale(units, [table])
    with pytest.raises(ValueError, match="reciprocals must be 2, one for each layer, not 1"):
        Mean(units, [1])
    with pytest.raises(ValueError, match="reciprocals must be from 1 to 65536, not 0"):
        Mean(units, [1, 0])
    with pytest.raises(ValueError, match="trailer_bits must be from 1 to 6, a beat's, not 7"):
        Normaliser(units, [table] * 2, banks=1, trailer_bits=7)
