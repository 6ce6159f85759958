"""A large memory with one port for reading and one for writing."""

from collections.abc import Sequence

from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.parts.shared import SharedModules

RTLIL = r"""
attribute \generator "hwgen"
module \{name}
  memory width {width} size {depth} \words
  wire input 0 \clk
  wire input 1 \read_enable
  wire width {bits} input 2 \read_address
  wire width {width} output 3 \read_data
  wire input 4 \write_enable
  wire width {bits} input 5 \write_address
  wire width {width} input 6 \write_data
  cell $memwr_v2 $1
    parameter \MEMID "\\words"
    parameter \ABITS {bits}
    parameter \WIDTH {width}
    parameter \CLK_ENABLE 1
    parameter \CLK_POLARITY 1
    parameter \PORTID 0
    parameter \PRIORITY_MASK 0
    connect \ADDR \write_address
    connect \DATA \write_data
    connect \EN {{ {enables} }}
    connect \CLK \clk
  end
  cell $memrd_v2 $2
    parameter \MEMID "\\words"
    parameter \ABITS {bits}
    parameter \WIDTH {width}
    parameter \TRANSPARENCY_MASK 1'0
    parameter \COLLISION_X_MASK 1'0
    parameter \ARST_VALUE {width}'x
    parameter \SRST_VALUE {width}'x
    parameter \INIT_VALUE {width}'x
    parameter \CE_OVER_SRST 0
    parameter \CLK_ENABLE 1
    parameter \CLK_POLARITY 1
    connect \ADDR \read_address
    connect \DATA \read_data
    connect \ARST 1'0
    connect \SRST 1'0
    connect \EN \read_enable
    connect \CLK \clk
  end
end
"""


class BlockMemory(wiring.Component):
    """One word read and one word written a clock; what is read shows in the next clock, and stays.

    Amaranth gives every memory an initial content and writes it out bit by bit: for megabits that takes a minute and
    makes Verilog of megabytes, and it keeps the memory out of those of an FPGA that cannot have any. So in Verilog,
    this memory has none unless it is given: a word must not be read before it is written. In Amaranth's simulator it
    begins with zeros.

    Args:
        width: bits of a word.
        depth: words, at least 2.
        init: words that it holds from the start, if any; those not given are then 0.
        disjoint: no word is ever read in the clock in which it is written. Synthesis is told so
            (``no_rw_check``), unless there is ``init``: it would otherwise put logic behind block RAMs for that word.
    """

    def __init__(self, width: int, depth: int, init: Sequence[int] = (), *, disjoint: bool = False) -> None:
        if width < 1:
            raise ValueError(f"width must be at least 1, not {width!r}")
        if depth < 2:
            raise ValueError(f"depth must be at least 2, not {depth!r}")
        self.width = width
        self.depth = depth
        self.init = init
        self.disjoint = disjoint
        bits = (depth - 1).bit_length()
        super().__init__(
            {
                "read_enable": In(1),
                "read_address": In(bits),
                "read_data": Out(width),
                "write_enable": In(1),
                "write_address": In(bits),
                "write_data": In(width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if isinstance(platform, SharedModules) and not self.init:
            kind = "disjoint_memory" if self.disjoint else "memory"
            name = platform.add_text(f"{kind}_{self.depth}x{self.width}", self._rtlil, unchecked=self.disjoint)
            ports = {
                f"{'i' if member.flow == In else 'o'}_{port}": getattr(self, port)
                for port, member in self.signature.members.items()
            }
            m.submodules.words = Instance(name, i_clk=ClockSignal(), **ports)
            return m
        m.submodules.words = memory = Memory(shape=self.width, depth=self.depth, init=self.init)
        read_port = memory.read_port()
        write_port = memory.write_port()
        m.d.comb += [
            read_port.en.eq(self.read_enable),
            read_port.addr.eq(self.read_address),
            self.read_data.eq(read_port.data),
            write_port.en.eq(self.write_enable),
            write_port.addr.eq(self.write_address),
            write_port.data.eq(self.write_data),
        ]
        return m

    def _rtlil(self, name: str) -> str:
        enables = " ".join([r"\write_enable"] * self.width)
        bits = (self.depth - 1).bit_length()
        return RTLIL.format(name=name, width=self.width, depth=self.depth, bits=bits, enables=enables)
