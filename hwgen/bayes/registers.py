"""Register map of the Bayesian machine."""

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.device_errors import HASH_BITS, THRESHOLD_BITS, DeviceErrors
from hwgen.bus.common import core_map
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window
from hwgen.memristor.registers import ARRAY_ERRORS, array_registers, array_windows

CORE_NUMBER = 1
"""The Bayesian machine's number in the identity register."""

RESTART = (Field("restart_reads", "With errors of devices: the next read is number 0, as after a reset."),)
"""Further strobes of ``control`` of machines with emulated devices."""


def _errors(errors: DeviceErrors) -> tuple[Register, ...]:
    """The errors of emulated devices, to be changed while ``status.busy`` is 0. A soft reset brings back ``errors``."""
    return (
        Register(
            "error_threshold",
            Access.READ_WRITE,
            "How often a bit is read inverted. Write it while status.busy is 0; soft reset brings back the design's.",
            (
                Field(
                    "threshold",
                    f"The probability in units of 2^-{THRESHOLD_BITS}; at most 2^{THRESHOLD_BITS - 1}, which is 1/2.",
                    width=THRESHOLD_BITS,
                    reset=errors.threshold,
                ),
            ),
        ),
        Register(
            "error_seed",
            Access.READ_WRITE,
            "Which bits these are; as for error_threshold.",
            (Field("seed", "Any number.", width=HASH_BITS, reset=errors.seed),),
        ),
        Register(
            "error_mode",
            Access.READ_WRITE,
            "Whether they are the same in every read; as for error_threshold.",
            (Field("frozen", "0: drawn in every read; 1: once for each cell.", reset=int(errors.mode == "frozen")),),
        ),
    )


def register_map(config: BayesConfig) -> RegisterMap:
    """The common registers, the ``loaded`` flag, the two errors, and the likelihood memory as a window; with an array
    of memristors also what programs it, with emulated devices their errors."""
    array = config.array_config if config.memory == "array" else None
    if array is None:
        access = "Reading is possible at any time; writing only while status.busy is 0."
        until = "from now on"
        cleared = "Reset returns it to what the Verilog holds; soft reset leaves it."
    else:
        access = "Read only, and while the array is locked; array_command writes."
        until = "until a word gets pulses"
        cleared = "Pulses and reset clear it; soft reset leaves it."
    return core_map(
        control=(
            Field("set_loaded", f"Declare the likelihoods loaded: samples get decisions {until}."),
            Field("clear_loaded", "Declare them unloaded: samples get flagged results until set_loaded."),
            *(RESTART if config.errors else ()),
        ),
        status=(Field("loaded", f"The likelihoods are in place. {cleared}"),),
        errors=(
            Field("invalid_observation", "A sample held an observation beyond its column's bins."),
            Field("not_loaded", "A sample came before the likelihoods were declared loaded."),
            *(ARRAY_ERRORS if array else ()),
        ),
        registers=(*(array_registers(array) if array else ()), *(_errors(config.errors) if config.errors else ())),
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
