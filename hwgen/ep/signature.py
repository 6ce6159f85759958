"""What travels on the machine's streams and between its blocks."""

from amaranth.lib import data

from hwgen.crossbar.sample import SampleFormat
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import BANKS


def sample_format(config: EPConfig) -> SampleFormat:
    """How a sample lies in the transfers on ``x``."""
    return SampleFormat(
        inputs=config.inputs,
        pixel_bits=config.pixel_bits,
        input_bits=config.input_bits,
        input_threshold=config.input_threshold,
        beat_bits=config.stream_bits,
        trailer_bits=1 + config.class_bits,
    )


def trailer_layout(config: EPConfig) -> data.StructLayout:
    """The last transfer of a sample on ``x``: whether to learn from it, and its class."""
    return data.StructLayout({"learn": 1, "label": config.class_bits})


def result_layout(config: EPConfig) -> data.StructLayout:
    """Payload of ``y``, ``prediction`` in the lowest bits; the members are those of
    :class:`~hwgen.ep.result.EPResult`."""
    return data.StructLayout(
        {
            "prediction": config.class_bits,
            "states": data.ArrayLayout(config.state_bits[-1], config.outputs),
            "free_steps": 8,
            "nudged_steps": 9,
            "changed": sum(config.hidden).bit_length(),
            "flips": config.synapses.bit_length(),
        }
    )


def list_layout(config: EPConfig) -> data.StructLayout:
    """A sample inside the machine: where the list of its active inputs is, its length, and its trailer."""
    return data.StructLayout(
        {"bank": range(BANKS), "count": range(config.inputs + 1), "trailer": trailer_layout(config)}
    )
