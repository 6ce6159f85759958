"""What travels on the Bayesian machine's streams, outside and between its blocks."""

from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig


def sample_layout(config: BayesConfig) -> data.StructLayout:
    """Payload of ``x``: the observations, column 0 in the lowest bits; with feedback, then ``restart``, which makes
    this sample the first of a new series."""
    members: dict[str, data.ShapeLike] = {
        "observations": data.StructLayout(
            {f"column_{index}": width for index, width in enumerate(config.observation_bits)}
        )
    }
    if config.feedback:
        members["restart"] = 1
    return data.StructLayout(members)


def result_layout(config: BayesConfig) -> data.StructLayout:
    """Payload of ``y``, ``decision`` in the lowest bits.

    ``decision``: the winning row, or ``rows`` for a flagged result; ``tie``: another row has the same score;
    ``invalid``: the sample could not be decided, its scores and cycles are 0; ``cycles``: stochastic cycles used (1
    in logarithmic mode); ``scores``: every row's count or sum.
    """
    return data.StructLayout(
        {
            "decision": config.class_bits,
            "tie": 1,
            "invalid": 1,
            "cycles": config.cycle_bits,
            "scores": data.ArrayLayout(config.result_score_bits, config.rows),
        }
    )


def word_layout(config: BayesConfig) -> data.ArrayLayout:
    """A word of a column's memory: the likelihoods of all rows."""
    return data.ArrayLayout(config.likelihood_bits, config.rows)


class WordsSignature(wiring.Signature):
    """What the memory hands to the engine, with the handshake of a stream: for each column, the word that its
    observation selects; and whether the sample is to be flagged.

    One signal a column: a payload of all of them would be thousands of bits wide, and simulators are slow with those.
    """

    def __init__(self, config: BayesConfig) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "ready": In(1),
                "invalid": Out(1),
                "words": Out(word_layout(config)).array(config.streams),
            }
        )


def scores_layout(config: BayesConfig) -> data.StructLayout:
    """What the engine hands to the comparison."""
    return data.StructLayout(
        {
            "invalid": 1,
            "cycles": config.cycle_bits,
            "scores": data.ArrayLayout(config.result_score_bits, config.rows),
        }
    )


def stream_of(layout: data.StructLayout) -> stream.Signature:
    """A stream that carries ``layout``."""
    return stream.Signature(layout)


def engine_members(config: BayesConfig) -> dict[str, wiring.Member]:
    """Members of either engine: words in, scores out; ``busy``: a decision is in it; ``working``: this clock counts."""
    return {
        "words": In(WordsSignature(config)),
        "scores": Out(stream_of(scores_layout(config))),
        "busy": Out(1),
        "working": Out(1),
    }
