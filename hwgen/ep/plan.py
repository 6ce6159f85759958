"""Where everything lies in the machine's memories and how long its pipelines are: plain data, for RTL, cycle model and
driver alike."""

from dataclasses import dataclass
from functools import cached_property

from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.stages import tree_depth
from hwgen.crossbar.words import Matrix, WordFormat
from hwgen.ep.config import EPConfig

BANKS = 3
"""Lists of active inputs: of the sample that relaxes, of the one whose drive is summed, of the one that comes in."""

TREE_LEVELS = 3
"""Levels of two-input adders between two registers of the tree over the lanes."""

ROW_STAGES = 3
"""Clocks from issuing a row to its signs at the lanes: the address, the sign memory, and the lanes' own registers."""

ACTIVITY_STAGES = ROW_STAGES
"""Clocks after the update of a hidden neuron until the first row that is to see its activity may be issued."""

CHANGED_STAGES = 3
"""Clocks from an update at the lanes to the flag that says whether any state changed."""


@dataclass(frozen=True)
class Slot:
    """``lanes`` neurons of one hidden layer: what the lanes hold at a time."""

    index: int
    layer: int
    """Hidden layer, 0 the lowest."""
    group: int
    """Number among the slots of this layer."""
    rows: int
    """Neurons of the layer above: rows of synapses up from this slot."""
    base: int
    """Address of the first of these rows in the synapse memory; in the sign memory it is less by ``input_words``."""
    first: bool
    """Whether this is its layer's first slot: sums of rows begin with it."""
    last: bool
    """Whether this is its layer's last slot: sums of rows are complete with it."""
    lead: int
    """Clocks before its rows in which the lanes wait."""
    pause: int
    """Clocks after its rows in which the lanes wait, before the slot is updated."""
    above: int
    """Number of the first slot of the layer above; 0 where that is the outputs."""


class EPPlan:
    """The machine of a config.

    Args:
        config: its parameters.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config

    @property
    def tree_depth(self) -> int:
        """Clocks from the lanes to the sum over them."""
        return tree_depth(self.config.lanes, TREE_LEVELS)

    @property
    def parallel(self) -> bool:
        """Whether all rows are summed at once."""
        return self.config.relaxation == "parallel"

    @property
    def rows_at_once(self) -> int:
        """Rows whose sums are made at a time."""
        return self.config.outputs if self.parallel else 1

    @property
    def learning_stages(self) -> int:
        """Clocks that the lanes take from a synapse word to what is to be written; odd where the memory has one
        port."""
        return 2 if self.config.learning and self.config.memory_ports == 2 else 1

    @property
    def count_drain(self) -> int:
        """Clocks after the last slot's count was issued in which its sum arrives, beside the first one: a register in
        the lanes lies between them and the tree."""
        return ROW_STAGES + 1 + self.tree_depth

    @property
    def flips_drain(self) -> int:
        """The same for the flips of the last word that learns, from when a next slot would be taken."""
        return self.learning_stages + self.tree_depth + 1

    @property
    def decision_delay(self) -> int:
        """Clocks from issuing a step's last update to knowing whether any state changed in this step."""
        return ROW_STAGES + max(self.outputs_stages, CHANGED_STAGES)

    @property
    def outputs_stages(self) -> int:
        """Clocks from an update at the lanes to the flag that says whether any output's state changed; serially, the
        last row comes a clock before the update."""
        return self.tree_depth + self.parallel

    @property
    def groups(self) -> tuple[int, ...]:
        """Slots of each hidden layer."""
        return tuple(size // self.config.lanes for size in self.config.hidden)

    @property
    def input_words(self) -> int:
        """Words of the synapse memory that hold the weights from the inputs; those between the layers follow."""
        return self.config.inputs * self.groups[0]

    @property
    def sign_words(self) -> int:
        """Words of the sign memory: one for each row of synapses between the layers."""
        return sum(groups * above for groups, above in zip(self.groups, self.config.layers[2:], strict=True))

    @property
    def words(self) -> int:
        """Words of the synapse memory."""
        return self.input_words + self.sign_words

    @cached_property
    def sample_format(self) -> SampleFormat:
        """How a sample lies in the transfers on ``x``; the trailer says whether to learn from it, and its class."""
        config = self.config
        return SampleFormat(
            inputs=config.inputs,
            pixel_bits=config.pixel_bits,
            input_bits=config.input_bits,
            input_threshold=config.input_threshold,
            beat_bits=config.stream_bits,
            trailer_bits=1 + config.class_bits,
        )

    @cached_property
    def word_format(self) -> WordFormat:
        """The words of the synapse memory."""
        return WordFormat(self.words, self.config.lanes, self.config.synapse_bits)

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The weight layers in the synapse memory."""
        bases = [slot.base for slot in self.slots if slot.first]
        return (
            Matrix(0, self.config.inputs, self.groups[0]),
            *(Matrix(*matrix) for matrix in zip(bases, self.config.layers[2:], self.groups, strict=True)),
        )

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots in the order in which a step visits them."""
        slots: list[Slot] = []
        base = self.input_words
        clocks = 0
        for layer, groups in enumerate(self.groups):
            rows = self.config.layers[layer + 2]
            for group in range(groups):
                last = group == groups - 1
                top = layer == len(self.groups) - 1
                # The next layer's neurons are loaded when the slot is updated: the sums over its rows must be there.
                pause = self.tree_depth + 4 if last and not top else 0
                # A step begins with rows of neurons that may have been updated at the end of the step before.
                lead = ACTIVITY_STAGES if not slots and not top else 0
                clocks += lead + rows + pause + 1
                if self.parallel:
                    # The sums of a step's activities change the outputs before the next step begins.
                    pause = self.tree_depth
                elif last and top:
                    # A step is not over before it is known whether the step before it changed anything; and the
                    # next one's first row of an output must see the state that the last slot's sum leads to.
                    until_again = clocks - group * (rows + 1)
                    pause = max(0, self.decision_delay + 1 - clocks, ROW_STAGES + self.tree_depth - until_again)
                above = 0 if top else sum(self.groups[: layer + 1])
                slots.append(Slot(len(slots), layer, group, rows, base, group == 0, last, lead, pause, above))
                base += rows
        return tuple(slots)

    @property
    def step_clocks(self) -> int:
        """Clocks of one step of the relaxation."""
        rows = 0 if self.parallel else self.sign_words
        return rows + sum(slot.lead + slot.pause + 1 for slot in self.slots)

    def input_base(self, group: int) -> int:
        """Address of input 0's synapses to the neurons of a slot of the first hidden layer."""
        return group * self.config.inputs

    def drive_bits(self) -> int:
        """Bits of a sum from below, two's complement, at which clipping it changes no state.

        From 2M + 1 + F on a state becomes M, and from -(M + F) on 0, whatever it was, where M is the largest state
        and F the largest feedback; and no more bits than the largest sum needs.
        """
        config = self.config
        needed = []
        for layer, (most, shift) in enumerate(zip(config.state_max[:-1], config.feedback_shift, strict=True)):
            feedback = config.layers[layer + 2] << shift
            below = config.inputs * ((1 << config.input_bits) - 1) >> config.drive_shift
            largest = below + 1 if layer == 0 else config.layers[layer]
            needed.append(min((2 * most + 1 + feedback).bit_length(), largest.bit_length()) + 1)
        return max(needed)
