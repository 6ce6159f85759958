"""The loop over samples of Forward-Forward learning, compiled by Numba."""

import numpy as np
from numpy.typing import NDArray

from sim.golden import ff_layer as layers
from sim.golden import ff_readout as readout
from sim.golden import ff_terms as terms
from sim.golden.compiled import compiled
from sim.golden.ff_rule import IMAGE, LABEL, NEGATIVE, POSITIVE, TERMS, Rule, Trace
from sim.golden.ff_state import Lists, SampleLists, State, Units


@compiled
def run(
    rule: Rule,
    state: State,
    lists: Lists,
    samples: SampleLists,
    units: Units,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int32],
    learning: NDArray[np.bool_],
    learns: NDArray[np.bool_],
    annealing: int,
    trace: Trace,
) -> None:
    """Run samples in order, learning from those with ``learning``. Of a contrastive machine, the sample before is
    forgotten after one that is only inferred: the next one to learn from makes no pair.

    ``state`` and ``samples`` change in place. ``learns``, shape ``(layers + 1,)``, says what learns, the read-out last.
    Written: ``trace`` (of n samples, all zeros before).
    """
    depth = len(rule.bias)
    top = 0  # layers that the negative pass goes through
    for layer in range(depth):
        if learns[layer] or rule.supervised:
            top = layer + 1
    for n in range(len(pixels)):
        terms.scan(rule, pixels[n], samples, trace, n)
        if rule.supervised:
            if learning[n]:
                trace.prediction[n] = discriminate(rule, state, lists, samples, units, labels[n], trace, n)
                learn(rule, state, lists, units, learns, annealing, trace, n, 0)
            else:
                trace.prediction[n] = classify(rule, state, lists, samples, units, trace, n)
            continue
        pairs = learning[n] and top > 0 and samples.known[0]
        lists.counts[1] = 0  # nothing is fed back to a sequence's first step
        for step in range(rule.steps):
            contrast(rule, state, lists, samples, units, top if pairs else 0, trace, n, step)
            if pairs:
                learn(rule, state, lists, units, learns, annealing, trace, n, step)
        trace.prediction[n] = readout.read_out(rule, state, lists, units)
        if learning[n]:
            if learns[depth]:
                readout.learn_readout(rule, state, lists, units, labels[n], annealing, trace, n)
            terms.remember(samples)
        else:
            samples.known[0] = False


@compiled
def learn(
    rule: Rule,
    state: State,
    lists: Lists,
    units: Units,
    learns: NDArray[np.bool_],
    annealing: int,
    trace: Trace,
    n: int,
    step: int,
) -> None:
    """The steps of all layers that learn."""
    for layer in range(len(rule.bias)):
        if learns[layer]:
            layers.learn(rule, state, lists, units, layer, annealing, trace, n, step)


@compiled
def contrast(
    rule: Rule,
    state: State,
    lists: Lists,
    samples: SampleLists,
    units: Units,
    top: int,
    trace: Trace,
    n: int,
    step: int,
) -> None:
    """The positive pass of a contrastive machine, and the negative one through ``top`` layers."""
    if rule.recurrent:
        terms.feed_back(rule, lists)
    if rule.view_shift and top:
        terms.set_views(rule, state, lists, samples)
    else:
        terms.set_steps(rule, lists, samples, step, top > 0)
    for term in range(TERMS):
        if rule.coefficients[0, POSITIVE, term] or (top and rule.coefficients[0, NEGATIVE, term]):
            layers.sum_term(rule, state, lists, units, 0, term)
    layers.rise(rule, state, lists, units, POSITIVE, len(rule.bias))
    layers.rise(rule, state, lists, units, NEGATIVE, top)
    take_note(rule, lists, units, top, trace, n, step)


@compiled
def discriminate(
    rule: Rule, state: State, lists: Lists, samples: SampleLists, units: Units, label: int, trace: Trace, n: int
) -> int:
    """Both passes of a supervised machine. Returns the label with the larger goodness of all layers: the right one, or
    the wrong one that was chosen; of equals the wrong one."""
    wrong = terms.set_labels(rule, state, lists, samples, units, label)
    depth = len(rule.bias)
    good = layers.rise(rule, state, lists, units, POSITIVE, depth)
    bad = layers.rise(rule, state, lists, units, NEGATIVE, depth)
    take_note(rule, lists, units, depth, trace, n, 0)
    return label if good > bad else wrong


@compiled
def classify(rule: Rule, state: State, lists: Lists, samples: SampleLists, units: Units, trace: Trace, n: int) -> int:
    """The label with the largest goodness of all layers, the lowest of equals."""
    terms.set_term(lists, samples, 0, 0, IMAGE)
    layers.sum_term(rule, state, lists, units, 0, IMAGE)
    best, most = 0, -1
    for label in range(rule.classes):
        terms.set_label(rule, lists, LABEL, label)
        layers.sum_term(rule, state, lists, units, 0, LABEL)
        total = layers.rise(rule, state, lists, units, POSITIVE, len(rule.bias))
        for layer in range(len(rule.bias)):
            layers.note_outputs(rule, lists, layer, POSITIVE, trace.given[n, 0, layer, label])
        if total > most:
            best, most = label, total
            trace.goodness[n, :, POSITIVE] = units.goodness[:, POSITIVE]
    return best


@compiled
def take_note(rule: Rule, lists: Lists, units: Units, top: int, trace: Trace, n: int, step: int) -> None:
    """Goodness and outputs of the layers; of the negative pass up to layer ``top``."""
    for layer in range(len(rule.bias)):
        for which in range(2 if layer < top else 1):
            trace.goodness[n, layer, which] += units.goodness[layer, which]
            layers.note_outputs(rule, lists, layer, which, trace.given[n, step, layer, which])
