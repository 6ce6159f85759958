"""Sequencers of random arrays: any geometry, any phases; every line in every clock is the golden model's."""

from typing import Any

import numpy as np
import pytest

from hwgen.memristor.config import ArrayConfig, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import ArrayGeometry
from hwgen.memristor.sequencers import ArraySequencers
from rtl_tests.memristor.bench import SequencerBench
from rtl_tests.simulate import simulate
from sim.devices.hfox import HfOxConfig
from sim.golden.memristor import Command

QUICK_SEEDS = range(4)
SEEDS = range(4, 60)


def random_config(rng: np.random.Generator) -> ArrayConfig:
    """An array of a few words, with phases of one to six clocks of a microsecond; a size of 1 in any dimension."""
    word_bits = 1 << int(rng.integers(0, 4))
    geometry = ArrayGeometry(
        block_rows=int(rng.integers(1, 4)),
        block_columns=int(rng.integers(1, 4)),
        rows=1 << int(rng.integers(0, 3)),
        columns=word_bits << int(rng.integers(0, 2)),
        word_bits=word_bits,
    )

    def phases(*names: str) -> dict[str, int]:
        return {f"{name}_ns": 1000 * int(rng.integers(1, 7)) for name in names}

    return ArrayConfig(
        geometry=geometry,
        clock_hz=1_000_000,
        sense="row" if rng.random() < 0.5 else "word",
        read=ReadPhases(**phases("setup", "precharge", "evaluate", "hold", "off")),
        programming=ProgrammingPhases(
            **phases("setup", "drive", "forming", "set", "reset", "off", "supply"),
            longest_pulse_ns=1000 * int(rng.integers(18, 24)),
        ),
        attempts=int(rng.integers(1, 4)),
        verify_reads=int(rng.integers(1, 5)),
    )


def check(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    dut = ArraySequencers(config)
    geometry = config.geometry
    addresses = [
        address
        for address in range(1 << geometry.address_bits)
        if all(address >> field.lowest & (1 << field.bits) - 1 < field.size for field in geometry.fields)
    ]

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig(stuck_lrs=0.02, stuck_hrs=0.02), seed)
        if rng.random() < 0.5:
            # The host's own, some of which are cut.
            most = (1 << config.programming_clocks.length_bits) - 1
            bench.model.lengths = tuple(int(length) for length in rng.integers(0, most + 1, 3))
            ctx.set(dut.lengths, list(bench.model.lengths))
        for _ in range(3):
            await bench.idle()
            await bench.strobe("unlock")
            for _ in range(4):
                command = Command(*(bool(rng.random() < 0.7) for _ in range(3)), verify=True)
                place = geometry.place(int(rng.choice(addresses)))
                await bench.program(command, place, int(rng.integers(0, 1 << geometry.word_bits)))
            if rng.random() < 0.5:
                await bench.start(command, place, 0)
                for _ in range(int(rng.integers(0, 60))):
                    await bench.clock()
            await bench.strobe("lock", abort=True)
            for _ in range(4):
                await bench.read(geometry.place(int(rng.choice(addresses))))

    simulate(dut, testbench)


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_every_line_is_the_golden_models(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_is_the_golden_models_in_many_arrays(seed: int) -> None:
    check(seed)
