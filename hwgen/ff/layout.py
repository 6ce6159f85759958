"""The arrays of a machine whose layers share one engine."""

from hwgen.bus.counter_memory import WORD_BITS, Count
from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counter_names
from hwgen.ff.lists import bank_bits, output_entries
from hwgen.ff.plan import ArrayPlan, engine_plan, output_lists, readout_plan
from hwgen.ff.signature import goodness_bits
from hwgen.ff.stage import Stage

MOST_STEPS = 256
"""Of a sequence: the length of each step's list is in a register."""

PIPELINE_CLOCKS = 32
"""Clocks that a sample which is learnt from takes beside its entries and units, at least."""


def check_hardware(config: FFConfig) -> None:
    """Raise :class:`~hwgen.errors.DesignError` for a machine that there is only as a golden model: one of sequences of
    more than :data:`MOST_STEPS` steps, or of layers whose goodness is too large to be summed."""
    if config.steps > MOST_STEPS:
        raise DesignError(
            f"ff.steps must be at most {MOST_STEPS} for hardware, not {config.steps}; backend golden runs longer "
            "sequences all the same"
        )
    goodness = Count("goodness", "statistics", (1 << goodness_bits(config)) - 1, sample_clocks(config))
    if config.learning and goodness.low_bits(len(counter_names(config))) >= WORD_BITS:
        raise DesignError(
            f"ff.layers must have fewer units for hardware, not {list(config.layers[1:])}: a goodness of "
            f"{goodness_bits(config)} bits is too large to be summed; backend golden runs the machine all the same"
        )


def engine_array(config: FFConfig) -> ArrayPlan:
    """The array that all layers share. Its lists are those of samples and, above them, those that layers give."""
    return engine_plan(
        config,
        range(config.depth),
        unit_lanes=config.unit_lanes,
        entries=max(config.layers[0], output_entries(config)),
        banks=2 << bank_bits(config),
    )


def sample_clocks(config: FFConfig) -> int:
    """So many clocks at least lie between the results of samples that are learnt from: those of the pipelines, and both
    passes through the units of every layer."""
    return PIPELINE_CLOCKS + 2 * sum(config.layers[1:]) // config.unit_lanes


def readout_array(config: FFConfig) -> ArrayPlan:
    """The array of the read-out."""
    return readout_plan(config, entries=output_entries(config), banks=output_lists(config))


def stage_of(config: FFConfig) -> Stage:
    """The units stage of that engine, which keeps one positive and one negative pass; in a supervised machine, a pass
    for each label, or where it learns for the right one and the candidates for the wrong one."""
    passes = 2
    if config.supervised:
        passes = max(config.classes, 1 + config.candidates) if config.learning else config.classes
    return Stage(config, engine_array(config), passes)
