"""The clocks of the supervised Forward-Forward machine, when both its streams run at full speed.

One sample is at work at a time, layer by layer, while the next one comes in: the sweeps of its passes, and while they
go on the lists of what the layer below gives; those of its steps; then the decision. All times are numbers of clocks;
clock 0 is that of the first transfer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.config import FFConfig
from hwgen.ff.plan import output_lists
from hwgen.ff.program import UPPER_KIND
from hwgen.ff.unit_clocks import DRAW_CLOCKS, LABEL_STAGES
from sim.golden.compiled import compiled
from sim.golden.crossbar import COMPLETE, load_clocks
from sim.golden.ff_engine_cycles import DECIDE, LEARN, PASS, SWEEP, Clocks, EngineTiming, list_clocks, step
from sim.golden.ff_rule import COUNT, LAST_BEAT, NEGATIVE, POSITIVE, Ints, Trace

LABELS = DRAW_CLOCKS + LABEL_STAGES
"""Clocks from the start of a sample until the labels that it is learnt with are there."""

PASSED = 1
"""Clocks from a pass' goodness until it is known whether the pass goes on."""

SUMMED = 3
"""Clocks from reading a goodness until it is decided whether the sum that it completes is the largest one: the memory,
the sum, the comparison."""


class LabelTiming(NamedTuple):
    """The parameters that clocks depend on."""

    engine: EngineTiming
    classes: int
    candidates: int
    lists: int
    """Lists that there may be of what layers give."""

    @classmethod
    def of(cls, config: FFConfig) -> "LabelTiming":
        """The timing of a supervised machine."""
        return cls(EngineTiming.of(config), config.classes, config.candidates, output_lists(config))


@compiled
def count(timing: LabelTiming, trace: Trace, learning: NDArray[np.bool_], learns: NDArray[np.bool_]) -> Clocks:
    """Clocks of some samples, in order.

    Args:
        timing: of the machine.
        trace: what happened to the samples.
        learning: shape ``(n,)``: which of them were learnt from.
        learns: shape ``(layers + 1,)``: what learns.
    """
    engine = timing.engine
    samples, depth = len(trace.prediction), len(engine.groups)
    results, phases = np.zeros(samples, np.int64), np.zeros(DECIDE + 1, np.int64)
    given_back = np.zeros(samples, np.int64)  # when each sample's list was
    busy = 0
    loaded = 0  # when the sample before had come in
    idle = 0  # from when on the control awaits a sample
    written = 0  # from when on all that the layers have learnt may be read
    for n in range(samples):
        active, given, train = trace.active_inputs[n, 0], trace.given[n, 0], learning[n]
        bank = given_back[n - engine.sample_lists] + 1 if n >= engine.sample_lists else 0
        loaded = max(loaded, bank) + load_clocks(engine.pixel_beats, active, trace.active_beats[n, 0])
        claimed = max(loaded + COMPLETE, idle)
        start = claimed + 1

        places = 1 + NEGATIVE if train else timing.classes  # passes that go on
        released = np.zeros(depth * places, np.int64)  # when each list of what a layer gives was
        handed = np.zeros(2, np.int64)
        lengths = (active + engine.bias[0], 0, 1, 1, 0)
        passes = first_layer(timing, lengths[0], start, train, written)
        passed, done = passes, 0
        for layer in range(depth):
            if layer:
                passes = passed = upper_layer(timing, layer, given[layer - 1], passed, start, train, released, handed)
                below, bias, merged = given[layer - 1], engine.bias[layer], trace.merged[n, layer]
                lengths = (below[POSITIVE, COUNT] + bias, below[NEGATIVE, COUNT] + bias, 1, 1, merged)
            elif train:
                passed = passes[:: len(passes) - 1]
            complete = passes[-1] + PASSED
            done = over = complete + 1
            if train and learns[layer]:
                kind, scales = UPPER_KIND if layer else 0, trace.modulator[n, 0, layer]
                done, written = step(engine, kind, engine.groups[layer], lengths, scales, complete)
                over = done
            if layer:
                # The last list; of a sample that is learnt from both, which no later one waits for.
                released[layer * places - 1] = done + 1
            if layer < depth - 1:
                over = done + 1
            learnt = over - complete - 1 if train and learns[layer] else 0
            phases[PASS] += over - start - learnt
            phases[LEARN] += learnt
            start = over

        quiet = written - engine.turnaround + engine.written
        end = max(max(done + 1, decided(passes, passed, depth)), quiet) + 1
        phases[DECIDE] += end - done
        results[n] = idle = end + 1
        busy += idle - claimed
        given_back[n] = end
    return Clocks(busy, results, phases)


@compiled
def first_layer(timing: LabelTiming, length: int, start: int, train: bool, written: int) -> Ints:
    """When the goodness of each pass of the first layer is there. ``length``: of the image's list; ``written``: from
    when on weights may be read."""
    engine = timing.engine
    done = np.zeros(1 + timing.candidates if train else timing.classes, np.int64)
    earliest = max(start + SWEEP, written)
    labels = start + LABELS + 1 if train else 0
    leaving = 0  # when all sums that have left the lanes are out
    for _ in range(engine.groups[0]):
        end = earliest + max(1, length)
        earliest = max(earliest + SWEEP, end)
        for place in range(len(done)):
            # Sums enter the chain when those before have left it.
            begin = max(max(earliest, labels), leaving - 1)
            leaving = begin + 1 + engine.beats
            earliest = begin + SWEEP
            done[place] = begin + 1 + engine.goodness
    return done


@compiled
def upper_layer(
    timing: LabelTiming,
    layer: int,
    given: Ints,
    passed: Ints,
    start: int,
    train: bool,
    released: Ints,
    handed: Ints,
) -> Ints:
    """When the goodness of each pass of another layer is there.

    Args:
        timing: of the machine.
        layer: its number.
        given: shape ``(passes, 3)``: what the layer below gives, as in :class:`~sim.golden.ff_rule.Trace`.
        passed: when the goodness of each pass of the layer below was there.
        start: when the layer is started.
        train: whether its lists are kept until it is done.
        released: when each list is given back: those of the layers below are read, its own are written but for the
            last one.
        handed: from when on the next list's first beat may be transferred, and its normaliser be started; goes on.
    """
    engine, places = timing.engine, len(passed)
    done = np.zeros(places, np.int64)
    number = (layer - 1) * places  # of the list
    end = leaving = 0
    now = start
    for place in range(places):
        clocks = list_clocks(engine, given[place])
        first = max(passed[place] + PASSED + 1, handed[1]) + engine.normaliser[layer - 1]
        first = max(first, handed[0])
        if number >= timing.lists:
            first = max(first, released[number - timing.lists] + 1)
        handed[0] = first + clocks
        handed[1] = first + clocks - max(1, given[place, LAST_BEAT]) + 1
        # The list is claimed in the clock before the first sweep is prepared.
        earliest = max(now + 1, first + clocks + COMPLETE) + SWEEP
        length = max(1, given[place, COUNT] + engine.bias[layer])
        for group in range(engine.groups[layer]):
            begin = max(max(earliest, end), leaving - length)
            if group == 0 and place > 0 and not train:
                released[number - 1] = begin + 1
            end = begin + length
            leaving = end + engine.beats
            now, earliest = begin, begin + SWEEP
        done[place] = end + engine.goodness
        number += 1
    return done


@compiled
def decided(passes: Ints, passed: Ints, depth: int) -> int:
    """When the result is decided: for each label, the goodnesses of all layers are read one after the other, when its
    pass through the last one has passed, in clocks in which none is noted.

    Args:
        passes: when the goodness of each pass of the last layer was there.
        passed: the same of those that go on.
        depth: layers.
    """
    now = noted = 0
    for complete in passed:
        now = max(now, complete + PASSED + 1)
        for _ in range(depth):
            while noted < len(passes) and passes[noted] <= now:
                now += passes[noted] == now
                noted += 1
            now += 1
    return now - 1 + SUMMED
