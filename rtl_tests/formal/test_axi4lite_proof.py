"""The AXI4-Lite wrapper keeps the protocol's rules in every run; broken ones do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hwgen.bus.wrappers.axi4lite import AXI4Lite
from rtl_tests.formal.axi4lite import LIMIT, AXI4LiteProof
from rtl_tests.formal.prove import Outcome, prove

DEPTH = LIMIT + 2


def test_it_keeps_every_rule(tmp_path: Path) -> None:
    proof = AXI4LiteProof(AXI4Lite(address_bits=4))
    assert prove(proof, DEPTH, tmp_path) is Outcome.PROVEN


def test_the_longest_wait_is_stated_exactly(tmp_path: Path) -> None:
    proof = AXI4LiteProof(AXI4Lite(address_bits=4), LIMIT - 1)
    assert prove(proof, DEPTH, tmp_path) is Outcome.VIOLATED


def withdraw_answer(m: Module, dut: Any) -> None:
    with m.If(dut.axi.arvalid):
        m.d.sync += dut.axi.bvalid.eq(0)


def change_data(m: Module, dut: Any) -> None:
    with m.If(dut.axi.wvalid):
        m.d.sync += dut.axi.rdata.eq(dut.axi.wdata)


def answer_unasked(m: Module, dut: Any) -> None:
    with m.If(dut.axi.arvalid & dut.axi.awvalid):
        m.d.sync += dut.axi.rvalid.eq(1)


@pytest.mark.parametrize("damage", [withdraw_answer, change_data, answer_unasked])
def test_a_broken_one_is_found(damage: Callable[[Module, Any], None], tmp_path: Path) -> None:
    class Broken(AXI4Lite):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            damage(m, self)
            return m

    proof = AXI4LiteProof(Broken(address_bits=4))
    assert prove(proof, DEPTH, tmp_path) is Outcome.VIOLATED
