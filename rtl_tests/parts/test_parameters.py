"""Parts refuse parameters that describe no hardware, and say what is allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from hwgen.parts.adder_tree import AdderTree
from hwgen.parts.best import Best
from hwgen.parts.lfsr import LFSR
from hwgen.parts.sobol import SobolPoint
from hwgen.parts.wide_counter import WideCounter


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AdderTree(0, 8, 8), "count must be at least 1, not 0"),
        (lambda: AdderTree(3, 8, 7), r"total_bits must be at least term_bits \(8\), not 7"),
        (lambda: Best(0, 8, largest=True), "count must be at least 1, not 0"),
        (lambda: WideCounter(63), "width must be an even number of at least 2, not 63"),
        (lambda: SobolPoint(8, 67), "dimensions must be between 1 and 66, not 67"),
        (lambda: LFSR(2, 1), "width must be one of 3, 4, .*, 16, 32, not 2"),
        (lambda: LFSR(8, 0), "seed must be between 1 and 255"),
        (lambda: LFSR(8, 256), "not 256"),
    ],
)
def test_parameters_are_checked_first(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
