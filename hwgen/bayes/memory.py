"""Likelihood memory: one memory a column, read once for every decision."""

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.signature import sample_layout, stream_of, words_layout
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.interface import WindowSignature
from hwgen.bus.map import Window


class LikelihoodMemory(wiring.Component):
    """Accepts samples, reads every column's word at the observed bin, and offers all words at once.

    A sample taken in one clock has its words on ``words`` in the next, and one sample a clock is sustained. Words
    wait at the memories' outputs until the engine takes them. A bus read borrows the read ports for one clock; if it
    overwrites waiting words, they are read again.

    Members: ``x``: samples; ``words``: to the engine; ``window``: the bus; ``loaded``: samples are decided rather
    than flagged; ``locked``: bus writes answer with an error; ``invalid_observation``, ``not_loaded``: one-clock
    error strobes; ``occupied``: a sample is held here. With feedback, ``decided`` strobes with ``decision`` when the
    machine has decided the sample before.
    """

    def __init__(self, config: BayesConfig, window: Window, table: LikelihoodTable | None) -> None:
        self.config = config
        self.table = table
        self.column_bits, self.bin_bits, self.row_bits = window.index_bits
        feedback = {"decided": In(1), "decision": In(config.class_bits)} if config.feedback else {}
        super().__init__(
            {
                "x": In(stream_of(sample_layout(config))),
                "words": Out(stream_of(words_layout(config))),
                "window": In(WindowSignature(sum(window.index_bits), window.width)),
                "loaded": In(1),
                "locked": In(1),
                "invalid_observation": Out(1),
                "not_loaded": Out(1),
                "occupied": Out(1),
                **feedback,
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        port = self.window

        borrow = Signal()  # the bus has the read ports in this clock
        held = Signal()  # a sample's words are, or will be, on the memories' outputs
        stale = Signal()  # they are not: the bus has read over them
        invalid = Signal()
        accept = Signal()
        take = Signal()
        reread = Signal()

        previous = Signal(config.class_bits, init=config.rows)  # decision of the sample before; rows: there is none
        addresses, out_of_range = self._addresses(m, previous)
        saved = [Signal.like(address, name=f"saved_{index}") for index, address in enumerate(addresses)]

        m.d.comb += [
            self.words.valid.eq(held & ~stale),
            self.words.payload.invalid.eq(invalid),
            take.eq(self.words.valid & self.words.ready),
            reread.eq(held & stale & ~borrow),
            accept.eq(self.x.valid & self.x.ready),
            self.occupied.eq(held),
            self.invalid_observation.eq(accept & out_of_range),
            self.not_loaded.eq(accept & ~self.loaded),
        ]
        with m.If(take):
            m.d.sync += held.eq(0)
        with m.If(accept):
            m.d.sync += [held.eq(1), invalid.eq(out_of_range | ~self.loaded)]
            m.d.sync += [keep.eq(address) for keep, address in zip(saved, addresses, strict=True)]
        with m.If(borrow & held & ~take):
            m.d.sync += stale.eq(1)
        with m.Elif(reread):
            m.d.sync += stale.eq(0)

        ready = ~borrow & ~port.valid & (~held | take)
        if config.feedback:
            awaited = Signal()  # that decision is still on its way
            with m.If(self.decided):
                m.d.sync += [previous.eq(self.decision), awaited.eq(0)]
            with m.If(accept):
                m.d.sync += awaited.eq(1)
            ready &= ~awaited
        m.d.comb += self.x.ready.eq(ready)

        reads = []
        writes = []
        bin_index = port.index[self.row_bits :][: self.bin_bits]
        for index, bins in enumerate(config.stream_bins):
            m.submodules[f"column_{index}"] = memory = Memory(
                shape=data.ArrayLayout(config.likelihood_bits, config.rows),
                # A single word would have no address: the prior's memory has a second one, out of reach.
                depth=max(bins, 2),
                init=self._initial_words(index),
            )
            read = memory.read_port()
            write = memory.write_port(granularity=1)
            m.d.comb += [
                read.en.eq(borrow | accept | reread),
                read.addr.eq(Mux(borrow, bin_index, Mux(reread, saved[index], addresses[index]))),
                self.words.payload.words[index].eq(read.data),
                write.addr.eq(bin_index),
                write.data.eq(Cat(port.wdata for _ in range(config.rows))),
            ]
            reads.append(read.data)
            writes.append(write.en)
        self._answer_bus(m, borrow, reads, writes)
        return m

    def _addresses(self, m: Module, previous: Signal) -> tuple[list[Signal], Signal]:
        """Each column's word address for the sample on ``x``, and whether any observation is out of range."""
        config = self.config
        addresses = []
        beyond = []
        for index, bins in enumerate(config.bins):
            observation = self.x.payload.observations[f"column_{index}"]
            address = Signal(range(bins), name=f"address_{index}")
            m.d.comb += address.eq(observation)
            addresses.append(address)
            beyond.append(observation >= bins)
        if config.feedback:
            address = Signal(range(config.rows + 1), name=f"address_{len(addresses)}")
            m.d.comb += address.eq(Mux(self.x.payload.restart, config.rows, previous))
            addresses.append(address)
        if config.prior:
            addresses.append(Signal(1, name=f"address_{len(addresses)}"))
        out_of_range = Signal()
        m.d.comb += out_of_range.eq(Cat(beyond).any())
        return addresses, out_of_range

    def _initial_words(self, index: int) -> list[list[int]]:
        return [] if self.table is None else self.table.streams[index].tolist()

    def _answer_bus(self, m: Module, borrow: Signal, reads: list[data.View], writes: list[Signal]) -> None:
        """Bus accesses: a write takes one clock; a read four, as the selection of one element is pipelined."""
        config = self.config
        port = self.window
        row = port.index[: self.row_bits]
        bin_index = port.index[self.row_bits :][: self.bin_bits]
        column = port.index[self.row_bits + self.bin_bits :]
        exists = Signal()
        with m.Switch(column):
            for index, bins in enumerate(config.stream_bins):
                with m.Case(index):
                    m.d.comb += exists.eq((bin_index < bins) & (row < config.rows))

        word = Signal.like(reads[0].as_value(), name="word")
        with m.FSM(name="bus"):
            with m.State("IDLE"), m.If(port.valid):
                with m.If(~exists | (port.write & self.locked)):
                    m.d.comb += [port.ready.eq(1), port.error.eq(1)]
                with m.Elif(port.write):
                    m.d.comb += port.ready.eq(1)
                    with m.Switch(column):
                        for index, enable in enumerate(writes):
                            with m.Case(index):
                                m.d.comb += enable.eq(1 << row)
                with m.Else():
                    m.d.comb += borrow.eq(1)
                    m.next = "SELECT COLUMN"
            with m.State("SELECT COLUMN"):
                m.d.sync += word.eq(Array(read.as_value() for read in reads)[column])
                m.next = "SELECT ROW"
            with m.State("SELECT ROW"):
                m.d.comb += [
                    port.ready.eq(1),
                    port.rdata.eq(data.View(reads[0].shape(), word)[row]),
                ]
                m.next = "IDLE"
