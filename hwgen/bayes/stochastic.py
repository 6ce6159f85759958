"""The stochastic engine: likelihoods multiply as the AND of random bit streams, and ones are counted."""

from functools import reduce
from operator import and_

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.generator import ColumnGenerators, selector, selector_bits, stochastic_bit
from hwgen.bayes.signature import engine_members, word_layout

SLOT = data.StructLayout({"valid": 1, "first": 1, "last": 1, "invalid": 1})
"""What accompanies a slot, the ``lanes`` cycles of one clock, through the engine."""


class StochasticEngine(wiring.Component):
    """Computes one decision in ``slots`` clocks, or in fewer under a stop rule, and then the next without a pause.

    A slot passes four stages: *issue* (random numbers, leading ones), *multiply* (bits, AND along the row), *count*,
    and *judge* (stop rule). A stop rule therefore ends the issue of slots three clocks late
    (:data:`~hwgen.bayes.config.ENGINE_DEPTH`); the surplus slots change nothing.

    Members: ``words``: from the memory; ``scores``: the counts; ``busy``: a decision is in the engine; ``working``:
    this clock issues a slot.
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        super().__init__(engine_members(config))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        advance = self.scores.ready

        to_multiply = Signal(SLOT)
        to_count = Signal(SLOT)
        to_judge = Signal(SLOT)
        words = [
            Signal(word_layout(config), name=f"word_{column}", reset_less=True) for column in range(config.streams)
        ]
        selected = Signal(data.ArrayLayout(data.ArrayLayout(selector_bits(config), config.streams), config.lanes))
        enabled = Signal(config.lanes)  # lanes of the slot that lie before the last cycle
        bits = Signal(data.ArrayLayout(config.lanes, config.rows))
        counts = Signal(data.ArrayLayout(data.ArrayLayout(config.result_score_bits, config.rows), config.lanes))
        elapsed = Signal(range(config.slots * config.lanes))  # cycles before the slot at judge
        stop = Signal()

        # Issue.
        m.submodules.generators = generators = ColumnGenerators(config)
        slot = Signal(range(config.slots))
        running = Signal()
        issue = Signal(SLOT)
        final_slot = slot == config.slots - 1
        fully_issued = Cat(stage.valid & stage.last for stage in (to_multiply, to_count, to_judge)).any()
        m.d.comb += [
            issue.valid.eq(running | self.words.valid),
            issue.first.eq(~running),
            issue.invalid.eq(issue.first & self.words.invalid),
            issue.last.eq(final_slot | issue.invalid | (stop & ~fully_issued)),
            self.words.ready.eq(advance & issue.first),
            self.working.eq(advance & issue.valid),
            generators.advance.eq(self.working),
            generators.restart.eq(self.working & issue.last),
        ]
        last_lanes = config.cycles - (config.slots - 1) * config.lanes
        with m.If(self.working):
            m.d.sync += [
                running.eq(~issue.last),
                slot.eq(Mux(issue.last, 0, slot + 1)),
                enabled.eq(Mux(issue.invalid, 0, Mux(final_slot, (1 << last_lanes) - 1, -1))),
            ]
            m.d.sync += [
                selected[lane][column].eq(selector(config, generators.numbers[lane][column]))
                for lane in range(config.lanes)
                for column in range(config.streams)
            ]
            with m.If(issue.first):
                m.d.sync += [word.eq(offered) for word, offered in zip(words, self.words.words, strict=True)]
        with m.If(advance):
            m.d.sync += [to_multiply.eq(issue), to_count.eq(to_multiply), to_judge.eq(to_count)]

        # Multiply.
        with m.If(advance & to_multiply.valid):
            for row in range(config.rows):
                for lane in range(config.lanes):
                    product = reduce(
                        and_,
                        (
                            stochastic_bit(config, selected[lane][column], words[column][row])
                            for column in range(config.streams)
                        ),
                    )
                    m.d.sync += bits[row][lane].eq(product & enabled[lane])

        # Count. Only the judge of a stop rule looks at the counts of every lane.
        with m.If(advance & to_count.valid):
            m.d.sync += elapsed.eq(Mux(to_count.first, 0, elapsed + config.lanes))
            for row in range(config.rows):
                count = Mux(to_count.first, 0, counts[-1][row])
                for lane in range(config.lanes):
                    ones = sum(bits[row][index] for index in range(lane + 1))
                    if lane == config.lanes - 1 or config.stop != "fixed":
                        m.d.sync += counts[lane][row].eq(count + ones)

        # Judge.
        m.d.comb += [
            self.busy.eq(running | to_multiply.valid | to_count.valid | to_judge.valid),
            self.scores.payload.invalid.eq(to_judge.invalid),
        ]
        if config.stop == "fixed":
            m.d.comb += [
                self.scores.valid.eq(to_judge.valid & to_judge.last),
                self.scores.payload.cycles.eq(Mux(to_judge.invalid, 0, config.cycles)),
                self.scores.payload.scores.eq(counts[-1]),
            ]
        else:
            self._judge(m, to_judge, counts, elapsed, stop)
        return m

    def _judge(self, m: Module, slot: data.View, counts: data.View, elapsed: Signal, stop: Signal) -> None:
        """End the decision at the first lane whose counts satisfy the stop rule, or at its last slot."""
        config = self.config
        decided = Signal()  # the decision whose surplus slots pass is already out
        satisfied = Signal(config.lanes)
        m.d.comb += [
            satisfied.eq(
                Cat(self._stops([counts[lane][row] for row in range(config.rows)]) for lane in range(config.lanes))
            ),
            stop.eq(slot.valid & ~decided & satisfied.any()),
            self.scores.valid.eq(stop | (slot.valid & ~decided & slot.last)),
            self.scores.payload.cycles.eq(Mux(slot.invalid, 0, config.cycles)),
            self.scores.payload.scores.eq(counts[-1]),
        ]
        for lane in reversed(range(config.lanes)):
            with m.If(satisfied[lane]):
                m.d.comb += [
                    self.scores.payload.cycles.eq(elapsed + lane + 1),
                    self.scores.payload.scores.eq(counts[lane]),
                ]
        with m.If(self.scores.ready & slot.valid):
            m.d.sync += decided.eq((decided | stop) & ~slot.last)

    def _stops(self, counts: list[Value]) -> Value:
        """Whether the stop rule ends a decision with these counts, one a row."""
        if self.config.stop == "first":
            return Cat(counts).any()
        best, second = _two_largest(counts)
        return best >= second + self.config.lead


def _two_largest(counts: list[Value]) -> tuple[Value, Value]:
    """The largest count and the second largest (equal to it under a tie)."""
    if len(counts) == 1:
        return counts[0], counts[0][:0]
    half = len(counts) // 2
    best_low, second_low = _two_largest(counts[:half])
    best_high, second_high = _two_largest(counts[half:])
    low_wins = best_low >= best_high
    runner_up = Mux(low_wins, best_high, best_low)
    second = Mux(low_wins, second_low, second_high)
    return Mux(low_wins, best_low, best_high), Mux(runner_up >= second, runner_up, second)
