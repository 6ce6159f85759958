"""Parameters of the equilibrium-propagation machine."""

import math
from typing import Annotated, Any, ClassVar, Literal, Self

import pydantic
from pydantic_core import PydanticUseDefault

from hwgen.config import CoreConfig
from hwgen.ep.lanes import default_lanes, divisors, few_lanes_hint
from hwgen.ep.scales import default_feedback_shift, default_state_bits, default_threshold

LEARNING_ONLY = frozenset({"memory_ports", "nudging", "nudged_steps", "beta", "counter_bits", "threshold"})

Steps = Annotated[int, pydantic.Field(ge=1, le=255)]
StateBits = Annotated[int, pydantic.Field(ge=2, le=8)]
FeedbackShift = Annotated[int, pydantic.Field(ge=0, le=7)]
CounterBits = Annotated[int, pydantic.Field(ge=2, le=15)]
Threshold = Annotated[int, pydantic.Field(ge=1)]


class EPConfig(CoreConfig):
    """A layered network of binary synapses and binary activities that learns by equilibrium propagation.

    Laydevant, Ernoult, Querlioz, Grollier, "Training Dynamical Binary Neural Networks with Equilibrium Propagation",
    CVPRW 2021 (arXiv 2103.08953), in integers: one sample at a time, no multiplication, and an up/down counter beside
    each synapse instead of the published moving average of gradients.

    A parameter that has a value for each layer takes a list, or one number for all of them.
    """

    core: ClassVar[str] = "ep"

    layers: tuple[int, ...]
    """Neurons of each layer: inputs, one to four hidden layers, outputs."""

    outputs_per_class: int = pydantic.Field(default=1, ge=1)
    """Output neurons of each class, consecutive ones; their states are summed."""

    lanes: int = pydantic.Field(default_factory=lambda data: default_lanes(data["layers"][1:-1]), ge=1)
    """Neurons computed at once, a divisor of every hidden size. Results do not depend on it."""

    memory_ports: Literal[1, 2] = 2
    """Ports of the synapse memory: with one, a word that learns takes two clocks instead of one, and RAMs of a single
    port (those of the iCE40 UP5K) can hold the synapses. Results do not depend on it."""

    relaxation: Literal["serial", "parallel"] = "serial"
    """Whether the sums between hidden and output layers are made row by row or all at once. Results do not depend on
    it."""

    nudging: Literal["symmetric", "random-sign"] = "symmetric"
    """A phase nudged away from the target and then one towards it; or one phase of a random sign."""

    free_steps: Steps = 20
    """Most steps of the free phase; it ends earlier when no state changes."""

    nudged_steps: Steps = 10
    """Most steps of each nudged phase; it ends earlier when no state changes."""

    beta: Literal[1, 2, 4, 8] = 2
    """Strength of the nudge."""

    state_bits: tuple[StateBits, ...] = pydantic.Field(default_factory=lambda data: default_state_bits(data["layers"]))
    """Bits of a neuron's state, for each layer after the inputs. The activity is the top bit."""

    feedback_shift: tuple[FeedbackShift, ...] = pydantic.Field(
        default_factory=lambda data: default_feedback_shift(data["layers"])
    )
    """For each hidden layer, the power of two by which what it gets from the layer above is multiplied."""

    counter_bits: tuple[CounterBits, ...] = pydantic.Field(
        default_factory=lambda data: (7,) * (len(data["layers"]) - 1)
    )
    """Bits of the counter beside each synapse, for each weight layer."""

    threshold: tuple[Threshold, ...] = pydantic.Field(
        default_factory=lambda data: default_threshold(data["layers"], data["counter_bits"])
    )
    """For each weight layer, the count against a synapse's sign at which the sign flips (tau), at most
    ``2**(counter_bits - 1)``."""

    pixel_bits: Literal[1, 2, 4, 8] = 1
    """Bits of one input on ``x``."""

    input_bits: int = pydantic.Field(default=1, ge=1)
    """Bits of an input that the network sees, the highest ones; 1: whether the input reaches ``input_threshold``."""

    input_threshold: int = pydantic.Field(default_factory=lambda data: max(1, (1 << data["pixel_bits"]) // 4), ge=1)
    """From which value an input counts as 1, for learning and, with ``input_bits = 1``, altogether."""

    learning: bool = True
    """Whether the machine learns; if not, a synapse is its sign alone."""

    seed: int = pydantic.Field(default=1, ge=1, le=(1 << 32) - 1)
    """State of the generators of initial signs and of random nudge signs at their start."""

    stream_bits: int = pydantic.Field(default=32, ge=8, le=128, multiple_of=8)
    """Width of ``x``."""

    @pydantic.field_validator("layers")
    @classmethod
    def _check_layers(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if not 3 <= len(layers) <= 6:
            raise ValueError(
                f"ep.layers must have 3 to 6 entries (inputs, one to four hidden layers, outputs), not {list(layers)}"
            )
        for size in layers[:-1]:
            if not 1 <= size <= 65536:
                raise ValueError(f"ep.layers must be between 1 and 65536 for inputs and hidden layers, not {size}")
        if not 2 <= layers[-1] <= 256:
            raise ValueError(f"ep.layers must be between 2 and 256 for the outputs, not {layers[-1]}")
        return layers

    @pydantic.field_validator("state_bits", "feedback_shift", "counter_bits", "threshold", mode="before")
    @classmethod
    def _one_for_all(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """A number stands for as many as there are layers. What is returned counts as Python, where tuples are due.
        Without layers, which are wrong then, it cannot be judged."""
        if type(value) is int and "layers" not in info.data:
            raise PydanticUseDefault
        if type(value) is int:
            return (value,) * (len(info.data["layers"]) - 1 - (info.field_name == "feedback_shift"))
        return tuple(value) if isinstance(value, list) else value

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if not self.learning:
            for key in sorted(LEARNING_ONLY & self.model_fields_set):
                raise ValueError(f"ep.{key} has no meaning with learning = false; leave it out")
        self._check_outputs()
        self._check_lanes()
        self._check_lengths()
        for index, (threshold, bits) in enumerate(zip(self.threshold, self.counter_bits, strict=True)):
            if threshold > 1 << (bits - 1):
                raise ValueError(
                    f"ep.threshold must be at most {1 << (bits - 1)} for a counter of {bits} bits, not {threshold} "
                    f"(weight layer {index}); lower it or raise ep.counter_bits"
                )
        if 1 + self.class_bits > self.stream_bits:
            raise ValueError(
                f"ep.stream_bits must be at least {8 * math.ceil((1 + self.class_bits) / 8)} for a label of "
                f"{self.class_bits} bits ({self.classes} classes) and the learn flag, not {self.stream_bits}"
            )
        if self.input_bits > self.pixel_bits:
            raise ValueError(
                f"ep.input_bits must be between 1 and pixel_bits ({self.pixel_bits}), not {self.input_bits}"
            )
        # An input that is learnt from must be active.
        least = 1 << (self.pixel_bits - self.input_bits) if self.input_bits > 1 else 1
        if not least <= self.input_threshold < 1 << self.pixel_bits:
            raise ValueError(
                f"ep.input_threshold must be between {least} and {(1 << self.pixel_bits) - 1} for pixels of "
                f"{self.pixel_bits} bits and inputs of {self.input_bits}, not {self.input_threshold}"
            )
        return self

    def _check_outputs(self) -> None:
        most = self.outputs // 2
        if self.outputs % self.outputs_per_class or self.outputs_per_class > most:
            fitting = [count for count in divisors(self.outputs) if count <= most]
            raise ValueError(
                f"ep.outputs_per_class must divide the outputs ({self.outputs}) into at least 2 classes, "
                f"not {self.outputs_per_class}; try {_either(fitting[-5:])}"
            )

    def _check_lanes(self) -> None:
        sizes = ", ".join(map(str, self.hidden))
        if any(size % self.lanes for size in self.hidden):
            raise ValueError(
                f"ep.lanes must be a divisor of every hidden size ({sizes}), not {self.lanes}; "
                f"try {_either(divisors(math.gcd(*self.hidden))[-5:])}"
            )
        if self.relaxation == "parallel" and self.hidden != (self.lanes,):
            raise ValueError(
                'ep.relaxation = "parallel" needs one hidden layer and as many lanes as it has neurons, '
                f'not hidden layers of {sizes} neurons and {self.lanes} lanes; leave it at "serial"'
            )

    def _check_lengths(self) -> None:
        for key, count, what in (
            ("state_bits", len(self.layers) - 1, "layer after the inputs"),
            ("feedback_shift", len(self.hidden), "hidden layer"),
            ("counter_bits", self.weight_layers, "weight layer"),
            ("threshold", self.weight_layers, "weight layer"),
        ):
            values = getattr(self, key)
            if len(values) != count:
                raise ValueError(
                    f"ep.{key} must be one number or a list of {count}, one for each {what}, not {list(values)}"
                )

    @property
    def hints(self) -> tuple[str, ...]:
        """Told of lanes that are few only because the hidden sizes have no larger divisor in common."""
        hint = None if "lanes" in self.model_fields_set else few_lanes_hint(self.hidden)
        return () if hint is None else (hint,)

    def parameters(self) -> dict[str, Any]:
        """The parameters that have a meaning for this machine."""
        return self.model_dump(mode="json", exclude=None if self.learning else set(LEARNING_ONLY))

    @property
    def learns(self) -> bool:
        """As ``learning`` says."""
        return self.learning

    @property
    def overlaps(self) -> bool:
        """True: one sample's drive is summed while another relaxes, if it is there by then."""
        return True

    @property
    def x_beats(self) -> int:
        """As :attr:`sample_beats`."""
        return self.sample_beats

    @property
    def inputs(self) -> int:
        """Inputs of a sample."""
        return self.layers[0]

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return self.layers[1:-1]

    @property
    def outputs(self) -> int:
        """Output neurons."""
        return self.layers[-1]

    @property
    def classes(self) -> int:
        """Classes: output neuron ``o`` belongs to class ``o // outputs_per_class``."""
        return self.outputs // self.outputs_per_class

    @property
    def weight_layers(self) -> int:
        """Layers of synapses, one between each two layers of neurons."""
        return len(self.layers) - 1

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """For each weight layer the size of the layer above it and of the layer below it."""
        return tuple(zip(self.layers[1:], self.layers[:-1], strict=True))

    @property
    def synapses(self) -> int:
        """Synapses of the whole network."""
        return sum(above * below for above, below in self.weight_shapes)

    @property
    def state_max(self) -> tuple[int, ...]:
        """Largest state of each layer after the inputs (M)."""
        return tuple((1 << bits) - 1 for bits in self.state_bits)

    @property
    def counter_max(self) -> tuple[int, ...]:
        """Largest agreement of each weight layer: counters saturate there."""
        return tuple((1 << (bits - 1)) - 1 for bits in self.counter_bits)

    @property
    def synapse_bits(self) -> int:
        """Bits of a stored synapse: its sign and, where the machine learns, the widest counter."""
        return 1 + max(self.counter_bits) if self.learning else 1

    @property
    def drive_shift(self) -> int:
        """By how many bits the sum over the inputs is shifted right, so that it has the size of a sum over inputs of
        one bit."""
        return self.input_bits if self.input_bits > 1 else 0

    @property
    def class_bits(self) -> int:
        """Bits of a label on ``x`` and of a prediction on ``y``."""
        return (self.classes - 1).bit_length()

    @property
    def pixel_beats(self) -> int:
        """Transfers on ``x`` that hold the inputs of one sample."""
        return math.ceil(self.inputs * self.pixel_bits / self.stream_bits)

    @property
    def sample_beats(self) -> int:
        """Transfers on ``x`` of one sample: its inputs, then one with label and learn flag."""
        return self.pixel_beats + 1


def _either(numbers: list[int]) -> str:
    """``1, 2 or 4``."""
    *others, last = map(str, numbers)
    return f"{', '.join(others)} or {last}" if others else last
