"""What the compiled loops of equilibrium propagation work on: parameters as arrays, and what is noted of a sample."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan

Ints = NDArray[np.int64]

TRACE = np.dtype(
    [
        ("prediction", np.int32),
        ("free_steps", np.int32),
        ("negative_steps", np.int32),  # of the phase nudged away from the target
        ("positive_steps", np.int32),  # of the phase nudged towards it
        ("changed", np.int32),  # hidden neurons whose activity differs between the phases compared
        ("learnt", np.int32),  # 1 if any neuron's activity does: synapses learn
        ("flips", np.int32),
        ("input_flips", np.int32),  # those of them between inputs and first hidden layer
        ("active_inputs", np.int32),  # inputs with x > 0
        ("active_beats", np.int32),  # transfers that hold any of them
    ]
)
"""What is noted of each sample; 0 where a phase did not take place."""


class Rule(NamedTuple):
    """The parameters, as the compiled loops want them: arrays over layers (``layers``, from the inputs on), layers
    after the inputs (``state_max``), hidden layers (``feedback_shift``) and weight layers (the rest)."""

    layers: Ints
    state_max: Ints
    feedback_shift: Ints
    counter_max: Ints
    threshold: Ints
    neurons: Ints
    """Where each layer's neurons begin, for layers 1 and up; entry 0 is not used."""
    synapses: Ints
    """Where each weight layer's synapses begin."""
    random_sign: bool
    free_steps: int
    nudged_steps: int
    beta: int
    outputs_per_class: int
    input_shift: int
    """By how many bits an input is shifted right, unless it is compared with the threshold."""
    drive_shift: int
    input_bits: int
    input_threshold: int
    beat_inputs: int
    """Inputs in one transfer on ``x``."""
    lanes: int

    @classmethod
    def of(cls, config: EPConfig) -> "Rule":
        """The rule of a machine."""
        sample = EPPlan(config).sample_format
        shapes = [above * below for above, below in config.weight_shapes]
        return cls(
            layers=np.array(config.layers),
            state_max=np.array(config.state_max),
            feedback_shift=np.array(config.feedback_shift),
            counter_max=np.array(config.counter_max),
            threshold=np.array(config.threshold),
            neurons=np.cumsum([0, 0, *config.layers[1:]]),
            synapses=np.cumsum([0, *shapes]),
            random_sign=config.nudging == "random-sign",
            free_steps=config.free_steps,
            nudged_steps=config.nudged_steps,
            beta=config.beta,
            outputs_per_class=config.outputs_per_class,
            input_shift=sample.input_shift,
            drive_shift=config.drive_shift,
            input_bits=config.input_bits,
            input_threshold=config.input_threshold,
            beat_inputs=sample.pixels_per_beat,
            lanes=config.lanes,
        )


class Inputs(NamedTuple):
    """The inputs of the present sample that matter; the first so many entries count."""

    active: Ints
    """Indices of the inputs with x > 0."""
    values: Ints
    """Their x."""
    learn: Ints
    """1 for those of them that are learnt from."""


class Neurons(NamedTuple):
    """One entry a neuron."""

    state: NDArray[np.int32]
    active: NDArray[np.int8]
    """B, from the step before."""
    below: NDArray[np.int32]
    """Sum of W B over the layer below (of W x, shifted, for the first hidden layer)."""
    above: NDArray[np.int32]
    """Sum of W B over the layer above; 0 for the outputs."""
