"""Parameters of the Forward-Forward engine, and which of them go together."""

from typing import Annotated, Any, ClassVar, Literal, Self

import pydantic
from pydantic_core import PydanticUseDefault

from hwgen.config import CoreConfig
from hwgen.ff import defaults

SUPERVISED_ONLY = frozenset({"modulator", "candidates", "label_value"})
CONTRASTIVE_ONLY = frozenset(
    {
        "recurrent",
        "steps",
        "view_shift",
        "image_width",
        "readout",
        "readout_bits",
        "readout_shift",
        "readout_update_shift",
        "margin",
    }
)
LEARNING_ONLY = frozenset(
    {
        "modulator",
        "modulator_bits",
        "candidates",
        "thresholds",
        "goodness_shift",
        "update_shift",
        "learning_sweeps",
        "view_shift",
        "image_width",
        "readout",
        "readout_update_shift",
        "margin",
    }
)

PER_LAYER = ("bias", "activation_shift", "goodness_shift", "update_shift", "initial_bits", "thresholds")

MOST_INPUTS = 65536
Shift = Annotated[int, pydantic.Field(ge=0, le=31)]
# Half of 2**24 beside the largest sum, that of FFConfig.sum_max, still fits into 32 bits.
ActivationShift = Annotated[int, pydantic.Field(ge=0, le=24)]
# The largest product, below 2**25, and a random number below 2**26 fit into 32 bits.
UpdateShift = Annotated[int, pydantic.Field(ge=1, le=26)]
Mean = Annotated[int, pydantic.Field(ge=0, le=65535)]


class FFParameters(CoreConfig):
    """What a design file may say of a Forward-Forward machine: see :class:`~hwgen.ff.config.FFConfig`."""

    core: ClassVar[str] = "ff"

    layers: tuple[int, ...]
    """Inputs, then the units of each of one to four layers."""

    rule: Literal["supervised", "contrastive"] = "supervised"
    """What makes the two passes differ: the label, or the other sample."""

    recurrent: bool = False
    """Whether a sample is a sequence, and the one layer's output of each step is a further input of the next step."""

    steps: int = pydantic.Field(default_factory=lambda data: defaults.steps(data), ge=1)
    """Steps of a sequence; each has as many inputs as ``layers`` says."""

    classes: int = pydantic.Field(default=10, ge=2, le=64)
    """Classes of a sample."""

    modulator: Literal["pairwise", "thresholds"] = pydantic.Field(
        default_factory=lambda data: "thresholds" if data["rule"] == "contrastive" else "pairwise"
    )
    """What scales the steps of the weights: a function of the difference of the two goodnesses, or of each one's
    distance from a threshold."""

    candidates: int = pydantic.Field(default=3, ge=1, le=3)
    """Wrong labels drawn for a sample; the one with the largest goodness in the first layer is the negative one."""

    lanes: int = pydantic.Field(default_factory=lambda data: defaults.lanes(data), ge=1)
    """Units computed at once, a divisor of every layer's size. Results do not depend on it."""

    unit_lanes: int = pydantic.Field(default_factory=lambda data: defaults.unit_lanes(data), ge=1)
    """Units that are activated, normalised and given steps at once, a divisor of ``lanes``. Results do not depend on
    it."""

    master_bits: int = pydantic.Field(default=8, ge=8, le=16)
    """Bits of a stored weight; its upper 8 are what a unit sums."""

    activation_bits: int = pydantic.Field(default=8, ge=4, le=8)
    """Bits of a unit's activation. What goes to the next layer has one bit less."""

    modulator_bits: int = pydantic.Field(default=8, ge=4, le=8)
    """Bits of the scale of a step."""

    pixel_bits: Literal[1, 2, 4, 8] = 8
    """Bits of one input on ``x``."""

    input_bits: int = pydantic.Field(default_factory=lambda data: defaults.input_bits(data), ge=1, le=7)
    """Bits of an input that the network sees, the highest ones."""

    label_value: int = pydantic.Field(default_factory=lambda data: (2 << data["input_bits"]) - 1, ge=1, le=255)
    """Input that stands for a label."""

    bias: tuple[Annotated[int, pydantic.Field(ge=0, le=127)], ...] = pydantic.Field(
        default_factory=lambda data: defaults.bias(data)
    )
    """For each layer, the input that is always there; 0: none."""

    thresholds: tuple[tuple[Mean, Mean], ...] = pydantic.Field(default_factory=lambda data: defaults.thresholds(data))
    """For each layer, the mean square of activations that the positive pass shall exceed, and the one that the negative
    pass shall stay below, in squared quanta."""

    rms: int = pydantic.Field(default_factory=lambda data: defaults.rms(data), ge=1, le=63)
    """Root mean square of what a layer gives to the next one, to itself and to the read-out."""

    activation_shift: tuple[ActivationShift, ...] = pydantic.Field(
        default_factory=lambda data: defaults.activation_shift(data)
    )
    """For each layer, by how many bits a sum is shifted right to become an activation; rounded."""

    goodness_shift: tuple[Shift, ...] = pydantic.Field(default_factory=lambda data: defaults.goodness_shift(data))
    """For each layer, by how many bits a goodness is shifted right to become an index of the modulator's table."""

    update_shift: tuple[UpdateShift, ...] = pydantic.Field(default_factory=lambda data: defaults.update_shift(data))
    """For each layer, by how many bits modulator times activation times input is shifted right to become a step;
    rounded stochastically."""

    learning_sweeps: Literal["separate", "union"] = "separate"
    """How the inputs of both passes are swept to learn from them: list after list, or once over the union of their
    lists, for which a lane has a second multiplier. What is learnt differs in rounding and saturation."""

    initial_bits: tuple[Annotated[int, pydantic.Field(ge=1, le=8)], ...] = pydantic.Field(
        default_factory=lambda data: defaults.initial_bits(data)
    )
    """For each layer, bits of the uniform signed integers that its weights are drawn from."""

    view_shift: int = pydantic.Field(default=0, ge=0, le=3)
    """Most pixels by which each of the two views of a sample that is learnt from is moved in either direction."""

    image_width: int = pydantic.Field(default_factory=lambda data: defaults.image_width(data), ge=1)
    """Inputs in a row of an image, for ``view_shift``."""

    readout: Literal["hinge", "softmax"] = "hinge"
    """How the read-out of a contrastive machine learns: from the best wrong class, or from all classes."""

    readout_bits: int = pydantic.Field(default=16, ge=8, le=16)
    """Bits of a weight of the read-out."""

    readout_shift: Shift = pydantic.Field(default_factory=lambda data: data["readout_bits"] - 3)
    """By how many bits the read-out's sums are shifted right."""

    readout_update_shift: UpdateShift = pydantic.Field(default_factory=lambda data: defaults.readout_update_shift(data))
    """By how many bits the read-out's steps are shifted right; rounded stochastically."""

    margin: int = pydantic.Field(default=16, ge=0, le=255)
    """With ``readout = "hinge"``, by how much the right class shall exceed the best wrong one."""

    learning: bool = True
    """Whether the machine learns."""

    seed: int = pydantic.Field(default=1, ge=1, le=(1 << defaults.LFSR_WIDTH) - 1)
    """Where the generators start."""

    stream_bits: int = pydantic.Field(default=32, ge=8, le=128, multiple_of=8)
    """Width of ``x``."""

    @pydantic.field_validator("layers")
    @classmethod
    def _check_layers(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if not 2 <= len(layers) <= 5:
            raise ValueError(f"ff.layers must have 2 to 5 entries (inputs, one to four layers), not {list(layers)}")
        for size in layers:
            if not 1 <= size <= MOST_INPUTS:
                raise ValueError(f"ff.layers must be between 1 and {MOST_INPUTS}, not {size}")
        return layers

    @pydantic.field_validator(*PER_LAYER, mode="before")
    @classmethod
    def _one_for_all(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """A number (a pair, for thresholds) stands for as many as there are layers. What is returned counts as Python,
        where tuples are due. Without layers, which are wrong then, no value can be judged."""
        if "layers" not in info.data:
            raise PydanticUseDefault
        one = type(value) is int or (info.field_name == "thresholds" and _is_pair(value))
        values = [value] * (len(info.data["layers"]) - 1) if one else value
        if not isinstance(values, list | tuple):
            return value
        return tuple(tuple(item) if isinstance(item, list) else item for item in values)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for name, reason in self._meaningless().items():
            if name in self.model_fields_set:
                raise ValueError(f"ff.{name} has no meaning with {reason}; leave it out")
        for name in PER_LAYER:
            values = getattr(self, name)
            if len(values) != len(self.layers) - 1:
                raise ValueError(
                    f"ff.{name} must be one value or a list of {len(self.layers) - 1}, one for each layer, "
                    f"not {list(values)}"
                )
        if any(units % self.lanes for units in self.layers[1:]):
            sizes = ", ".join(map(str, self.layers[1:]))
            raise ValueError(
                f"ff.lanes must be a divisor of every layer's units ({sizes}), not {self.lanes}; "
                f"try {', '.join(map(str, defaults.fitting_lanes(self.layers)[-5:]))}"
            )
        if self.lanes % self.unit_lanes:
            raise ValueError(f"ff.unit_lanes must be a divisor of lanes ({self.lanes}), not {self.unit_lanes}")
        if self.input_bits > self.pixel_bits:
            raise ValueError(
                f"ff.input_bits must be between 1 and pixel_bits ({self.pixel_bits}), not {self.input_bits}"
            )
        if self.learning_sweeps == "union":
            self._check_union()
        if self.recurrent:
            self._check_sequence()
        elif self.view_shift:
            self._check_image()
        return self

    def _meaningless(self) -> dict[str, str]:
        """Parameters without a meaning for this machine, each with what makes it so."""
        found: dict[str, str] = {}
        if not self.recurrent:
            found |= {"steps": "recurrent = false"}
        if self.modulator == "pairwise":
            found |= {"thresholds": 'modulator = "pairwise"'}
        if self.readout == "softmax":
            found |= {"margin": 'readout = "softmax"'}
        if not self.view_shift:
            found |= {"image_width": "view_shift = 0"}
        if self.recurrent:
            found |= dict.fromkeys(("view_shift", "image_width"), "recurrent = true")
        if not self.learning:
            found |= dict.fromkeys(sorted(LEARNING_ONLY), "learning = false")
        if self.rule == "supervised":
            found |= dict.fromkeys(sorted(CONTRASTIVE_ONLY), 'rule = "supervised"')
        else:
            found |= dict.fromkeys(sorted(SUPERVISED_ONLY), 'rule = "contrastive"')
        return found

    def _check_union(self) -> None:
        if self.recurrent:
            why = "recurrent = true"
        elif self.view_shift:
            why = f"view_shift = {self.view_shift}"
        elif self.rule == "supervised" and len(self.layers) == 2:
            why = "one supervised layer, whose passes have all inputs but the labels in common"
        else:
            return
        raise ValueError(f'ff.learning_sweeps must be "separate" with {why}, not "union"')

    def _check_sequence(self) -> None:
        inputs = self.layers[0]
        if len(self.layers) > 2:
            raise ValueError(f"ff.layers must have 2 entries with recurrent = true, not {list(self.layers)}")
        if inputs > MOST_INPUTS // 2:
            raise ValueError(
                f"ff.layers must have at most {MOST_INPUTS // 2} inputs with recurrent = true, as a sequence has 2 "
                f"steps or more and {MOST_INPUTS} inputs at most, not {inputs}"
            )
        if not 2 <= self.steps <= MOST_INPUTS // inputs:
            raise ValueError(
                f"ff.steps must be between 2 and {MOST_INPUTS // inputs} for steps of {inputs} inputs, not {self.steps}"
            )

    def _check_image(self) -> None:
        inputs = self.layers[0]
        if inputs % self.image_width:
            raise ValueError(f"ff.image_width must be a divisor of the inputs ({inputs}), not {self.image_width}")
        if self.view_shift >= min(self.image_width, inputs // self.image_width):
            raise ValueError(
                f"ff.view_shift must be less than the image's sides ({inputs // self.image_width} x "
                f"{self.image_width}), not {self.view_shift}; is ff.image_width right?"
            )

    def parameters(self) -> dict[str, Any]:
        """The parameters that have a meaning for this machine; :attr:`learning_sweeps` where they are not separate."""
        parameters = self.model_dump(mode="json", exclude=set(self._meaningless()))
        if self.learning_sweeps == "separate":
            # Machines without it are those of before there was a choice: their hash stays.
            parameters.pop("learning_sweeps", None)
        return parameters


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(type(item) is int for item in value)
