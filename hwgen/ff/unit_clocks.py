"""Clocks of the units stage of the Forward-Forward engine. Plain data: imports no HDL, so that cycle models say the
same as the RTL."""

from collections.abc import Sequence

from hwgen.ff.defaults import LFSR_WIDTH
from hwgen.ff.unit_format import UnitFormat

SCALED_STAGES = 3
"""Clocks from sums to scaled sums and activations: shift, limit, round."""

READ_STAGES = 2
"""Clocks from a beat's address to the beat: the memory, and the register behind it."""

SCALE_STAGES = 5
"""Clocks from a sum of squares to a normaliser's operand: highest bits, mantissa, table, shift, operand."""

OUTPUT_STAGES = READ_STAGES + 5
"""Clocks from a beat's address to the beat on ``x`` of a normaliser: memory, feature, product, shift, round, buffer."""

MODULATOR_STAGES = 4
"""Clocks from goodnesses to a modulator: operands, difference, index, table."""

STEP_STAGES = READ_STAGES + 3
"""Clocks from a beat's address to its steps: memory, operands, product, sum."""

QUOTIENT_BITS = 8
"""Bits of a class' share in a softmax, one a clock."""


def tree_depth(unit_lanes: int) -> int:
    """Clocks of an adder tree over a beat."""
    return (unit_lanes - 1).bit_length()


def goodness_clocks(unit_lanes: int) -> int:
    """Clocks from the last sums of a pass to its ``done``: scaled, activation, product, tree, sum."""
    return SCALED_STAGES + 2 + tree_depth(unit_lanes) + 1


def mean_bits(reciprocals: Sequence[int]) -> int:
    """Bits of the largest reciprocal: a mean takes a clock for each."""
    return max(reciprocals).bit_length()


def normaliser_clocks(units: UnitFormat, layer: int, reciprocals: Sequence[int] | None) -> int:
    """Clocks from a normaliser's ``start`` to its first beat on ``x``. In contrastive machines, the mean and a reading
    of all beats for the sum of squares come before the factor and the first beat; in supervised ones (no
    ``reciprocals``) a clock that takes the sum of squares."""
    clocks = SCALE_STAGES + OUTPUT_STAGES
    if reciprocals is None:
        return 1 + clocks
    squares = units.beats[layer] + READ_STAGES + 2 + tree_depth(units.unit_lanes) + 1
    return mean_bits(reciprocals) + squares + clocks


def modulator_clocks(pairwise: bool) -> int:
    """Clocks from a modulator's ``start`` to its ``done``."""
    return MODULATOR_STAGES + (not pairwise)


def step_clocks(beats: int, positive: int, negative: int, merges: bool = False) -> int:
    """Clocks from the ``start`` of a group's steps to the last beat of them, of two lists with ``merges``; the next
    group's may be started in the clock in which its last address is issued, ``STEP_STAGES`` before."""
    return beats * ((positive > 0) + (negative > 0 or merges)) + STEP_STAGES


DRAW_CLOCKS = LFSR_WIDTH
"""Clocks of a draw of views or of wrong labels: then all bits of the generator's state are new."""

LABEL_STAGES = 2
"""Clocks from a state to the labels that it stands for: how far from the right one, and the label."""

READOUT_STAGES = 4
"""Clocks from the last class' sum to a read-out's ``done``: shift, compare, difference, margin."""


def readout_step_clocks(classes: int, hinge: bool) -> int:
    """Clocks from the ``start`` of a read-out's steps to the last one of them. Softmax: the sum of exponentials, then a
    division for each class."""
    return classes + 1 if hinge else classes + 4 + (QUOTIENT_BITS + 1) * classes + 1
