"""What is kept of the units: their scaled sums or activations, beat by beat, in block RAM."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.parts.block_memory import BlockMemory


class UnitMemory(wiring.Component):
    """Keeps ``banks`` times ``beats`` words, each a beat of units; one is written and one read a clock.

    A bank is for a pass (or a candidate label), and in it there are the beats of all layers of the engine. The stride
    from bank to bank is a power of two.

    Args:
        width: bits of a word.
        beats: words in a bank, at least 1.
        banks: at least 1.

    Members:

    - ``write``: ``write_word`` goes to ``write_beat`` of ``write_bank``.
    - ``read``: read ``read_beat`` of ``read_bank``; ``word``: what is there, two enabled clocks later, both registers
      of the way standing still without ``enable``. A word is not read in the clock in which it is written, nor before.
    """

    def __init__(self, width: int, beats: int, banks: int) -> None:
        for name, value in (("width", width), ("beats", beats), ("banks", banks)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value!r}")
        self.width = width
        self.beats = beats
        self.banks = banks
        super().__init__(
            {
                "write": In(1),
                "write_bank": In(range(banks)),
                "write_beat": In(range(beats)),
                "write_word": In(width),
                "enable": In(1),
                "read": In(1),
                "read_bank": In(range(banks)),
                "read_beat": In(range(beats)),
                "word": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        depth = self.banks << len(self.read_beat)
        m.submodules.memory = memory = BlockMemory(self.width, max(2, depth))
        word = Signal(self.width, reset_less=True)
        meeting = self.write & (memory.read_address == memory.write_address)
        m.d.comb += [
            memory.write_enable.eq(self.write),
            memory.write_address.eq(Cat(self.write_beat, self.write_bank)),
            memory.write_data.eq(self.write_word),
            memory.read_address.eq(Cat(self.read_beat, self.read_bank)),
            # Synthesis must see that no word is read while it is written: it would otherwise put logic behind the
            # block RAM for that case.
            memory.read_enable.eq(self.enable & self.read & ~meeting),
            self.word.eq(word),
        ]
        with m.If(self.enable):
            m.d.sync += word.eq(memory.read_data)
        return m
