"""What the experiment on equilibrium propagation trains: networks, data, epochs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from math import gcd
from typing import Any

from hwgen.ep.config import EPConfig
from sim.experiments.ep_clocks import Variant
from sim.golden.ep_float import PublishedSettings

PUBLISHED_BATCH = {"mnist": 64, "digits": 8}
"""Samples from which the published rule learns at once. Digits are too few for the published 64: a training would have
a few hundred updates."""

WIDTHS = (512, 256, 128, 64)
"""Lanes for which the clocks of the middle network are counted."""

LARGEST = (784, 2048, 10)

CANDIDATES: tuple[tuple[int, int, Mapping[str, Any]], ...] = (
    (1, 0, {}),
    (4, 0, {}),
    (1, 1, {}),
    (2, 1, {}),
    (4, 1, {}),
    (4, 2, {}),
    (4, 1, {"threshold": [64, 32]}),
)
"""From which the setting of the largest network is chosen: bits of an input, most pixels by which training images are
moved, and parameters that are not the defaults."""


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained."""

    name: str
    group: str
    """What it is compared for: size, counter, nudging, depth, input, threshold, board, best, choice or published."""
    data: str
    """mnist or digits."""
    layers: tuple[int, ...]
    epochs: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Beside layers and seed, where they are not the defaults."""
    shift: int = 0
    """Most pixels by which training images are moved."""
    variants: tuple[Variant, ...] = ()
    """For which clocks are counted; none: for that of the default lanes."""

    @property
    def published(self) -> bool:
        """Whether this is the published rule in floating point, not the machine."""
        return self.group == "published"

    @property
    def choice(self) -> bool:
        """Whether it is trained to choose a setting, on a part of the training images and tested on the rest."""
        return self.group == "choice"

    @property
    def machines(self) -> tuple[Variant, ...]:
        """Variants for which clocks are counted."""
        return self.variants or (Variant(EPConfig.parse({"layers": list(self.layers)}).lanes),)

    def config(self, seed: int = 1) -> EPConfig:
        """Of the machine, with as few lanes as all variants can be told from."""
        lanes = gcd(*(variant.lanes for variant in self.machines))
        return EPConfig.parse({"layers": list(self.layers), "seed": seed, "lanes": lanes, **self.parameters})

    def rule(self) -> PublishedSettings:
        """Of the published rule."""
        return PublishedSettings(self.layers, batch=PUBLISHED_BATCH[self.data])

    def as_dict(self) -> dict[str, Any]:
        """As JSON values: what :meth:`config` makes of it included."""
        values = asdict(self) | {"variants": [str(variant) for variant in self.machines]}
        if self.published:
            return values | {"parameters": asdict(self.rule())}
        return values | {"parameters": self.config().parameters()}


def settings(data: str, epochs: int) -> Iterator[Setting]:
    """Every setting for ``mnist`` or ``digits``, those first that matter most. Comparisons get half of the epochs,
    slow ones a fifth: their partner is compared after as many."""
    if data == "digits":
        yield from _on_digits(epochs)
        return
    half, fifth = max(1, epochs // 2), max(1, epochs // 5)
    middle = (784, 512, 10)

    def setting(name: str, group: str, layers: tuple[int, ...], epochs: int, **values: Any) -> Setting:
        return Setting(name, group, "mnist", layers, epochs, **values)

    serial = tuple(Variant(lanes) for lanes in WIDTHS)
    yield setting("784-512-10", "size", middle, epochs, variants=(*serial, Variant(512, "parallel")))
    yield setting("784-1024-10", "size", (784, 1024, 10), epochs)
    yield setting("784-2048-10, moved", "best", LARGEST, epochs, parameters=_inputs(4), shift=1)
    yield setting("784-256-10", "size", (784, 256, 10), epochs)
    for bits in (5, 6, 8):
        yield setting(f"784-512-10, {bits}-bit counters", "counter", middle, half, parameters={"counter_bits": bits})
    yield setting("784-512-10, random sign", "nudging", middle, half, parameters={"nudging": "random-sign"})
    yield setting("784-448-10", "board", (784, 448, 10), half, variants=(Variant(448), Variant(448, "parallel")))
    yield setting("484-512-10", "board", (484, 512, 10), half, variants=(Variant(512), Variant(512, "parallel")))
    few = (Variant(8, memory_ports=1), *(Variant(lanes) for lanes in (2, 8, 16, 32, 64)))
    narrow = {"stream_bits": 8}
    yield setting("196-64-10", "board", (196, 64, 10), half, parameters=narrow, variants=few)
    yield setting("784-512-10, published", "published", middle, epochs)
    yield setting("784-512-128-10", "depth", (784, 512, 128, 10), fifth)
    for bits, shift, parameters in CANDIDATES:
        name = ", ".join([f"784-2048-10, {bits}-bit inputs", f"moved by {shift}", *_told(parameters)])
        values = _inputs(bits) | dict(parameters)
        yield setting(name, "choice", LARGEST, max(1, epochs // 4), parameters=values, shift=shift)


def _inputs(bits: int) -> dict[str, Any]:
    """Parameters of a network that sees so many bits of each pixel."""
    return {"pixel_bits": 8, "input_bits": bits}


def _told(parameters: Mapping[str, Any]) -> list[str]:
    """Parameters in words."""
    return [f"{name} {' and '.join(map(str, values))}" for name, values in parameters.items()]


def _on_digits(epochs: int) -> Iterator[Setting]:
    def setting(name: str, group: str, hidden: int = 128, **parameters: Any) -> Setting:
        return Setting(f"digits 64-{hidden}-10{name}", group, "digits", (64, hidden, 10), epochs, parameters)

    for hidden in (32, 64, 128, 256):
        yield setting("", "size", hidden)
    for threshold in ([4, 4], [8, 8], [16, 16], [64, 32]):
        yield setting(f", tau {threshold[0]} and {threshold[1]}", "threshold", threshold=threshold)
    for bits in (5, 8):
        yield setting(f", {bits}-bit counters", "counter", counter_bits=bits)
    for bits in (2, 4):
        yield setting(f", inputs of {bits} bits", "input", pixel_bits=4, input_bits=bits)
    yield setting(", random sign", "nudging", nudging="random-sign")
    for layers in (64, 128, 64, 10), (64, 64, 64, 64, 10), (64, 128, 128, 128, 10), (64, 64, 64, 64, 64, 10):
        yield Setting(f"digits {'-'.join(map(str, layers))}", "depth", "digits", layers, epochs)
    yield setting(", published", "published")
