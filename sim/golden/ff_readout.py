"""The read-out of a contrastive Forward-Forward machine: a linear classifier of the features of all layers."""

import numpy as np
from numpy.typing import NDArray

from sim.golden import ff_kernel as kernel
from sim.golden.compiled import compiled
from sim.golden.ff_layer import outputs_of
from sim.golden.ff_rule import POSITIVE, Ints, Rule, Trace
from sim.golden.ff_state import Lists, State, Units


@compiled
def read_out(rule: Rule, state: State, lists: Lists, units: Units) -> int:
    """The read-out's class: the largest sum over all features of the positive pass, the lowest of equals."""
    sums = units.readout
    sums[:] = 0
    first = 0
    for layer in range(1, len(rule.sizes)):
        for entry in range(outputs_of(rule, lists, layer, POSITIVE)):
            row = state.readout[first + lists.indices[layer, POSITIVE, entry]]
            for label in range(rule.classes):
                sums[label] += np.int64(row[label]) * lists.values[layer, POSITIVE, entry]
        first += rule.sizes[layer]
    best = 0
    for label in range(rule.classes):
        sums[label] = (sums[label] + state.readout[first, label] * np.int64(rule.readout_bias)) >> rule.readout_shift
        if sums[label] > sums[best]:
            best = label
    return best


@compiled
def set_readout_steps(rule: Rule, sums: Ints, label: int, annealing: int, step: NDArray[np.int32]) -> bool:
    """h of each class; returns whether there is anything to learn.

    hinge: +128 for the right class and -128 for the best wrong one, unless the right one is ``margin`` above it.
    softmax: 255 (t - E / sum of E), E being the exponential of a class' distance from the best.
    """
    step[:] = 0
    if rule.hinge:
        best = -1
        for other in range(rule.classes):
            if other != label and (best < 0 or sums[other] > sums[best]):
                best = other
        if sums[label] - sums[best] >= rule.margin:
            return False
        step[label] = 128 >> annealing
        step[best] = -(128 >> annealing)
        return True
    most = sums.max()
    total = 0
    for other in range(rule.classes):
        total += rule.exponentials[min(most - sums[other], len(rule.exponentials) - 1)]
    for other in range(rule.classes):
        share = 255 * rule.exponentials[min(most - sums[other], len(rule.exponentials) - 1)] // total
        step[other] = 255 - share >> annealing if other == label else -(share >> annealing)
    return True


@compiled
def learn_readout(
    rule: Rule, state: State, lists: Lists, units: Units, label: int, annealing: int, trace: Trace, n: int
) -> None:
    """The read-out's step: one sweep over the features of each layer, the bias last. ``n``: of the sample, for
    ``trace``."""
    step = np.empty(rule.classes, np.int32)
    if not set_readout_steps(rule, units.readout, label, annealing, step):
        return
    trace.readout_updates[n] = 1
    last = len(rule.bias)
    first = 0
    for layer in range(1, last + 2):
        if layer <= last:
            weights = state.readout[first : first + rule.sizes[layer]]
            index, value = lists.indices[layer, POSITIVE], lists.values[layer, POSITIVE]
            count = outputs_of(rule, lists, layer, POSITIVE)
            first += rule.sizes[layer]
        else:
            weights = state.readout[first:]
            index, value, count = np.zeros(1, np.int32), np.full(1, rule.readout_bias, np.int32), 1
        state.rounding[last], saturated = kernel.update(
            weights,
            index,
            value,
            count,
            step,
            rule.readout_update_shift,
            rule.readout_max,
            state.rounding[last],
        )
        trace.readout_saturated[n] += saturated
