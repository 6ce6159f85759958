"""The arrays of a machine whose layers share one engine."""

from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig
from hwgen.ff.lists import bank_bits, output_entries
from hwgen.ff.plan import ArrayPlan, engine_plan, output_lists, readout_plan
from hwgen.ff.stage import Stage


def check_hardware(config: FFConfig) -> None:
    """Raise :class:`~hwgen.errors.DesignError` for a machine that there is only as a golden model: a recurrent one."""
    if config.recurrent:
        raise DesignError(
            "ff.recurrent must be false for hardware, not true; backend golden runs a recurrent machine all the same"
        )


def engine_array(config: FFConfig) -> ArrayPlan:
    """The array that all layers share. Its lists are those of samples and, above them, those that layers give."""
    return engine_plan(
        config,
        range(config.depth),
        unit_lanes=config.unit_lanes,
        entries=max(config.inputs, output_entries(config)),
        banks=2 << bank_bits(config),
    )


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
