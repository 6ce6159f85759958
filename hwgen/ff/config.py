"""Sizes of the Forward-Forward engine that follow from its parameters."""

import math
from collections.abc import Iterable
from typing import Self

import pydantic

from hwgen.ff import defaults
from hwgen.ff.parameters import FFParameters

WEIGHT_MAX = 128
"""Largest magnitude of what a unit sums of a weight: 8 bits, signed."""

OPERAND_BITS = 18
"""Most bits, signed, of what one multiplier of a device takes."""


def goodness_names(layers: Iterable[int]) -> list[str]:
    """Names of the goodness of each pass of each layer, as counters and columns have them."""
    return [f"goodness_{sign}_{layer}" for layer in layers for sign in ("positive", "negative")]


class FFConfig(FFParameters):
    """Layers that learn alone, each from the goodness of a positive and a negative pass.

    ``rule = "supervised"``: Hinton, "The Forward-Forward Algorithm" (arXiv 2212.13345): the label is an input, right in
    the positive pass and wrong in the negative one. ``rule = "contrastive"``: Chen, Liu, Laydevant, Grollier,
    "Self-Contrastive Forward-Forward Algorithm", Nat. Commun. 16:5978, 2025 (arXiv 2409.11593): a sample is paired with
    itself, and with the sample before it; with ``recurrent = true`` samples are sequences. All in integers: one sample
    at a time, plain gradient descent, stochastic rounding.

    A parameter that has a value for each layer takes a list, or one number for all of them.
    """

    @pydantic.model_validator(mode="after")
    def _check_widths(self) -> Self:
        most = self.readout_sum_max.bit_length()
        if not self.supervised and self.readout_shift > most:
            raise ValueError(
                f"ff.readout_shift must be between 0 and {most}, as sums of the read-out have {most + 1} bits, "
                f"not {self.readout_shift}"
            )
        bits = max(self.largest_inputs).bit_length()
        most = OPERAND_BITS - 1 - bits
        if max(self.update_shift) - min(self.update_shift) > most:
            raise ValueError(
                f"ff.update_shift must not differ by more than {most} between layers, not {list(self.update_shift)}: "
                f"they share multipliers of {OPERAND_BITS} bits, before which inputs of {bits} bits are shifted left "
                "by the difference"
            )
        return self

    @property
    def learns(self) -> bool:
        """As ``learning`` says."""
        return self.learning

    @property
    def phases(self) -> tuple[str, ...]:
        """``joint``: all learns; ``layers``: all but the read-out; ``layer:0`` and so on: one layer; ``readout``."""
        layers = tuple(f"layer:{layer}" for layer in range(self.depth))
        return ("joint", *layers) if self.supervised else ("joint", "layers", *layers, "readout")

    def phase_counters(self, phase: str | None) -> tuple[str, ...]:
        """Both goodnesses of each layer that learns, in a phase in which the read-out does not."""
        if self.supervised or phase in (None, "joint", "readout"):
            return ()
        layers = range(self.depth) if phase == "layers" else [int(str(phase).removeprefix("layer:"))]
        return tuple(goodness_names(layers))

    @property
    def supervised(self) -> bool:
        """As ``rule`` says."""
        return self.rule == "supervised"

    @property
    def merges(self) -> bool:
        """Whether layers learn from the union of two lists, as ``learning_sweeps`` says."""
        return self.learning and self.learning_sweeps == "union"

    @property
    def inputs(self) -> int:
        """Inputs of a sample, those of all its steps."""
        return self.layers[0] * self.steps

    @property
    def depth(self) -> int:
        """Layers that learn."""
        return len(self.layers) - 1

    @property
    def x_beats(self) -> int:
        """Transfers on ``x`` of one sample: its inputs, then one with label and learn flag."""
        return self.pixel_beats + 1

    @property
    def pixel_beats(self) -> int:
        """Transfers on ``x`` that hold the inputs of one sample, those of all its steps."""
        return self.steps * self.step_beats

    @property
    def step_beats(self) -> int:
        """Transfers on ``x`` that hold the inputs of one step: none holds inputs of two."""
        return math.ceil(self.layers[0] * self.pixel_bits / self.stream_bits)

    @property
    def class_bits(self) -> int:
        """Bits of a label on ``x`` and of a prediction on ``y``."""
        return (self.classes - 1).bit_length()

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """For each layer the inputs and the units of its weights. After the inputs proper come the bias and, in the
        first layer, one input for each class (supervised) or for each unit (recurrent)."""
        more = [1] * self.depth
        if self.supervised:
            more[0] += self.classes
        elif self.recurrent:
            more[0] += self.layers[1]
        return tuple(
            (below + extra, above) for below, extra, above in zip(self.layers, more, self.layers[1:], strict=False)
        )

    @property
    def weights(self) -> int:
        """Weights of all layers, without the read-out."""
        return sum(inputs * units for inputs, units in self.weight_shapes)

    @property
    def features(self) -> int:
        """What the read-out sees: the normalised activations of all layers."""
        return sum(self.layers[1:])

    @property
    def readout_shape(self) -> tuple[int, int] | None:
        """Inputs, the bias being the last, and classes of the read-out; None: it has none."""
        return None if self.supervised else (self.features + 1, self.classes)

    @property
    def readout_bias(self) -> int:
        """The read-out's input that is always there."""
        return self.rms

    @property
    def engines(self) -> int:
        """Memories with a generator for rounding: one a layer, and one of the read-out."""
        return self.depth + (not self.supervised)

    @property
    def rounding_seeds(self) -> tuple[int, ...]:
        """Where the generators for rounding start."""
        return defaults.rounding_seeds(self.seed, self.engines)

    @property
    def control_seed(self) -> int:
        """Where the generator of wrong labels or views starts."""
        return defaults.control_seed(self.seed)

    @property
    def activation_max(self) -> int:
        """Largest activation."""
        return (1 << self.activation_bits) - 1

    @property
    def feature_max(self) -> int:
        """Largest activation that goes to the next layer."""
        return (1 << (self.activation_bits - 1)) - 1

    @property
    def master_max(self) -> int:
        """Largest stored weight; the smallest is ``-master_max - 1``."""
        return (1 << (self.master_bits - 1)) - 1

    @property
    def readout_max(self) -> int:
        """Largest weight of the read-out; the smallest is ``-readout_max - 1``."""
        return (1 << (self.readout_bits - 1)) - 1

    @property
    def largest_inputs(self) -> tuple[int, ...]:
        """For each layer, its largest input: the bias and labels are inputs."""
        first = [self.bias[0], (1 << self.input_bits) - 1]
        if self.supervised:
            first.append(self.label_value)
        elif self.recurrent:
            first.append(self.feature_max)
        return max(first), *(max(bias, self.feature_max) for bias in self.bias[1:])

    @property
    def sum_max(self) -> tuple[int, ...]:
        """For each layer, the largest magnitude of a pass' sum. With half of ``2**activation_shift``, that is below
        ``2**31`` for every machine."""
        input_max = (1 << self.input_bits) - 1
        first = self.layers[0] * input_max + self.bias[0]
        if self.supervised:
            first += self.label_value
        else:
            first = 2 * first + self.recurrent * self.layers[1] * self.feature_max
        others = (units * self.feature_max + bias for units, bias in zip(self.layers[1:-1], self.bias[1:], strict=True))
        return tuple(WEIGHT_MAX * total for total in (first, *others))

    @property
    def goodness_max(self) -> tuple[int, ...]:
        """For each layer, the largest goodness of a step: below ``2**32``."""
        return tuple(units * self.activation_max**2 for units in self.layers[1:])

    @property
    def scale_max(self) -> int:
        """Largest magnitude of what an input is multiplied with for a weight's step: modulator times activation, at
        most twice; times an input, that is below ``2**25``."""
        twice = not self.supervised and not self.view_shift
        return (1 + twice) * ((1 << self.modulator_bits) - 1) * self.activation_max

    @property
    def readout_sum_max(self) -> int:
        """Largest magnitude of a sum of the read-out: below ``2**41``."""
        return (self.readout_max + 1) * (self.features * self.feature_max + self.readout_bias)
