"""Small machines to put into packages, benches and boards."""

from typing import Any

from hwgen import registry
from hwgen.design import Design
from hwgen.ep.config import EPConfig

TINY: dict[str, Any] = {"layers": [20, 8, 8, 4], "lanes": 4, "pixel_bits": 2, "stream_bits": 8}
"""Two hidden layers of two slots each, and payloads of x that are wider or narrower than the streams around it."""


def tiny(name: str = "dut", **values: Any) -> Design:
    """A machine that compiles within seconds; ``values`` replace those of :data:`TINY`."""
    return Design(name, registry.CORES["ep"], EPConfig.parse(TINY | values))
