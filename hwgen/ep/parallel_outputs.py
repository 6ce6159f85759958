"""The output neurons of a machine that sums all rows at once."""

from functools import reduce

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from hwgen.ep.config import EPConfig
from hwgen.ep.outputs import limited, nudged, outputs_members


class ParallelOutputs(wiring.Component):
    """Makes the steps of all output neurons in one clock; members as in
    :func:`~hwgen.ep.outputs.outputs_members`."""

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        super().__init__(outputs_members(config))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        bits = config.state_bits[-1]
        due = Signal()
        m.d.sync += due.eq(self.row.valid & ~self.stop)
        with m.If(self.keep):
            m.d.sync += self.kept.eq(self.activity)

        states = []
        changes = []
        for number, total in enumerate(self.total):
            state = Signal(bits, name=f"state_{number}")
            following = Signal(bits, name=f"following_{number}")
            # With its nudge while the sums are still in the trees.
            pulled = Signal(signed(bits + config.beta.bit_length() + 2), name=f"pulled_{number}")
            is_target = self.label == number // config.outputs_per_class
            m.d.sync += pulled.eq(nudged(config, state, is_target, self.nudge))
            m.d.comb += following.eq(limited(config, (pulled + total) >> 1))
            with m.If(self.clear):
                m.d.sync += state.eq(0)
            with m.Elif(due):
                m.d.sync += state.eq(following)
            states.append(state)
            changes.append(following != state)
        m.d.sync += self.changed.eq(due & ~self.stop & Cat(changes).any())
        m.d.comb += [
            self.states.as_value().eq(Cat(states)),
            self.activity.eq(Cat(state[-1] for state in states)),
        ]

        # The largest sum of a class's states, the lowest class of equal ones.
        per_class = config.outputs_per_class
        sums = [sum(states[start : start + per_class]) for start in range(0, len(states), per_class)]
        candidates = [(total, Value.cast(number)) for number, total in enumerate(sums)]
        while len(candidates) > 1:
            pairs = list(zip(candidates[::2], candidates[1::2], strict=False))
            candidates = [reduce(_better, pair) for pair in pairs] + candidates[2 * len(pairs) :]
        m.d.sync += self.prediction.eq(candidates[0][1])
        return m


Candidate = tuple[Value, Value]


def _better(low: Candidate, high: Candidate) -> Candidate:
    """The larger of two numbers, with what goes with it."""
    wins = high[0] > low[0]
    return Mux(wins, high[0], low[0]), Mux(wins, high[1], low[1])
