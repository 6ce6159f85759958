"""The units of an engine and the numbers that are theirs. Plain data: imports no HDL."""

from dataclasses import dataclass

SCALED_EXTRA_BITS = 3
"""How many bits a scaled sum has more than an activation: its sign, and two as it reaches to 4 times the range."""

ANNEALING_BITS = 3
"""Bits of the shift by which steps become smaller in the course of training."""


@dataclass(frozen=True)
class UnitFormat:
    """Units of the layers of one engine, of which ``unit_lanes`` are worked on in a clock: a *beat*."""

    units: tuple[int, ...]
    """Units of each layer, multiples of ``unit_lanes``."""
    unit_lanes: int
    """Units in a beat, at least 1; the lowest unit in the lowest bits."""
    activation_bits: int
    """Bits of an activation, 4 to 8."""

    def __post_init__(self) -> None:
        if self.unit_lanes < 1:
            raise ValueError(f"unit_lanes must be at least 1, not {self.unit_lanes!r}")
        if not 4 <= self.activation_bits <= 8:
            raise ValueError(f"activation_bits must be from 4 to 8, not {self.activation_bits!r}")
        for units in self.units or (0,):
            if units < 1 or units % self.unit_lanes:
                raise ValueError(f"units must be multiples of unit_lanes ({self.unit_lanes}), not {units!r}")

    @property
    def layers(self) -> range:
        """The layers' numbers."""
        return range(len(self.units))

    @property
    def beats(self) -> tuple[int, ...]:
        """Beats of each layer."""
        return tuple(units // self.unit_lanes for units in self.units)

    @property
    def first_beat(self) -> tuple[int, ...]:
        """Where each layer's beats begin if those of all layers lie one after the other."""
        return tuple(sum(self.beats[:layer]) for layer in self.layers)

    @property
    def scaled_bits(self) -> int:
        """Bits of a scaled sum t, signed."""
        return self.activation_bits + SCALED_EXTRA_BITS

    @property
    def activation_max(self) -> int:
        """Largest activation y, and feature f."""
        return (1 << self.activation_bits) - 1

    @property
    def output_bits(self) -> int:
        """Bits of what goes to the next layer."""
        return self.activation_bits - 1

    @property
    def goodness_bits(self) -> int:
        """Bits of a sum of a layer's squares."""
        return (max(self.units) * self.activation_max**2).bit_length()

    @property
    def total_bits(self) -> int:
        """Bits of a sum of a layer's scaled sums, signed."""
        return self.scaled_bits + (max(self.units) - 1).bit_length()

    @property
    def mean_bits(self) -> int:
        """Bits of a mean, signed: its reciprocal being rounded, it may lie outside of what it is the mean of."""
        return self.scaled_bits + 1
