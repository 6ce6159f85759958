"""The output neurons: their states, the nudge, and the class that they predict."""

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan


class Nudge(enum.Enum, shape=2):
    """What pulls at the output neurons."""

    NONE = 0
    TOWARDS = 1
    """The target (positive nudge)."""
    AWAY = 2
    """From the target (negative nudge)."""


def row_layout(config: EPConfig) -> data.StructLayout:
    """A row whose sum reaches the outputs: whether there is one, and its output neuron; ``following``: that of the row
    a clock later, if there is one."""
    return data.StructLayout({"valid": 1, "number": range(config.outputs), "following": range(config.outputs)})


def outputs_members(config: EPConfig) -> dict[str, wiring.Member]:
    """Members of the output neurons, serial and parallel ones.

    ``row``: the neuron whose sum comes in the next clock as ``total`` (in parallel, the sums of all do); ``nudge``
    and ``label``: what pulls at the neurons; ``clear``: all states become 0; ``stop``: drop the row; ``keep``: the
    activities are kept; ``activity``, ``kept``, ``states``; ``changed``: the row two clocks ago changed a state;
    ``prediction``: the class that the last complete step shows, three clocks after its last row.
    """
    return {
        "row": In(row_layout(config)),
        "total": In(data.ArrayLayout(signed(max(config.hidden).bit_length() + 1), EPPlan(config).rows_at_once)),
        "nudge": In(Nudge),
        "label": In(range(config.classes)),
        "clear": In(1),
        "stop": In(1),
        "keep": In(1),
        "activity": Out(config.outputs),
        "kept": Out(config.outputs),
        "states": Out(data.ArrayLayout(config.state_bits[-1], config.outputs)),
        "changed": Out(1),
        "prediction": Out(range(config.classes)),
    }


def nudged(config: EPConfig, state: Value, is_target: Value, nudge: Value) -> Value:
    """S + b (t M - S): the state with what pulls at it, t being 1 for a neuron of the label's class."""
    # One adder, as M - S is the complement of S: b times one of them, or the complement of this and a carry.
    pulls = nudge != Nudge.NONE
    distance = (state ^ is_target.replicate(len(state))) & pulls.replicate(len(state))
    negative = pulls & (is_target ^ (nudge == Nudge.TOWARDS))
    pull = Cat(Const(0, config.beta.bit_length() - 1), distance, Const(0, 1))
    return state + (pull ^ negative.replicate(len(pull))).as_signed() + negative


def limited(config: EPConfig, value: Value) -> Value:
    """``value`` between 0 and the largest state."""
    most = config.state_max[-1]
    return Mux(value < 0, 0, Mux(value > most, most, value))


class Outputs(wiring.Component):
    """Makes the step of one output neuron a clock, in ascending order; members as in :func:`outputs_members`."""

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.state_bits = config.state_bits[-1]
        super().__init__(outputs_members(config))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        states = [Signal(self.state_bits, name=f"state_{number}") for number in range(config.outputs)]
        m.d.comb += [
            self.states.as_value().eq(Cat(states)),
            self.activity.eq(Cat(state[-1] for state in states)),
        ]
        with m.If(self.keep):
            m.d.sync += self.kept.eq(self.activity)

        # The state, and then its nudge, while the sum is still in the tree.
        row = self.row
        state = Signal(self.state_bits)
        is_target = Signal()
        classes = Array(number // config.outputs_per_class for number in range(config.outputs))
        m.d.sync += [
            state.eq(Array(states)[row.following]),
            is_target.eq(classes[row.following] == self.label),
        ]
        before = Signal(self.state_bits)
        pulled = Signal(signed(self.state_bits + config.beta.bit_length() + 2))
        due = Signal.like(row)
        m.d.sync += [before.eq(state), due.eq(row), pulled.eq(nudged(config, state, is_target, self.nudge))]

        following = Signal(self.state_bits)
        made = Signal.like(row)
        made_state = Signal(self.state_bits)
        m.d.comb += following.eq(limited(config, (pulled + self.total[0]) >> 1))
        m.d.sync += [made.eq(due), made_state.eq(following), self.changed.eq(due.valid & (following != before))]
        with m.If(due.valid):
            with m.Switch(due.number):
                for number, target in enumerate(states):
                    with m.Case(number):
                        m.d.sync += target.eq(following)
        with m.If(self.stop):
            m.d.sync += [due.valid.eq(0), made.valid.eq(0), self.changed.eq(0)]
        with m.If(self.clear):
            m.d.sync += [target.eq(0) for target in states]
        self._add_prediction(m, made, made_state)
        return m

    def _add_prediction(self, m: Module, made: data.View, state: Signal) -> None:
        """The largest sum of a class's states, the lowest class of equal ones."""
        config = self.config
        per_class = config.outputs_per_class
        total = Signal(range(per_class * config.state_max[-1] + 1))
        largest = Signal.like(total)
        within = Signal(range(per_class))
        number = Signal(range(config.classes))
        best = Signal.like(number)

        begins = made.number == 0
        now = Signal.like(number)
        position = Signal.like(within)
        summed = Signal.like(total)
        class_over = Signal()
        wins = Signal()
        leader = Signal.like(number)
        m.d.comb += [
            now.eq(Mux(begins, 0, number)),
            position.eq(Mux(begins, 0, within)),
            summed.eq(Mux(position == 0, 0, total) + state),
            class_over.eq(position == per_class - 1),
            wins.eq((now == 0) | (summed > largest)),
            leader.eq(Mux(wins, now, best)),
        ]
        with m.If(made.valid):
            m.d.sync += [total.eq(summed), within.eq(Mux(class_over, 0, position + 1)), number.eq(now + class_over)]
            with m.If(class_over):
                m.d.sync += best.eq(leader)
                with m.If(wins):
                    m.d.sync += largest.eq(summed)
            with m.If(made.number == config.outputs - 1):
                m.d.sync += self.prediction.eq(leader)
