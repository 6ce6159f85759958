"""Likelihood memory: one memory a column, read once for every decision."""

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.device_errors import BIN_BITS
from hwgen.bayes.signature import WordsSignature, sample_layout, stream_of, word_layout
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.interface import WindowSignature
from hwgen.bus.map import Window

PICK_STAGES = 2
"""Clocks from a row's number to the element of this row and of the bus's column."""


class LikelihoodMemory(wiring.Component):
    """Accepts samples, reads every column's word at the observed bin, and offers all words at once.

    A sample passes two stages: its words stand at the memories' outputs one clock after it was taken, and in the
    registers behind them (where no logic hangs on a slow block RAM output) two clocks after; one sample a clock is
    sustained. The bus reads through the same two stages: it stops them, reads, and then reads again what they held.
    What it has read is gathered row by row, so that no column's whole word has to leave its place.

    Members: ``x``: samples; ``words``: to the engine; ``window``: the bus; ``loaded``: samples are decided rather
    than flagged; ``locked``: bus writes answer with an error; ``invalid_observation``, ``not_loaded``: one-clock
    error strobes; ``occupied``: a sample is held here. With feedback, ``decided`` strobes with ``decision`` when the
    machine has decided the sample before. With ``memory = "emulated"``, ``bins``: the bin of each column that
    ``words`` are of.
    """

    def __init__(self, config: BayesConfig, window: Window, table: LikelihoodTable | None) -> None:
        self.config = config
        self.table = table
        self.column_bits, self.bin_bits, self.row_bits = window.index_bits
        feedback = {"decided": In(1), "decision": In(config.class_bits)} if config.feedback else {}
        bins = {"bins": Out(BIN_BITS).array(config.streams)} if config.memory == "emulated" else {}
        super().__init__(
            {
                "x": In(stream_of(sample_layout(config))),
                "words": Out(WordsSignature(config)),
                "window": In(WindowSignature(sum(window.index_bits), window.width)),
                "loaded": In(1),
                "locked": In(1),
                "invalid_observation": Out(1),
                "not_loaded": Out(1),
                "occupied": Out(1),
                **feedback,
                **bins,
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        port = self.window
        _, bin_index, column = self._split(port.index)

        # What the bus does in this clock.
        paused = Signal()  # anything: the stages wait
        bus_reads = Signal()  # the memories read at its address, or again what the stages held
        latch = Signal()  # the registers take what the memories' outputs show
        write = Signal()

        # The two stages.
        held = Signal()  # a sample's words stand at the memories' outputs
        held_invalid = Signal()
        offered = Signal()  # a sample's words stand in the registers
        move = Signal()
        accept = Signal()
        m.d.comb += [
            self.words.valid.eq(offered & ~paused),
            move.eq(held & ~paused & (~offered | self.words.ready)),
            accept.eq(self.x.valid & self.x.ready),
            self.occupied.eq(held | offered),
        ]
        with m.If(self.words.valid & self.words.ready):
            m.d.sync += offered.eq(0)
        with m.If(move):
            m.d.sync += [offered.eq(1), held.eq(0), self.words.invalid.eq(held_invalid)]
        out_of_range = Signal()
        with m.If(accept):
            m.d.sync += [held.eq(1), held_invalid.eq(out_of_range | ~self.loaded)]
        m.d.comb += [
            self.invalid_observation.eq(accept & out_of_range),
            self.not_loaded.eq(accept & ~self.loaded),
        ]

        previous = Signal(config.class_bits, init=config.rows)  # decision of the sample before; rows: there is none
        ready = ~paused & (~held | move)
        if config.feedback:
            awaited = Signal()  # that decision is still on its way
            with m.If(self.decided):
                m.d.sync += [previous.eq(self.decision), awaited.eq(0)]
            with m.If(accept):
                m.d.sync += awaited.eq(1)
            ready &= ~awaited
        m.d.comb += self.x.ready.eq(ready)

        # The memories.
        word = Signal(word_layout(config))  # what the bus has read, with what it writes
        registers = []
        bus_addresses = []
        for index, (bins, address) in enumerate(
            zip(config.stream_bins, self._addresses(m, previous, out_of_range), strict=True)
        ):
            m.submodules[f"column_{index}"] = memory = Memory(
                shape=word_layout(config),
                # A single word would have no address: the prior's memory has a second one, out of reach.
                depth=max(bins, 2),
                init=[] if self.table is None else self.table.streams[index].tolist(),
            )
            held_address = Signal.like(address, name=f"held_address_{index}", reset_less=True)
            offered_address = Signal.like(address, name=f"offered_address_{index}", reset_less=True)
            with m.If(accept):
                m.d.sync += held_address.eq(address)
            with m.If(move):
                m.d.sync += offered_address.eq(held_address)
            bus_address = Signal.like(address, name=f"bus_address_{index}", reset_less=True)
            bus_addresses.append((bus_address, offered_address, held_address))
            if config.memory == "emulated":
                m.d.comb += self.bins[index].eq(offered_address)
            read = memory.read_port()
            m.d.comb += [
                # `~write` follows from the rest, but synthesis must see it: it would otherwise put logic behind the
                # block RAM for a word that is read and written in the same clock.
                read.en.eq((accept | bus_reads) & ~write),
                read.addr.eq(Mux(paused, bus_address, address)),
            ]
            # No reset, so that it can be the output register of a block RAM.
            register = Signal.like(read.data, name=f"word_{index}", reset_less=True)
            with m.If(move | latch):
                m.d.sync += register.eq(read.data)
            m.d.comb += self.words.words[index].eq(register)
            registers.append(register)

            write_port = memory.write_port()
            m.d.comb += [
                write_port.addr.eq(bin_index),
                write_port.data.eq(word),
                write_port.en.eq(write & (column == index)),
            ]

        self._add_bus(m, registers, bus_addresses, word, paused, bus_reads, latch, write)
        return m

    def _add_bus(
        self,
        m: Module,
        registers: list[data.View],
        addresses: list[tuple[Signal, Signal, Signal]],
        word: data.View,
        paused: Signal,
        bus_reads: Signal,
        latch: Signal,
        write: Signal,
    ) -> None:
        """Bus accesses: a read, and a write after it that puts the whole word back, one row of it new.

        ``addresses``: each column's address for the bus, and those of the words that the registers and the memories'
        outputs held when the bus came.
        """
        config = self.config
        port = self.window
        row, bin_index, column = self._split(port.index)
        exists = Signal()

        # One row a clock: of each column, then of this one; the rows before it move on.
        gathered = Signal(range(config.rows + PICK_STAGES))
        element = Signal(config.likelihood_bits, reset_less=True)
        picked = [Signal.like(element, name=f"picked_{index}", reset_less=True) for index in range(len(registers))]
        m.d.sync += [each.eq(register[gathered]) for each, register in zip(picked, registers, strict=True)]
        m.d.sync += element.eq(Array(picked)[column])
        merged = Mux(port.write & (gathered == row + PICK_STAGES), port.wdata, element)

        with m.FSM(name="bus"):
            with m.State("IDLE"), m.If(port.valid):
                m.d.sync += paused.eq(1)
                m.next = "CHECK"
            with m.State("CHECK"):
                m.d.sync += exists.eq(0)
                with m.Switch(column):
                    for index, bins in enumerate(config.stream_bins):
                        with m.Case(index):
                            m.d.sync += exists.eq((bin_index < bins) & (row < config.rows))
                m.d.sync += [bus.eq(bin_index) for bus, _, _ in addresses]
                m.next = "ACCESS"
            with m.State("ACCESS"):
                with m.If(~exists | (port.write & self.locked)):
                    m.next = "REFUSE"
                with m.Else():
                    m.next = "READ"
            with m.State("REFUSE"):
                m.d.comb += [port.ready.eq(1), port.error.eq(1)]
                m.d.sync += paused.eq(0)
                m.next = "IDLE"
            with m.State("READ"):
                m.d.comb += bus_reads.eq(1)
                m.d.sync += [bus.eq(offered) for bus, offered, _ in addresses]
                m.next = "LATCH"
            with m.State("LATCH"):
                m.d.comb += [latch.eq(1), bus_reads.eq(1)]
                m.d.sync += [bus.eq(held) for bus, _, held in addresses]
                m.d.sync += gathered.eq(0)
                m.next = "GATHER"
            with m.State("GATHER"):
                m.d.sync += [gathered.eq(gathered + 1), word.eq(Cat(word.as_value()[len(element) :], merged))]
                with m.If(gathered == config.rows + PICK_STAGES - 1):
                    m.next = "RESTORE"
            with m.State("RESTORE"):
                m.d.comb += [latch.eq(1), bus_reads.eq(1)]
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [port.ready.eq(1), port.rdata.eq(word[row]), write.eq(port.write)]
                m.d.sync += paused.eq(0)
                m.next = "IDLE"

    def _split(self, index: Signal) -> tuple[Signal, Signal, Signal]:
        """Row, bin and column of a window index."""
        upper = index[self.row_bits :]
        return index[: self.row_bits], upper[: self.bin_bits], upper[self.bin_bits :]

    def _addresses(self, m: Module, previous: Signal, out_of_range: Signal) -> list[Signal]:
        """Each column's word address for the sample on ``x``; also whether any of its observations is out of range."""
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
        m.d.comb += out_of_range.eq(Cat(beyond).any())
        return addresses
