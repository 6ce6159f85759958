"""What travels on the machine's streams."""

from amaranth.lib import data

from hwgen.ff.config import FFConfig


def trailer_layout(config: FFConfig) -> data.StructLayout:
    """The last transfer of a sample on ``x``: whether to learn from it, and its class."""
    return data.StructLayout({"learn": 1, "label": config.class_bits})


def goodness_bits(config: FFConfig) -> int:
    """Bits of each goodness of a result: the sum of all steps'."""
    return (config.steps * max(config.goodness_max)).bit_length()


def result_layout(config: FFConfig) -> data.StructLayout:
    """Payload of ``y``, ``prediction`` in the lowest bits; the members are those of
    :class:`~hwgen.ff.result.FFResult`: for each layer the goodness of the positive and of the negative pass."""
    passes = data.ArrayLayout(goodness_bits(config), 2)
    return data.StructLayout({"prediction": config.class_bits, "goodness": data.ArrayLayout(passes, config.depth)})
