"""The parameters of the Forward-Forward engine and its notes, in the form that compiled loops take."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ff.config import FFConfig
from hwgen.ff.tables import NormTable, modulator_table, softmax_table

Ints = NDArray[np.int64]

POSITIVE, NEGATIVE = range(2)
"""The passes."""

TERMS = 4
"""Most lists that a layer's two passes are made of: see :attr:`Rule.coefficients`."""

IMAGE, LABEL, WRONG_LABEL = range(3)
"""Terms of the first layer of a supervised machine."""
CURRENT, PREVIOUS = range(2)
"""Terms of the first layer of a contrastive machine whose views are the samples themselves."""
HIDDEN = 2
"""Where that machine is recurrent: the terms ``HIDDEN + POSITIVE`` and ``HIDDEN + NEGATIVE`` are what its layer gave in
either pass of the step before."""
VIEW, OTHER_VIEW, PREVIOUS_VIEW = range(3)
"""Terms of the first layer of a contrastive machine that moves its views."""

VIEW_DRAW_BITS = 8
"""Bits of the control generator's state that one coordinate of a view is drawn from."""
CANDIDATE_DRAW_BITS = 10
"""The same for one wrong label."""


class Rule(NamedTuple):
    """The parameters, as the compiled loops want them. Arrays are over layers unless they say otherwise."""

    sizes: Ints
    """Inputs of a step, then units of each layer."""
    weights: Ints
    """Where each layer's weights begin in memory, and the end of the last one's."""
    steps: int
    """Of a sequence."""
    recurrent: bool
    coefficients: Ints
    """Shape ``(layers, 2, TERMS)``: how often each term is in each pass."""
    merges: NDArray[np.bool_]
    """Whether the layer learns from the union of its first two terms in one sweep."""
    supervised: bool
    pairwise: bool
    hinge: bool
    classes: int
    candidates: int
    input_shift: int
    """By how many bits a pixel is shifted right."""
    beat_inputs: int
    """Inputs in a beat on ``x``."""
    beat_units: int
    """Units in a beat of what a layer gives."""
    label_value: int
    bias: Ints
    mac_shift: int
    """By how many bits a stored weight is shifted right to be summed."""
    master_max: int
    activation_max: int
    feature_max: int
    activation_shift: Ints
    reciprocal: Ints
    """2**16 / units, rounded."""
    goodness_shift: Ints
    update_shift: Ints
    thresholds: Ints
    """Shape ``(layers, 2)``: sums of squares."""
    norm_factors: Ints
    """Shape ``(layers, entries)``."""
    norm_shifts: Ints
    modulators: Ints
    """The table's entries."""
    view_shift: int
    width: int
    height: int
    readout_max: int
    readout_shift: int
    readout_update_shift: int
    readout_bias: int
    margin: int
    exponentials: Ints
    """The table's entries."""

    @classmethod
    def of(cls, config: FFConfig) -> "Rule":
        """The rule of a machine."""
        tables = [NormTable.of(units, config.rms) for units in config.layers[1:]]
        return cls(
            sizes=np.array(config.layers),
            weights=np.cumsum([0, *(rows * units for rows, units in config.weight_shapes)]),
            steps=config.steps,
            recurrent=config.recurrent,
            coefficients=np.array([_first(config), *[UPPER] * (config.depth - 1)]),
            merges=np.array([config.merges and bool(layer or not config.supervised) for layer in range(config.depth)]),
            supervised=config.supervised,
            pairwise=config.modulator == "pairwise",
            hinge=config.readout == "hinge",
            classes=config.classes,
            candidates=config.candidates,
            input_shift=config.pixel_bits - config.input_bits,
            beat_inputs=config.stream_bits // config.pixel_bits,
            beat_units=config.unit_lanes,
            label_value=config.label_value,
            bias=np.array(config.bias),
            mac_shift=config.master_bits - 8,
            master_max=config.master_max,
            activation_max=config.activation_max,
            feature_max=config.feature_max,
            activation_shift=np.array(config.activation_shift),
            reciprocal=np.array([round((1 << 16) / units) for units in config.layers[1:]]),
            goodness_shift=np.array(config.goodness_shift),
            update_shift=np.array(config.update_shift),
            thresholds=np.array(config.thresholds) * np.array(config.layers[1:])[:, np.newaxis],
            norm_factors=np.array([table.factors for table in tables]),
            norm_shifts=np.array([table.shifts for table in tables]),
            modulators=np.array(modulator_table(config.modulator_bits)),
            view_shift=config.view_shift,
            width=config.image_width,
            height=config.layers[0] // config.image_width,
            readout_max=config.readout_max,
            readout_shift=config.readout_shift,
            readout_update_shift=config.readout_update_shift,
            readout_bias=config.readout_bias,
            margin=config.margin,
            exponentials=np.array(softmax_table(8)),
        )


UPPER = ((1, 0, 0, 0), (0, 1, 0, 0))
"""Each pass of a layer but the first has a term of its own: what comes from the layer below in that pass."""


def _first(config: FFConfig) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Coefficients of the first layer."""
    if config.supervised or config.view_shift:
        return (1, 1, 0, 0), (1, 0, 1, 0)
    if config.recurrent:
        return (2, 0, 1, 0), (1, 1, 0, 1)
    return (2, 0, 0, 0), (1, 1, 0, 0)


COUNT, BEATS, LAST_BEAT = range(3)
"""What is noted of what a layer gives in a pass."""


class Trace(NamedTuple):
    """What happened to some samples; 0 where a pass or an update did not take place. Arrays over steps are of each step
    of a sequence, a sample that is none being one step; of each layer, the others are sums over steps."""

    prediction: NDArray[np.int32]
    """Shape ``(n,)``."""
    active_inputs: NDArray[np.int32]
    """Shape ``(n, steps)``: inputs that are not 0, without the bias."""
    active_beats: NDArray[np.int32]
    """Shape ``(n, steps)``: beats on ``x`` that hold any of them."""
    goodness: Ints
    """Shape ``(n, layers, 2)``: of each pass; without learning, of the predicted label."""
    modulator: Ints
    """Shape ``(n, steps, layers, 2)``."""
    saturated: Ints
    """Shape ``(n, layers)``."""
    skipped: Ints
    """Shape ``(n, layers)``: updates without any sweep."""
    merged: Ints
    """Shape ``(n, layers)``: inputs that a layer learns from by a sweep over the union of two lists, the bias
    counted."""
    given: NDArray[np.int32]
    """Shape ``(n, steps, layers, passes, 3)``: how many outputs that are not 0 each layer gave in each pass, how many
    beats hold any of them, and how many are in the last beat of the largest layer. The passes of a supervised machine
    that does not learn from the sample are those of all labels."""
    readout_updates: Ints
    """Shape ``(n,)``."""
    readout_saturated: Ints
    """Shape ``(n,)``."""

    @classmethod
    def of(cls, config: FFConfig, count: int) -> "Trace":
        """Of so many samples to which nothing has happened yet."""
        steps, depth, passes = config.steps, config.depth, config.classes if config.supervised else 2
        return cls(
            prediction=np.zeros(count, np.int32),
            active_inputs=np.zeros((count, steps), np.int32),
            active_beats=np.zeros((count, steps), np.int32),
            goodness=np.zeros((count, depth, 2), np.int64),
            modulator=np.zeros((count, steps, depth, 2), np.int64),
            saturated=np.zeros((count, depth), np.int64),
            skipped=np.zeros((count, depth), np.int64),
            merged=np.zeros((count, depth), np.int64),
            given=np.zeros((count, steps, depth, passes, LAST_BEAT + 1), np.int32),
            readout_updates=np.zeros(count, np.int64),
            readout_saturated=np.zeros(count, np.int64),
        )
