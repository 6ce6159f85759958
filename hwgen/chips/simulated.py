"""An ideal chip as hardware, to be simulated beside the controller."""

from functools import reduce
from operator import and_

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.config import ChipConfig
from hwgen.chips.likelihoods import chip_words
from hwgen.chips.outputs import NAMES
from hwgen.chips.profile import INSTRUCTIONS
from hwgen.chips.signature import CONTROLS, SEED_BITS, ChipSignature
from hwgen.memristor.signature import LINES
from hwgen.memristor.simulated import SimulatedArray
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns


class SimulatedChip(wiring.Component):
    """A formed chip that every pulse switches and that reads right: array, registers, generators, gates and adders.

    Args:
        config: of the controller at whose pins it is.
        held: what it is programmed with at first; None: its devices are in the low-resistance state.
    """

    def __init__(self, config: ChipConfig, held: LikelihoodTable | None) -> None:
        self.config = config
        self.array = SimulatedArray(config.array_config, {} if held is None else chip_words(config.profile, held))
        super().__init__({"pins": In(ChipSignature(config.profile))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, profile, pins = self.config, self.config.profile, self.pins
        m.submodules.array = array = self.array
        before = Signal()
        rises = Signal()
        m.d.sync += before.eq(pins.clk)
        m.d.comb += rises.eq(pins.clk & ~before)

        # The input registers, and those behind which controls act.
        stages = [{pin.name: getattr(pins, pin.name) for pin in profile.pins[1:-1]}]
        for depth in range(config.latency):
            stage = {name: Signal.like(level, name=f"{name}_{depth}") for name, level in stages[-1].items()}
            with m.If(rises):
                m.d.sync += [stage[name].eq(level) for name, level in stages[-1].items()]
            stages.append(stage)
        inputs, late = stages[config.input_clocks], stages[-1]
        control = {name: self._control(late, name) for name in CONTROLS}
        for name in LINES:
            level = pins.supply if name == "supply" else inputs[NAMES.get(name, name)]
            m.d.comb += getattr(array.pins, name).eq(level)
        column = inputs["adr_full_col"][(profile.geometry.columns - 1).bit_length() :]

        evaluates = array.pins.cwl & ~array.pins.csl & ~array.pins.cblen
        bits = profile.geometry.word_bits
        words = [
            [Signal(bits, name=f"word_{row}_{at}") for at in range(profile.columns)] for row in range(profile.rows)
        ]
        for row in range(profile.rows):
            sensed = array.pins.data.word_select(row, bits)
            cells = sensed[::-1] if profile.reversed_cells else sensed
            for at, word in enumerate(words[row]):
                with m.If(rises & control["read_8"] & evaluates & (column == at)):
                    m.d.sync += word.eq(~cells if profile.complemented else cells)
                with m.If(rises & control["load_mem"]):
                    m.d.sync += word.eq(0)

        chains = Cat(self._serial_sum(m, rises, control, row) for row in words)
        if "stochastic" in profile.modes:
            products = self._products(m, rises, control, words, column, inputs["seeds"])
            m.d.comb += pins.bit_out.eq(Mux(control["stoch_log"], chains, products))
        else:
            m.d.comb += pins.bit_out.eq(chains)
        return m

    def _control(self, pins: dict[str, Signal], name: str) -> Value:
        """Whether a control is asked for."""
        if not self.config.profile.coded:
            return pins[name]
        return pins["instruction"] == INSTRUCTIONS[name] if name in INSTRUCTIONS else Value.cast(0)

    def _serial_sum(self, m: Module, rises: Signal, control: dict[str, Value], words: list[Signal]) -> Value:
        """A row's sum, which leaves bit by bit."""
        profile = self.config.profile
        bits = profile.geometry.word_bits
        total: Value = words[0]
        for word in words[1:]:
            exact = Signal(bits + 1)
            m.d.comb += exact.eq(total + word)
            total = exact[:bits] | exact[bits].replicate(bits)
        leaving = Signal(bits)
        # Counts from below 0; at 0 the highest bit leaves.
        modulus = 1 << (bits + self.config.read_out_clocks).bit_length()
        start = -self.config.read_out_clocks % modulus
        counter = Signal(range(modulus), init=start)
        with m.If(rises):
            m.d.sync += counter.eq(Mux(control["read_out"], counter + 1, start))
            with m.If(control["inference"]):
                m.d.sync += leaving.eq(total)
        return leaving[::-1].bit_select(counter[: (bits - 1).bit_length()], 1) & (counter < bits) & control["read_out"]

    def _products(
        self,
        m: Module,
        rises: Signal,
        control: dict[str, Value],
        words: list[list[Signal]],
        column: Value,
        seeds: Value,
    ) -> Value:
        """The rows' bits: of each word the one that the column's generator points at, ANDed."""
        selected = []
        for at in range(self.config.profile.columns):
            state = Signal(SEED_BITS, name=f"generator_{at}")
            with m.If(rises & control["load_seed"] & (column == at)):
                m.d.sync += state.eq(seeds)
            with m.Elif(rises & control["inference"] & ~control["stoch_log"]):
                m.d.sync += state.eq(linear(step_columns(SEED_BITS, 1), state))
            selected.append(Cat(state[bit] & ~state[bit + 1 :].any() for bit in range(SEED_BITS)))
        return Cat(
            reduce(and_, ((word & leading).any() for word, leading in zip(row, selected, strict=True))) for row in words
        )
