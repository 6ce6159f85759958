"""The Wishbone wrapper keeps the protocol's rules in every run; broken ones do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hwgen.bus.wrappers.wishbone import Wishbone
from rtl_tests.formal.prove import Outcome, prove
from rtl_tests.formal.wishbone import LIMIT, WishboneProof

DEPTH = LIMIT + 2


def test_it_keeps_every_rule(tmp_path: Path) -> None:
    assert prove(WishboneProof(Wishbone(address_bits=4)), DEPTH, tmp_path) is Outcome.PROVEN


def test_the_longest_wait_is_stated_exactly(tmp_path: Path) -> None:
    assert prove(WishboneProof(Wishbone(address_bits=4), LIMIT - 1), DEPTH, tmp_path) is Outcome.VIOLATED


def answer_those_who_gave_up(m: Module, dut: Any) -> None:
    m.d.comb += dut.wb.err.eq(dut.bus.ready & dut.bus.error)


def change_request(m: Module, dut: Any) -> None:
    m.d.sync += dut.bus.address.eq(dut.wb.adr)


def lose_data(m: Module, dut: Any) -> None:
    with m.If(~dut.bus.valid):
        m.d.sync += dut.wb.dat_r.eq(0)
    m.d.comb += dut.wb.ack.eq(dut.wb.cyc)


@pytest.mark.parametrize("damage", [answer_those_who_gave_up, change_request, lose_data])
def test_a_broken_one_is_found(damage: Callable[[Module, Any], None], tmp_path: Path) -> None:
    class Broken(Wishbone):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            damage(m, self)
            return m

    assert prove(WishboneProof(Broken(address_bits=4)), DEPTH, tmp_path) is Outcome.VIOLATED
