"""Block RAMs are predicted exactly as Yosys places memories, which a recorded sweep over sizes has."""

import json
from pathlib import Path

import pytest

from boards.memories import place
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
