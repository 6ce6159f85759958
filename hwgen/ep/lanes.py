"""Lanes by default: the largest number that divides every hidden size."""

import math
from collections.abc import Sequence

MOST_LANES = 512
"""Most lanes by default: more are possible, but few devices have the logic or memories so wide."""

FEW_LANES = 4
"""Lanes by default are few where so many times as many would find work."""


def default_lanes(hidden: Sequence[int]) -> int:
    """The largest divisor, up to :data:`MOST_LANES`, that the hidden sizes have in common."""
    return max(divisor for divisor in divisors(math.gcd(*hidden)) if divisor <= MOST_LANES)


def few_lanes_hint(hidden: Sequence[int]) -> str | None:
    """What to say of :func:`default_lanes` that are few although the layers are large, or None."""
    lanes, most = default_lanes(hidden), min(*hidden, MOST_LANES)
    if lanes > most // FEW_LANES:
        return None
    step = 1 << most.bit_length() - 1
    others = ", ".join(str(max(1, round(size / step)) * step) for size in hidden)
    return (
        f"ep.lanes is {lanes}, the largest divisor that the hidden sizes ({', '.join(map(str, hidden))}) have in "
        f"common up to {MOST_LANES}, so that samples take long; hidden sizes of {others} would have {step}. "
        f"Set ep.lanes = {lanes} if it is meant"
    )


def divisors(number: int) -> list[int]:
    """Its divisors, ascending."""
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]
