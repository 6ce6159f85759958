"""What a device family is to the flow: its tools' commands, its primitives, its PLL and its constraint format."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from boards.definitions import Board

RESOURCES = ("lut", "ff", "block_ram", "spram", "dsp")
"""What reports count, in the order of their columns."""

SINGLE_PINS = ("clk_pin", "rx_pin", "tx_pin")
"""Ports of the board's top module, beside ``led_pins``."""


SINGLE_PORT_MAP = "single_port.v"
"""Yosys techmap, in this folder, that joins the two ports of a memory."""


@dataclass(frozen=True)
class Command:
    """One run of a tool, by the tool's own name (``yosys``, ``nextpnr-ecp5``, ...)."""

    tool: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Pll:
    """A clock generator's setting."""

    out_hz: float
    """Output frequency, exactly."""
    vco_hz: float
    parameters: Mapping[str, int]
    """The primitive's parameters."""


@dataclass(frozen=True)
class Job:
    """What place and route works on, and where it writes."""

    board: Board
    netlist: Path
    constraints: Path | None
    """None out of context."""
    clock_mhz: float
    """Target frequency in MHz."""
    seed: int
    routed: Path
    """The routed design, in the format that the packer reads; not written out of context."""
    report: Path
    """Timing and utilisation, JSON."""
    luts: int
    """Look-up tables that the design is estimated to take."""


class Family(ABC):
    """One device family. A new one is a subclass and an entry in ``boards.families.FAMILIES``."""

    name: ClassVar[str]
    cells: ClassVar[Mapping[str, Mapping[str, int]]]
    """What each cell type of a mapped netlist takes, by resource; types left out take nothing that is counted."""
    placed: ClassVar[Mapping[str, str]]
    """Resource of each entry of the place-and-route tool's utilisation that is counted."""
    placed_luts: ClassVar[str] = "look-up tables, with those that it adds"
    """What place and route counts as look-up tables."""
    out_of_context: ClassVar[bool]
    """Whether a core with more ports than the package has pins can be placed."""
    lut_scale: ClassVar[float] = 1.0
    """Look-up tables of this family for one of four inputs, as measured."""
    bitstream_suffix: ClassVar[str | None]
    """None where no open tool makes a bitstream."""

    @abstractmethod
    def synthesis(self, top: str) -> str:
        """Yosys commands that map the design read so far onto the family's primitives."""

    def single_port_synthesis(self, top: str, memories: Sequence[str]) -> str:
        """The same, with the memories called ``memories`` in single-port RAMs, for families that have some.

        The commands run beside the file :data:`SINGLE_PORT_MAP`.
        """
        raise NotImplementedError(f"{self.name} has no single-port RAMs")

    refinement: ClassVar[str] = ""
    """What :meth:`refine` does, with a number that grows when it does something else; empty: nothing."""

    def refine(self, netlist: dict[str, Any], top: str, board: Board, *, out_of_context: bool) -> dict[str, Any]:
        """A mapped netlist, improved where synthesis leaves something undone; the one given may be changed."""
        return netlist

    def least_luts(self, cells: Mapping[str, Any], ports: Mapping[str, Any]) -> int:
        """Look-up tables that placing a mapped netlist takes at least.

        Args:
            cells, ports: of the top module, as Yosys' JSON netlist has them.
        """
        return sum(self.cells.get(cell["type"], {}).get("lut", 0) for cell in cells.values())

    @abstractmethod
    def constraints(self, board: Board, leds: int) -> tuple[str, str]:
        """Suffix and text of the file that wires the top module's ports, ``leds`` LEDs among them, to pins."""

    @abstractmethod
    def pll(self, in_hz: int, out_hz: float) -> Pll | None:
        """The setting whose output is nearest to ``out_hz``, or None if none is within 0.5 %."""

    @abstractmethod
    def pll_instance(self, pll: Pll, in_hz: int) -> str:
        """Verilog that makes ``clk`` and ``locked`` from ``clk_pin``."""

    def place_and_route(self, job: Job) -> Command | None:
        """The run that places and routes; None where there is no open tool."""
        return None

    def pack(self, board: Board, routed: Path, bitstream: Path) -> Command | None:
        """The run that makes a bitstream of a routed design; None where there is no open tool."""
        return None


def pin_table(board: Board, leds: int) -> list[tuple[str, str]]:
    """The top module's ports and their pins."""
    pins = list(zip(SINGLE_PINS, (board.clock_pin, board.rx_pin, board.tx_pin), strict=True))
    return pins + [(f"led_pins[{index}]", pin) for index, pin in enumerate(board.led_pins[:leds])]


def nearest(candidates: list[Pll], out_hz: float) -> Pll | None:
    """The candidate nearest to ``out_hz`` (of equals the first), or None if none is within 0.5 %."""
    best = min(candidates, key=lambda pll: abs(pll.out_hz - out_hz), default=None)
    return best if best is not None and abs(best.out_hz - out_hz) <= 0.005 * out_hz else None
