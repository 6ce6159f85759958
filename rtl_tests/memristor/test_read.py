"""Reading an array: phases, data, back to back."""

from typing import Any

import numpy as np
import pytest

from hwgen.memristor.geometry import BAYES_8X8, ArrayGeometry, Place
from hwgen.memristor.sequencers import ArraySequencers
from rtl_tests.memristor.bench import SequencerBench, small_config
from rtl_tests.simulate import simulate
from sim.devices.hfox import HfOxConfig

ROW = ArrayGeometry(block_rows=2, block_columns=3, rows=4, columns=16, word_bits=4)


def expected(bits: np.ndarray[Any, Any], bench: SequencerBench, place: Place) -> int:
    """What a read of ``place`` gives of ``bits``, shape (blocks, rows, columns)."""
    geometry, width = bench.config.geometry, bench.config.sense_bits
    first = place.word * geometry.word_bits if bench.config.sense == "word" else 0
    found = [
        bits[row * geometry.block_columns + place.block_column, place.row, first : first + width]
        for row in range(geometry.block_rows)
    ]
    return sum(int(bit) << index for index, bit in enumerate(np.concatenate(found)))


@pytest.mark.parametrize(
    ("others", "geometry"),
    [({}, BAYES_8X8), ({"sense": "word"}, ROW), ({"sense": "row"}, ROW), ({"clock_hz": 100_000_000}, ROW)],
)
def test_every_word_reads_as_the_devices_are(others: dict[str, Any], geometry: ArrayGeometry) -> None:
    dut = ArraySequencers(small_config(**others, geometry=geometry))

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig.ideal())
        bits = np.random.default_rng(1).integers(0, 2, geometry.shape)
        bench.attached.array.form()
        bench.attached.array.program(bits)
        for address in np.random.default_rng(2).permutation(1 << geometry.address_bits)[:40]:
            try:
                place = geometry.place(int(address))
            except Exception:
                continue
            assert await bench.read(place) == expected(bits, bench, place)

    simulate(dut, testbench)


def test_reads_follow_one_another_without_a_pause() -> None:
    dut = ArraySequencers(small_config())

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut)
        await bench.idle()
        before = bench.clocks
        for count in range(1, 5):
            place = Place(0, count % 2, count % 2, count % 2)
            ctx.set(dut.reads.place, place._asdict())
            ctx.set(dut.reads.start, 1)
            await bench.clock(read=place)
            ctx.set(dut.reads.start, 0)
            while not ctx.get(dut.reads.ready):
                await bench.clock()
            assert bench.clocks - before == count * bench.config.read_clocks.total
        await bench.clock()

    simulate(dut, testbench)
