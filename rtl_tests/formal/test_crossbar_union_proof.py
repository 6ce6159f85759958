"""A pass over the union of two lists asks for each word once, with both values; broken ones are found."""

from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hwgen.crossbar.union import UnionSweep
from rtl_tests.formal.crossbar_union import UnionProof, union
from rtl_tests.formal.prove import Outcome, prove

DEPTH = 4
# A pass over two short lists is over.
BROKEN = 8


def test_the_union_of_any_two_lists_is_asked_for(tmp_path: Path) -> None:
    assert prove(UnionProof(union()), DEPTH, tmp_path) is Outcome.PROVEN


class TakesOne(UnionSweep):
    """Of two entries of one input, the other list's is not taken."""

    def elaborate(self, platform: object) -> Module:
        return with_other_taken(super().elaborate(platform), lambda own, other: other < own)


class TakesFar(UnionSweep):
    """The other list's entry is lost if its input comes much later."""

    def elaborate(self, platform: object) -> Module:
        return with_other_taken(super().elaborate(platform), lambda own, other: (other <= own) | (other >= own + 3))


def with_other_taken(m: Module, takes: Any) -> Module:
    """A sweep that takes of the other list while there are entries of both if ``takes(address, other address)``."""
    own, other = m.submodules.own, m.submodules.other
    goes = next(signal for signal in m._driving if signal.name == "goes")
    m.d.comb += other.take.eq(
        goes & (other.left != 0) & ((own.left == 0) | takes(own.head.address, other.head.address))
    )
    return m


@pytest.mark.parametrize("broken", [TakesOne, TakesFar])
def test_a_sweep_that_takes_what_it_does_not_ask_for_is_found(broken: type[UnionSweep], tmp_path: Path) -> None:
    assert prove(UnionProof(union(broken)), BROKEN, tmp_path) is Outcome.VIOLATED
