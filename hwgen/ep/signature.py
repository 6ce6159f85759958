"""What travels on the machine's streams and between its blocks."""

from amaranth.lib import data

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import BANKS
from hwgen.ep.result import result_bits


def trailer_layout(config: EPConfig) -> data.StructLayout:
    """The last transfer of a sample on ``x``: whether to learn from it, and its class."""
    return data.StructLayout({"learn": 1, "label": config.class_bits})


def result_layout(config: EPConfig) -> data.StructLayout:
    """Payload of ``y``, ``prediction`` in the lowest bits; the members are those of
    :class:`~hwgen.ep.result.EPResult`."""
    bits = result_bits(config)
    return data.StructLayout({**bits, "states": data.ArrayLayout(bits["states"], config.outputs)})


def list_layout(config: EPConfig) -> data.StructLayout:
    """A sample inside the machine: where the list of its active inputs is, its length, and its trailer."""
    return data.StructLayout(
        {"bank": range(BANKS), "count": range(config.inputs + 1), "trailer": trailer_layout(config)}
    )
