"""The synapse memory: a word holds one synapse of every lane."""

from collections.abc import Sequence

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import WindowSignature
from hwgen.crossbar.words import ELEMENT_BITS, WordFormat
from hwgen.parts.block_memory import BlockMemory
from hwgen.parts.relay import relay


class SynapseMemory(wiring.Component):
    """Reads one word and writes one word a clock, for the core; the bus reaches it a few synapses at a time.

    A word is read and written whole: with write enables, synthesis would leave part of each block RAM unused. So when
    the bus writes an element, the memory reads the word, and the lanes put it back by their ordinary way with the
    element in it. It lies in regions, each with its own registers for what all are told.

    Args:
        words: what a word and an element are.
        init: words that the memory holds from the start; those not given are 0.
        ports: with 1, no word is read in a clock in which one is written.

    Members:

    - ``read_enable``, ``read_address``; ``word``: what was read, ``MEMORY_STAGES`` clocks later and until the next
      read's shows.
    - ``write_enable``, ``write_address``; ``write_word``: a clock later. In the clock in which a write is asked for,
      its word is not, nor with one port any other.
    - ``window``: the bus, element by element, see :class:`~hwgen.crossbar.words.WordFormat`.
    - ``locked``: the core is at work: accesses answer with an error. It is 1 in the clock after the core began, at
      the latest, and until its last word is written.
    - ``accessing``: the bus is at work: the core does not begin.
    - ``bus_write``: strobe: ``word``, which is the one at ``bus_address``, shall be written, the lanes of element e
      taking their synapse from their region's ``bus_data`` if ``bus_select[e]``. Lane n is in element n //
      ``per_element``, at place n % ``per_element`` of it. All three stay until ``write_enable``; two clocks after that
      ``bus_select`` is 0.
    """

    def __init__(self, words: WordFormat, init: Sequence[int] | None = None, *, ports: int = 2) -> None:
        if ports not in (1, 2):
            raise ValueError(f"ports must be 1 or 2, not {ports!r}")
        self.words = words
        self.init = [] if init is None else [int(word) for word in init]
        self.ports = ports
        super().__init__(
            {
                "read_enable": In(1),
                "read_address": In(words.address_bits),
                "word": Out(words.word_bits),
                "write_enable": In(1),
                "write_address": In(words.address_bits),
                "write_word": In(words.word_bits),
                "window": In(WindowSignature(words.index_bits, ELEMENT_BITS)),
                "locked": In(1),
                "accessing": Out(1),
                "bus_write": Out(1),
                "bus_address": Out(words.address_bits),
                "bus_select": Out(words.elements),
                "bus_data": Out(data.ArrayLayout(ELEMENT_BITS, len(words.regions))),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bus_reads = Signal()
        telling = []
        for number, _ in enumerate(self.words.regions):
            telling.append(Signal(self._told_layout(), name=f"told_{number}"))
            m.d.comb += [
                telling[-1].read_enable.eq(self.read_enable | bus_reads),
                telling[-1].read_address.eq(Mux(bus_reads, self.bus_address, self.read_address)),
                telling[-1].write_enable.eq(self.write_enable),
                telling[-1].write_address.eq(self.write_address),
            ]
        told = relay(m, platform, "relay", telling)
        chunks = [self._add_region(m, number, lanes, told[number]) for number, lanes in enumerate(self.words.regions)]
        self._add_bus(m, telling, bus_reads, chunks)
        return m

    def _told_layout(self) -> data.StructLayout:
        """What a region is told: beside reads and writes, ``select``: its element ``place`` takes the bus's ``data``;
        ``take``: that element is wanted."""
        return data.StructLayout(
            {
                "read_enable": 1,
                "read_address": self.words.address_bits,
                "write_enable": 1,
                "write_address": self.words.address_bits,
                "select": 1,
                "take": 1,
                "place": range(self.words.region_elements),
                "data": ELEMENT_BITS,
            }
        )

    def _add_region(self, m: Module, number: int, lanes: range, told: data.View) -> Signal:
        """The memory of some lanes; returns the element that the bus has asked for."""
        bits = self.words.synapse_bits
        first, width = lanes.start * bits, len(lanes) * bits
        word = self._add_banks(m, number, first, width, told)
        m.d.comb += self.word[first : first + width].eq(word)

        elements = self.words.region_elements
        places = range(number * elements, min((number + 1) * elements, self.words.elements))
        m.d.comb += [
            *(self.bus_select[place].eq(told.select & (told.place == place % elements)) for place in places),
            self.bus_data[number].eq(told.data),
        ]
        size = self.words.element_bits
        chunk = Signal(size, name=f"chunk_{number}", reset_less=True)
        with m.If(told.take):
            m.d.sync += chunk.eq(Array(word.word_select(place, size) for place in range(len(places)))[told.place])
        return chunk

    def _add_banks(self, m: Module, number: int, first: int, width: int, told: data.View) -> Value:
        """The memories of a region, of ``width`` bits from ``first`` on; returns the word read."""
        init = [word >> first & (1 << width) - 1 for word in self.init]
        reads = told.read_enable
        # Passes never read a word that is being written; but of one port, and of a memory with content, synthesis must
        # see it: it would otherwise put logic behind the block RAM.
        if self.ports == 1:
            reads &= ~told.write_enable
        elif init:
            reads &= ~(told.write_enable & (told.read_address == told.write_address))
        words = []
        banks = self.words.banks(self.ports)
        of_bank = (len(next(iter(banks.values()))) - 1).bit_length()
        shown = Signal(range(len(banks)), name=f"bank_{number}", reset_less=True)
        for bank, (suffix, places) in enumerate(banks.items()):
            name = f"{number}{suffix}"
            memory = BlockMemory(width, max(2, len(places)), init[places.start : places.stop], disjoint=True)
            m.submodules[f"memory_{name}"] = memory
            m.d.comb += [
                memory.write_address.eq(told.write_address),
                memory.write_data.eq(self.write_word[first:]),
                memory.write_enable.eq(told.write_enable & (told.write_address[of_bank:] == bank)),
                memory.read_address.eq(told.read_address),
                memory.read_enable.eq(reads & (told.read_address[of_bank:] == bank)),
            ]
            # A clock enable and no reset, so that it can be the output register of a block RAM.
            was_read = Signal(name=f"was_read_{name}")
            words.append(Signal(width, name=f"word_{name}", reset_less=True))
            m.d.sync += was_read.eq(memory.read_enable)
            with m.If(was_read):
                m.d.sync += [words[-1].eq(memory.read_data), shown.eq(bank)]
        return Array(words)[shown]

    def _add_bus(self, m: Module, telling: list[data.View], bus_reads: Signal, chunks: list[Signal]) -> None:
        """Element by element, each in its region."""
        port = self.window
        group = port.index[: self.words.place_bits]
        address = port.index[self.words.place_bits :]
        place_bits = (self.words.region_elements - 1).bit_length()
        place, region = group[:place_bits], group[place_bits:]
        allowed = Signal()
        select = Signal()
        take = Signal()
        element = Signal(ELEMENT_BITS, reset_less=True)
        m.d.sync += element.eq(Array(chunks)[region])
        m.d.comb += self.bus_address.eq(address)
        for number, told in enumerate(telling):
            m.d.comb += [
                told.select.eq(select & (region == number)),
                told.take.eq(take),
                told.place.eq(place),
                told.data.eq(port.wdata),
            ]
        with m.FSM(name="bus") as fsm:
            m.d.comb += self.accessing.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"), m.If(port.valid):
                exists = (address < self.words.depth) & (group < self.words.elements)
                m.d.sync += allowed.eq(exists & (~port.write | self._fits(port.wdata, group)))
                m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(allowed & ~self.locked):
                    m.next = "ASK"
                with m.Else():
                    m.next = "REFUSE"
            with m.State("REFUSE"):
                m.d.comb += [port.ready.eq(1), port.error.eq(1)]
                m.next = "IDLE"
            with m.State("ASK"):
                m.d.comb += bus_reads.eq(1)
                m.next = "READ"
            with m.State("READ"):
                m.d.sync += select.eq(port.write)
                m.next = "REGISTER"
            with m.State("REGISTER"):
                with m.If(port.write):
                    m.d.sync += self.bus_write.eq(1)
                    m.next = "WRITE"
                with m.Else():
                    m.d.comb += take.eq(1)
                    m.next = "SELECT CHUNK"
            with m.State("WRITE"):
                m.d.sync += self.bus_write.eq(0)
                with m.If(self.write_enable):
                    m.d.sync += select.eq(0)
                    m.next = "ANSWER"
            with m.State("SELECT CHUNK"):
                m.next = "SELECT ELEMENT"
            with m.State("SELECT ELEMENT"):
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [port.ready.eq(1), port.rdata.eq(element)]
                m.next = "IDLE"

    def _fits(self, value: Value, group: Value) -> Value:
        """Whether a written element is 0 where its group has no synapses."""
        bits = self.words.element_bits
        in_last = len(self.word) - (self.words.elements - 1) * bits
        last = group == self.words.elements - 1
        return ~value[bits:].any() & ~(last & value[in_last:].any())
