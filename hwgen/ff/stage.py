"""The units stage of an engine as numbers: what its blocks are built from. Imports no HDL but for shapes."""

from dataclasses import dataclass

from amaranth.lib import data

from hwgen.ff.config import FFConfig
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.tables import NormTable
from hwgen.ff.unit_format import UnitFormat


@dataclass(frozen=True)
class Stage:
    """The units stage of the engine that has all layers of a machine.

    Args:
        config: the machine's parameters.
        plan: its array.
        banks: passes that are kept at a time.
    """

    config: FFConfig
    plan: ArrayPlan
    banks: int

    @property
    def units(self) -> UnitFormat:
        """The units and their numbers."""
        return UnitFormat(self.config.layers[1:], self.plan.unit_lanes, self.config.activation_bits)

    @property
    def note(self) -> data.StructLayout:
        """What is noted of the sums of a sweep: their group, and where the pass is kept."""
        return data.StructLayout({"group": range(max(self.plan.groups)), "bank": range(self.banks)})

    @property
    def group_beats(self) -> tuple[tuple[int, ...], ...]:
        """For each layer, the first beat of each group in a bank."""
        return tuple(
            tuple(first + group * self.plan.beats for group in range(groups))
            for first, groups in zip(self.units.first_beat, self.plan.groups, strict=True)
        )

    @property
    def gives(self) -> bool:
        """Whether what layers give is wanted: by the next layer, or by a read-out."""
        return not self.config.supervised or self.config.depth > 1

    @property
    def step_banks(self) -> int:
        """Passes that a step may be made of, in the lowest banks: those of two views, or of the right label and the
        candidates for the wrong one."""
        return 1 + self.config.candidates if self.config.supervised else 2

    @property
    def learning(self) -> bool:
        """Whether the machine learns."""
        return self.config.learning

    @property
    def activation_shifts(self) -> tuple[int, ...]:
        """Of each layer."""
        return self.config.activation_shift

    @property
    def goodness_shifts(self) -> tuple[int, ...]:
        """Of each layer."""
        return self.config.goodness_shift

    @property
    def modulator_bits(self) -> int:
        """Bits of a modulator."""
        return self.config.modulator_bits

    @property
    def norm_tables(self) -> tuple[NormTable, ...]:
        """Of each layer."""
        return tuple(NormTable.of(units, self.config.rms) for units in self.units.units)

    @property
    def reciprocals(self) -> tuple[int, ...] | None:
        """Of each layer's units, in 16 bits behind the point; None: features are activations."""
        if self.config.supervised:
            return None
        return tuple(round((1 << 16) / units) for units in self.units.units)

    @property
    def thresholds(self) -> tuple[tuple[int, int], ...] | None:
        """Of each layer, sums of squares for the two passes; None: goodnesses are compared with each other."""
        if self.config.modulator == "pairwise":
            return None
        return tuple(
            (positive * units, negative * units)
            for (positive, negative), units in zip(self.config.thresholds, self.units.units, strict=True)
        )

    @property
    def positive_max(self) -> int:
        """How often an input may be in the positive pass."""
        return 1 if self.config.supervised or self.config.view_shift else 2
