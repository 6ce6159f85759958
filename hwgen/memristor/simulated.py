"""An ideal array as hardware, to be simulated beside what drives it."""

from collections.abc import Mapping

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.signature import ArraySignature


class SimulatedArray(wiring.Component):
    """Formed cells that every pulse switches and that read right; a bit a device, 1 in the high-resistance state.

    What a pulse does is that of :class:`sim.devices.lines.Lines`, without any time. Amplifiers show 0 for cells whose
    devices are alike, and the complement of what they should while they do not evaluate.

    Args:
        config: the array.
        words: what it holds at first, by address; devices of other words are in the low-resistance state.
    """

    def __init__(self, config: ArrayConfig, words: Mapping[int, int]) -> None:
        self.config = config
        self.words = words
        super().__init__({"pins": In(ArraySignature(config))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        geometry, pins = self.config.geometry, self.pins
        columns = geometry.columns
        row_bits, column_bits = (geometry.rows - 1).bit_length(), (columns - 1).bit_length()
        line = Signal(geometry.row_address_bits + geometry.column_address_bits - column_bits)
        column = pins.column[:column_bits]
        m.d.comb += line.eq(Cat(pins.row[:row_bits], pins.column[column_bits:]))
        # Source line above bit line SETs and forms, bit line above source line RESETs.
        pulse = pins.cwl & pins.cblen & pins.supply.any()
        resets = pins.supply[SUPPLIES.index("reset")]
        device_is_blb = pins.cbl ^ resets
        evaluates = pins.cwl & ~pins.csl & ~pins.cblen
        depth = 1 << row_bits + (geometry.block_columns - 1).bit_length()
        shown = []
        for block_row in range(geometry.block_rows):
            m.submodules[f"row_{block_row}"] = memory = Memory(
                shape=2 * columns, depth=max(depth, 2), init=self._devices(block_row)
            )
            write = memory.write_port(granularity=1)
            m.d.comb += [
                write.addr.eq(line),
                write.data.eq((~pins.csl).replicate(2 * columns)),
            ]
            with m.If(pulse & (pins.row[row_bits:] == block_row) & (pins.csl != resets)):
                m.d.comb += write.en.eq(1 << Cat(column, device_is_blb))
            read = memory.read_port(domain="comb")
            m.d.comb += read.addr.eq(line)
            bits = read.data[:columns] & ~read.data[columns:]
            shown.append(self._sensed(bits, column))
        m.d.comb += pins.data.eq(Mux(evaluates, Cat(shown), ~Cat(shown)))
        return m

    def _sensed(self, bits: Value, column: Value) -> Value:
        """What the amplifiers that are pins show of a row."""
        width = self.config.sense_bits
        if width == self.config.geometry.columns:
            return bits
        return bits.word_select(column[(width - 1).bit_length() :], width)

    def _devices(self, block_row: int) -> list[int]:
        """What the lines of a row of blocks hold at first."""
        geometry = self.config.geometry
        lines: dict[int, int] = {}
        row_bits = (geometry.rows - 1).bit_length()
        for address, word in self.words.items():
            place = geometry.place(address)
            if place.block_row != block_row:
                continue
            line = place.block_column << row_bits | place.row
            full = (1 << geometry.word_bits) - 1
            pair = word | (word ^ full) << geometry.columns
            lines[line] = lines.get(line, 0) | pair << place.word * geometry.word_bits
        return [lines.get(line, 0) for line in range(max(lines, default=-1) + 1)]
