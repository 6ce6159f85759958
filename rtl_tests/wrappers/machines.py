"""A cheap machine of every core, and every way to wrap one."""

from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.bus.wrappers.interfaces import Bus, Interfaces, Stream
from hwgen.design import Design
from rtl_tests.ep.machines import tiny as tiny_ep
from rtl_tests.ff.machines import tiny as tiny_ff

# fmt: off
MACHINES = {
    "bayes": Design(
        "dut",
        registry.CORES["bayes"],
        BayesConfig.parse(
            {"mode": "logarithmic", "rows": 3, "bins": [5, 3, 40], "likelihood_bits": 6, "feedback": True,
             "initialised": False}
        ),
    ),
    "ep": tiny_ep(layers=[6, 4, 2], lanes=4),
    "ff": tiny_ff(layers=[4, 2], classes=2, candidates=1),
}
# fmt: on
"""By core: machines that are simulated within seconds, whose samples take several beats of 8 bits. A core of the
registry that is not here fails the tests."""

STREAM_WIDTHS = (8, 16, 128)
"""Results in several beats, in a few, and in one."""

PAIRS = [
    Interfaces(bus, stream, width)
    for bus in Bus
    for stream in Stream
    for width in (STREAM_WIDTHS if stream is Stream.AXI4STREAM else (32,))
]
"""Every bus with every stream."""


def name_of(value: object) -> str:
    """A test's name for a core or for interfaces."""
    if not isinstance(value, Interfaces):
        return str(value)
    return "-".join(str(part) for part in value.manifest().values())
