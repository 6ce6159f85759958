"""What a core needs of an FPGA, told by its parameters alone: the common language of cores and boards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Memory:
    """A memory with one read port and one write port, both clocked, that never work on one word in the same clock."""

    name: str
    """Its path in the core."""
    words: int
    lanes: int
    """Parts of a word that are written on their own."""
    lane_bits: int
    initialised: bool = True
    """Whether it needs its content from the start on; if not, nothing depends on what it holds before it is written."""

    constant: bool = False
    """Whether its initial content, if any, is the machine's own, such as a table, whatever the machine has learnt."""

    exclusive: bool = True
    """Whether the ports never work in the same clock at all, so that one would do."""

    @property
    def width(self) -> int:
        """Bits of a word."""
        return self.lanes * self.lane_bits

    @property
    def bits(self) -> int:
        """Bits of all words."""
        return self.words * self.width


@dataclass(frozen=True)
class Block:
    """A part of the datapath, without its memories."""

    name: str
    """Of the module."""
    luts: float
    """Look-up tables of 4 inputs, carries included."""
    ffs: float


@dataclass(frozen=True)
class Needs:
    """What one core takes and how fast it works."""

    memories: tuple[Memory, ...]
    blocks: tuple[Block, ...]
    cycles_per_sample: int
    """Clocks between samples at full rate; where it depends on the sample, the most there can be."""
    latency: int
    """Clocks from a sample to its result, likewise."""
    reads_per_sample: int
    """Reads of the largest memory for one sample, likewise."""
    memory_parameters: str
    """Design-file parameters that make the memories smaller, as a sentence has them."""
    empty_parameters: str
    """The same that make the memories start empty."""
    logic_parameters: str
    """The same for look-up tables and flip-flops."""
    multipliers: int = 0
    """Products for which synthesis takes a multiplier of the FPGA each, at least: wide ones may take several."""
    start_clocks: int = 0
    """Clocks after power-on until the machine takes samples, at most."""

    @property
    def memory_bits(self) -> int:
        """Bits of all memories."""
        return sum(memory.bits for memory in self.memories)

    @property
    def memory_port_utilisation(self) -> float:
        """Fraction of clocks in which each memory's read port works, at full rate."""
        return self.reads_per_sample / self.cycles_per_sample
