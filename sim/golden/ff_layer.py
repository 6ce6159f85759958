"""A layer of the Forward-Forward engine: its passes and its step.

A layer's pass is the sum of a few *terms*: sparse lists of inputs, each times the same weights. Let ``a_t = W x_t``;
the positive pass is the sum of ``p_t a_t``, the negative one of ``n_t a_t``, with small coefficients. A step of the
weights is one sweep a term, with ``h_t = p_t h_positive - n_t h_negative``. So an engine needs one multiplication a
weight in both directions, and no mixture of two samples is ever made. Where the first two terms are merged, one sweep
goes over the inputs that are in either of them: two multiplications a weight, and one rounding.
"""

import numpy as np

from sim.golden import ff_kernel as kernel
from sim.golden.compiled import compiled
from sim.golden.ff_kernel import Sums, Weights
from sim.golden.ff_rule import BEATS, COUNT, LAST_BEAT, NEGATIVE, POSITIVE, TERMS, Ints, Rule, Trace
from sim.golden.ff_state import Lists, State, Units


@compiled
def weights_of(rule: Rule, state: State, layer: int) -> Weights:
    """The weights of a layer, shape ``(inputs, units)``."""
    flat = state.weights[rule.weights[layer] : rule.weights[layer + 1]]
    units = rule.sizes[layer + 1]
    return flat.reshape(len(flat) // units, units)


@compiled
def sum_term(rule: Rule, state: State, lists: Lists, units: Units, layer: int, term: int) -> None:
    """a_t of a layer."""
    kernel.accumulate(
        weights_of(rule, state, layer),
        lists.indices[layer, term],
        lists.values[layer, term],
        lists.counts[layer, term],
        rule.mac_shift,
        units.sums[layer, term, : rule.sizes[layer + 1]],
    )


@compiled
def excite(rule: Rule, units: Units, layer: int, which: int) -> int:
    """A pass of a layer whose terms are summed: its activations. Returns their goodness."""
    size = rule.sizes[layer + 1]
    total = units.total[layer, :size]
    total[:] = 0
    for term in range(TERMS):
        factor = np.int32(rule.coefficients[layer, which, term])
        if factor:
            for unit in range(len(total)):
                total[unit] += factor * units.sums[layer, term, unit]
    return kernel.activate(rule, layer, total, units.scaled[layer, :size], units.activation[layer, which, :size])


@compiled
def give(rule: Rule, lists: Lists, units: Units, layer: int, which: int) -> int:
    """A pass of a layer whose terms are summed: its activations, and its list for the next layer. Returns its
    goodness."""
    goodness = square = excite(rule, units, layer, which)
    size = rule.sizes[layer + 1]
    scaled = units.scaled[layer, :size]
    if rule.supervised:
        scaled[:] = units.activation[layer, which, :size]
    else:
        square = kernel.triangle(rule, layer, scaled)
    index, value = lists.indices[layer + 1, which], lists.values[layer + 1, which]
    count = kernel.normalise(rule, layer, scaled, square, index, value)
    if layer + 1 < len(rule.bias):
        count = kernel.append_bias(rule, layer + 1, index, value, count)
    lists.counts[layer + 1, which] = count
    return goodness


@compiled
def outputs_of(rule: Rule, lists: Lists, layer: int, which: int) -> int:
    """Entries of the list of layer ``layer`` that the one below gave, without the bias."""
    has_bias = layer < len(rule.bias) and rule.bias[layer] > 0
    return lists.counts[layer, which] - has_bias


@compiled
def note_outputs(rule: Rule, lists: Lists, layer: int, which: int, given: Ints) -> None:
    """What a layer gave in a pass: to ``given``, shape ``(3,)``, as in :class:`~sim.golden.ff_rule.Trace`."""
    index, count = lists.indices[layer + 1, which], outputs_of(rule, lists, layer + 1, which)
    given[COUNT] += count
    given[BEATS] += kernel.beats(index, count, rule.beat_units)
    last = rule.sizes[1:].max() - rule.beat_units
    while count and index[count - 1] >= last:
        count -= 1
        given[LAST_BEAT] += 1


@compiled
def rise(rule: Rule, state: State, lists: Lists, units: Units, which: int, top: int) -> int:
    """A pass through the layers up to ``top``, the first one's terms being summed. Returns the sum of goodnesses."""
    total = 0
    for layer in range(top):
        if layer:
            sum_term(rule, state, lists, units, layer, which)
        units.goodness[layer, which] = give(rule, lists, units, layer, which)
        total += units.goodness[layer, which]
    return total


@compiled
def learn(
    rule: Rule, state: State, lists: Lists, units: Units, layer: int, annealing: int, trace: Trace, n: int, step: int
) -> None:
    """A layer's step: one sweep for each term whose scale is not 0, or one for those two together. ``n``, ``step``: of
    the sample and of its sequence, for ``trace``."""
    positive, negative = units.activation[layer, POSITIVE], units.activation[layer, NEGATIVE]
    goodness = units.goodness[layer]
    if rule.pairwise:
        scale = kernel.modulator(rule, layer, goodness[NEGATIVE] - goodness[POSITIVE])
        scale_negative = scale
    else:
        scale = kernel.modulator(rule, layer, rule.thresholds[layer, POSITIVE] - goodness[POSITIVE])
        scale_negative = kernel.modulator(rule, layer, goodness[NEGATIVE] - rule.thresholds[layer, NEGATIVE])
    modulator = trace.modulator[n, step, layer]
    modulator[POSITIVE], modulator[NEGATIVE] = scale, scale_negative
    if scale + scale_negative == 0:
        trace.skipped[n, layer] += 1
        return
    for unit in range(rule.sizes[layer + 1]):
        units.steps[POSITIVE, unit] = scale * positive[unit] >> annealing
        units.steps[NEGATIVE, unit] = scale_negative * negative[unit] >> annealing
    if rule.merges[layer]:
        learn_merged(rule, state, lists, units, layer, scale, scale_negative, trace, n)
        return
    change = units.total[layer, : rule.sizes[layer + 1]]
    for term in range(TERMS):
        if not set_step(rule, units, layer, term, scale, scale_negative, change):
            continue
        state.rounding[layer], saturated = kernel.update(
            weights_of(rule, state, layer),
            lists.indices[layer, term],
            lists.values[layer, term],
            lists.counts[layer, term],
            change,
            rule.update_shift[layer],
            rule.master_max,
            state.rounding[layer],
        )
        trace.saturated[n, layer] += saturated


@compiled
def set_step(rule: Rule, units: Units, layer: int, term: int, scale: int, scale_negative: int, step: Sums) -> bool:
    """h_t, of scaled activations, unless its scale is 0; whether it is not."""
    more = np.int32(rule.coefficients[layer, POSITIVE, term])
    less = np.int32(rule.coefficients[layer, NEGATIVE, term])
    if more * scale + less * scale_negative == 0:
        return False
    for unit in range(len(step)):
        step[unit] = more * units.steps[POSITIVE, unit] - less * units.steps[NEGATIVE, unit]
    return True


@compiled
def learn_merged(
    rule: Rule,
    state: State,
    lists: Lists,
    units: Units,
    layer: int,
    scale: int,
    scale_negative: int,
    trace: Trace,
    n: int,
) -> None:
    """One sweep over the union of the first two terms, of those whose scales are not 0."""
    size = rule.sizes[layer + 1]
    step, other = units.total[layer, :size], units.other[:size]
    index, value, counts = lists.indices[layer], lists.values[layer], lists.counts[layer]
    changes = set_step(rule, units, layer, 0, scale, scale_negative, step)
    others_change = set_step(rule, units, layer, 1, scale, scale_negative, other)
    if not (changes or others_change):
        return
    count = kernel.merge(
        index[0],
        value[0],
        counts[0] if changes else 0,
        index[1],
        value[1],
        counts[1] if others_change else 0,
        lists.merged,
    )
    state.rounding[layer], saturated = kernel.update_merged(
        weights_of(rule, state, layer),
        lists.merged,
        count,
        step,
        other,
        rule.update_shift[layer],
        rule.master_max,
        state.rounding[layer],
    )
    trace.merged[n, layer] += count
    trace.saturated[n, layer] += saturated
