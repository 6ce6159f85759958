"""The clocks of the contrastive Forward-Forward machine, when both its streams run at full speed.

One sample is at work at a time, layer by layer, while the next ones come in: the sweeps of its passes, those of its
steps, the lists of what it gives; then the read-out. All times are numbers of clocks; clock 0 is that of the first
transfer.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff import unit_clocks
from hwgen.ff.config import FFConfig
from hwgen.ff.plan import SAMPLE_BANKS, engine_plan, readout_plan
from hwgen.ff.program import PAIRS_KIND, UPPER_KIND, Sum, Term, programs
from hwgen.ff.unit_format import UnitFormat
from sim.golden.compiled import compiled
from sim.golden.crossbar import COMPLETE, load_clocks, pass_clocks
from sim.golden.ff_rule import NEGATIVE, POSITIVE, Ints, Rule

NO_LIST = -1
"""The source of a sum or term that a program does not have."""
NO_PASS = -1
"""The pass that is complete after a sweep that is not its last one."""

SWEEP = 2
"""Clocks from the start of a layer, of the read-out, or of a sweep to the earliest start of the next sweep: it is
prepared, and started."""
REST = 3
"""Clocks from the end of the read-out to the next sample: the result, giving back its list, and looking for the next
one."""


class Timing(NamedTuple):
    """The parameters that clocks depend on."""

    pixel_beats: int
    views: int
    """Drawing views, where there are any."""
    groups: Ints
    """Shape ``(layers,)``."""
    bias: Ints
    """The same: 1 for a list that ends with a bias."""
    sums: Ints
    """Shape ``(programs, sweeps, 2)``: the list that each sweep of a group's passes sums, and the pass that is complete
    then."""
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
    normaliser: Ints
    """Shape ``(layers,)``: from starting a normaliser to its first beat."""
    output_beats: int
    """Beats of what a layer gives, those of zeros behind it included."""
    decision: int
    """From the read-out's last sweep to its class."""
    readout_steps: int
    """From its class to the last h."""
    readout_pause: int
    """As ``pause``, of the read-out's memory."""
    readout_turnaround: int
    """As ``turnaround``, of the read-out."""
    readout_written: int
    """From the end of the read-out's last sweep that learns until all is written."""

    @classmethod
    def of(cls, config: FFConfig) -> "Timing | None":
        """The timing of a machine; None for a supervised or recurrent one, whose clocks are not counted."""
        if config.supervised or config.recurrent:
            return None
        # No clock depends on how long lists may be, and how many there are.
        plan = engine_plan(config, range(config.depth), unit_lanes=config.unit_lanes, entries=config.inputs, banks=1)
        readout = readout_plan(config, entries=config.features, banks=1)
        units = UnitFormat(config.layers[1:], config.unit_lanes, config.activation_bits)
        reciprocals = Rule.of(config).reciprocal.tolist()
        known = programs(config)

        def sum_row(one: Sum) -> tuple[int, ...]:
            return one.source, NO_PASS if one.bank is None else one.bank

        def term_row(term: Term) -> tuple[int, ...]:
            steps = unit_clocks.step_clocks(plan.beats, term.positive, term.negative)
            return term.source, term.positive, term.negative, steps

        return cls(
            pixel_beats=config.pixel_beats,
            views=unit_clocks.DRAW_CLOCKS if config.view_shift else 0,
            groups=np.array(plan.groups),
            bias=np.array([int(bias > 0) for bias in config.bias]),
            sums=_table([[sum_row(one) for one in each.sums] for each in known], 2),
            terms=_table([[term_row(term) for term in each.terms] for each in known], 4),
            beats=plan.beats,
            goodness=plan.sums_delay + plan.beats - 1 + unit_clocks.goodness_clocks(config.unit_lanes),
            modulator=unit_clocks.modulator_clocks(config.modulator == "pairwise"),
            pause=2 - plan.ports,
            steps_delay=plan.steps_delay,
            turnaround=plan.turnaround,
            normaliser=np.array(
                [unit_clocks.normaliser_clocks(units, layer, reciprocals) for layer in range(config.depth)]
            ),
            output_beats=max(units.beats),
            decision=readout.sums_delay + config.classes - 1 + unit_clocks.READOUT_STAGES,
            readout_steps=unit_clocks.readout_step_clocks(config.classes, config.readout == "hinge"),
            readout_pause=2 - readout.ports,
            readout_turnaround=readout.turnaround,
            readout_written=readout.saturated_delay + 1,
        )


def _table(rows: list[list[tuple[int, ...]]], width: int) -> Ints:
    """Rows of unequal length, of entries of ``width`` numbers, as one array: ``NO_LIST`` behind a row's end."""
    table = np.full((len(rows), max(map(len, rows)), width), NO_LIST)
    for number, row in enumerate(rows):
        table[number, : len(row)] = np.array(row).reshape(len(row), width)
    return table


PASS, LEARN, LIST, READOUT = range(4)
"""What clocks are spent on: the :data:`~hwgen.ff.counters.PHASES`."""


class Clocks(NamedTuple):
    """What some samples take."""

    busy: int
    """Clocks in which the machine works."""
    results: Ints
    """Shape ``(n,)``: the clock of each sample's result on ``y``."""
    phases: Ints
    """Clocks of each of the :data:`~hwgen.ff.counters.PHASES`."""


@compiled
def count(timing: Timing, trace: NDArray[np.void], learning: NDArray[np.bool_], learns: NDArray[np.bool_]) -> Clocks:
    """Clocks of some samples, in order; before the first one, there is none.

    Args:
        timing: of the machine.
        trace: shape ``(n,)``, dtype :func:`~sim.golden.ff_rule.trace_type`: what happened to the samples.
        learning: shape ``(n,)``: which of them were learnt from.
        learns: shape ``(layers + 1,)``: what learns, the read-out last.
    """
    samples, depth = len(trace), len(timing.groups)
    results, phases = np.zeros(samples, np.int64), np.zeros(READOUT + 1, np.int64)
    given_back = np.zeros(samples, np.int64)  # when each sample's list was
    top = 0  # layers that the negative pass goes through
    for layer in range(depth):
        if learns[layer]:
            top = layer + 1
    busy = 0
    loaded = 0  # when the sample before had come in
    idle = 0  # from when on the control awaits a sample
    written = 0  # from when on all that the layers have learnt may be read
    for n in range(samples):
        note = trace[n]
        bank = given_back[n - SAMPLE_BANKS] + 1 if n >= SAMPLE_BANKS else 0
        loaded = max(loaded, bank) + load_clocks(timing.pixel_beats, note.active_inputs, note.active_beats)
        claimed = max(loaded + COMPLETE, idle)
        pairs = top > 0 and n > 0 and learning[n] and learning[n - 1]
        start = claimed + 1 + (timing.views if pairs else 0)

        current, other = note.active_inputs, trace[n - 1].active_inputs if pairs else 0
        for layer in range(depth):
            both = pairs and layer < top
            kind = (UPPER_KIND if layer else 0) + (PAIRS_KIND if both else 0)
            lengths = (current + timing.bias[layer], other + timing.bias[layer])
            good, bad = passes(timing, kind, timing.groups[layer], lengths, start, written)
            complete = bad if both else good
            done = complete + 1
            if both and learns[layer]:
                done, written = step(timing, kind, timing.groups[layer], lengths, note.modulator[layer], complete)
                phases[PASS] += complete + 1 - start
                phases[LEARN] += done - complete - 1
            else:
                phases[PASS] += done - start
            listed = list_outputs(timing, layer, note, POSITIVE, good)
            if both and layer + 1 < top:
                listed = list_outputs(timing, layer, note, NEGATIVE, max(bad, listed))
            start = max(done, listed) + 2
            phases[LIST] += start - done
            current, other = note.outputs[layer, POSITIVE], note.outputs[layer, NEGATIVE]

        end = read_out(timing, note, start, learning[n] and learns[depth])
        phases[READOUT] += end - start
        results[n] = end + 2
        idle = end + REST
        busy += idle - claimed
        # A sample that is learnt from is kept until the next one's result.
        given_back[n] = end + 2
        if n and learning[n - 1]:
            given_back[n - 1] = end + 1
    return Clocks(busy, results, phases)


@compiled
def passes(
    timing: Timing, kind: int, groups: int, lengths: tuple[int, int], start: int, written: int
) -> tuple[int, int]:
    """The passes of a layer that is started: when their goodnesses are there. ``kind``: number of the program;
    ``lengths``: of the lists; ``written``: from when on weights may be read."""
    good = bad = 0
    earliest = max(start + SWEEP, written)
    leaving = 0  # when all sums that have left the lanes are out
    for _ in range(groups):
        for sweep in timing.sums[kind]:
            source, which = sweep[0], sweep[1]
            if source == NO_LIST:
                break
            clocks = max(1, lengths[source])
            # Sums enter the chain when those before have left it.
            begin = max(earliest, leaving - clocks) if which != NO_PASS else earliest
            end = begin + clocks
            earliest = max(begin + SWEEP, end)
            if which != NO_PASS:
                leaving = end + timing.beats
            if which == POSITIVE:
                good = end + timing.goodness
            elif which == NEGATIVE:
                bad = end + timing.goodness
    return good, bad


@compiled
def step(
    timing: Timing, kind: int, groups: int, lengths: tuple[int, int], scales: Any, complete: int
) -> tuple[int, int]:
    """The step of a layer whose goodnesses are ``complete``: when it is done, and from when on weights may be read."""
    now = complete + 1 + timing.modulator + 1
    enter = 0  # from when on h may enter the lanes
    end = written = 0
    for term in timing.terms[kind]:
        source = term[0]
        if source == NO_LIST:
            break
        if term[1] * scales[POSITIVE] + term[2] * scales[NEGATIVE] == 0:
            now += 1
            continue
        for _ in range(groups):
            begin = max(max(now, enter) + term[3] + 1, written)
            end = begin + pass_clocks(max(1, lengths[source]), 0, timing.pause)
            written = end + timing.turnaround
            now = begin + 1
            enter = now + timing.steps_delay
    return max(now, end) + 1, written


@compiled
def list_outputs(timing: Timing, layer: int, note: Any, which: int, complete: int) -> int:
    """When the list of what a layer gives is complete and taken, its pass having been so."""
    clocks = load_clocks(timing.output_beats, note.outputs[layer, which], note.output_beats[layer, which])
    return complete + 1 + timing.normaliser[layer] + clocks + COMPLETE


@compiled
def read_out(timing: Timing, note: Any, start: int, learn: bool) -> int:
    """When the read-out that is started has its class, and has learnt if it shall."""
    depth = len(timing.groups)
    earliest = start + SWEEP
    end = 0
    for layer in range(depth):
        end = earliest + max(1, note.outputs[layer, POSITIVE] + (layer == depth - 1))
        earliest = max(earliest + SWEEP, end)
    decided = end + timing.decision
    if not (learn and note.readout_updates):
        return decided + 1
    earliest = decided + timing.readout_steps + SWEEP
    for layer in range(depth):
        clocks = max(1, note.outputs[layer, POSITIVE] + (layer == depth - 1))
        end = earliest + pass_clocks(clocks, 0, timing.readout_pause)
        earliest = max(earliest + SWEEP, end + timing.readout_turnaround)
    return end + timing.readout_written
