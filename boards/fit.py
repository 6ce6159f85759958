"""Whether a mapped netlist fits a board: what it takes at least, and what to change if that is too much."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from boards.definitions import Board
from boards.errors import DoesNotFit
from boards.families import FAMILIES
from boards.families.base import RESOURCES
from boards.netlist import module_resources, total
from hwgen.resources import Needs

COUNTED = {
    "lut": "look-up tables",
    "ff": "flip-flops",
    "block_ram": "block RAMs",
    "spram": "single-port RAMs",
    "dsp": "DSP blocks",
}
MEMORIES = ("block_ram", "spram")


def least(netlist: Mapping[str, Any], top: str, board: Board) -> dict[str, int]:
    """What placing a mapped netlist takes at least, by resource."""
    family = FAMILIES[board.family]
    module = netlist["modules"][top]
    counts = total(module_resources(netlist, top, family))
    return counts | {"lut": family.least_luts(module["cells"], module["ports"])}


def check_netlist(design: str, netlist: Mapping[str, Any], top: str, board: Board, needs: Needs) -> None:
    """Raise :class:`~boards.errors.DoesNotFit` for a netlist that takes more than the board has, with what it needs,
    what the board has and what to change.

    Vivado joins look-up tables in pairs, so for a board that only it can place a netlist tells too little.
    """
    if FAMILIES[board.family].bitstream_suffix is None:
        return
    counts, capacity = least(netlist, top, board), asdict(board.capacity)
    problems = []
    for resource in RESOURCES:
        count, held = counts[resource], capacity[f"{resource}s"]
        if count > held:
            change = needs.memory_parameters if resource in MEMORIES else needs.logic_parameters
            problems.append(f"{design} needs {count:,} {COUNTED[resource]}, and {board.title} has {held:,}: {change}")
    if problems:
        raise DoesNotFit("\n".join(problems))


def no_room(design: str, netlist: Mapping[str, Any], top: str, board: Board, needs: Needs) -> str:
    """The error for a netlist of which the placer says that it does not fit, though its cells are not too many."""
    counts, capacity = least(netlist, top, board), asdict(board.capacity)
    filled = ", ".join(
        f"{counts[resource]:,} of {capacity[f'{resource}s']:,} {COUNTED[resource]}" for resource in ("lut", "ff")
    )
    return f"{design} leaves the placer no room: it needs {filled} of {board.title}; {needs.logic_parameters}"
