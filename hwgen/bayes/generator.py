"""Random numbers for the stochastic engine, one sequence a column, and their conversion into bits."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.parts.lfsr import LFSR
from hwgen.parts.sobol import SobolPoint


class ColumnGenerators(wiring.Component):
    """The next ``lanes`` numbers of every column's generator.

    Members: ``numbers[lane][column]``: the numbers of this clock; ``advance``: go on to the next ``lanes``;
    ``restart``: go back to the start of the sequences, as every decision does (wins over ``advance``).
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        numbers = data.ArrayLayout(data.ArrayLayout(config.generator_bits, config.streams), config.lanes)
        super().__init__({"numbers": Out(numbers), "advance": In(1), "restart": In(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        if self.config.generator == "lfsr":
            self._add_lfsrs(m)
        else:
            self._add_sobol(m)
        return m

    def _add_lfsrs(self, m: Module) -> None:
        config = self.config
        for column, seed in enumerate(config.seeds):
            m.submodules[f"column_{column}"] = lfsr = LFSR(config.generator_bits, seed, config.lanes)
            m.d.comb += [lfsr.advance.eq(self.advance), lfsr.restart.eq(self.restart)]
            for lane in range(config.lanes):
                m.d.comb += self.numbers[lane][column].eq(lfsr.states.word_select(lane, config.generator_bits))

    def _add_sobol(self, m: Module) -> None:
        config = self.config
        # Point 0 is 0 in every dimension and would make a 0 of every likelihood: the sequences start at point 1.
        index = Signal(config.generator_bits, init=1)
        with m.If(self.restart):
            m.d.sync += index.eq(1)
        with m.Elif(self.advance):
            m.d.sync += index.eq(index + config.lanes)
        for lane in range(config.lanes):
            m.submodules[f"lane_{lane}"] = sobol = SobolPoint(config.generator_bits, config.streams)
            m.d.comb += [sobol.index.eq(index + lane), self.numbers[lane].eq(sobol.point)]


def selector(config: BayesConfig, number: Value) -> Value:
    """What the conversion keeps of a random number: for weighted-binary, the position of its leading one (one-hot,
    ``likelihood_bits`` wide); for the comparator, the number itself."""
    if config.conversion == "comparator":
        return number
    scale = config.generator_bits - config.likelihood_bits
    return Cat(number[bit + scale] & ~number[bit + scale + 1 :].any() for bit in range(config.likelihood_bits))


def stochastic_bit(config: BayesConfig, selected: Value, likelihood: Value) -> Value:
    """One bit that is 1 with probability ``likelihood / 2**likelihood_bits``, nearly.

    Over one period of the generator (``2**generator_bits - 1`` numbers, 0 not among them) either conversion gives
    exactly ``likelihood * 2**(generator_bits - likelihood_bits)`` ones, in another order. Weighted-binary: Gupta and
    Kumaresan, 1988.
    """
    if config.conversion == "comparator":
        scale = config.generator_bits - config.likelihood_bits
        return selected <= (likelihood << scale)
    return (selected & likelihood).any()


def selector_bits(config: BayesConfig) -> int:
    """Width of :func:`selector`."""
    return config.generator_bits if config.conversion == "comparator" else config.likelihood_bits
