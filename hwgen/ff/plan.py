"""Where the weights of an engine lie, how wide its numbers are, and when things happen in it: for RTL, cycle model and
driver alike. Plain data: imports no HDL."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES, WORD_STAGES, turnaround
from hwgen.crossbar.words import Matrix, WordFormat
from hwgen.ff.config import FFConfig

LANE_STAGES = 3
"""Clocks from a word to what is to be written: the multiplier's operands, the product, the sum. An odd number, as the
crossbar wants it where the memory has one port."""

SUM_STAGES = LANE_STAGES + 1
"""Clocks from a sweep's last word to the first beat of its sums: those of a weight's step, and the chain."""

VIEW_STAGES = 3
"""Clocks from an entry to what it is in a moved image: the memory of margins, the register behind it, the decision."""

TREE_LEVELS = 3
"""Levels of two-input adders between two registers of the tree over the lanes."""

RANDOM_BITS = 16
"""Bits of the generator for rounding."""


@dataclass(frozen=True)
class ArrayLayer:
    """What one layer's weights are to the array."""

    rows: int
    """Inputs, the constant ones included: words of each group."""
    units: int
    """A multiple of the lanes."""
    update_shift: int
    """By how many bits steps are shifted right, 1 to 26."""
    initial_bits: int
    """Random bits that a weight begins with; 0, for all layers or none: they begin with 0."""


@dataclass(frozen=True)
class Frame:
    """The image whose entries a sweep may move."""

    inputs: int
    width: int
    """A divisor of the inputs."""
    most: int
    """Most pixels in either direction."""

    def margins(self, pixel: int) -> tuple[int, int, int, int]:
        """By how many pixels, at most ``most``, a pixel can be moved right, left, down, up within the image."""
        row, column = divmod(pixel, self.width)
        last_row, last_column = self.inputs // self.width - 1, self.width - 1
        room = (last_column - column, column, last_row - row, row)
        right, left, down, up = (min(self.most, pixels) for pixels in room)
        return right, left, down, up


@dataclass(frozen=True)
class ArrayPlan:
    """An array of lanes, and the weights that it works on: of one layer, of several that share it, or of a read-out."""

    layers: tuple[ArrayLayer, ...]
    lanes: int
    unit_lanes: int
    """Units whose sums leave and whose steps enter the lanes in a clock, a divisor of the lanes."""
    master_bits: int
    """Bits of a stored weight."""
    mac_bits: int
    """Bits of what a unit sums: a weight's upper ones."""
    value_bits: int
    """Bits of an entry's value, unsigned."""
    step_bits: int
    """Bits of h, what a unit's weights are to be changed by for each unit of an input; signed."""
    sum_bits: int
    """Bits of a sum, signed; nothing saturates."""
    entries: int
    """Entries of the longest list, constant ones not counted."""
    banks: int
    """Lists that there are."""
    frame: Frame | None = None
    """None: entries are not moved."""
    ports: int = 2
    """Of the memory; with 1, a sweep that updates takes two clocks an entry."""
    other_bits: int = 0
    """Where a sweep may update by the union of two lists: bits of h for the other one, signed; 0: none does."""

    def __post_init__(self) -> None:
        if not 1 <= self.mac_bits <= self.master_bits:
            raise ValueError(f"mac_bits must be from 1 to master_bits ({self.master_bits}), not {self.mac_bits!r}")
        if self.unit_lanes < 1 or self.lanes % self.unit_lanes:
            raise ValueError(f"unit_lanes must be a divisor of lanes ({self.lanes}), not {self.unit_lanes!r}")
        for layer in self.layers:
            if layer.units % self.lanes:
                raise ValueError(f"units must be a multiple of lanes ({self.lanes}), not {layer.units!r}")
            if not 1 <= layer.update_shift <= 26:
                raise ValueError(f"update_shift must be from 1 to 26, not {layer.update_shift!r}")
        if self.merges and (self.ports != 2 or self.frame is not None):
            raise ValueError(f"other_bits must be 0 with one port or with moved images, not {self.other_bits!r}")
        if len({layer.initial_bits > 0 for layer in self.layers}) > 1:
            raise ValueError("initial_bits must be 0 for all layers or none")

    @property
    def merges(self) -> bool:
        """Whether a sweep may update by the union of two lists."""
        return self.other_bits > 0

    @property
    def groups(self) -> tuple[int, ...]:
        """Of each layer: how often the lanes are filled with its units."""
        return tuple(layer.units // self.lanes for layer in self.layers)

    @property
    def beats(self) -> int:
        """Clocks in which the sums of a group leave the lanes, and beats of its steps."""
        return self.lanes // self.unit_lanes

    @property
    def bases(self) -> tuple[tuple[int, ...], ...]:
        """For each layer, the addresses of row 0 of its groups."""
        bases, base = [], 0
        for layer, groups in zip(self.layers, self.groups, strict=True):
            bases.append(tuple(base + group * layer.rows for group in range(groups)))
            base += groups * layer.rows
        return tuple(bases)

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The layers' weights in the memory. Where they begin with 0, one bit is drawn and not used."""
        return tuple(
            Matrix(bases[0], layer.rows, len(bases), max(1, layer.initial_bits))
            for layer, bases in zip(self.layers, self.bases, strict=True)
        )

    @property
    def word_format(self) -> WordFormat:
        """The words of the memory."""
        words = sum(matrix.words for matrix in self.matrices)
        # Beside its multipliers, a region of 16 elements would lie all over a device.
        return WordFormat(words, self.lanes, self.master_bits, region_elements=8)

    @property
    def random_fill(self) -> bool:
        """Whether weights begin with random numbers."""
        return self.layers[0].initial_bits > 0

    @property
    def update_shift(self) -> int:
        """The largest of the layers' shifts: the one that is made."""
        return max(layer.update_shift for layer in self.layers)

    @property
    def value_shifts(self) -> tuple[int, ...]:
        """By how many bits a layer's values are shifted left while it is updated, so that one shift serves all: random
        bits further down change no result, as there is nothing that they could be added to."""
        return tuple(self.update_shift - layer.update_shift for layer in self.layers)

    @property
    def operand_bits(self) -> tuple[int, int]:
        """Bits of the multiplier's operands, both signed: weight or h, and value."""
        return max(self.mac_bits, self.step_bits), self.value_bits + max(self.value_shifts) + 1

    @property
    def chain_bits(self) -> int:
        """Bits of what a lane's chain holds: a sum, or h, and above it h for the other list of a union."""
        return max(self.sum_bits, self.step_bits + self.other_bits)

    @property
    def rotations(self) -> tuple[tuple[int, ...], ...]:
        """For each layer and group, by how many bits the random word is rotated left for lane 0."""
        return tuple(tuple(group * self.lanes % RANDOM_BITS for group in range(groups)) for groups in self.groups)

    @property
    def tree_depth(self) -> int:
        """Clocks from the lanes to the number of those that have saturated."""
        return max(1, -(-(self.lanes - 1).bit_length() // TREE_LEVELS))

    @property
    def word_stages(self) -> int:
        """Clocks from issuing an entry to its weights at the lanes."""
        return WORD_STAGES + (VIEW_STAGES if self.frame else 0)

    @property
    def sums_delay(self) -> int:
        """Clocks from a sweep's ``ending`` to the first beat of its sums; the others follow in the clocks after it."""
        return self.word_stages + SUM_STAGES

    @property
    def steps_delay(self) -> int:
        """Clocks from an updating sweep's ``start`` to the last one in which a beat of its steps may enter. The next
        group's may enter from the clock after that on."""
        return self.word_stages

    @property
    def steps_hold(self) -> int:
        """The same for any sweep: one over the union of two lists takes its steps ``MERGE_STAGES`` later."""
        return self.steps_delay + MERGE_STAGES * self.merges

    @property
    def saturated_delay(self) -> int:
        """Clocks from an updating sweep's ``ending`` to its last word's number of weights that saturated."""
        return self.word_stages + LANE_STAGES + self.tree_depth

    @property
    def turnaround(self) -> int:
        """Clocks from an updating sweep's ``ending`` to the first ``start`` of one that may read any of its words."""
        return turnaround(LANE_STAGES)

    @property
    def merged_turnaround(self) -> int:
        """The same of one over the union of two lists, whose ``ending`` is as late as its lists' answers."""
        return self.turnaround - LIST_STAGES

    def sweep_clocks(self, entries: int, update: bool = False, merges: bool = False) -> int:
        """Clocks from a sweep's ``start`` to its ``ending``: one for each entry, the constant one counted; one if there
        are none. With ``merges`` a few more, and ``entries`` are those of the union."""
        clocks = max(1, entries)
        if merges:
            return clocks + LIST_STAGES + MERGE_STAGES
        return 2 * clocks - 1 if update and self.ports == 1 else clocks


def engine_plan(
    config: FFConfig, layers: Sequence[int], *, unit_lanes: int, entries: int, banks: int, ports: int = 2
) -> ArrayPlan:
    """The array of an engine that has some of a machine's layers.

    Args:
        config: the machine's parameters.
        layers: numbers of the layers, ascending.
        unit_lanes: units worked on in a clock behind the lanes.
        entries, banks: of the lists of active inputs.
        ports: of the memory.
    """
    moved = 0 in layers and not config.supervised and config.view_shift > 0
    # Only in the first layer may a list be in a pass twice.
    once = ((1 << config.modulator_bits) - 1) * config.activation_max
    scale = config.scale_max if 0 in layers else once
    return ArrayPlan(
        layers=tuple(
            ArrayLayer(
                config.weight_shapes[layer][0],
                config.layers[layer + 1],
                config.update_shift[layer],
                config.initial_bits[layer],
            )
            for layer in layers
        ),
        lanes=config.lanes,
        unit_lanes=unit_lanes,
        master_bits=config.master_bits,
        mac_bits=8,
        value_bits=max(config.largest_inputs[layer] for layer in layers).bit_length(),
        step_bits=scale.bit_length() + 1,
        sum_bits=max(config.sum_max[layer] for layer in layers).bit_length() + 1,
        entries=entries,
        banks=banks,
        frame=Frame(config.inputs, config.image_width, config.view_shift) if moved else None,
        ports=ports,
        other_bits=once.bit_length() + 1 if config.merges else 0,
    )


def readout_plan(config: FFConfig, *, entries: int, banks: int, ports: int = 2) -> ArrayPlan:
    """The array of a contrastive machine's read-out: a lane for each class; steps are at most 255."""
    value = max(config.feature_max, config.readout_bias)
    return ArrayPlan(
        layers=(ArrayLayer(config.features + 1, config.classes, config.readout_update_shift, 0),),
        lanes=config.classes,
        unit_lanes=1,
        master_bits=config.readout_bits,
        mac_bits=config.readout_bits,
        value_bits=value.bit_length(),
        step_bits=9,
        sum_bits=config.readout_sum_max.bit_length() + 1,
        entries=entries,
        banks=banks,
        ports=ports,
    )


def sample_lists(config: FFConfig) -> int:
    """Lists of samples: of the present one, the one that comes in, and in a contrastive machine the one before; of a
    sequence, one for each step."""
    return 2 if config.supervised else 3 * config.steps


def output_lists(config: FFConfig) -> int:
    """Lists of what layers give. In a contrastive machine as many as a sample needs: of the last layer, that of the
    positive pass. In a recurrent one those of a step, and of the one before. In a supervised one those that a layer
    needs, and where another layer follows those that it gives; its last layer gives none."""
    if config.supervised:
        return (0, 2, 4)[min(config.depth, 3) - 1]
    if config.recurrent:
        return 4 if config.learning else 2
    return 2 * config.depth - 1 if config.learning else config.depth
