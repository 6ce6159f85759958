"""Samples to results: what the chip is asked, and which row wins."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.config import ChipConfig
from hwgen.chips.registers import CYCLE_BITS
from hwgen.chips.signature import SEED_BITS, InferencePort, result_layout, sample_layout
from hwgen.parts.best import Best


class SampleControl(wiring.Component):
    """Takes a sample when the chip may decide, has it decided, and compares the rows: the largest count or the smallest
    sum wins, of equals the lowest row. A sample out of range, or one that comes before ``loaded``, is flagged and does
    not reach the chip.

    Members: ``x``; ``y``: results, three clocks after the chip's decision, or one after a flagged sample; ``reads``:
    the chip; ``loaded``; ``logarithmic``, ``seeds``, ``cycles``: how it is to decide; ``occupied``: a sample is here,
    or comes in this clock; ``deciding``: the chip works on it; ``accepted``, ``invalid_observation``, ``not_loaded``:
    strobes.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.config = config
        super().__init__(
            {
                "x": In(stream.Signature(sample_layout(config))),
                "y": Out(stream.Signature(result_layout(config))),
                "reads": Out(InferencePort(config)),
                "loaded": In(1),
                "logarithmic": In(1),
                "seeds": In(data.ArrayLayout(SEED_BITS, config.profile.columns)),
                "cycles": In(CYCLE_BITS),
                "occupied": Out(1),
                "deciding": Out(1),
                "accepted": Out(1),
                "invalid_observation": Out(1),
                "not_loaded": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        profile, x, reads, result = self.config.profile, self.x, self.reads, self.y.payload
        beyond = Cat(observation >= profile.bins for observation in x.payload).any()
        accept = self.accepted
        invalid = Signal()  # the sample is flagged
        logarithmic = Signal()
        m.d.comb += [
            accept.eq(x.valid & x.ready),
            self.invalid_observation.eq(accept & beyond),
            self.not_loaded.eq(accept & ~self.loaded),
            reads.start.eq(accept & self.loaded & ~beyond),
            reads.logarithmic.eq(self.logarithmic),
            Value.cast(reads.seeds).eq(Value.cast(self.seeds)),
            reads.cycles.eq(self.cycles),
            *(mine.eq(observation) for mine, observation in zip(reads.observations, x.payload, strict=True)),
        ]

        # The smallest sum is the largest complement.
        m.submodules.best = best = Best(profile.rows, profile.geometry.word_bits, largest=True)
        compared = Signal(best.depth)
        m.d.comb += best.enable.eq(1)
        m.d.sync += compared.eq(Cat(reads.done, compared))
        for number, score in zip(best.numbers, reads.scores, strict=True):
            m.d.comb += number.eq(Mux(logarithmic, ~score, score))

        m.d.comb += self.occupied.eq(1)
        with m.FSM(name="sample"):
            with m.State("IDLE"):
                m.d.comb += [x.ready.eq(reads.ready), self.occupied.eq(accept)]
                with m.If(accept):
                    m.d.sync += [invalid.eq(~reads.start), logarithmic.eq(self.logarithmic)]
                    m.next = "OFFER"
                    with m.If(reads.start):
                        m.next = "DECIDE"
            with m.State("DECIDE"):
                m.d.comb += self.deciding.eq(1)
                with m.If(reads.done):
                    m.next = "COMPARE"
            with m.State("COMPARE"), m.If(compared[-1]):
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.y.valid.eq(1)
                with m.If(self.y.ready):
                    m.next = "IDLE"

        m.d.comb += [result.invalid.eq(invalid), result.decision.eq(Mux(invalid, profile.rows, best.index))]
        with m.If(~invalid):
            stochastic_cycles = self.cycles | (self.cycles == 0)
            m.d.comb += [
                result.tie.eq(best.tie),
                result.cycles.eq(Mux(logarithmic, 1, stochastic_cycles)),
                Value.cast(result.scores).eq(Value.cast(reads.scores)),
            ]
        return m
