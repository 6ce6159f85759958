"""The sequencers of an array of memristors keep every safety rule in every run; broken ones do not."""

from pathlib import Path

import pytest

from hwgen.memristor.sequencers import ArraySequencers
from rtl_tests.formal.memristor import Rule, SequencerProof, smallest
from rtl_tests.formal.prove import Outcome, prove
from rtl_tests.memristor import mutants

# Clocks of a phase, and of the induction: whatever phase a sequencer is in, the next one has begun.
DEPTHS = [(1, 8), (2, 10)]
# The supply has settled after a reset, the array was unlocked, and pulses with two supplies have been made.
FOUND = 22


@pytest.mark.parametrize(("clocks", "depth"), DEPTHS)
@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.name.lower())
def test_every_rule_holds_in_every_run(rule: Rule, clocks: int, depth: int, tmp_path: Path) -> None:
    assert prove(SequencerProof(ArraySequencers(smallest(clocks)), rule), depth, tmp_path) is Outcome.PROVEN


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        (Rule.STABLE, mutants.move_the_address_with_the_word_line),
        (Rule.STABLE, mutants.drop_cbl_with_the_word_line),
        (Rule.APART, mutants.unlock_during_a_read),
        (Rule.STABLE, mutants.read_during_programming),
        (Rule.APART, mutants.lock_without_dropping),
        (Rule.APART, mutants.read_with_the_supply_on),
        (Rule.LIMITED, mutants.trust_the_host),
        (Rule.DROPPED, mutants.lock_without_dropping),
        (Rule.SWITCHED, mutants.switch_without_a_break),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Rule) else value.__name__,
)
def test_a_broken_one_is_found(rule: Rule, damage: mutants.Damage, tmp_path: Path) -> None:
    proof = SequencerProof(mutants.mutant(smallest(1), damage), rule, invariants=False)
    assert prove(proof, FOUND, tmp_path) is Outcome.VIOLATED
