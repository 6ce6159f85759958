"""Choice of the LFSR seeds: columns whose generators run too close in phase multiply correlated bits."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hwgen.parts.polynomials import step_columns


@lru_cache(maxsize=8)
def phase_error(width: int) -> NDArray[np.float64]:
    """How wrong the product of two weighted-binary streams is, for each distance in phase between their LFSRs.

    A comparator multiplies the same numbers; the measure serves for it as well, though it was not made for it.

    Both columns run the same maximal-length sequence. Over one period the count of cycles in which both streams are 1
    is ``sum_ab p_a q_b J[a, b]``, where ``J[a, b]`` counts the cycles in which the leading ones of the two states
    select bits ``a`` and ``b``. Independent generators would give ``J = 2^a 2^b / (2^width - 1)``.

    Returns:
        shape ``(2**width - 1,)``: the root of the summed squared deviations of ``J``, in counts a period, for each
        phase distance; entry 0 belongs to equal seeds.
    """
    period = (1 << width) - 1
    leading = np.array([state.bit_length() - 1 for state in _sequence(width)])
    selected = leading[None, :] == np.arange(width)[:, None]
    spectrum = np.fft.rfft(selected, axis=1)
    joint = np.fft.irfft(spectrum.conj()[:, None] * spectrum[None, :], n=period, axis=2).round()
    weights = 2.0 ** np.arange(width)
    deviation = joint - (weights[:, None] * weights[None, :] / period)[:, :, None]
    return np.sqrt((deviation**2).sum(axis=(0, 1)))


@lru_cache(maxsize=64)
def choose_seeds(width: int, columns: int) -> tuple[int, ...]:
    """Seeds for ``columns`` LFSRs of ``width`` bits whose products come out best.

    Greedy: the first seed is 1; each further one is the phase whose worst :func:`phase_error` against those already
    chosen is smallest, the sum over all of them breaking ties. Where there are more columns than states, seeds repeat
    as seldom as possible.
    """
    error = phase_error(width)
    period = len(error)
    worst = np.zeros(period)
    total = np.zeros(period)
    phase = 0
    phases = []
    for _ in range(columns):
        phases.append(phase)
        distance = error[(np.arange(period) - phase) % period]
        worst = np.maximum(worst, distance)
        total += distance
        phase = int(np.lexsort((total.round(6), worst.round(6)))[0])
    states = _sequence(width)
    return tuple(states[phase] for phase in phases)


@lru_cache(maxsize=8)
def _sequence(width: int) -> tuple[int, ...]:
    """The whole period, from state 1 on."""
    masks = step_columns(width)
    states = [1]
    while len(states) < (1 << width) - 1:
        states.append(sum(((states[-1] & mask).bit_count() & 1) << bit for bit, mask in enumerate(masks)))
    return tuple(states)
