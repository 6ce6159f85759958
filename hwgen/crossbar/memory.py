"""The synapse memory: a word holds one synapse of every lane."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import WindowSignature
from hwgen.crossbar.words import ELEMENT_BITS, WordFormat
from hwgen.parts.block_memory import BlockMemory


class SynapseMemory(wiring.Component):
    """Reads one word and writes one word a clock, for the core; the bus reaches it a few synapses at a time.

    A word is read and written whole: with write enables, synthesis would leave part of each block RAM unused. So when
    the bus writes an element, the memory reads the word, and the lanes put it back by their ordinary way with the
    element in it.

    Args:
        words: what a word and an element are.
        init: words that the memory holds from the start; those not given are 0.
        ports: with 1, no word is read in a clock in which one is written.

    Members:

    - ``read_enable``, ``read_address``; ``word``: what was read, two clocks later and until the next read's shows. A
      word is not read in the clock in which it is written.
    - ``write_enable``, ``write_address``, ``write_word``.
    - ``window``: the bus, element by element, see :class:`~hwgen.crossbar.words.WordFormat`.
    - ``locked``: the core is at work: accesses answer with an error. It is 1 in the clock after the core began, at
      the latest, and until its last word is written.
    - ``accessing``: the bus is at work: the core does not begin.
    - ``bus_write``: strobe: ``word``, which is the one at ``bus_address``, shall be written, the lanes of element e
      taking their synapse from ``bus_data`` if ``bus_select[e]``. Lane n is in element n // ``per_element``, at place
      n % ``per_element`` of it. All three stay until ``write_enable``; at any other time ``bus_select`` is 0.
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
                "bus_data": Out(ELEMENT_BITS),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.memory = memory = BlockMemory(len(self.word), max(2, self.words.depth), self.init)
        bus_reads = Signal()
        meeting = self.write_enable
        if self.ports == 2:
            # The bus reads while the core writes nothing: only the core's own address matters.
            meeting &= bus_reads | (self.read_address == self.write_address)
        m.d.comb += [
            memory.write_address.eq(self.write_address),
            memory.write_data.eq(self.write_word),
            memory.write_enable.eq(self.write_enable),
            memory.read_address.eq(Mux(bus_reads, self.bus_address, self.read_address)),
            # That the two never meet follows from how passes go, but synthesis must see it: it would otherwise put
            # logic behind the block RAM for a word that is read and written in the same clock.
            memory.read_enable.eq((self.read_enable | bus_reads) & ~meeting),
        ]
        # A clock enable and no reset, so that it can be the output register of a block RAM.
        was_read = Signal()
        word = Signal.like(self.word, name="word_register", reset_less=True)
        m.d.sync += was_read.eq(memory.read_enable)
        with m.If(was_read):
            m.d.sync += word.eq(memory.read_data)
        m.d.comb += self.word.eq(word)
        self._add_bus(m, bus_reads)
        return m

    def _add_bus(self, m: Module, bus_reads: Signal) -> None:
        port = self.window
        group = port.index[: self.words.place_bits]
        address = port.index[self.words.place_bits :]
        allowed = Signal()
        take = Signal()  # the multiplexer's first stage takes the word
        element = self._add_multiplexer(m, group, take)
        m.d.comb += [self.bus_address.eq(address), self.bus_data.eq(port.wdata)]
        with m.FSM(name="bus") as fsm:
            m.d.comb += self.accessing.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"), m.If(port.valid):
                exists = (address < self.words.depth) & (group < self.words.elements)
                m.d.sync += allowed.eq(exists & (~port.write | self._fits(port.wdata, group)))
                m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(allowed & ~self.locked):
                    m.next = "READ"
                with m.Else():
                    m.next = "REFUSE"
            with m.State("REFUSE"):
                m.d.comb += [port.ready.eq(1), port.error.eq(1)]
                m.next = "IDLE"
            with m.State("READ"):
                m.d.comb += bus_reads.eq(1)
                m.next = "REGISTER"
            with m.State("REGISTER"):
                with m.If(port.write):
                    m.d.sync += [
                        self.bus_write.eq(1),
                        self.bus_select.eq(Cat(group == other for other in range(self.words.elements))),
                    ]
                    m.next = "WRITE"
                with m.Else():
                    m.next = "SELECT CHUNK"
            with m.State("WRITE"):
                m.d.sync += self.bus_write.eq(0)
                with m.If(self.write_enable):
                    m.d.sync += self.bus_select.eq(0)
                    m.next = "ANSWER"
            with m.State("SELECT CHUNK"):
                m.d.comb += take.eq(1)
                m.next = "SELECT ELEMENT"
            with m.State("SELECT ELEMENT"):
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [port.ready.eq(1), port.rdata.eq(element)]
                m.next = "IDLE"

    def _add_multiplexer(self, m: Module, group: Value, take: Signal) -> Signal:
        """The group's element of the word: one register of an element in each chunk of groups, then one for all."""
        bits = self.words.element_bits
        low_bits = (self.words.place_bits + 1) // 2
        size = 1 << low_bits
        elements = [self.word[start : start + bits] for start in range(0, len(self.word), bits)]
        chunks = []
        for number, start in enumerate(range(0, self.words.elements, size)):
            chunk = Signal(bits, name=f"chunk_{number}", reset_less=True)
            with m.If(take):
                m.d.sync += chunk.eq(Array(elements[start : start + size])[group[:low_bits]])
            chunks.append(chunk)
        element = Signal(ELEMENT_BITS, reset_less=True)
        m.d.sync += element.eq(Array(chunks)[group[low_bits:]])
        return element

    def _fits(self, value: Value, group: Value) -> Value:
        """Whether a written element is 0 where its group has no synapses."""
        bits = self.words.element_bits
        in_last = len(self.word) - (self.words.elements - 1) * bits
        last = group == self.words.elements - 1
        return ~value[bits:].any() & ~(last & value[in_last:].any())
