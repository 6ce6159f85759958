"""The fabricated machine's 4 x 4 blocks of 64 x 64 cells: programmed, verified and used, every line in every clock."""

from typing import Any

import numpy as np
import pytest

from hwgen.memristor.config import ArrayConfig, ProgrammingPhases
from hwgen.memristor.geometry import BAYES_64X64
from hwgen.memristor.sequencers import ArraySequencers
from rtl_tests.memristor.bench import SequencerBench
from rtl_tests.simulate import simulate
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.golden.memristor import Command

FRESH = Command(form=True, set=True, reset=True, verify=True)

# A microsecond a clock, and a clock a phase: 1 % of the pulses fail. A device of one cell in a thousand is stuck.
CONFIG = ArrayConfig(
    geometry=BAYES_64X64,
    clock_hz=1_000_000,
    programming=ProgrammingPhases(forming_ns=2_000, supply_ns=1_000),
)
# Amplifiers without noise read a cell the same each time.
DEVICES = HfOxConfig(stuck_lrs=0.00025, stuck_hrs=0.00025, sense=SenseAmplifier(noise_sigma=0.0))


@pytest.mark.slow  # a million clocks, some minutes
def test_every_bit_is_right_or_reported() -> None:
    dut = ArraySequencers(CONFIG)
    geometry = CONFIG.geometry
    targets = np.random.default_rng(1).integers(0, 256, geometry.words).tolist()

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, DEVICES, seed=1)
        await bench.strobe("unlock")
        wrong = []
        attempts = np.zeros((geometry.words, geometry.word_bits), np.int64)
        for address, target in enumerate(targets):
            _, word_wrong, attempts[address] = await bench.program(FRESH, geometry.place(address), target)
            wrong.append(word_wrong)
        stuck = bench.attached.array.stuck.any(axis=-1).reshape(attempts.shape)
        failed = (np.array(wrong)[:, None] >> np.arange(geometry.word_bits) & 1).astype(bool)
        assert 5 < failed.sum() < 100
        assert (attempts[failed] == CONFIG.attempts).all()
        assert 0.005 < (attempts[~stuck] > 1).mean() < 0.05
        # Which of the stuck cells read right all the same, a march says: test_march.py.
        held = bench.attached.array.read().bits.reshape(attempts.shape)
        target_bits = np.array(targets)[:, None] >> np.arange(geometry.word_bits) & 1
        np.testing.assert_array_equal(failed, held != target_bits)
        await bench.strobe("lock", abort=True)
        for address in range(geometry.words_per_block * geometry.block_columns):
            place = geometry.place(address)
            found = await bench.read(place)
            for block_row in range(geometry.block_rows):
                same = geometry.address(place._replace(block_row=block_row))
                word = found >> geometry.word_bits * block_row & 255
                assert word ^ targets[same] == wrong[same]

    simulate(dut, testbench)
