"""What the experiment on Forward-Forward learning trains: networks, rules, data, epochs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hwgen.ff.config import FFConfig
from sim.golden.ff_float import ContrastiveSettings, SupervisedSettings

RULES = ("supervised", "contrastive")

PUBLISHED_BATCH = 16
"""Samples from which the published rules learn at once: one at a time would take a day."""
PUBLISHED_RATE = {"supervised": 2.0, "contrastive": 0.2}
"""The step size of their layers with such batches: the best of two in a few trainings on digits."""

LAYER_EPOCHS = 8
"""On MNIST, epochs for which contrastive layers learn before their read-out does: more made no difference."""
READOUT = {"margin": 96, "readout_update_shift": 7}
"""Of a read-out that learns from MNIST."""
FEW_FEATURES = 500
"""On MNIST, a read-out of more than so many learns from images that are moved by a pixel."""

LARGEST = (784, 2000)
LANES = (128, 256, 64, 32)
"""For which clocks are counted on MNIST: first as many as there are by default."""


@dataclass(frozen=True)
class Phase:
    """A part of a training: what learns, for how long, from which images."""

    name: str
    """What learns: see :attr:`~hwgen.ff.config.FFConfig.phases`."""
    epochs: int
    shift: int = 0
    """Most pixels by which training images are moved."""


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained."""

    name: str
    group: str
    """machine, random (nothing but the read-out learns) or published."""
    data: str
    """mnist or digits."""
    rule: str
    layers: tuple[int, ...]
    phases: tuple[Phase, ...]
    """One after the other. A published rule has one, in which all learns."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Beside layers, rule and seed, where they are not the defaults. Of a published rule: of its settings."""
    lanes: tuple[int, ...] = ()
    """For which clocks are counted; none: for as many as there are by default."""

    @property
    def published(self) -> bool:
        """Whether this is a published rule in floating point, not the machine."""
        return self.group == "published"

    @property
    def last(self) -> Phase:
        """The phase whose epochs are told of."""
        return self.phases[-1]

    @property
    def network(self) -> str:
        """Inputs, and units of each layer."""
        return "-".join(map(str, self.layers))

    def config(self, seed: int = 1) -> FFConfig:
        """Of the machine, with the first of its numbers of lanes."""
        lanes = {"lanes": self.lanes[0]} if self.lanes else {}
        return FFConfig.parse(
            {"layers": list(self.layers), "rule": self.rule, "seed": seed, **lanes, **self.parameters}
        )

    @property
    def machines(self) -> tuple[int, ...]:
        """Numbers of lanes for which clocks are counted."""
        return self.lanes or (self.config().lanes,)

    def supervised_rule(self) -> SupervisedSettings:
        """Of the published supervised rule."""
        return SupervisedSettings(
            self.layers, rate=PUBLISHED_RATE["supervised"], batch=PUBLISHED_BATCH, **self.parameters
        )

    def contrastive_rule(self) -> ContrastiveSettings:
        """Of the published contrastive rule."""
        return ContrastiveSettings(
            self.layers, rate=PUBLISHED_RATE["contrastive"], batch=PUBLISHED_BATCH, **self.parameters
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON values: what :meth:`config` makes of it included."""
        values = asdict(self)
        if self.published:
            rule = self.supervised_rule() if self.rule == "supervised" else self.contrastive_rule()
            return values | {"lanes": [], "parameters": asdict(rule)}
        return values | {"lanes": list(self.machines), "parameters": self.config().parameters()}


def settings(data: str, epochs: int, full: bool = False) -> Iterator[Setting]:
    """Every setting for ``mnist`` or ``digits``, those first that matter most. ``full``: the largest network, too."""
    yield from _on_digits(epochs) if data == "digits" else _on_mnist(epochs, full)


def _on_mnist(epochs: int, full: bool) -> Iterator[Setting]:
    def supervised(layers: tuple[int, ...], note: str = "", shift: int = 1, **values: Any) -> Setting:
        return _setting("mnist", "supervised", layers, note, (Phase("joint", epochs, shift),), **values)

    def contrastive(layers: tuple[int, ...], note: str = "", shift: int | None = None, **values: Any) -> Setting:
        """All layers first, then the read-out; images are not moved for a small one, which they make worse."""
        shift = int(sum(layers[1:]) > FEW_FEATURES) if shift is None else shift
        readout = Phase("readout", epochs, shift)
        phases = {
            "machine": (Phase("layers", min(epochs, LAYER_EPOCHS), 1), readout),
            "random": (readout,),
            "published": (Phase("joint", epochs, 1),),
        }[values.get("group", "machine")]
        more = {"phases": phases, "parameters": {} if values.get("group") == "published" else READOUT}
        return _setting("mnist", "contrastive", layers, note, **(more | values))

    one, small, large, wide = (784, 256), (784, 256, 256), (784, 500, 500), (784, 500)
    at_once = (Phase("joint", epochs),)
    yield supervised(small, lanes=LANES)
    yield supervised(large)
    learning = (
        contrastive(one, phases=at_once, parameters={}, lanes=LANES),
        # As in examples/ff-mnist-256-contrastive.toml.
        contrastive(small, phases=at_once, parameters={}, lanes=(64,)),
    )
    yield from learning
    yield contrastive(wide)
    yield contrastive(large)
    if full:
        yield contrastive(LARGEST)
    for layers in (wide, large, *([LARGEST] if full else [])):
        yield contrastive(layers, "random weights", group="random")
    for layers in (one, small):
        lanes = next(each.lanes for each in learning if each.layers == layers)
        yield contrastive(layers, "random weights", 0, group="random", parameters={}, lanes=lanes)
    for bits in (12, 16):
        yield supervised(small, f"{bits}-bit", parameters={"master_bits": bits})
    yield contrastive(wide, "16-bit", parameters=READOUT | {"master_bits": 16})
    yield contrastive(wide, "at once", phases=at_once)
    # What the second layer of `large` adds is the difference.
    yield contrastive(wide, "moved", 1)
    for note, values in (("union", {"learning_sweeps": "union"}), ("moved views", {"view_shift": 2})):
        yield contrastive(one, note, phases=at_once, parameters=values, lanes=LANES)
    yield supervised(small, "thresholds", parameters={"modulator": "thresholds"})
    yield supervised(small, "not moved", shift=0)
    for modulator in ("pairwise", "thresholds"):
        yield supervised(small, f"published, {modulator}", group="published", parameters={"modulator": modulator})
    yield supervised(large, "published, pairwise", group="published", parameters={"modulator": "pairwise"})
    yield contrastive(wide, "published", group="published")


def _on_digits(epochs: int) -> Iterator[Setting]:
    def supervised(layers: tuple[int, ...], note: str = "", shift: int = 15, **values: Any) -> Setting:
        return on_digits("supervised", layers, note, update_shift=shift, **values)

    def contrastive(layers: tuple[int, ...], note: str = "", group: str = "machine", **values: Any) -> Setting:
        return on_digits("contrastive", layers, note, group, **values)

    def on_digits(rule: str, layers: tuple[int, ...], note: str, group: str = "machine", **parameters: Any) -> Setting:
        phases = (Phase("readout" if group == "random" else "joint", epochs),)
        if group != "published":
            parameters |= {"pixel_bits": 4}
        return _setting("digits", rule, layers, note, phases, group=group, parameters=parameters)

    small, wide = (64, 64, 64), (64, 128)
    yield supervised(small)
    yield supervised((64, 128, 128))
    for bits in (12, 16):
        yield supervised(small, f"{bits}-bit", 15 - (bits - 8), master_bits=bits)
    yield supervised(small, "thresholds", modulator="thresholds")
    for layers in (wide, small, (64, 256)):
        yield contrastive(layers)
        yield contrastive(layers, "random weights", "random")
    yield contrastive(wide, "16-bit", master_bits=16)
    for modulator in ("pairwise", "thresholds"):
        yield on_digits("supervised", small, f"published, {modulator}", "published", modulator=modulator)
    yield on_digits("contrastive", wide, "published", "published")


def _setting(
    data: str,
    rule: str,
    layers: tuple[int, ...],
    note: str,
    phases: tuple[Phase, ...],
    group: str = "machine",
    **values: Any,
) -> Setting:
    """A setting with a name of its own: data, rule, layers, and what tells it from others."""
    where = "" if data == "mnist" else f"{data} "
    network = "-".join(map(str, layers)) + (f", {note}" if note else "")
    return Setting(f"{where}{rule} {network}", group, data, rule, layers, phases, **values)
