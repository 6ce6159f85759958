"""The comparison: which row wins."""

from amaranth.hdl import Elaboratable, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.signature import result_layout, scores_layout, stream_of
from hwgen.parts.best import Best
from hwgen.parts.delay_line import DelayLine


class Decide(wiring.Component):
    """Turns scores into a result: the largest count (stochastic) or the smallest sum (logarithmic) wins.

    Of rows with equal scores the lowest wins, and ``tie`` is 1. An invalid sample's result has ``decision = rows``,
    which is no class, and zeros elsewhere.

    Members: ``scores``: from the engine; ``result``: one clock a level of the comparison tree later; ``busy``: a
    decision is in here.
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        super().__init__(
            {
                "scores": In(stream_of(scores_layout(config))),
                "result": Out(stream_of(result_layout(config))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        m.submodules.best = best = Best(config.rows, config.result_score_bits, largest=config.mode == "stochastic")
        m.submodules.beside = beside = DelayLine(scores_layout(config), best.depth)
        result = self.result.payload
        m.d.comb += [
            self.scores.ready.eq(self.result.ready),
            best.enable.eq(self.result.ready),
            best.numbers.eq(self.scores.payload.scores),
            beside.enable.eq(self.result.ready),
            beside.i_valid.eq(self.scores.valid),
            beside.i.eq(self.scores.payload),
            self.busy.eq(beside.occupied),
            self.result.valid.eq(beside.o_valid),
            result.invalid.eq(beside.o.invalid),
            result.decision.eq(Mux(beside.o.invalid, config.rows, best.index)),
        ]
        with m.If(~beside.o.invalid):
            m.d.comb += [result.tie.eq(best.tie), result.cycles.eq(beside.o.cycles), result.scores.eq(beside.o.scores)]
        return m
