"""Programming an array: every line in every clock, and what becomes of the cells."""

from typing import Any

import numpy as np
import pytest

from hwgen.memristor.geometry import Place
from hwgen.memristor.sequencers import ArraySequencers
from rtl_tests.memristor.bench import SMALL, SequencerBench, small_config
from rtl_tests.simulate import simulate
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.devices.lines import Device
from sim.devices.population import State
from sim.golden.memristor import IDLE, Command

WRITE = Command(set=True, reset=True, verify=True)
FRESH = Command(form=True, set=True, reset=True, verify=True)
VERIFY = Command(verify=True)
COMMANDS = [FRESH, WRITE, VERIFY, Command(form=True), Command(set=True), Command(reset=True, verify=True)]


def places() -> list[Place]:
    """Every word of the small array."""
    found = []
    for address in range(1 << SMALL.address_bits):
        if address >> SMALL.fields[0].lowest < SMALL.block_rows:
            found.append(SMALL.place(address))
    return found


def word_cells(place: Place) -> tuple[int, int, slice]:
    """A word's cells in the device model."""
    first = place.word * SMALL.word_bits
    return place.block_row * SMALL.block_columns + place.block_column, place.row, slice(first, first + SMALL.word_bits)


@pytest.mark.parametrize("others", [{}, {"sense": "row"}, {"clock_hz": 3_333_333}])
def test_an_ideal_array_takes_one_attempt_and_reads_right(others: dict[str, Any]) -> None:
    dut = ArraySequencers(small_config(**others))

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig.ideal())
        await bench.strobe("unlock")
        rng = np.random.default_rng(1)
        targets = {place: int(rng.integers(0, 16)) for place in places()}
        for place, target in targets.items():
            assert await bench.program(FRESH, place, target) == (target, 0, (1,) * 4)
        # A device that is SET sees two pulses with its polarity, one that is RESET three in all.
        assert bench.attached.array.pulses.min() == 2 and bench.attached.array.pulses.max() == 2
        for place, target in targets.items():
            assert await bench.program(VERIFY, place, target ^ 5) == (target, 5, (0,) * 4)
        await bench.strobe("lock", abort=True)
        for place, target in targets.items():
            row = bench.config.sense_bits * place.block_row
            shift = row + (SMALL.word_bits * place.word if bench.config.sense == "row" else 0)
            assert await bench.read(place) >> shift & 15 == target

    simulate(dut, testbench)


def test_each_pass_does_what_it_says() -> None:
    dut = ArraySequencers(small_config())

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig.ideal())
        place = Place(2, 1, 1, 1)
        cells = word_cells(place)
        await bench.strobe("unlock")
        states = []
        for command in (Command(form=True), Command(reset=True), Command(set=True), Command(reset=True)):
            target = 0b0110 if len(states) < 2 else 0b1010
            await bench.program(command, place, target)
            states.append(bench.attached.array.states[cells].tolist())
        lrs, hrs = State.LRS, State.HRS
        assert states[0] == [[lrs, lrs]] * 4
        # CBL = 1 RESETs the device on BL, CBL = 0 that on BLB.
        assert states[1] == [[lrs, hrs], [hrs, lrs], [hrs, lrs], [lrs, hrs]]
        # CBL = 1 SETs the device on BLB, CBL = 0 that on BL.
        assert states[2] == [[lrs, hrs], [hrs, lrs], [lrs, lrs], [lrs, lrs]]
        assert states[3] == [[lrs, hrs], [hrs, lrs], [lrs, hrs], [hrs, lrs]]
        others = np.ones(SMALL.shape, bool)
        others[cells] = False
        assert (bench.attached.array.states[others] == State.VIRGIN).all()

    simulate(dut, testbench)


def test_real_cells_take_more_attempts_and_those_that_hold_the_other_bit_are_told() -> None:
    # 1 % of the first pulses fail; of the devices, some are stuck in either state.
    dut = ArraySequencers(small_config())
    exact = SenseAmplifier(offset_sigma=0.0, noise_sigma=0.0)
    devices = HfOxConfig(stuck_lrs=0.02, stuck_hrs=0.02, sense=exact)

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, devices, seed=3)
        array = bench.attached.array
        await bench.strobe("unlock")
        rng = np.random.default_rng(5)
        most = told = 0
        for place in places():
            target = int(rng.integers(0, 16))
            word, wrong, attempts = await bench.program(FRESH, place, target)
            ohm, stuck = array.resistances[word_cells(place)], array.stuck[word_cells(place)]
            held = ohm[:, Device.BL] > ohm[:, Device.BLB]
            assert [word >> bit & 1 for bit in range(4)] == held.tolist()
            for bit in range(4):
                assert wrong >> bit & 1 == (target >> bit & 1 != held[bit])
                if wrong >> bit & 1:
                    assert stuck[bit].any()
                    assert attempts[bit] == bench.config.attempts
                    told += 1
                most = max(most, attempts[bit] if not wrong else 0)
        assert told >= 1
        assert most >= 2
        # Others are alike, and read right.
        assert told < array.stuck.any(axis=-1).sum()

    simulate(dut, testbench)


def test_an_abort_at_any_clock_returns_every_line_in_the_next() -> None:
    dut = ArraySequencers(small_config())

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig.ideal())
        rng = np.random.default_rng(7)
        await bench.strobe("unlock")
        for index in range(120):
            await bench.start(COMMANDS[index % 6], places()[index % 24], int(rng.integers(0, 16)))
            for _ in range(int(rng.integers(0, 200))):
                if not bench.model.idle:
                    await bench.clock()
            await bench.strobe("abort", abort=True)
            assert bench.model.pins == IDLE
            await bench.clock()
            assert not ctx.get(dut.active)
        assert await bench.program(FRESH, Place(0, 0, 0, 0), 9) == (9, 0, (1,) * 4)

    simulate(dut, testbench)


def test_a_pulse_that_is_told_to_be_too_long_is_cut() -> None:
    dut = ArraySequencers(small_config())
    longest = dut.config.programming_clocks.longest_pulse

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut, HfOxConfig.ideal())
        bench.model.lengths = (longest + 3, longest, 0)
        bench.checker.lengths = bench.model.lengths
        ctx.set(dut.lengths, list(bench.model.lengths))
        await bench.strobe("unlock")
        cut = 0
        await bench.start(FRESH, Place(1, 1, 1, 1), 3)
        while not bench.model.idle:
            cut += ctx.get(dut.cut)
            await bench.clock()
        assert cut == 8 * 3  # eight forming pulses, three clocks each

    simulate(dut, testbench)


def test_a_locked_array_refuses_commands_and_an_unlocked_one_reads() -> None:
    dut = ArraySequencers(small_config())

    async def testbench(ctx: Any) -> None:
        bench = SequencerBench(ctx, dut)
        await bench.idle()

        async def refused(strobe: str) -> None:
            ctx.set(getattr(dut, strobe), 1)
            assert ctx.get(dut.refused)
            await bench.clock()
            ctx.set(getattr(dut, strobe), 0)
            await bench.clock()

        ctx.set(dut.command, {"form": 1, "set": 0, "reset": 0, "verify": 0})
        await refused("start")
        ctx.set(dut.in_use, 1)
        await refused("unlock")
        ctx.set(dut.in_use, 0)
        await bench.strobe("unlock")
        assert ctx.get(dut.unlocked) and not ctx.get(dut.reads.ready)
        ctx.set(dut.place, {"block_row": 3, "block_column": 0, "row": 0, "word": 0})
        await refused("start")
        ctx.set(dut.command, {"form": 0, "set": 0, "reset": 0, "verify": 0})
        ctx.set(dut.place, {"block_row": 0, "block_column": 0, "row": 0, "word": 0})
        await refused("start")
        for end in ("abort", "lock"):
            ctx.set(dut.command, {"form": 1, "set": 1, "reset": 1, "verify": 1})
            ctx.set(dut.start, 1)
            ctx.set(getattr(dut, end), 1)
            assert ctx.get(dut.refused) and not ctx.get(dut.record)
            await bench.clock(program=(FRESH, Place(0, 0, 0, 0), 1), abort=True)
            ctx.set(dut.start, 0)
            ctx.set(getattr(dut, end), 0)
            assert not ctx.get(dut.active)
        await bench.idle()
        await bench.strobe("unlock")
        await bench.start(WRITE, Place(0, 0, 0, 0), 1)
        await refused("start")

    simulate(dut, testbench)
