"""Golden model of the linear feedback shift register."""

import numpy as np
from numpy.typing import NDArray

from hwgen.parts.polynomials import TAPS


def sequence(width: int, seed: int, length: int) -> NDArray[np.uint32]:
    """The first ``length`` states, the seed first.

    ``next = {state[width-2:0], feedback}``, the feedback being the XOR of the state's bits at the polynomial's
    exponents minus one.
    """
    states = np.empty(length, np.uint32)
    state = seed
    for clock in range(length):
        states[clock] = state
        feedback = 0
        for exponent in TAPS[width]:
            feedback ^= state >> (exponent - 1) & 1
        state = (state << 1 | feedback) & (1 << width) - 1
    return states
