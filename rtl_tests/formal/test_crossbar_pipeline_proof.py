"""Synapse words are never read while their write is on its way, and core and bus take turns; broken ones are found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from amaranth.hdl import Module

from hwgen.crossbar.pipeline import SynapsePipeline
from rtl_tests.formal.crossbar_pipeline import BusProof, HazardProof, pipeline
from rtl_tests.formal.prove import Outcome, prove

# Clocks of the lanes, ports of the memory.
MACHINES = [(1, 1), (1, 2), (2, 2)]
# A slow sweep over the longest list is over, and what it asked for has left the pipeline.
DEPTH = 18
# A sweep, the wait, and another sweep.
FOUND = 13
# The longest access, and the state of the memory's bus side is one that can be.
BUS_DEPTH = 10

ACCESS = 7
"""Clocks that an access waits, reading or, with lanes of one clock, writing."""


@pytest.mark.parametrize(("latency", "ports"), MACHINES)
def test_no_word_is_read_before_it_is_written(latency: int, ports: int, tmp_path: Path) -> None:
    dut = pipeline(latency, ports)
    assert prove(HazardProof(dut, dut.turnaround, slow=ports == 1), DEPTH, tmp_path) is Outcome.PROVEN


def test_a_core_may_look_instead_of_counting(tmp_path: Path) -> None:
    assert prove(HazardProof(pipeline(1, 2), None, slow=False), DEPTH, tmp_path) is Outcome.PROVEN


@pytest.mark.parametrize(("latency", "ports"), MACHINES[:2])
def test_the_wait_between_sweeps_is_stated_exactly(latency: int, ports: int, tmp_path: Path) -> None:
    dut = pipeline(latency, ports)
    assert prove(HazardProof(dut, dut.turnaround - 1, slow=ports == 1), FOUND, tmp_path) is Outcome.VIOLATED


def test_a_fast_sweep_with_one_port_is_found(tmp_path: Path) -> None:
    dut = pipeline(1, 1)
    assert prove(HazardProof(dut, dut.turnaround, slow=False), FOUND, tmp_path) is Outcome.VIOLATED


def test_a_pipeline_that_drops_a_write_is_found(tmp_path: Path) -> None:
    class Broken(SynapsePipeline):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            with m.If(self.read.valid):
                m.d.comb += self.lanes.ahead.write.eq(0)
            return m

    dut = pipeline(1, 2, Broken)
    assert prove(HazardProof(dut, dut.turnaround, slow=False), FOUND, tmp_path) is Outcome.VIOLATED


def test_core_and_bus_take_turns(tmp_path: Path) -> None:
    assert prove(BusProof(pipeline(1, 2), ACCESS), BUS_DEPTH, tmp_path) is Outcome.PROVEN


def test_the_longest_access_is_stated_exactly(tmp_path: Path) -> None:
    assert prove(BusProof(pipeline(1, 2), ACCESS - 1), BUS_DEPTH, tmp_path) is Outcome.VIOLATED


def ignore_the_core(m: Module, dut: SynapsePipeline) -> None:
    m.d.comb += dut.memory.locked.eq(0)


def select_for_ever(m: Module, dut: SynapsePipeline) -> None:
    with m.If(dut.window.valid):
        m.d.comb += dut.lanes.select.eq(1)


@pytest.mark.parametrize("damage", [ignore_the_core, select_for_ever])
def test_a_memory_that_breaks_the_rules_is_found(
    damage: Callable[[Module, SynapsePipeline], None], tmp_path: Path
) -> None:
    class Broken(SynapsePipeline):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            damage(m, self)
            return m

    assert prove(BusProof(pipeline(1, 2, Broken), ACCESS), BUS_DEPTH, tmp_path) is Outcome.VIOLATED
