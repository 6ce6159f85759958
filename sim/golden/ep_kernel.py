"""The loops of equilibrium propagation in integers, compiled by Numba.

Laydevant, Ernoult, Querlioz, Grollier, CVPRW 2021 (arXiv 2103.08953). Below, ``S`` is a neuron's state, ``M`` the
largest, ``B`` its activity (the top bit of ``S``), ``W`` a synapse's sign, ``a`` its agreement. Everything that happens
to one sample is in :func:`run`; the functions before it are its steps, in order.

Synapses lie in one array, in the order in which they are drawn: weight layer 0 input by input (``[input, neuron]``),
the others neuron by neuron of the layer above (``[above, below]``). So a loop always runs along memory. Neurons lie in
one array too, layer by layer, inputs left out.
"""

import numpy as np
from numpy.typing import NDArray

from sim.golden.compiled import compiled
from sim.golden.crossbar import next_random, scan
from sim.golden.ep_rule import Inputs, Neurons, Rule


@compiled
def drive(rule: Rule, signs: NDArray[np.int8], inputs: Inputs, count: int, neurons: Neurons) -> None:
    """What the inputs send to the first hidden layer, constant over a sample, and the state that follows from it.

    drive[j] = (sum over k of W_0[j, k] x[k]) >> drive_shift;  S_1 = clamp(drive, 0, M_1), S_l = 0 for the others.
    """
    size = rule.layers[1]
    sums = neurons.below[:size]
    sums[:] = 0
    for index in range(count):
        row = signs[inputs.active[index] * size : (inputs.active[index] + 1) * size]
        x = np.int32(inputs.values[index])
        for j in range(size):
            sums[j] += row[j] * x
    neurons.state[:] = 0
    neurons.active[:] = 0
    for j in range(size):
        sums[j] >>= rule.drive_shift
        neurons.state[j] = min(max(sums[j], 0), rule.state_max[0])
        neurons.active[j] = neurons.state[j] > rule.state_max[0] >> 1


@compiled
def gather(rule: Rule, signs: NDArray[np.int8], neurons: Neurons, moved: NDArray[np.bool_]) -> None:
    """Sums of W B to the layer above and below, where activities have ``moved`` since they were last made."""
    for layer in range(1, len(rule.layers) - 1):
        size, size_above = rule.layers[layer], rule.layers[layer + 1]
        here, there = rule.neurons[layer], rule.neurons[layer + 1]
        if moved[layer]:
            active = neurons.active[here : here + size]
            for i in range(size_above):
                row = signs[rule.synapses[layer] + i * size : rule.synapses[layer] + (i + 1) * size]
                total = np.int32(0)
                for j in range(size):
                    total = np.int32(total + row[j] * active[j])
                neurons.below[there + i] = total
        if moved[layer + 1]:
            sums = neurons.above[here : here + size]
            sums[:] = 0
            for i in range(size_above):
                if neurons.active[there + i]:
                    row = signs[rule.synapses[layer] + i * size : rule.synapses[layer] + (i + 1) * size]
                    for j in range(size):
                        sums[j] += row[j]


@compiled
def relax(
    rule: Rule,
    signs: NDArray[np.int8],
    neurons: Neurons,
    moved: NDArray[np.bool_],
    nudge: int,
    label: int,
    most: int,
) -> int:
    """One phase: steps until no state changes, ``most`` at most; returns how many. All neurons at once, from the B
    of the step before:

    hidden:  S <- clamp((S + below + (above << feedback_shift)) >> 1, 0, M)
    output:  S <- clamp((S + below + nudge (t M - S)) >> 1, 0, M),  t = 1 for the neurons of the label's class
    """
    last = len(rule.layers) - 1
    for step in range(1, most + 1):
        gather(rule, signs, neurons, moved)
        at_rest = True
        for layer in range(1, last + 1):
            largest = np.int32(rule.state_max[layer - 1])
            shift = np.int32(rule.feedback_shift[layer - 1] if layer < last else 0)
            differences = np.int32(0)
            activities = np.int8(0)
            state = neurons.state[rule.neurons[layer] : rule.neurons[layer + 1]]
            active = neurons.active[rule.neurons[layer] : rule.neurons[layer + 1]]
            below = neurons.below[rule.neurons[layer] : rule.neurons[layer + 1]]
            above = neurons.above[rule.neurons[layer] : rule.neurons[layer + 1]]
            for j in range(len(state)):
                total = state[j] + below[j] + (above[j] << shift)
                if layer == last:
                    target = j // rule.outputs_per_class == label
                    total += nudge * (target * largest - state[j])
                updated = np.int32(min(max(total >> 1, 0), largest))
                now = np.int8(updated > largest >> 1)
                differences |= updated ^ state[j]
                activities |= now ^ active[j]
                state[j] = updated
                active[j] = now
            moved[layer] = activities != 0
            at_rest &= differences == 0
        if at_rest:
            return step
    return most


@compiled
def predict(rule: Rule, states: NDArray[np.int32]) -> int:
    """The class with the largest sum of output states, the lowest of equals."""
    best, best_sum = 0, -1
    for label in range(len(states) // rule.outputs_per_class):
        total = 0
        for state in states[label * rule.outputs_per_class : (label + 1) * rule.outputs_per_class]:
            total += state
        if total > best_sum:
            best, best_sum = label, total
    return best


@compiled
def count_agreement(
    signs: NDArray[np.int8], agreements: NDArray[np.int16], synapse: int, step: int, most: int, threshold: int
) -> int:
    """a <- min(a + W step, most); at -threshold the sign flips and a becomes +threshold. Returns 1 for a flip."""
    agreement = min(agreements[synapse] + signs[synapse] * step, most)
    if agreement > -threshold:
        agreements[synapse] = agreement
        return 0
    signs[synapse] = -signs[synapse]
    agreements[synapse] = min(threshold, most)
    return 1


@compiled
def learn(
    rule: Rule,
    signs: NDArray[np.int8],
    agreements: NDArray[np.int16],
    inputs: Inputs,
    count: int,
    first: NDArray[np.int8],
    second: NDArray[np.int8],
    sign: int,
) -> tuple[int, int]:
    """Compare the activities at the ends of two phases; returns how many synapses flipped, of weight layer 0 and of the
    others.

    Weight layer 0: step = sign (B2_j - B1_j) e_k, e being 1 for the inputs learnt from, which are among the ``count``
    active ones.
    The others: step = sign (B2_i B2_j - B1_i B1_j), i above and j below.
    """
    input_flips = flips = 0
    size = rule.layers[1]
    changed = np.flatnonzero(first[:size] != second[:size])
    for index in range(count):
        if not inputs.learn[index]:
            continue
        fan_out = inputs.active[index] * size
        for neuron in changed:
            step = int(sign * (second[neuron] - first[neuron]))
            input_flips += count_agreement(
                signs, agreements, fan_out + neuron, step, rule.counter_max[0], rule.threshold[0]
            )
    for layer in range(1, len(rule.layers) - 1):
        size = rule.layers[layer]
        lower, upper = rule.neurons[layer], rule.neurons[layer + 1]
        most, threshold = rule.counter_max[layer], rule.threshold[layer]
        lower_changed = np.any(first[lower:upper] != second[lower:upper])
        for i in range(rule.layers[layer + 1]):
            first_i, second_i = first[upper + i], second[upper + i]
            if first_i == second_i and not (first_i and lower_changed):
                continue  # every step of this row is 0
            row = rule.synapses[layer] + i * size
            for j in range(size):
                step = int(sign * (second_i * second[lower + j] - first_i * first[lower + j]))
                if step:
                    flips += count_agreement(signs, agreements, row + j, step, most, threshold)
    return input_flips, flips


@compiled
def run(
    rule: Rule,
    signs: NDArray[np.int8],
    agreements: NDArray[np.int16],
    random: int,
    samples: NDArray[np.uint8],
    labels: NDArray[np.int32],
    learning: NDArray[np.bool_],
    trace: NDArray[np.void],
    states: NDArray[np.int32],
    slots_changed: NDArray[np.bool_],
) -> int:
    """Run samples in order, learning from those with ``learning``; returns the state of the nudge signs' generator.

    ``signs`` and ``agreements`` change in place. Written: ``trace`` (n, all zeros before, of dtype
    :data:`~sim.golden.ep_rule.TRACE`), ``states`` (n, outputs) at the end of the free phase, and ``slots_changed`` (n,
    slots): for each group of ``lanes`` hidden neurons whether any of them differs between the phases compared.
    """
    last = len(rule.layers) - 1
    size = rule.neurons[last + 1]
    hidden = rule.neurons[last]
    inputs = Inputs(
        np.empty(rule.layers[0], np.int64), np.empty(rule.layers[0], np.int64), np.empty(rule.layers[0], np.int64)
    )
    neurons = Neurons(
        np.empty(size, np.int32), np.empty(size, np.int8), np.zeros(size, np.int32), np.zeros(size, np.int32)
    )
    moved = np.empty(last + 1, np.bool_)
    for n in range(len(samples)):
        note = trace[n]
        note.active_inputs, note.active_beats = scan(
            samples[n],
            rule.input_bits,
            rule.input_shift,
            rule.input_threshold,
            rule.beat_inputs,
            inputs.active,
            inputs.values,
            inputs.learn,
        )
        drive(rule, signs, inputs, note.active_inputs, neurons)
        moved[:] = True
        label = labels[n]

        note.free_steps = relax(rule, signs, neurons, moved, 0, label, rule.free_steps)
        states[n] = neurons.state[hidden:]
        note.prediction = predict(rule, states[n])
        if not learning[n]:
            continue

        # Symmetric: (b = +beta) - (b = -beta). Random sign s: s ((b = s beta) - (b = 0)).
        sign = 1
        if rule.random_sign:
            sign = 1 if random & 1 else -1
            random = next_random(random)
        first = neurons.active.copy()
        if sign < 0 or not rule.random_sign:
            note.negative_steps = relax(rule, signs, neurons, moved, -rule.beta, label, rule.nudged_steps)
        if not rule.random_sign:
            first[:] = neurons.active
        if sign > 0:
            note.positive_steps = relax(rule, signs, neurons, moved, rule.beta, label, rule.nudged_steps)
        second = neurons.active
        for j in range(hidden):
            if first[j] != second[j]:
                note.changed += 1
                slots_changed[n, j // rule.lanes] = True
        note.learnt = np.any(first != second)
        note.input_flips, flips = learn(rule, signs, agreements, inputs, note.active_inputs, first, second, sign)
        note.flips = note.input_flips + flips
    return random
