"""Register map of the Bayesian machine."""

from hwgen.bayes.config import BayesConfig
from hwgen.bus.common import core_map
from hwgen.bus.map import Field, RegisterMap, Window
from hwgen.memristor.registers import ARRAY_ERRORS, array_registers, array_windows

CORE_NUMBER = 1
"""The Bayesian machine's number in the identity register."""


def register_map(config: BayesConfig) -> RegisterMap:
    """The common registers, the ``loaded`` flag, the two errors, and the likelihood memory as a window; with an array
    of memristors also what programs it."""
    array = config.array_config if config.memory == "array" else None
    if array is None:
        access = "Reading is possible at any time; writing only while status.busy is 0."
    else:
        access = "Read only, and while the array is locked; array_command writes."
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
            *(ARRAY_ERRORS if array else ()),
        ),
        registers=array_registers(array) if array else (),
        windows=(
            Window(
                "likelihoods",
                f"Likelihood memory. {access}",
                width=config.likelihood_bits,
                indices=("column", "bin", "row"),
                shape=(config.streams, max(config.stream_bins), config.rows),
            ),
            *(array_windows(array) if array else ()),
        ),
    )
