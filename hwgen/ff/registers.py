"""Register map of the Forward-Forward machine."""

from hwgen.bus.common import core_map
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window
from hwgen.crossbar.words import ELEMENT_BITS
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counters
from hwgen.ff.layout import engine_array, readout_array
from hwgen.ff.plan import RANDOM_BITS, ArrayPlan
from hwgen.ff.unit_format import ANNEALING_BITS

CORE_NUMBER = 3
"""The Forward-Forward machine's number in the identity register."""

COUNT_BITS = 64
"""Width of the counters."""

GENERATOR_BITS = 3
"""Width of a generator's number."""


def register_map(config: FFConfig) -> RegisterMap:
    """The common registers, the states of the generators, what learns, the statistics, and the weights as windows."""
    cleared = "Cleared by control.clear_statistics only."
    learning = (
        (
            Register(
                "learns",
                Access.READ_WRITE,
                "What learns; taken when work on a sample begins.",
                (
                    Field(
                        "engines",
                        "A bit for each layer, layer 0 lowest"
                        + ("." if config.supervised else ", and above them one for the read-out."),
                        width=config.engines,
                        reset=(1 << config.engines) - 1,
                    ),
                ),
            ),
            Register(
                "annealing",
                Access.READ_WRITE,
                "By how many bits more steps are shifted right; taken when work on a sample begins.",
                (Field("shift", "0 to 7.", width=ANNEALING_BITS),),
            ),
        )
        if config.learning
        else ()
    )
    forget = () if config.supervised else (Field("forget", "The next sample makes no pair with the one before."),)
    windows = [_window("weights", engine_array(config), "The layers' weights")]
    if not config.supervised:
        windows.append(_window("readout", readout_array(config), "The read-out's weights"))
    return core_map(
        control=(
            Field(
                "initialise",
                "Fill the weights from seed; without effect while status.busy is 1, while a transfer is offered on x, "
                "and while the windows are accessed.",
            ),
            Field("set_generator", "The state of the generator that generator names becomes seed."),
            *forget,
            Field("clear_statistics", "All statistics become 0."),
        ),
        status=(Field("initialising", "The weights are being filled; x waits, and the windows cannot be read."),),
        errors=(Field("invalid_label", "A sample to learn from had a label beyond the classes: it was inferred."),),
        registers=(
            Register(
                "seed",
                Access.READ_WRITE,
                "Where the generator of initial weights starts, not 0; or the state for set_generator.",
                (Field("value", "A state.", width=32, reset=config.seed),),
            ),
            Register(
                "generator",
                Access.READ_WRITE,
                "The generator that set_generator sets.",
                (
                    Field(
                        "number",
                        f"{config.engines}: the control generator; below: that of rounding.",
                        width=GENERATOR_BITS,
                    ),
                ),
            ),
            Register(
                "random",
                Access.READ,
                "State of the control generator, of views or wrong labels.",
                (Field("value", "Moves on with each sample that needs it.", width=32),),
            ),
            *(
                Register(
                    f"rounding_{engine}",
                    Access.READ,
                    f"State of the generator for rounding of {_engine_name(config, engine)}.",
                    (Field("value", "Moves on with each entry of an update.", width=RANDOM_BITS),),
                )
                for engine in range(config.engines)
            ),
            *learning,
            *(
                Register(name, Access.READ, text, (Field("value", cleared, width=COUNT_BITS),))
                for name, text in counters(config).items()
            ),
        ),
        windows=tuple(windows),
    )


def _engine_name(config: FFConfig, engine: int) -> str:
    """What has the generator for rounding of this number."""
    return f"layer {engine}" if engine < config.depth else "the read-out"


def _window(name: str, plan: ArrayPlan, what: str) -> Window:
    words = plan.word_format
    return Window(
        name,
        f"{what}, only while status is 0. A word holds a weight of each lane, lane 0 lowest; an element has "
        f"{words.per_element} of them, {words.synapse_bits} bits each, two's complement.",
        width=ELEMENT_BITS,
        indices=("word", "element"),
        shape=(words.depth, words.elements),
    )
