"""Block RAMs are predicted exactly as Yosys places memories, which a recorded sweep over sizes has."""

import json
from pathlib import Path

import pytest

from boards.definitions import BOARDS
from boards.estimate import estimate
from boards.memories import place
from hwgen.design import load_machine
from hwgen.resources import Memory

RECORDED = json.loads((Path(__file__).parent / "memories.json").read_text(encoding="utf-8"))
"""By family: words, lanes, bits of a lane, block RAMs of Yosys 0.70."""


@pytest.mark.parametrize("family", RECORDED)
def test_block_rams_are_those_of_yosys(family: str) -> None:
    wrong = [
        (words, lanes, bits)
        for words, lanes, bits, expected in RECORDED[family]
        if place(Memory("memory", words, lanes, bits), family).block_rams != expected
    ]
    assert wrong == []


def test_lists_whose_depth_is_no_power_of_two_take_what_yosys_took() -> None:
    """Of ``examples/ep-196-64-10-icebreaker.toml`` on that board, as synthesised."""
    design = load_machine(Path(__file__).resolve().parents[2] / "examples" / "ep-196-64-10-icebreaker.toml")
    guess = estimate(design, BOARDS["icebreaker"])
    assert (guess.block_rams, guess.sprams) == (21, 4)
