"""Register map of the Bayesian machine."""

from hwgen.bayes.config import BayesConfig
from hwgen.bus.common import core_map
from hwgen.bus.map import Field, RegisterMap, Window

CORE_NUMBER = 1
"""The Bayesian machine's number in the identity register."""


def register_map(config: BayesConfig) -> RegisterMap:
    """The common registers, the ``loaded`` flag, the two errors, and the likelihood memory as a window."""
    return core_map(
        control=(
            Field("set_loaded", "Declare the likelihoods loaded: samples get decisions from now on."),
            Field("clear_loaded", "Declare them unloaded: samples get flagged results until set_loaded."),
        ),
        status=(
            Field(
                "loaded",
                "The likelihoods are in place. Reset returns it to what the Verilog holds; soft reset leaves it.",
            ),
        ),
        errors=(
            Field("invalid_observation", "A sample held an observation beyond its column's bins."),
            Field("not_loaded", "A sample came before the likelihoods were declared loaded."),
        ),
        windows=(
            Window(
                "likelihoods",
                "Likelihood memory. Reading is possible at any time; writing only while status.busy is 0.",
                width=config.likelihood_bits,
                indices=("column", "bin", "row"),
                shape=(config.streams, max(config.stream_bins), config.rows),
            ),
        ),
    )
