"""What a design will take of a board, from its parameters alone: before anything is built, and within a second."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from boards.definitions import Board
from boards.families import FAMILIES
from boards.memories import Placed, choose_single_port, place, place_single_port
from hwgen.bus.link.frame import SLOT_BITS
from hwgen.bus.link.link import RESULT_WORDS
from hwgen.bus.link.protocol import WINDOW
from hwgen.bus.link.session import SLOTS
from hwgen.design import Design
from hwgen.errors import DesignError
from hwgen.resources import Block, Memory, Needs

LUT_ERROR = 0.25
"""How far the estimate of look-up tables may be off, as measured on the recorded designs."""

SURE_BELOW = 1 - LUT_ERROR
"""A design whose estimate is at most so much of the board fits, however far the estimate is off."""

REFUSED_ABOVE = 1 + LUT_ERROR
"""A design whose estimate exceeds the board by more than the estimate's error cannot fit."""

FITS, MAY_NOT_FIT, CANNOT_FIT = "fits", "may not fit", "cannot fit"

LINK_MEMORIES = (
    Memory("link.receiver", WINDOW << SLOT_BITS, lanes=1, lane_bits=8, constant=True),
    Memory("link.responses", SLOTS << SLOT_BITS, lanes=1, lane_bits=8, constant=True),
    Memory("link.results", RESULT_WORDS, lanes=1, lane_bits=32, constant=True),
)
LINK = Block("link", luts=1600, ffs=680)
"""Host link, LEDs and reset of a whole top level, whatever the core, as recorded."""


@dataclass(frozen=True)
class Estimate:
    """An estimate. Memory bits, block RAMs and single-port RAMs are exact, look-up tables and flip-flops within
    :data:`LUT_ERROR` of what will be placed."""

    design: str
    board: Board
    memory_bits: int
    block_rams: int
    single_port: tuple[Memory, ...]
    """The core's memories that are in single-port RAMs."""
    luts: int
    ffs: int
    cycles_per_sample: int
    latency: int
    memory_port_utilisation: float
    needs: Needs
    empty_block_rams: int
    """What the block RAMs would be if no memory held from the start what the machine has learnt."""

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
        if self.needs.multipliers > capacity.dsps:
            found.append(
                f"needs {self.needs.multipliers:,} multipliers, and {self.board.title} has {capacity.dsps:,}: "
                f"{self.needs.logic_parameters}"
            )
        return found + [
            f"needs about {needed:,} {what}, and {self.board.title} has {held:,}: {self.needs.logic_parameters}"
            for what, needed, held in self._logic()
            if needed > held * REFUSED_ABOVE
        ]

    @property
    def doubts(self) -> list[str]:
        """What may turn out too large within the estimate's error: what it may need, what the board has, what to
        change. Synthesis tells. Empty if nothing may."""
        return [
            f"needs {needed / REFUSED_ABOVE:,.0f} to {needed / SURE_BELOW:,.0f} {what}, and {self.board.title} has "
            f"{held:,}; should that not do: {self.needs.logic_parameters}"
            for what, needed, held in self._logic()
            if held * SURE_BELOW < needed <= held * REFUSED_ABOVE
        ]

    def _logic(self) -> tuple[tuple[str, int, int], ...]:
        """What is estimated with an error: name, need, and what the board has."""
        capacity = self.board.capacity
        return ("look-up tables", self.luts, capacity.luts), ("flip-flops", self.ffs, capacity.ffs)

    def _empty_instead(self) -> str:
        """What else makes the block RAMs suffice: memories without initial content may be in single-port RAMs."""
        capacity = self.board.capacity
        if self.empty_block_rams > capacity.block_rams or not capacity.sprams:
            return ""
        return (
            f"; or {self.needs.empty_parameters}: memories that start empty may take the {capacity.sprams} single-port "
            "RAMs"
        )

    @property
    def fit(self) -> str:
        """``FITS``, ``MAY_NOT_FIT`` (within the estimate's error it may be too large) or ``CANNOT_FIT``."""
        if self.problems:
            return CANNOT_FIT
        return MAY_NOT_FIT if self.doubts else FITS

    @property
    def fits(self) -> bool:
        """Whether the design fits, however far the estimate is off."""
        return self.fit == FITS

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
            "multipliers": self.needs.multipliers,
            "luts": self.luts,
            "lut_error": LUT_ERROR,
            "ffs": self.ffs,
            "cycles_per_sample": self.cycles_per_sample,
            "latency_cycles": self.latency,
            "memory_port_utilisation": self.memory_port_utilisation,
            "available": asdict(self.board.capacity),
            "fit": self.fit,
            "fits": self.fits,
            "problems": self.problems,
            "doubts": self.doubts,
        }

    def rows(self) -> dict[str, Any]:
        """As a person reads it: names, and values beside what the board has."""
        capacity = self.board.capacity
        return {
            "fit": self.fit,
            "memory bits": self.memory_bits,
            "block RAMs": f"{self.block_rams:,} of {capacity.block_rams:,}",
            "single-port RAMs": f"{self.sprams:,} of {capacity.sprams:,}",
            "multipliers": f"{self.needs.multipliers:,} of {capacity.dsps:,}",
            "look-up tables": f"{self.luts:,} of {capacity.luts:,}, within {LUT_ERROR:.0%}",
            "flip-flops": f"{self.ffs:,} of {capacity.ffs:,}, within {LUT_ERROR:.0%}",
            "cycles per sample": self.cycles_per_sample,
            "latency cycles": self.latency,
            "memory-port utilisation": f"{self.memory_port_utilisation:.1%}",
            "hints": "\n".join(self.problems + self.doubts) or None,
        }


def estimate(design: Design, board: Board, *, out_of_context: bool = False) -> Estimate:
    """What ``design`` takes of ``board``: the whole top level, or out of context the core alone.

    Memory bits and speed are the core's in either case. Raises :class:`~hwgen.errors.DesignError` for a board whose
    family cannot place a core alone.
    """
    if out_of_context:
        check_out_of_context(board)
    needs = design.needs
    memories, blocks = needs.memories, needs.blocks
    if not out_of_context:
        memories, blocks = memories + LINK_MEMORIES, (*blocks, LINK)
    capacity = board.capacity
    empty = tuple(replace(memory, initialised=memory.initialised and memory.constant) for memory in memories)
    moved = choose_single_port(empty, board.family, capacity.block_rams, capacity.sprams)
    block_rams = 0
    luts = sum(block.luts for block in blocks) * FAMILIES[board.family].lut_scale
    ffs = sum(block.ffs for block in blocks)
    single_port = choose_single_port(memories, board.family, capacity.block_rams, capacity.sprams)
    for memory in memories:
        taken = _place(memory, board.family, single_port)
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
        latency=needs.latency,
        memory_port_utilisation=needs.memory_port_utilisation,
        needs=needs,
        empty_block_rams=sum(_place(memory, board.family, moved).block_rams for memory in empty),
    )


def _place(memory: Memory, family: str, single_port: tuple[Memory, ...]) -> Placed:
    """What a memory takes, in single-port RAMs if it is one of ``single_port``."""
    return place_single_port(memory, family) if memory in single_port else place(memory, family)


def check_out_of_context(board: Board) -> None:
    """Raise :class:`~hwgen.errors.DesignError` for a board whose family cannot place a core alone."""
    if not FAMILIES[board.family].out_of_context:
        raise DesignError(
            f"{board.title} has no out-of-context flow: its place and route needs a pin for every port; "
            "leave out --out-of-context to place the whole top level"
        )
