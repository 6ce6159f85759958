"""Machines of random parameters for tests of the units stage, and what its parts are built from."""

from typing import Any, NamedTuple

import numpy as np

from hwgen.ff.config import FFConfig
from hwgen.ff.tables import NormTable
from hwgen.ff.unit_format import UnitFormat
from sim.golden.ff_rule import Rule

SUM_BITS = 26

UNIT_LANES = (1, 2, 3, 4, 5, 8)


class Machine(NamedTuple):
    """One set of parameters, as each side wants it."""

    config: FFConfig
    rule: Rule
    units: UnitFormat
    draw: np.random.Generator

    @property
    def tables(self) -> list[NormTable]:
        return [NormTable.of(units, self.config.rms) for units in self.units.units]

    @property
    def reciprocals(self) -> list[int] | None:
        return None if self.config.supervised else self.rule.reciprocal.tolist()


def machine(seed: int, **parameters: Any) -> Machine:
    """One to three layers of units, of other shifts and widths for each seed."""
    draw = np.random.default_rng(seed)
    lanes = int(draw.choice(UNIT_LANES))
    units = tuple(int(beats) * lanes for beats in draw.integers(1, 12, size=draw.integers(1, 4)))
    units = parameters.get("layers", (30, *units))[1:]
    depth = len(units)
    given = {
        "layers": (30, *units),
        "rule": ("supervised", "contrastive")[seed % 2],
        "activation_bits": int(draw.integers(4, 9)),
        "modulator_bits": int(draw.integers(4, 9)),
        "rms": int(draw.integers(1, 64)),
        "activation_shift": tuple(int(shift) for shift in draw.integers(0, 18, size=depth)),
        "goodness_shift": tuple(int(shift) for shift in draw.integers(0, 20, size=depth)),
    } | parameters
    if given["rule"] == "contrastive":
        given |= {"thresholds": tuple((int(low), int(high)) for low, high in draw.integers(0, 60000, size=(depth, 2)))}
    config = FFConfig(**given)
    return Machine(config, Rule.of(config), UnitFormat(units, lanes, config.activation_bits), draw)


def random_sums(draw: np.random.Generator, units: int, bits: int) -> np.ndarray:
    """Sums of one size or another, zeros and both ends of the range among them."""
    size = int(draw.integers(1, bits))
    sums = draw.integers(-(1 << size), 1 << size, size=units)
    most = 1 << (bits - 1)
    sums = np.where(draw.random(units) < 0.1, draw.choice([-most, most - 1, 0, -1, 1], size=units), sums)
    return (sums * (draw.random() > 0.1)).astype(np.int32)


def packed(values: Any, bits: int) -> int:
    """An array's elements in one word, the first one lowest."""
    return sum((int(value) & ((1 << bits) - 1)) << place * bits for place, value in enumerate(values))


def unpacked(word: int, bits: int, count: int, signed: bool = False) -> list[int]:
    """The elements of a word."""
    values = [word >> place * bits & ((1 << bits) - 1) for place in range(count)]
    return [value - (value >> (bits - 1) << bits) if signed else value for value in values]
