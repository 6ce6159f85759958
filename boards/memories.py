"""How synthesis lays memories into a family's RAMs, as Yosys' ``memory_libmap`` does it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.resources import Memory

MUX_COST = 0.5
"""Cost of a bit of the multiplexer behind several RAMs, in the unit of the RAMs' costs; also of a write enable."""


@dataclass(frozen=True)
class BlockRam:
    """A family's block RAM."""

    shapes: tuple[tuple[int, int], ...]
    """Words and width that it can have."""
    byte: int
    """Bits that a write enable covers."""
    cost: float
    """Of one."""
    emulation: float = 0
    """Cost, once a memory, of reading what was there before a write in the same clock."""
    undivided: tuple[tuple[int, int], ...] = ()
    """Further shapes, of words that are written whole."""


@dataclass(frozen=True)
class LutRam:
    """A family's distributed RAM."""

    words: int
    width: int
    luts: int
    cost: float


@dataclass(frozen=True)
class Placed:
    """What one memory takes."""

    block_rams: int = 0
    sprams: int = 0
    luts: float = 0
    ffs: int = 0


BLOCK_RAMS = {
    "ecp5": BlockRam(((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), byte=9, cost=128),
    "gowin": BlockRam(((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), byte=9, cost=128),
    "ice40": BlockRam(((256, 16),), byte=1, cost=64, emulation=8, undivided=((512, 8), (1024, 4), (2048, 2))),
    "xilinx": BlockRam(((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), byte=9, cost=128),
}

LUT_RAMS = {
    "ecp5": LutRam(16, 4, luts=4, cost=4),
    "gowin": LutRam(16, 4, luts=4, cost=4),
    "ice40": None,
    "xilinx": LutRam(32, 6, luts=4, cost=8),
}


SINGLE_PORT_RAMS = {"ice40": (16384, 16)}
"""Words and width of a family's single-port RAMs, which have no initial content."""


def place(memory: Memory, family: str) -> Placed:
    """What a memory takes in a family outside single-port RAMs: the cheapest of block RAM, distributed RAM, flip-flops.

    Where costs are equal, flip-flops win. Read and write never meet: the cores see to that, but
    synthesis does not know.
    """
    block = BLOCK_RAMS[family]
    shapes = block.shapes + (block.undivided if memory.lanes == 1 else ())
    count, cost = min((_blocks(memory, block, shape) for shape in shapes), key=lambda found: found[1])
    flip_flops = Placed(luts=2 / 3 * memory.width * (memory.words - 1), ffs=(memory.words + 1) * memory.width)
    choices = [(memory.bits, flip_flops), (cost + block.emulation, Placed(block_rams=count))]
    lut_ram = LUT_RAMS[family]
    if lut_ram is not None:
        choices.append(_distributed(memory, lut_ram))
    return min(choices, key=lambda choice: choice[0])[1]


def place_single_port(memory: Memory, family: str) -> Placed:
    """What a memory takes in single-port RAMs: with them, one address for both ports, and what was read last held."""
    words, width = SINGLE_PORT_RAMS[family]
    deep = math.ceil(memory.words / words)
    selection = 2 / 3 * memory.width * (deep - 1)
    address_bits = (memory.words - 1).bit_length()
    luts = memory.width + address_bits + 2 + selection
    return Placed(sprams=deep * math.ceil(memory.width / width), luts=luts, ffs=memory.width + 1)


def choose_single_port(memories: Sequence[Memory], family: str, block_rams: int, sprams: int) -> tuple[Memory, ...]:
    """The memories that go into single-port RAMs, ``sprams`` at most, where ``block_rams`` do not suffice for all.

    None as long as block RAMs suffice: their two ports need no logic. Otherwise as few single-port RAMs as make the
    rest fit; if nothing does, those that leave the fewest block RAMs missing. A memory that needs its content from the
    start on, or two ports, or parts of whose words are written on their own, is never chosen.
    """
    if family not in SINGLE_PORT_RAMS:
        return ()
    excess = sum(place(memory, family).block_rams for memory in memories) - block_rams
    # By single-port RAMs taken: the most block RAMs that this number of them saves, and the memories in them.
    best: list[tuple[int, tuple[Memory, ...]]] = [(0, ())] * (sprams + 1)
    for memory in memories:
        if memory.initialised or memory.lanes > 1 or not memory.exclusive:
            continue
        saved, taken = place(memory, family).block_rams, place_single_port(memory, family).sprams
        for room in range(sprams, taken - 1, -1):
            without = best[room - taken]
            if without[0] + saved > best[room][0]:
                best[room] = (without[0] + saved, (*without[1], memory))
    return next((chosen for saved, chosen in best if saved >= excess), best[-1][1])


def _blocks(memory: Memory, block: BlockRam, shape: tuple[int, int]) -> tuple[int, float]:
    """How many block RAMs of a shape, and their cost."""
    words, width = shape
    deep = math.ceil(memory.words / words)
    if width < block.byte:
        wide = memory.lanes * math.ceil(memory.lane_bits / width)
    else:
        bytes_of_lane = math.ceil(memory.lane_bits / block.byte)
        wide = math.ceil(memory.lanes * bytes_of_lane / (width // block.byte))
    count = deep * wide
    return count, block.cost * count + _selection_cost(memory, deep)


def _distributed(memory: Memory, ram: LutRam) -> tuple[float, Placed]:
    """Cost and size as distributed RAM; its read data are registered in flip-flops."""
    deep = math.ceil(memory.words / ram.words)
    # A unit has one write enable.
    count = deep * memory.lanes * math.ceil(memory.lane_bits / ram.width)
    cost = ram.cost * count + _selection_cost(memory, deep)
    luts = ram.luts * count + (2 * memory.width * (deep - 1) + memory.lanes * deep if deep > 1 else 0)
    return cost, Placed(luts=luts, ffs=memory.width)


def _selection_cost(memory: Memory, deep: int) -> float:
    return MUX_COST * (memory.width + memory.lanes) * (deep - 1)
