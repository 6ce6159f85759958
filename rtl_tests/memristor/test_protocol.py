"""The protocol checker finds every controller that breaks a rule."""

import re
from typing import Any

import pytest

from hwgen.memristor.sequencers import ArraySequencers
from hwgen.memristor.signature import LINES
from rtl_tests.memristor import mutants
from rtl_tests.memristor.bench import small_config
from rtl_tests.simulate import simulate
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig
from sim.devices.protocol import ProtocolChecker
from sim.golden.memristor import IDLE, Pins

FRESH = {"form": 1, "set": 1, "reset": 1, "verify": 1}


def breaches(dut: ArraySequencers) -> list[str]:
    """What the checker says of a controller that reads, programs while the host is rude, locks and reads."""
    found: list[str] = []

    async def testbench(ctx: Any) -> None:
        config = dut.config
        attached, checker = AttachedArray(config, HfOxConfig.ideal()), ProtocolChecker(config)
        dropped = False

        async def clocks(count: int, **strobes: int) -> None:
            nonlocal dropped
            for _ in range(count):
                for name, value in strobes.items():
                    ctx.set(getattr(dut, name), value)
                pins = Pins(*(ctx.get(getattr(dut.pins, name)) for name in LINES))
                ctx.set(dut.pins.data, attached.clock(pins))
                checker.clock(pins, dropped)
                dropped = bool(ctx.get(dut.unlocked) & (ctx.get(dut.abort) | ctx.get(dut.lock)))
                await ctx.tick()
                for name in strobes:
                    ctx.set(getattr(dut, name), 0)

        async def read(count: int) -> None:
            ctx.set(dut.reads.place, {"block_row": 1, "block_column": 1, "row": 1, "word": 1})
            ctx.set(dut.reads.start, 1)
            await clocks(count)
            ctx.set(dut.reads.start, 0)

        longest = config.programming_clocks.longest_pulse
        ctx.set(dut.lengths, [longest + 2, config.programming_clocks.set, config.programming_clocks.reset])
        await clocks(config.programming_clocks.supply + 2)
        await read(20)
        await clocks(10)
        await read(1)
        await clocks(2)
        ctx.set(dut.command, FRESH)
        ctx.set(dut.place, {"block_row": 2, "block_column": 1, "row": 1, "word": 1})
        ctx.set(dut.target, 0b0110)
        await clocks(1, unlock=1)  # refused: the array is being read
        await clocks(8, start=1)
        await clocks(10, abort=1)
        await clocks(1, unlock=1)
        for _ in range(2):
            await clocks(1, start=1)
            await clocks(25)
            await read(1)
            await clocks(500)
        await clocks(1, start=1)
        while not ctx.get(dut.pins.cwl):
            await clocks(1)
        await clocks(1, lock=1)
        await clocks(30)
        await read(30)
        found.extend(checker.breaches)

    simulate(dut, testbench)
    return found


def test_a_good_controller_breaks_no_rule() -> None:
    assert breaches(ArraySequencers(small_config())) == []


@pytest.mark.parametrize(
    ("damage", "breach"),
    [
        (mutants.move_the_address_with_the_word_line, "a line changes near an open word line"),
        (mutants.drop_cbl_with_the_word_line, "a line changes near an open word line"),
        (mutants.pulse_too_briefly, "a pulse is too short"),
        (mutants.trust_the_host, "the word line is at 1 for longer than the limit"),
        (mutants.lock_without_dropping, "a line is at 1 after a reset, an abort or a lock"),
        (mutants.switch_without_a_break, "a supply is switched on straight after another"),
        (mutants.switch_without_a_wait, "a cell is connected before the supply stands"),
        (mutants.read_during_programming, "a line changes near an open word line"),
        (mutants.verify_at_once, "a read begins with a supply selected, or before it has gone"),
        (mutants.reset_with_the_source_line_at_1, "the source line does not belong to the supply"),
        (mutants.open_with_the_drivers, "a pulse begins before the lines stand"),
        (mutants.pulse_without_the_programming_circuit, "a bit line is driven while the amplifiers are connected"),
        (mutants.read_without_precharge, "precharge is too short"),
        (mutants.read_too_fast, "evaluation and hold are too short"),
        (mutants.read_on_without_closing, "a line changes near an open word line"),
        (mutants.select_both_supplies, "two supplies are selected"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_bad_one_is_found(damage: mutants.Damage, breach: str) -> None:
    found = breaches(mutants.mutant(small_config(), damage))
    assert any(re.fullmatch(rf"clock \d+: {breach}(: .*)?", line) for line in found)


def test_a_breach_names_the_lines_that_moved_with_their_levels() -> None:
    checker = ProtocolChecker(small_config())
    reads = IDLE._replace(row=3, csl=1, cwl=1)
    for lines in (IDLE, reads, reads._replace(csl=0, row=1), reads._replace(csl=0, row=1, cwl=0)):
        checker.clock(lines)
    assert [line for line in checker.breaches if "near an open word line" in line] == [
        "clock 1: a line changes near an open word line: row 0 to 3, csl 0 to 1",
        "clock 2: a line changes near an open word line: row 3 to 1",  # csl falls for the evaluation
    ]
    checker.clock(IDLE)
    assert checker.breaches[-1] == "clock 4: a line changes too soon after the word line fell: row 1 to 0"
    checker.clock(IDLE._replace(row=1, supply=0b010), dropped=True)
    assert checker.breaches[-1] == "clock 5: a line is at 1 after a reset, an abort or a lock: row 1, supply 2"
