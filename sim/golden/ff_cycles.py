"""The clocks of the contrastive Forward-Forward machine, when both its streams run at full speed.

One sample is at work at a time, layer by layer, while the next ones come in: the sweeps of its passes, those of its
steps, the lists of what it gives; then the read-out. In a recurrent machine it goes through the layer step by step. All
times are numbers of clocks; clock 0 is that of the first transfer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff import unit_clocks
from hwgen.ff.config import FFConfig
from hwgen.ff.plan import readout_plan
from hwgen.ff.program import PAIRS_KIND, UPPER_KIND, Sum, programs
from sim.golden.compiled import compiled
from sim.golden.crossbar import COMPLETE, load_clocks, pass_clocks
from sim.golden.ff_engine_cycles import (
    DECIDE,
    LEARN,
    LIST,
    NO_LIST,
    PASS,
    READOUT,
    SWEEP,
    Clocks,
    EngineTiming,
    list_clocks,
    step,
    table,
)
from sim.golden.ff_rule import COUNT, NEGATIVE, POSITIVE, Ints, Trace

NO_PASS = -1
"""The pass that is complete after a sweep that is not its last one."""

REST = 3
"""Clocks from the end of the read-out to the next sample: the result, giving back its list, and looking for the next
one."""


class Timing(NamedTuple):
    """The parameters that clocks depend on."""

    engine: EngineTiming
    views: int
    """Drawing views, where there are any."""
    sums: Ints
    """Shape ``(programs, sweeps, 2)``: the list that each sweep of a group's passes sums, and the pass that is complete
    then."""
    decision: int
    """From the read-out's last sweep to its class."""
    readout_steps: int
    """From its class to the last h."""
    readout_pause: int
    """As :attr:`~sim.golden.ff_engine_cycles.EngineTiming.pause`, of the read-out's memory."""
    readout_turnaround: int
    """As :attr:`~sim.golden.ff_engine_cycles.EngineTiming.turnaround`, of the read-out."""
    readout_written: int
    """From the end of the read-out's last sweep that learns until all is written."""

    @classmethod
    def of(cls, config: FFConfig) -> "Timing":
        """The timing of a contrastive machine."""
        readout = readout_plan(config, entries=config.features, banks=1)

        def sum_row(one: Sum) -> tuple[int, ...]:
            return one.source, NO_PASS if one.bank is None else one.bank

        return cls(
            engine=EngineTiming.of(config),
            views=unit_clocks.DRAW_CLOCKS if config.view_shift else 0,
            sums=table([[sum_row(one) for one in each.sums] for each in programs(config)], 2),
            decision=readout.sums_delay + config.classes - 1 + unit_clocks.READOUT_STAGES,
            readout_steps=unit_clocks.readout_step_clocks(config.classes, config.readout == "hinge"),
            readout_pause=2 - readout.ports,
            readout_turnaround=readout.turnaround,
            readout_written=readout.saturated_delay + 1,
        )


@compiled
def count(timing: Timing, trace: Trace, learning: NDArray[np.bool_], learns: NDArray[np.bool_]) -> Clocks:
    """Clocks of some samples, in order; before the first one, there is none.

    Args:
        timing: of the machine.
        trace: what happened to the samples.
        learning: shape ``(n,)``: which of them were learnt from.
        learns: shape ``(layers + 1,)``: what learns, the read-out last.
    """
    engine = timing.engine
    samples, steps = trace.active_inputs.shape
    depth = len(engine.groups)
    results, phases = np.zeros(samples, np.int64), np.zeros(DECIDE + 1, np.int64)
    given_back = np.zeros(samples * steps, np.int64)  # when each step's list was
    top = 0  # layers that the negative pass goes through
    for layer in range(depth):
        if learns[layer]:
            top = layer + 1
    busy = 0
    loaded = 0  # when the sample before had come in
    idle = 0  # from when on the control awaits a sample
    written = 0  # from when on all that the layers have learnt may be read
    for n in range(samples):
        for number in range(steps):
            before = n * steps + number - engine.sample_lists  # the list that was in its bank
            bank = given_back[before] + 1 if before >= 0 else 0
            active, beats = trace.active_inputs[n, number], trace.active_beats[n, number]
            loaded = max(loaded, bank) + load_clocks(engine.pixel_beats, active, beats)
        claimed = max(loaded + COMPLETE, idle)
        pairs = top > 0 and n > 0 and learning[n] and learning[n - 1]
        start = claimed + 1 + (timing.views if pairs else 0)

        back = back_negative = 0  # outputs of the step before
        for number in range(steps):
            given = trace.given[n, number]
            current, other = trace.active_inputs[n, number], trace.active_inputs[n - 1, number] if pairs else 0
            for layer in range(depth):
                both = pairs and layer < top
                kind = (UPPER_KIND if layer else 0) + (PAIRS_KIND if both else 0)
                merged = trace.merged[n, layer]
                lengths = (current + engine.bias[layer], other + engine.bias[layer], back, back_negative, merged)
                good, bad = passes(timing, kind, engine.groups[layer], lengths, start, written)
                complete = bad if both else good
                done = complete + 1
                if both and learns[layer]:
                    scales = trace.modulator[n, number, layer]
                    done, written = step(engine, kind, engine.groups[layer], lengths, scales, complete)
                    phases[PASS] += complete + 1 - start
                    phases[LEARN] += done - complete - 1
                else:
                    phases[PASS] += done - start
                listed = list_outputs(engine, layer, given, POSITIVE, good)
                if both and (layer + 1 < top or number + 1 < steps):
                    listed = list_outputs(engine, layer, given, NEGATIVE, max(bad, listed))
                start = max(done, listed) + 2
                phases[LIST] += start - done
                current, other = given[layer, POSITIVE, COUNT], given[layer, NEGATIVE, COUNT]
            back, back_negative = current, other

        learn = learning[n] and learns[depth] and trace.readout_updates[n] > 0
        end = read_out(timing, trace.given[n, steps - 1], start, learn)
        phases[READOUT] += end - start
        results[n] = end + 2
        idle = end + REST
        busy += idle - claimed
        give_back(given_back, steps, n, n > 0 and learning[n - 1], learning[n], end)
    return Clocks(busy, results, phases)


@compiled
def give_back(given_back: Ints, steps: int, n: int, kept: bool, learnt: bool, end: int) -> None:
    """When the lists of sample n, and of the one before if that is ``kept``, are given back, the read-out having ended:
    if sample n is learnt from, it is kept until the next one's result."""
    if steps == 1:
        given_back[n] = end + 2
        if kept:
            given_back[n - 1] = end + 1
        return
    clock = end + 2
    for sample in range(n - 1, n + 1):
        if kept if sample < n else not learnt:
            for number in range(steps):
                given_back[sample * steps + number] = clock
                clock += 1


@compiled
def passes(
    timing: Timing, kind: int, groups: int, lengths: tuple[int, ...], start: int, written: int
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
                leaving = end + timing.engine.beats
            if which == POSITIVE:
                good = end + timing.engine.goodness
            elif which == NEGATIVE:
                bad = end + timing.engine.goodness
    return good, bad


@compiled
def list_outputs(engine: EngineTiming, layer: int, given: Ints, which: int, complete: int) -> int:
    """When the list of what a layer gives is complete and taken, its pass having been so."""
    return complete + 1 + engine.normaliser[layer] + list_clocks(engine, given[layer, which]) + COMPLETE


@compiled
def read_out(timing: Timing, given: Ints, start: int, learn: bool) -> int:
    """When the read-out that is started has its class, and has learnt if there is anything to learn."""
    depth = len(given)
    earliest = start + SWEEP
    end = 0
    for layer in range(depth):
        end = earliest + max(1, given[layer, POSITIVE, COUNT] + (layer == depth - 1))
        earliest = max(earliest + SWEEP, end)
    decided = end + timing.decision
    if not learn:
        return decided + 1
    earliest = decided + timing.readout_steps + SWEEP
    for layer in range(depth):
        clocks = max(1, given[layer, POSITIVE, COUNT] + (layer == depth - 1))
        end = earliest + pass_clocks(clocks, 0, timing.readout_pause)
        earliest = max(earliest + SWEEP, end + timing.readout_turnaround)
    return end + timing.readout_written
