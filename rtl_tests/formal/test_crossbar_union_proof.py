"""A pass over the union of two lists asks for each word once, with both values; a broken one is found."""

from pathlib import Path

from amaranth.hdl import Module

from hwgen.crossbar.union import UnionSweep
from rtl_tests.formal.crossbar_union import UnionProof, union
from rtl_tests.formal.prove import Outcome, prove

DEPTH = 4
# A pass over two short lists is over.
BROKEN = 8


def test_the_union_of_any_two_lists_is_asked_for(tmp_path: Path) -> None:
    assert prove(UnionProof(union()), DEPTH, tmp_path) is Outcome.PROVEN


def test_a_sweep_that_forgets_that_both_have_an_input_is_found(tmp_path: Path) -> None:
    class Broken(UnionSweep):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            own, other = m.submodules.own, m.submodules.other
            m.d.comb += other.take.eq(other.left.bool() & (other.head.address < own.head.address))
            return m

    assert prove(UnionProof(union(Broken)), BROKEN, tmp_path) is Outcome.VIOLATED
