"""Which buses and streams a core can be wrapped in: plain data, it imports no HDL."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hwgen.errors import DesignError

STREAM_WIDTHS = range(8, 128 + 1, 8)
"""Widths that an AXI4-Stream may have, in bits."""


class Bus(StrEnum):
    """How registers and memories are reached."""

    NATIVE = "native"
    AXI4LITE = "axi4lite"
    WISHBONE = "wishbone"


class Stream(StrEnum):
    """How samples come and results go."""

    NATIVE = "native"
    AXI4STREAM = "axi4stream"


@dataclass(frozen=True)
class Interfaces:
    """What a generated design shows to the outside.

    Raises :class:`~hwgen.errors.DesignError` naming the value and what is allowed.
    """

    bus: str = Bus.NATIVE
    stream: str = Stream.NATIVE
    stream_width: int = 32
    """Width of the AXI4-Streams in bits; without meaning for native streams."""

    def __post_init__(self) -> None:
        for name, value, allowed in (("bus", self.bus, Bus), ("stream", self.stream, Stream)):
            if value not in list(allowed):
                raise DesignError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        if self.stream_width not in STREAM_WIDTHS:
            raise DesignError(f"stream_width must be a multiple of 8 from 8 to 128, not {self.stream_width!r}")

    @property
    def native(self) -> bool:
        """Whether the core is emitted as it is."""
        return self.bus == Bus.NATIVE and self.stream == Stream.NATIVE

    def manifest(self) -> dict[str, Any]:
        """The interfaces as JSON values."""
        width = {"stream_width": self.stream_width} if self.stream == Stream.AXI4STREAM else {}
        return {"bus": str(self.bus), "stream": str(self.stream), **width}


def beats_for(bits: int, width: int) -> int:
    """Beats of ``width`` bits that carry a payload of ``bits`` bits, at least one."""
    return max(1, -(-bits // width))
