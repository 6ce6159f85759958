"""What the crossbar's pipeline is for this machine: its synapses, and what they are read for."""

from collections.abc import Sequence

from amaranth.lib import data

from hwgen.crossbar.pipeline import LaneSignature, SynapsePipeline
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan


def tag_layout(config: EPConfig) -> data.StructLayout:
    """What a synapse word is read for: the drive, beginning with ``clear`` (with it) and ending with ``last``, or
    learning (``learn``), of an input (``learn_input``) or a row between the layers."""
    members: dict[str, data.ShapeLike] = {"drive": 1, "clear": 1, "last": 1}
    if config.input_bits > 1:
        members["value"] = config.input_bits
    if config.learning:
        members |= {"learn": 1, "learn_input": 1}
    return data.StructLayout(members)


def lane_signature(config: EPConfig) -> LaneSignature:
    """Between the pipeline and the lanes."""
    return LaneSignature(EPPlan(config).word_format, tag_layout(config))


def synapse_pipeline(config: EPConfig, init: Sequence[int] | None) -> SynapsePipeline:
    """The machine's synapse memory and the pipeline around it; ``init``: the words that it holds from the start, if
    any."""
    plan = EPPlan(config)
    return SynapsePipeline(
        plan.word_format,
        tag_layout(config),
        plan.matrices,
        latency=plan.learning_stages,
        ports=config.memory_ports if config.learning else 1,
        init=init,
    )
