"""The clocks of what all Forward-Forward machines do: their engine's parameters, and the step of a layer.

All times are numbers of clocks; clock 0 is that of the first transfer.
"""

from typing import Any, NamedTuple

import numpy as np

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES
from hwgen.ff import unit_clocks
from hwgen.ff.config import FFConfig
from hwgen.ff.plan import ArrayPlan, engine_plan, sample_lists
from hwgen.ff.program import Term, programs
from hwgen.ff.unit_format import UnitFormat
from sim.golden.compiled import compiled
from sim.golden.crossbar import load_clocks, pass_clocks
from sim.golden.ff_rule import BEATS, COUNT, NEGATIVE, POSITIVE, Ints, Rule

NO_LIST = -1
"""The source of a sum or term that a program does not have."""

MERGED = 4
"""The source of a term that is the union of two lists: the one behind all others."""

SWEEP = 2
"""Clocks from the start of a layer, of the read-out, or of a sweep to the earliest start of the next sweep: it is
prepared, and started."""

PASS, LEARN, LIST, READOUT, DECIDE = range(5)
"""What clocks are spent on: the :data:`~hwgen.ff.counters.PHASES`."""


class Clocks(NamedTuple):
    """What some samples take."""

    busy: int
    """Clocks in which the machine works."""
    results: Ints
    """Shape ``(n,)``: the clock of each sample's result on ``y``."""
    phases: Ints
    """Clocks of each of the :data:`~hwgen.ff.counters.PHASES`."""


class EngineTiming(NamedTuple):
    """The parameters that clocks depend on."""

    pixel_beats: int
    """Transfers that hold the inputs of a step."""
    sample_lists: int
    """Lists that there may be in the machine, each of a step of a sample."""
    groups: Ints
    """Shape ``(layers,)``."""
    bias: Ints
    """The same: 1 for a list that ends with a bias."""
    terms: Ints
    """Shape ``(programs, sweeps, 4)``: the list of each sweep of a group's step, how often it is in either pass, and
    the clocks from asking for its h to the last one of them."""
    beats: int
    """The sums of a group take these to leave the lanes."""
    goodness: int
    """From a pass' last sweep to its goodness."""
    modulator: int
    """From goodnesses to modulators."""
    pause: int
    """Between two words that learn."""
    steps_delay: int
    """From the start of a sweep until the next h may enter the lanes."""
    turnaround: int
    """From the end of a sweep that learns to the start of the next one."""
    written: int
    """From the end of a sweep that learns until all is written."""
    normaliser: Ints
    """Shape ``(layers,)``: from starting a normaliser to its first beat."""
    output_beats: int
    """Beats of what a layer gives, those of zeros behind it included."""

    @classmethod
    def of(cls, config: FFConfig) -> "EngineTiming":
        """The timing of a machine's engine."""
        # No clock depends on how long lists may be, and how many there are.
        plan = engine_plan(config, range(config.depth), unit_lanes=config.unit_lanes, entries=config.inputs, banks=1)
        units = UnitFormat(config.layers[1:], config.unit_lanes, config.activation_bits)
        reciprocals = None if config.supervised else Rule.of(config).reciprocal.tolist()
        return cls(
            pixel_beats=config.step_beats,
            sample_lists=sample_lists(config),
            groups=np.array(plan.groups),
            bias=np.array([int(bias > 0) for bias in config.bias]),
            terms=table([[_term(plan, term) for term in each.terms] for each in programs(config)], 4),
            beats=plan.beats,
            goodness=plan.sums_delay + plan.beats - 1 + unit_clocks.goodness_clocks(config.unit_lanes),
            modulator=unit_clocks.modulator_clocks(config.modulator == "pairwise"),
            pause=2 - plan.ports,
            steps_delay=plan.steps_hold,
            turnaround=plan.turnaround,
            written=plan.saturated_delay + 1,
            normaliser=np.array(
                [unit_clocks.normaliser_clocks(units, layer, reciprocals) for layer in range(config.depth)]
            ),
            output_beats=max(units.beats),
        )


def _term(plan: ArrayPlan, term: Term) -> tuple[int, ...]:
    """A row of :attr:`EngineTiming.terms`."""
    steps = unit_clocks.step_clocks(plan.beats, term.positive, term.negative, term.merges)
    if term.merges:
        return MERGED, term.positive, 1, steps
    return term.source, term.positive, term.negative, steps


def table(rows: list[list[tuple[int, ...]]], width: int) -> Ints:
    """Rows of unequal length, of entries of ``width`` numbers, as one array: ``NO_LIST`` behind a row's end."""
    found = np.full((len(rows), max(map(len, rows)), width), NO_LIST)
    for number, row in enumerate(rows):
        found[number, : len(row)] = np.array(row).reshape(len(row), width)
    return found


@compiled
def step(
    engine: EngineTiming, kind: int, groups: int, lengths: tuple[int, ...], scales: Any, complete: int
) -> tuple[int, int]:
    """The step of a layer, all its passes being known to be ``complete``: when it is done, and from when on weights may
    be read. ``kind``: number of the program; ``lengths``: of the lists, that of a union last."""
    now = complete + 1 + engine.modulator + 1
    enter = 0  # from when on h may enter the lanes
    end = written = 0
    for term in engine.terms[kind]:
        source = term[0]
        if source == NO_LIST:
            break
        if term[1] * scales[POSITIVE] + term[2] * scales[NEGATIVE] == 0:
            now += 1
            continue
        for _ in range(groups):
            begin = max(max(now, enter) + term[3] + 1, written)
            end = begin + pass_clocks(max(1, lengths[source]), 0, engine.pause)
            if source == MERGED:
                end += MERGE_STAGES
            written = end + engine.turnaround
            if source == MERGED:
                end += LIST_STAGES  # the last entry is known when its lists have answered
            now = begin + 1
            enter = now + engine.steps_delay
    return max(now, end) + 1, written


@compiled
def list_clocks(engine: EngineTiming, given: Any) -> int:
    """Clocks of making the list of what a layer gives. ``given``: of one pass, as in
    :class:`~sim.golden.ff_rule.Trace`."""
    return load_clocks(engine.output_beats, given[COUNT], given[BEATS])
