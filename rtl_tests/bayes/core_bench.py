"""cocotb benches of the Bayesian machine's top module; ``test_core_bench.py`` runs them.

Every bench has the :class:`~rtl_tests.bayes.scoreboard.Scoreboard` beside it: whatever a bench does, each result must
be the golden model's, ``y`` must keep the rules of a stream, and no output may be X.
"""

import math
from itertools import pairwise
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, RisingEdge

from hwgen.bayes.config import ENGINE_DEPTH
from rtl_tests.bayes.scoreboard import Bench

SKID_BUFFER = 2
"""Results that fit between the comparison and ``y``."""


@cocotb.test()
async def back_pressure_changes_no_result(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    for x_stall, y_stall in ((0, 0), (0.5, 0), (0, 0.5), (0.4, 0.6), (0.9, 0.2), (0.1, 0.9)):
        busy_before = await bench.read("busy_cycles")
        worked_before = bench.scoreboard.busy_cycles
        await bench.decide(40, x_stall=x_stall, y_stall=y_stall)
        # Waiting is not work: the count is that of a run at full speed.
        assert await bench.read("busy_cycles") - busy_before == bench.scoreboard.busy_cycles - worked_before
    assert await bench.read("samples") == bench.scoreboard.accepted == 240
    assert await bench.read("status") == bench.status(loaded=True)


@cocotb.test()
async def soft_reset_in_mid_decision_leaves_only_what_has_reached_y(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    write_clocks = await bench.write_clocks()
    offered_seen = False
    for attempt in range(16):
        await bench.decide(3)
        bench.y_stall = 1.0 if attempt % 2 else 0.3
        sender = bench.send_forever(valid_only=True)
        await ClockCycles(dut.clk, bench.random.randrange(1, 3 * bench.config.slots + 12))
        sender.cancel()
        command = cocotb.start_soon(bench.command("soft_reset"))
        # x stays as it is: samples may be accepted up to the clock of the reset, and are dropped.
        await ClockCycles(dut.clk, write_clocks - 1)
        dut.x_valid.value = 0
        await command
        # The bus must not wait for y.
        assert await bench.read("samples") == await bench.read("busy_cycles") == await bench.read("errors") == 0
        bench.y_stall = 0.0
        await bench.settle()
        offered, survivors = bench.scoreboard.offered_at_reset, bench.scoreboard.survivors
        assert offered <= survivors <= SKID_BUFFER
        offered_seen |= offered
        bench.scoreboard.dropped.clear()
        assert await bench.read("status") == bench.status(loaded=True)
    assert offered_seen
    assert await bench.dump() == bench.contents()


@cocotb.test()
async def hardware_reset_in_mid_decision_leaves_nothing_but_the_memories(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    for attempt in range(10):
        bench.y_stall = 1.0 if attempt % 2 else 0.3
        sender = bench.send_forever()
        await ClockCycles(dut.clk, bench.random.randrange(1, 3 * bench.config.slots + 12))
        sender.cancel()
        dut.x_valid.value = 0
        await bench.reset()
        assert not bench.offered()
        assert await bench.read("samples") == await bench.read("busy_cycles") == await bench.read("errors") == 0
        assert await bench.read("status") == bench.status(loaded=bench.config.initialised)
        assert await bench.dump() == bench.contents()
        await bench.decide(2)
        if not bench.config.initialised:
            await bench.command("set_loaded")  # the memories have kept what was loaded before
        await bench.decide(5, y_stall=0.3)


@cocotb.test()
async def the_bus_reads_right_values_during_work_and_disturbs_nothing(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    addresses, values = bench.addresses(), bench.contents()
    bench.y_stall = 0.2
    sender = bench.send_forever()
    for _ in range(150):
        index = bench.random.randrange(len(addresses))
        assert await bench.access(addresses[index]) == (values[index], False)
        before = bench.scoreboard.accepted
        samples = await bench.read("samples")
        assert before <= samples <= bench.scoreboard.accepted
        await ClockCycles(dut.clk, 1 + bench.random.randrange(6))
    # Every clock that the bus leaves free is still enough to go on.
    progress = bench.scoreboard.taken
    for index in range(20 * bench.config.slots + 100):
        assert await bench.access(addresses[index % len(addresses)]) == (values[index % len(addresses)], False)
    assert bench.scoreboard.taken > progress + 10
    sender.cancel()
    await bench.finish()
    assert bench.scoreboard.accepted > 50


@cocotb.test()
async def the_bus_answers_while_y_is_never_ready_and_writes_are_refused(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    bench.y_stall = 1.0
    sender = bench.send_forever()
    await ClockCycles(dut.clk, 20 * bench.config.slots + 50)
    assert bench.offered() and not dut.x_ready.value
    values = bench.contents()
    assert await bench.dump() == values
    assert await bench.read("status") == bench.status(loaded=True) | 1
    busy_cycles = await bench.read("busy_cycles")
    for address, value in zip(bench.addresses(), values, strict=True):
        assert await bench.access(address, value ^ 1) == (0, True)
    assert await bench.read("samples") == bench.scoreboard.accepted
    assert await bench.read("busy_cycles") == busy_cycles
    assert await bench.dump() == values
    sender.cancel()
    await bench.finish()
    assert await bench.dump() == values
    # A single result that nobody takes keeps the machine busy, and the memory locked, as well.
    bench.y_stall = 1.0
    await bench.send_one(valid=True)
    await bench.settle()
    assert await bench.read("status") == bench.status(loaded=True) | 1
    assert await bench.access(bench.addresses()[0], values[0] ^ 1) == (0, True)
    await bench.finish()
    assert await bench.read("status") == bench.status(loaded=True)
    # Idle again, the same write is allowed.
    address = bench.addresses()[0]
    assert await bench.access(address, values[0] ^ 1) == (0, False)
    assert await bench.access(address) == (values[0] ^ 1, False)
    assert await bench.access(address, values[0]) == (0, False)


@cocotb.test()
async def refused_accesses_change_nothing(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    await bench.send_one(valid=False)
    await bench.decide(5)
    before = await bench.everything()
    assert before["errors"] == 1 and before["samples"] == 6
    for address, value in bench.forbidden():
        assert await bench.access(address, value) == (0, True), f"access {value} at 0x{address:08x} was not refused"
    assert await bench.everything() == before
    await bench.decide(10)


@cocotb.test()
async def errors_stay_until_1_is_written_to_them(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    await bench.decide(5, valid_only=True)
    assert await bench.read("errors") == 0
    await bench.send_one(valid=False)
    await bench.finish()
    await bench.decide(3, valid_only=True)
    assert await bench.read("errors") == 1
    for harmless in (0, 2):
        await bench.write("errors", harmless)
        assert await bench.read("errors") == 1
    await bench.write("errors", 1)
    assert await bench.read("errors") == 0
    await bench.send_one(valid=False)
    await bench.finish()
    assert await bench.read("errors") == 1
    await bench.command("soft_reset")
    assert await bench.read("errors") == 0


@cocotb.test()
async def irq_follows_results_errors_and_idleness(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    error, result, idle = 1, 2, 4
    await bench.write("interrupt_mask", result)
    assert await bench.read("interrupt_pending") == 0 and not dut.irq.value
    bench.y_stall = 1.0
    await bench.send_one(valid=True)
    await bench.settle()
    assert await bench.read("interrupt_pending") == result and dut.irq.value  # still on y, so not idle
    await bench.write("interrupt_pending", result)
    await bench.settle()
    assert await bench.read("interrupt_pending") == 0 and not dut.irq.value
    await bench.write("interrupt_mask", error | idle)
    await bench.finish()
    assert await bench.read("interrupt_pending") == idle and dut.irq.value
    await bench.write("interrupt_pending", idle)
    await bench.send_one(valid=False)
    await bench.finish()
    assert await bench.read("interrupt_pending") == error | result | idle and dut.irq.value
    await bench.command("soft_reset")
    assert await bench.read("interrupt_pending") == await bench.read("interrupt_mask") == 0 and not dut.irq.value


@cocotb.test()
async def nothing_is_decided_before_the_likelihoods_are_loaded(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    await bench.command("clear_loaded")
    assert await bench.read("status") == bench.status(loaded=False)
    await bench.decide(6, valid_only=True)
    assert await bench.read("errors") == 2
    await bench.send_one(valid=False)
    await bench.finish()
    assert await bench.read("errors") == 3
    await bench.command("set_loaded")
    await bench.write("errors", 2)
    assert await bench.read("errors") == 1
    await bench.write("errors", 1)
    await bench.decide(6, valid_only=True)
    assert await bench.read("errors") == 0
    assert await bench.read("status") == bench.status(loaded=True)


@cocotb.test()
async def the_busy_counter_is_consistent_and_counts_work(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    sender = bench.send_forever()
    last = 0
    for _ in range(50):
        value = await bench.read("busy_cycles")  # low word first, which latches the high one
        assert last <= value <= last + 100
        last = value
    sender.cancel()
    await bench.finish()
    assert await bench.read("busy_cycles") == bench.scoreboard.busy_cycles > 50


@cocotb.test()
async def decisions_follow_each_other_without_a_pause(dut: Any) -> None:
    bench = await Bench.start(dut)
    await bench.load()
    bench.scoreboard.transfers.clear()
    await bench.decide(40, valid_only=True)
    clocks = bench.scoreboard.transfers
    distances = [later - earlier for earlier, later in pairwise(clocks)]
    config = bench.config
    if config.feedback:
        # The next observation is this decision, so each waits for the one before.
        assert min(distances) > config.latency
    elif config.mode == "logarithmic":
        assert distances == [1] * 39
    elif config.stop != "fixed":
        # The next decision begins when the stop rule has acted: for one that its first slot decides, so much later.
        assert min(distances) == 1 + ENGINE_DEPTH
        assert max(distances) <= config.slots + ENGINE_DEPTH
    else:
        assert distances == [math.ceil(config.cycles / config.lanes)] * 39


@cocotb.test()
async def y_is_quiet_without_samples(dut: Any) -> None:
    bench = await Bench.start(dut)
    for _ in range(50):
        await RisingEdge(dut.clk)
        assert not bench.offered()
    await bench.finish()
