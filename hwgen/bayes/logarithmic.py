"""The logarithmic engine: likelihoods multiply by adding their quantised negative logarithms."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import wiring

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.signature import engine_members, word_layout
from hwgen.parts.adder_tree import AdderTree
from hwgen.parts.delay_line import DelayLine


class LogarithmicEngine(wiring.Component):
    """Adds the words of all columns, row by row; takes a new set of words in every clock.

    Members: ``words``: from the memory; ``scores``: each row's saturating sum, one register
    stage and one adder tree later; ``busy``: a decision is in the engine; ``working``: this clock works on a decision.
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        super().__init__(engine_members(config))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        advance = self.scores.ready

        # The memory's registers must lie beside the block RAMs, the adders need not: another stage lets them part.
        words = [
            Signal(word_layout(config), name=f"word_{column}", reset_less=True) for column in range(config.streams)
        ]
        valid = Signal()
        invalid = Signal()
        m.d.comb += [self.words.ready.eq(advance), self.working.eq(self.words.valid & advance)]
        with m.If(advance):
            m.d.sync += valid.eq(self.words.valid)
            with m.If(self.words.valid):
                m.d.sync += [invalid.eq(self.words.invalid)]
                m.d.sync += [word.eq(offered) for word, offered in zip(words, self.words.words, strict=True)]

        for row in range(config.rows):
            m.submodules[f"row_{row}"] = tree = AdderTree(config.streams, config.likelihood_bits, config.score_bits)
            m.d.comb += [
                tree.enable.eq(advance),
                *(tree.terms[column].eq(words[column][row]) for column in range(config.streams)),
                self.scores.payload.scores[row].eq(tree.total),
            ]
        m.submodules.beside = beside = DelayLine(1, tree.depth)
        m.d.comb += [
            beside.enable.eq(advance),
            beside.i_valid.eq(valid),
            beside.i.eq(invalid),
            self.scores.valid.eq(beside.o_valid),
            self.scores.payload.invalid.eq(beside.o),
            self.scores.payload.cycles.eq(1),
            self.busy.eq(valid | beside.occupied),
        ]
        return m
