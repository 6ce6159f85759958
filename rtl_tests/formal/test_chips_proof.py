"""The sequencers of a chip keep every safety rule in every run; broken ones do not."""

from pathlib import Path

import pytest

from hwgen.chips.sequencers import ChipSequencers
from rtl_tests.chips import mutants
from rtl_tests.formal.chips import ChipProof, Rule, smallest
from rtl_tests.formal.prove import Outcome, prove

# Whatever phase a sequencer is in, the next one has begun: clocks of two periods more.
DEPTH = 14
# The supply has settled after a reset, the array was unlocked, and pulses with two supplies have been made.
FOUND = 44


@pytest.mark.parametrize("coded", [False, True], ids=["controls", "instruction"])
def test_every_rule_holds_in_every_run(coded: bool, tmp_path: Path) -> None:
    assert prove(ChipProof(ChipSequencers(smallest(coded)), Rule), DEPTH, tmp_path) is Outcome.PROVEN


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        (Rule.EDGE, mutants.become_inactive_at_once),
        (Rule.APART, mutants.decide_while_unlocked),
        (Rule.DROPPED, mutants.lock_without_dropping),
        # Found after more clocks: these take longer.
        *(
            pytest.param(rule, damage, marks=pytest.mark.slow)
            for rule, damage in (
                (Rule.STABLE, mutants.drop_all_lines_together),
                (Rule.STABLE, mutants.move_the_address_with_the_word_line),
                (Rule.LIMITED, mutants.trust_the_host),
                (Rule.SWITCHED, mutants.switch_without_a_break),
            )
        ),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Rule) else value.__name__,
)
def test_a_broken_one_is_found(rule: Rule, damage: mutants.Damage, tmp_path: Path) -> None:
    proof = ChipProof(mutants.mutant(smallest(coded=False), damage), [rule], invariants=False)
    assert prove(proof, FOUND, tmp_path) is Outcome.VIOLATED
