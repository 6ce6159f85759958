"""Feedback taps of maximal-length linear feedback shift registers. Plain data: golden models use it as well."""

TAPS: dict[int, tuple[int, ...]] = {
    3: (3, 2),
    4: (4, 3),
    5: (5, 3),
    6: (6, 5),
    7: (7, 6),
    8: (8, 6, 5, 4),
    9: (9, 5),
    10: (10, 7),
    11: (11, 9),
    12: (12, 6, 4, 1),
    13: (13, 4, 3, 1),
    14: (14, 5, 3, 1),
    15: (15, 14),
    16: (16, 15, 13, 4),
    32: (32, 22, 2, 1),
}
"""Exponents of a primitive polynomial of each degree, the constant term left out.

Degree 8 is the polynomial of the fabricated Bayesian machine (Harabi et al., Nat. Electron. 6, 2023):
x^8 + x^6 + x^5 + x^4 + 1.
"""


def step_columns(width: int, steps: int = 1) -> tuple[int, ...]:
    """The LFSR's state after ``steps`` clocks as a linear map over GF(2).

    Returns one mask for each bit of the new state: the XOR of the old state's bits under the mask is the new bit.
    """
    taps = sum(1 << (exponent - 1) for exponent in TAPS[width])
    rows = [1 << bit for bit in range(width)]
    for _ in range(steps):
        feedback = 0
        for bit in range(width):
            if taps >> bit & 1:
                feedback ^= rows[bit]
        rows = [feedback, *rows[:-1]]
    return tuple(rows)
