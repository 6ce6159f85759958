"""Register map of the equilibrium-propagation machine."""

from hwgen.bus.common import core_map
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window
from hwgen.crossbar.words import ELEMENT_BITS
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan

CORE_NUMBER = 2
"""The equilibrium-propagation machine's number in the identity register."""

COUNT_BITS = 64
"""Width of the counters of samples, steps and flips."""

COUNTS = {
    "inferred": "Samples that were only inferred.",
    "infer_errors": "Those of them whose prediction was not their label.",
    "trained": "Samples that were learnt from.",
    "train_errors": "Those of them whose prediction, made before learning, was not their label.",
    "free_steps": "Steps of free phases.",
    "nudged_steps": "Steps of nudged phases, away from the target and towards it together.",
    "flips": "Synapses whose sign flipped, counted as often as it did.",
}
"""Counters of results. A sample counts when its result is taken, or when a soft reset drops the result of a sample that
has been learnt from: ``trained`` is the number of samples that the synapses have learnt from, whatever happened."""

CYCLES = {
    "drive_cycles": "Clocks in which a drive was summed; most of them while another sample relaxed.",
    "free_cycles": "Clocks of free phases.",
    "nudged_cycles": "Clocks of nudged phases.",
    "learn_cycles": "Clocks in which the synapse memory was learning.",
}

INFERENCE = frozenset({"inferred", "infer_errors", "free_steps", "drive_cycles", "free_cycles"})
"""The statistics that a machine without learning has, too."""


def count_names(config: EPConfig) -> list[str]:
    """The machine's counters of results: those of :data:`COUNTS` that it has, in their order."""
    return [name for name in COUNTS if config.learning or name in INFERENCE]


def cycle_names(config: EPConfig) -> list[str]:
    """The machine's counters of clocks: those of ``CYCLES`` that it has, in their order."""
    return [name for name in CYCLES if config.learning or name in INFERENCE]


def counter_names(config: EPConfig) -> list[str]:
    """All counters of the machine, in their order in the map."""
    return ["busy_cycles", "samples", *count_names(config), *cycle_names(config)]


def register_map(config: EPConfig) -> RegisterMap:
    """The common registers, the random state, the statistics, and the synapse memory as a window."""
    plan = EPPlan(config)
    cleared = "Cleared by control.clear_statistics only."
    return core_map(
        control=(
            Field(
                "initialise",
                "Fill the synapse memory from seed; without effect while status.busy is 1, while a transfer is offered "
                "on x, and while the window synapses is accessed.",
            ),
            Field("set_random", "The random state becomes seed."),
            Field("clear_statistics", "All statistics become 0."),
        ),
        status=(Field("initialising", "The synapse memory is being filled; x waits, and the memory cannot be read."),),
        errors=(Field("invalid_label", "A sample to learn from had a label beyond the classes: it was inferred."),),
        registers=(
            Register(
                "seed",
                Access.READ_WRITE,
                "Where the generator of initial signs starts; not 0.",
                (Field("value", "A state of the generator.", width=32, reset=config.seed),),
            ),
            Register(
                "random",
                Access.READ,
                "State of the generator of nudge signs.",
                (Field("value", "Moves on with each sample learnt from under random-sign nudging.", width=32),),
            ),
            *(
                Register(name, Access.READ, COUNTS[name], (Field("value", cleared, width=COUNT_BITS),))
                for name in count_names(config)
            ),
            *(
                Register(name, Access.READ, CYCLES[name], (Field("value", cleared, width=64),))
                for name in cycle_names(config)
            ),
        ),
        windows=(
            Window(
                "synapses",
                "Synapse memory, only while status is 0. A word holds a synapse of each lane, lane 0 lowest; an "
                f"element has {plan.word_format.per_element} of them, {config.synapse_bits} bits each: the counter, "
                "two's complement, and above it the sign, 1 for +1.",
                width=ELEMENT_BITS,
                indices=("word", "element"),
                shape=(plan.words, plan.word_format.elements),
            ),
        ),
    )
