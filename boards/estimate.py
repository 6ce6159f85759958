"""What a design will take of a board, from its parameters alone: before anything is built, and within a second."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boards.definitions import Board
from boards.families import FAMILIES
from boards.memories import choose_single_port, place, place_single_port
from hwgen.bus.link.frame import SLOT_BITS
from hwgen.bus.link.link import RESULT_WORDS
from hwgen.bus.link.protocol import WINDOW
from hwgen.bus.link.session import SLOTS
from hwgen.design import Design
from hwgen.errors import DesignError
from hwgen.resources import Block, Memory, Needs

LUT_ERROR = 0.25
"""How far the estimate of look-up tables may be off, as measured on the recorded designs."""

REFUSED_ABOVE = 1 + LUT_ERROR
"""A design whose estimate exceeds the board by more than the estimate's error cannot fit."""


LINK_MEMORIES = (
    Memory("link.receiver", WINDOW << SLOT_BITS, lanes=1, lane_bits=8),
    Memory("link.responses", SLOTS << SLOT_BITS, lanes=1, lane_bits=8),
    Memory("link.results", RESULT_WORDS, lanes=1, lane_bits=32),
)
LINK = Block("link", luts=1600, ffs=680)
"""Host link, LEDs and reset of a whole top level, whatever the core, as recorded."""


@dataclass(frozen=True)
class Estimate:
    """An estimate. Memory bits, block RAMs and single-port RAMs are exact, the rest within its error."""

    design: str
    board: Board
    memory_bits: int
    block_rams: int
    single_port: tuple[Memory, ...]
    """The core's memories that are in single-port RAMs."""
    luts: int
    ffs: int
    cycles_per_sample: int
    typical_cycles: Mapping[str, float]
    """See :meth:`hwgen.design.Design.typical_cycles`."""
    latency: int
    memory_port_utilisation: float
    needs: Needs

    @property
    def sprams(self) -> int:
        """Single-port RAMs."""
        return sum(place_single_port(memory, self.board.family).sprams for memory in self.single_port)

    @property
    def problems(self) -> list[str]:
        """Why the design cannot fit: what it needs, what the board has, what to change. Empty if it may."""
        capacity = self.board.capacity
        found = []
        if self.block_rams > capacity.block_rams:
            beside = f" beside {self.sprams} single-port RAMs" if self.sprams else ""
            found.append(
                f"needs {self.block_rams:,} block RAMs{beside}, and {self.board.title} has {capacity.block_rams:,}: "
                f"{self.needs.memory_parameters}{self._empty_instead()}"
            )
        for what, needed, held in (
            ("look-up tables", self.luts, capacity.luts),
            ("flip-flops", self.ffs, capacity.ffs),
        ):
            if needed > held * REFUSED_ABOVE:
                found.append(
                    f"needs about {needed:,} {what}, and {self.board.title} has {held:,}: {self.needs.logic_parameters}"
                )
        return found

    def _empty_instead(self) -> str:
        """What else helps: memories without initial content may be in single-port RAMs."""
        if not self.board.capacity.sprams or not any(memory.initialised for memory in self.needs.memories):
            return ""
        return (
            f"; or {self.needs.empty_parameters}: memories that start empty may take the {self.board.capacity.sprams} "
            "single-port RAMs"
        )

    @property
    def fits(self) -> bool:
        """Whether the design may fit."""
        return not self.problems

    def check_fit(self) -> None:
        """Raise :class:`~hwgen.errors.DesignError` with every problem, if there are any."""
        if self.problems:
            raise DesignError("\n".join(f"{self.design} {problem}" for problem in self.problems))

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "memory_bits": self.memory_bits,
            "block_rams": self.block_rams,
            "sprams": self.sprams,
            "luts": self.luts,
            "lut_error": LUT_ERROR,
            "ffs": self.ffs,
            "cycles_per_sample": self.cycles_per_sample,
            **{f"typical_cycles_{what}": cycles for what, cycles in self.typical_cycles.items()},
            "latency_cycles": self.latency,
            "memory_port_utilisation": self.memory_port_utilisation,
            "fits": self.fits,
            "problems": self.problems,
        }


def estimate(design: Design, board: Board, *, out_of_context: bool = False) -> Estimate:
    """What ``design`` takes of ``board``: the whole top level, or out of context the core alone.

    Memory bits and speed are the core's in either case.
    """
    needs = design.needs
    memories, blocks = needs.memories, needs.blocks
    if not out_of_context:
        memories, blocks = memories + LINK_MEMORIES, (*blocks, LINK)
    block_rams = 0
    luts = sum(block.luts for block in blocks) * FAMILIES[board.family].lut_scale
    ffs = sum(block.ffs for block in blocks)
    single_port = choose_single_port(memories, board.family, board.capacity.block_rams, board.capacity.sprams)
    for memory in memories:
        taken = place_single_port(memory, board.family) if memory in single_port else place(memory, board.family)
        block_rams += taken.block_rams
        luts += taken.luts
        ffs += taken.ffs
    return Estimate(
        design=design.name,
        board=board,
        memory_bits=needs.memory_bits,
        block_rams=block_rams,
        single_port=single_port,
        luts=round(luts),
        ffs=round(ffs),
        cycles_per_sample=needs.cycles_per_sample,
        typical_cycles=design.typical_cycles(),
        latency=needs.latency,
        memory_port_utilisation=needs.memory_port_utilisation,
        needs=needs,
    )
