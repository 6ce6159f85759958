"""What a chip does with an observation, from the reads of its array to the bits that it gives."""

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.config import ChipConfig
from hwgen.chips.signature import InferencePort, chip_lines
from hwgen.parts.delay_line import DelayLine


class DecisionSequencer(wiring.Component):
    """Has the chip read its words, one column after the other, all rows at once; then loads seeds and counts ones, or
    has it add, and takes the sums as they come, highest bit first.

    Runs in clocks of the chip; from ``port.start`` to ``port.done`` it takes
    :meth:`~hwgen.chips.config.ChipConfig.steps`. To read single words it clears the chip's registers of words (a clock
    more), reads one column, and has the chip add: the sum of each row is its word.

    Members: ``port``: who asks; ``alone``: read ``column`` only, with the registers cleared before; ``lines``: what it
    wants of the chip, a clock before the pins show it; ``bits``: the chip's serial outputs, as they were when its clock
    rose last; ``active``: it is at work.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.config = config
        profile = config.profile
        super().__init__(
            {
                "port": In(InferencePort(config)),
                "alone": In(1),
                "column": In(range(profile.columns)),
                "lines": Out(chip_lines(config)),
                "bits": In(profile.rows),
                "active": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, port, lines = self.config, self.port, self.lines
        profile, clocks = config.profile, config.array_config.read_clocks
        words, seeds, cycles = Signal.like(port.observations), Signal.like(port.seeds), Signal.like(port.cycles)
        logarithmic = Signal()
        column = Signal(range(profile.columns))
        last = Signal.like(column)
        read_out = config.read_out_clocks + profile.geometry.word_bits
        drain = config.latency + 1  # the pins are a clock behind, the chip follows them so much later
        longest = max(
            *clocks, config.seed_clocks, config.inference_clocks, read_out, drain, (1 << len(port.cycles)) - 1
        )
        elapsed = Signal(range(longest))  # clocks of this phase
        expected = Signal()  # what the lines now want gives a bit of each row
        cell, row = self._place(words[column])
        m.d.comb += [self.active.eq(1), lines.stoch_log.eq(logarithmic)]
        m.d.sync += elapsed.eq(elapsed + 1)

        def phase(over: object, following: str) -> None:
            """In this state: go on when the phase is over."""
            with m.If(over):
                m.d.sync += elapsed.eq(0)
                m.next = following

        def read(length: int, following: str) -> None:
            """In this state: a column is being read."""
            m.d.comb += [lines.read_8.eq(1), lines.row.eq(row), lines.column.eq(Cat(cell, column))]
            phase(elapsed == length - 1, following)

        with m.FSM(name="decide"):
            with m.State("IDLE"):
                m.d.comb += [self.active.eq(0), lines.stoch_log.eq(0), port.ready.eq(1)]
                m.d.sync += elapsed.eq(0)
                with m.If(port.start):
                    m.d.sync += [
                        words.eq(port.observations),
                        seeds.eq(port.seeds),
                        cycles.eq(port.cycles),
                        logarithmic.eq(port.logarithmic),
                        port.scores.eq(0),
                        column.eq(Mux(self.alone, self.column, 0)),
                        last.eq(Mux(self.alone, self.column, profile.columns - 1)),
                    ]
                    m.next = "SETUP"
                    with m.If(self.alone):
                        m.next = "CLEAR"
            with m.State("CLEAR"):
                m.d.comb += lines.load_mem.eq(1)
                phase(1, "SETUP")
            with m.State("SETUP"):
                m.d.comb += lines.csl.eq(1)
                read(clocks.setup, "PRECHARGE")
            with m.State("PRECHARGE"):
                m.d.comb += [lines.csl.eq(1), lines.cwl.eq(1)]
                read(clocks.precharge, "EVALUATE")
            with m.State("EVALUATE"):
                m.d.comb += lines.cwl.eq(1)
                read(clocks.evaluate, "HOLD")
            with m.State("HOLD"):
                m.d.comb += lines.cwl.eq(1)
                read(clocks.hold, "OFF")
            with m.State("OFF"):
                read(clocks.off, "SETUP")
                with m.If(elapsed == clocks.off - 1):
                    m.d.sync += column.eq(column + 1)
                    with m.If(column == last):
                        m.d.sync += column.eq(0)
                        m.next = "SEED"
                        with m.If(logarithmic):
                            m.next = "INFER"
            with m.State("SEED"):
                m.d.comb += [
                    lines.load_seed.eq(elapsed == 1),
                    lines.column.eq(Cat(cell, column)),
                    lines.seeds.eq(seeds[column]),
                ]
                with m.If(elapsed == config.seed_clocks - 1):
                    m.d.sync += [elapsed.eq(0), column.eq(column + 1)]
                    with m.If(column == profile.columns - 1):
                        m.next = "INFER"
            with m.State("INFER"):
                m.d.comb += [lines.inference.eq(1), expected.eq(~logarithmic)]
                with m.If(logarithmic):
                    phase(elapsed == config.inference_clocks - 1, "READ_OUT")
                with m.Else():
                    phase(elapsed + 1 >= cycles, "DRAIN")
            with m.State("READ_OUT"):
                m.d.comb += [lines.read_out.eq(1), expected.eq(elapsed >= config.read_out_clocks)]
                phase(elapsed == read_out - 1, "DRAIN")
            with m.State("DRAIN"):
                phase(elapsed == drain - 1, "DONE")
            with m.State("DONE"):
                m.d.comb += port.done.eq(1)
                m.next = "IDLE"

        m.submodules.delay = delay = DelayLine(1, drain)
        m.d.comb += [delay.enable.eq(1), delay.i_valid.eq(expected)]
        with m.If(delay.o_valid):
            for score, bit in zip(port.scores, self.bits, strict=True):
                m.d.sync += score.eq(Mux(logarithmic, Cat(bit, score), score + bit))
        return m

    def _place(self, address: Value) -> tuple[Value, Value]:
        """Where the word at ``address`` lies in its block: its lowest column, and its row, whose address leaves out
        the row of blocks, as all are read."""
        geometry = self.config.profile.geometry
        word_bits = (geometry.words_per_row - 1).bit_length()
        lowest = Cat(Const(0, (geometry.word_bits - 1).bit_length()), address[:word_bits])
        return lowest, address[word_bits:]
