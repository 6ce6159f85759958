"""What the first layer of the Forward-Forward engine is given: the terms of its two passes."""

import numpy as np
from numpy.typing import NDArray

from sim.golden import ff_kernel as kernel
from sim.golden.compiled import compiled
from sim.golden.ff_layer import excite, sum_term
from sim.golden.ff_rule import (
    CANDIDATE_DRAW_BITS,
    CURRENT,
    HIDDEN,
    IMAGE,
    LABEL,
    NEGATIVE,
    OTHER_VIEW,
    POSITIVE,
    PREVIOUS,
    PREVIOUS_VIEW,
    VIEW,
    VIEW_DRAW_BITS,
    WRONG_LABEL,
    Rule,
    Trace,
)
from sim.golden.ff_state import Lists, SampleLists, State, Units


@compiled
def scan(rule: Rule, pixels: NDArray[np.uint8], samples: SampleLists, trace: Trace, n: int) -> None:
    """The lists of the steps of sample ``n``, the present one; what there is to be noted of them."""
    inputs = rule.sizes[0]
    for step in range(rule.steps):
        index, first = samples.indices[0, step], step * inputs
        count = kernel.scan(rule, pixels[first : first + inputs], index, samples.values[0, step])
        samples.counts[0, step] = count
        active = count - (rule.bias[0] > 0)
        trace.active_inputs[n, step] = active
        trace.active_beats[n, step] = kernel.beats(index, active, rule.beat_inputs)


@compiled
def remember(samples: SampleLists) -> None:
    """The present sample becomes the one before."""
    for step in range(samples.counts.shape[1]):
        count = samples.counts[0, step]
        samples.indices[1, step, :count] = samples.indices[0, step, :count]
        samples.values[1, step, :count] = samples.values[0, step, :count]
        samples.counts[1, step] = count
    samples.known[0] = True


@compiled
def set_term(lists: Lists, samples: SampleLists, which: int, step: int, term: int) -> None:
    """A term of the first layer: a step of the present sample (``which`` is 0) or of the one before."""
    lists.counts[0, term] = kernel.copy(
        samples.indices[which, step],
        samples.values[which, step],
        samples.counts[which, step],
        0,
        lists.indices[0, term],
        lists.values[0, term],
    )


@compiled
def set_moved(rule: Rule, lists: Lists, samples: SampleLists, which: int, term: int, right: int, down: int) -> None:
    """The same of an image, moved."""
    lists.counts[0, term] = kernel.move(
        rule,
        samples.indices[which, 0],
        samples.values[which, 0],
        samples.counts[which, 0],
        right,
        down,
        lists.indices[0, term],
        lists.values[0, term],
    )


@compiled
def coordinate(rule: Rule, random: int, number: int) -> int:
    """One coordinate of a view: -view_shift to view_shift."""
    field = random >> (number * VIEW_DRAW_BITS) & ((1 << VIEW_DRAW_BITS) - 1)
    return (field * (2 * rule.view_shift + 1) >> VIEW_DRAW_BITS) - rule.view_shift


@compiled
def set_views(rule: Rule, state: State, lists: Lists, samples: SampleLists) -> None:
    """The terms of two views of a sample: one moved by (right, down), the other, like the sample before, by another
    (right, down); four numbers of the control generator, from the lowest bits on."""
    state.control[0] = kernel.draw(state.control[0])
    random = state.control[0]
    set_moved(rule, lists, samples, 0, VIEW, coordinate(rule, random, 0), coordinate(rule, random, 1))
    right, down = coordinate(rule, random, 2), coordinate(rule, random, 3)
    set_moved(rule, lists, samples, 0, OTHER_VIEW, right, down)
    set_moved(rule, lists, samples, 1, PREVIOUS_VIEW, right, down)


@compiled
def set_steps(rule: Rule, lists: Lists, samples: SampleLists, step: int, pairs: bool) -> None:
    """The terms of one step of a sequence that is not moved, or of a whole sample; with ``pairs`` those of the negative
    pass too."""
    set_term(lists, samples, 0, step, CURRENT)
    if rule.view_shift:
        set_term(lists, samples, 0, step, OTHER_VIEW)  # only inferred: both views are the sample
    elif pairs:
        set_term(lists, samples, 1, step, PREVIOUS)


@compiled
def feed_back(rule: Rule, lists: Lists) -> None:
    """What the layer gave in the step before becomes a term of either pass: inputs after the bias."""
    for which in (POSITIVE, NEGATIVE):
        lists.counts[0, HIDDEN + which] = kernel.copy(
            lists.indices[1, which],
            lists.values[1, which],
            lists.counts[1, which],
            rule.sizes[0] + 1,
            lists.indices[0, HIDDEN + which],
            lists.values[0, HIDDEN + which],
        )


@compiled
def set_label(rule: Rule, lists: Lists, term: int, label: int) -> None:
    """A list of one entry: the input that stands for a label."""
    lists.indices[0, term, 0] = rule.sizes[0] + 1 + label
    lists.values[0, term, 0] = rule.label_value
    lists.counts[0, term] = 1


@compiled
def set_labels(rule: Rule, state: State, lists: Lists, samples: SampleLists, units: Units, label: int) -> int:
    """The terms of a supervised machine's two passes, and their sums: the image, the right label, and a wrong one,
    which is returned."""
    set_term(lists, samples, 0, 0, IMAGE)
    sum_term(rule, state, lists, units, 0, IMAGE)
    set_label(rule, lists, LABEL, label)
    sum_term(rule, state, lists, units, 0, LABEL)
    wrong = choose_wrong_label(rule, state, lists, units, label)
    set_label(rule, lists, WRONG_LABEL, wrong)
    sum_term(rule, state, lists, units, 0, WRONG_LABEL)
    return wrong


@compiled
def choose_wrong_label(rule: Rule, state: State, lists: Lists, units: Units, label: int) -> int:
    """Of some wrong labels that are drawn, the one with the largest goodness in the first layer, the first of them."""
    state.control[0] = kernel.draw(state.control[0])
    best, most = 0, -1
    for number in range(rule.candidates):
        field = state.control[0] >> (number * CANDIDATE_DRAW_BITS) & ((1 << CANDIDATE_DRAW_BITS) - 1)
        wrong = (label + 1 + (field * (rule.classes - 1) >> CANDIDATE_DRAW_BITS)) % rule.classes
        set_label(rule, lists, WRONG_LABEL, wrong)
        sum_term(rule, state, lists, units, 0, WRONG_LABEL)
        goodness = excite(rule, units, 0, NEGATIVE)
        if goodness > most:
            best, most = wrong, goodness
    return best
