"""Likelihoods in an array of memristors, read once for every decision."""

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.signature import WordsSignature, sample_layout, stream_of, word_layout
from hwgen.bus.interface import WindowSignature
from hwgen.bus.map import Window
from hwgen.memristor.signature import ReadPort


class LikelihoodArray(wiring.Component):
    """Accepts a sample, reads the word of every row at the observed bin of one column after the other, and offers all
    words at once. Then the array is idle, whatever the engine does with them; the next sample may come.

    Latency: :attr:`~hwgen.bayes.config.BayesConfig.memory_clocks`. The bus reads between samples, or while words wait.

    Members: as :class:`~hwgen.bayes.memory.LikelihoodMemory`, and ``reads``: the array; ``unlocked``: it is being
    programmed: no sample is taken, and the bus is refused. Bus writes always are.
    """

    def __init__(self, config: BayesConfig, window: Window) -> None:
        self.config = config
        self.array = config.array_config
        self.column_bits, self.bin_bits, self.row_bits = window.index_bits
        feedback = {"decided": In(1), "decision": In(config.class_bits)} if config.feedback else {}
        super().__init__(
            {
                "x": In(stream_of(sample_layout(config))),
                "words": Out(WordsSignature(config)),
                "window": In(WindowSignature(sum(window.index_bits), window.width)),
                "reads": Out(ReadPort(self.array)),
                "unlocked": In(1),
                "loaded": In(1),
                "invalid_observation": Out(1),
                "not_loaded": Out(1),
                "occupied": Out(1),
                **feedback,
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, port, reads = self.config, self.window, self.reads
        accept = Signal()
        m.d.comb += [accept.eq(self.x.valid & self.x.ready), self.not_loaded.eq(accept & ~self.loaded)]
        place_bits = max(config.stream_bins).bit_length()
        bins = [Signal(place_bits, name=f"bin_{index}") for index in range(config.streams)]
        waits = self._take(m, accept, bins)

        # One column after the other.
        column = Signal(range(config.streams))  # of the next read
        gathered = Signal(range(config.streams))  # of the next words
        words = self.words.words
        held = [Signal(word_layout(config), name=f"word_{index}", reset_less=True) for index in range(config.streams)]
        m.d.comb += [offered.eq(word) for offered, word in zip(words, held, strict=True)]
        asked_row = port.index[: self.row_bits]
        asked_bin = port.index[self.row_bits :][: self.bin_bits]
        asked_column = port.index[self.row_bits + self.bin_bits :]
        for_bus = Signal()
        chosen = Signal(place_bits)  # bin
        m.d.comb += chosen.eq(Mux(for_bus, asked_bin, Array(bins)[column]))
        self._address(m, chosen, Mux(for_bus, asked_column, column))
        sensed = Signal(word_layout(config))
        # Which words of the lines come: the next read may have begun in the clock before.
        place = Signal.like(self.reads.place)
        place_of_data = Signal.like(place)
        m.d.sync += place_of_data.eq(place)
        with m.If(reads.start & reads.ready):
            m.d.sync += place.eq(reads.place)
        m.d.comb += sensed.eq(Cat(self._word(row, place_of_data) for row in range(config.rows)))

        # What the bus may not have.
        bad = Signal()
        refused = Signal()
        exists = Array((asked_bin < size) & (asked_row < config.rows) for size in config.stream_bins)[asked_column]
        m.d.comb += bad.eq(port.write | self.unlocked | ~exists | (asked_column >= config.streams))
        m.d.sync += refused.eq(port.valid & bad & ~refused)
        with m.If(refused):
            m.d.comb += [port.ready.eq(1), port.error.eq(1)]
        bus_reads = port.valid & ~bad & ~refused

        back = Signal()  # words wait: they are offered again after the bus
        with m.FSM(name="memory") as fsm:
            with m.State("IDLE"):
                with m.If(bus_reads):
                    m.d.sync += back.eq(0)
                    m.next = "ASK"
                with m.Else():
                    m.d.comb += self.x.ready.eq(reads.ready & ~waits)
                    with m.If(accept):
                        m.d.sync += [column.eq(0), gathered.eq(0)]
                        m.next = "READ"
            with m.State("READ"):
                m.d.comb += reads.start.eq(1)
                with m.If(reads.ready):
                    m.d.sync += column.eq(column + 1)
                    with m.If(column == config.streams - 1):
                        m.next = "GATHER"
            with m.State("GATHER"):
                with m.If(reads.done & (gathered == config.streams - 1)):
                    m.next = "OFFER"
            with m.State("OFFER"):
                with m.If(bus_reads):
                    m.d.sync += back.eq(1)
                    m.next = "ASK"
                with m.Else():
                    m.d.comb += self.words.valid.eq(1)
                    with m.If(self.words.ready):
                        m.next = "IDLE"
            with m.State("ASK"):
                m.d.comb += [for_bus.eq(1), reads.start.eq(1)]
                with m.If(reads.ready):
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                with m.If(reads.done):
                    m.d.comb += [port.ready.eq(1), port.rdata.eq(sensed[asked_row])]
                    m.next = "IDLE"
                    with m.If(back):
                        m.next = "OFFER"
        with m.If(reads.done & (fsm.ongoing("READ") | fsm.ongoing("GATHER"))):
            m.d.sync += gathered.eq(gathered + 1)
            for index, word in enumerate(held):
                with m.If(gathered == index):
                    m.d.sync += word.eq(sensed)
        idle = fsm.ongoing("IDLE") | ((fsm.ongoing("ASK") | fsm.ongoing("ANSWER")) & ~back)
        m.d.comb += self.occupied.eq(~idle)
        return m

    def _take(self, m: Module, accept: Signal, bins: list[Signal]) -> Value:
        """The bins of an accepted sample, kept; returns whether no sample can be taken yet."""
        config = self.config
        beyond = []
        for index, size in enumerate(config.bins):
            observation = self.x.payload.observations[f"column_{index}"]
            beyond.append(observation >= size)
            with m.If(accept):
                m.d.sync += bins[index].eq(observation)
        out_of_range = Cat(beyond).any()
        m.d.comb += self.invalid_observation.eq(accept & out_of_range)
        with m.If(accept):
            m.d.sync += self.words.invalid.eq(out_of_range | ~self.loaded)
        if not config.feedback:
            return Value.cast(0)
        previous = Signal(config.class_bits, init=config.rows)  # decision of the sample before; rows: there is none
        awaited = Signal()
        with m.If(self.decided):
            m.d.sync += [previous.eq(self.decision), awaited.eq(0)]
        with m.If(accept):
            m.d.sync += [
                awaited.eq(1),
                bins[config.columns].eq(Mux(self.x.payload.restart, config.rows, previous)),
            ]
        return awaited

    def _address(self, m: Module, chosen: Signal, column: Value) -> None:
        """The place of a bin's words in a column of blocks."""
        place = self.reads.place
        word_bits = len(place.word)
        m.d.comb += [
            place.word.eq(chosen),
            place.row.eq(chosen[word_bits:]),
            place.block_column.eq(column),
        ]

    def _word(self, row: int, place: Value) -> Value:
        """The word of a row among what was read."""
        geometry, bits = self.array.geometry, self.config.likelihood_bits
        sensed = self.reads.data[row * self.array.sense_bits :][: self.array.sense_bits]
        if self.array.sense == "word":
            return sensed[:bits]
        words = [sensed.word_select(word, geometry.word_bits)[:bits] for word in range(geometry.words_per_row)]
        return Array(words)[place.word]
