"""One lane: a neuron of each slot, with the synapses of one memory word that belong to it."""

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan


def lane_control(config: EPConfig) -> data.StructLayout:
    """What all lanes are told, each field at the clock at which it acts.

    With the synapse word: ``accumulate`` adds the synapse's sign times ``value`` to the drive, ``clear`` begins a new
    sum; ``learn`` moves the counter by ``up`` times the neuron's activity now less ``down`` times the one kept, or by
    the opposite with ``invert``; ``fill`` replaces the synapse by the sign in the chain and a counter of 0.

    Of the relaxation: ``load`` takes the next slot's state, ``begin`` (with it) that of the start of a free phase;
    ``row`` adds a row's sign to the feedback if ``feedback``, the row's neuron, is active; ``update`` makes a step,
    and ``keep`` (with it) keeps the activity that it leads to.

    ``layer``: hidden layer of the neurons held; ``next_layer``: of those that ``load`` takes; ``upward``: number of
    the weight layer that ``learn`` changes; ``shift``: the sign chain moves on; ``count``: the sum over the lanes is
    of activities that differ from those kept; ``flips``: it is of flipped signs.
    """
    layers = range(len(config.hidden))
    members: dict[str, data.ShapeLike] = {
        "accumulate": 1,
        "clear": 1,
        "load": 1,
        "begin": 1,
        "row": 1,
        "feedback": 1,
        "update": 1,
        "layer": layers,
        "next_layer": layers,
        "fill": 1,
        "shift": 1,
    }
    if config.input_bits > 1:
        members["value"] = config.input_bits
    if config.learning:
        members |= {
            "keep": 1,
            "learn": 1,
            "up": 1,
            "down": 1,
            "invert": 1,
            "upward": range(config.weight_layers),
            "count": 1,
            "flips": 1,
        }
    if len(config.hidden) > 1:
        members["sum_shift"] = 1
    return data.StructLayout(members)


class Lane(wiring.Component):
    """Counts what arrives at a neuron, relaxes it, and lets its synapses learn.

    Members: ``control``; ``word``: this lane's synapse of the word read; ``selected``, ``written``: the bus replaces
    the synapse; ``update``: the synapse to be written, one clock later; ``sign``: the row's sign; ``term``: this
    lane's share in the sum over the lanes, -1, 0 or 1; ``changed``: the last update changed the state; ``chain_in``,
    ``chain_out``: the sign chain. ``activity``: after the update.

    With several slots, states live in memories outside: ``state_in``, ``drive_in``, ``kept_in`` are the next slot's,
    ``state_out`` and ``activity`` this slot's after the update, ``drive_out`` the sum from below.

    No register is reset: each is written before what it holds is used.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        self.single = len(plan.slots) == 1
        self.state_bits = max(config.state_bits[:-1])
        self.drive_bits = plan.drive_bits()
        bits = config.synapse_bits
        members = {
            "control": In(lane_control(config)),
            "word": In(bits),
            "selected": In(1),
            "written": In(bits),
            "update": Out(bits),
            "sign": In(1),
            "term": Out(signed(2)),
            "changed": Out(1),
            "activity": Out(1),
            "chain_in": In(1),
            "chain_out": Out(1),
        }
        if not self.single:
            members |= {
                "state_in": In(self.state_bits),
                "state_out": Out(self.state_bits),
                "drive_in": In(signed(self.drive_bits)),
                "drive_out": Out(signed(self.drive_bits)),
            }
            if config.learning:
                members["kept_in"] = In(1)
        if len(config.hidden) > 1:
            members |= {"sum_in": In(signed(self.drive_bits)), "sum_out": Out(signed(self.drive_bits))}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(self.state_bits, reset_less=True)
        kept = Signal(reset_less=True)
        drive = self._add_drive(m)
        self._add_relaxation(m, state, kept, drive)
        active = self._activity(state, self.control.layer)
        learnt, flipped = self._add_learning(m, active, kept) if self.config.learning else (self.word, Const(0))
        self._add_term(m, active, kept, flipped)
        self._add_update(m, learnt)
        return m

    def _add_drive(self, m: Module) -> Signal:
        """The sum over the active inputs; returns it shifted and clipped."""
        config, control = self.config, self.control
        largest = config.inputs * ((1 << config.input_bits) - 1)
        total = Signal(signed(largest.bit_length() + 1), reset_less=True)
        value = control.value if config.input_bits > 1 else Const(1)
        with m.If(control.accumulate):
            m.d.sync += total.eq(Mux(self.word[-1], total + value, total - value))
        with m.Elif(control.clear):
            m.d.sync += total.eq(0)
        clipped = Signal(signed(self.drive_bits))
        m.d.comb += clipped.eq(clip(total >> config.drive_shift, self.drive_bits))
        if not self.single:
            m.d.comb += self.drive_out.eq(clipped)
        if len(config.hidden) > 1:
            shifted = Signal.like(self.sum_out, reset_less=True)
            m.d.comb += self.sum_out.eq(shifted)
            with m.If(control.sum_shift):
                m.d.sync += shifted.eq(self.sum_in)
        return clipped

    def _add_relaxation(self, m: Module, state: Signal, kept: Signal, below: Signal) -> None:
        """State, what drives it from below and from above, and its step."""
        config, control = self.config, self.control
        drive = Signal(signed(self.drive_bits), reset_less=True)
        rows = max(config.layers[2:])
        feedback = Signal(signed(rows.bit_length() + 1), reset_less=True)

        pre = state + drive + self._of_layer([feedback << shift for shift in config.feedback_shift], control.layer)
        following = Signal(self.state_bits)
        m.d.comb += following.eq(_clamp(pre >> 1, self._largest(control.layer)))
        following_active = self._activity(following, control.layer)

        with m.If(control.row & control.feedback):
            m.d.sync += feedback.eq(Mux(self.sign, feedback + 1, feedback - 1))
        with m.If(control.load | control.update):
            m.d.sync += feedback.eq(0)
        if self.single:
            with m.If(control.update):
                m.d.sync += state.eq(following)
            with m.If(control.begin):
                m.d.sync += [drive.eq(below), state.eq(_clamp(below, self._largest(control.layer)))]
            if config.learning:
                with m.If(control.keep):
                    m.d.sync += kept.eq(following_active)
        else:
            start = Mux(control.next_layer == 0, _clamp(self.drive_in, self._largest(Const(0))), 0)
            with m.If(control.load):
                m.d.sync += [state.eq(Mux(control.begin, start, self.state_in)), drive.eq(self.drive_in)]
                if config.learning:
                    m.d.sync += kept.eq(self.kept_in)
            m.d.comb += self.state_out.eq(following)
        m.d.comb += self.activity.eq(following_active)
        changed = Signal(reset_less=True)
        m.d.sync += changed.eq(control.update & (following != state))
        m.d.comb += self.changed.eq(changed)

    def _add_learning(self, m: Module, active: Value, kept: Signal) -> tuple[Value, Value]:
        """The synapse as it has learnt; and, a clock later, whether its sign has flipped.

        The counter holds the agreement a of the sign W with what the neurons did: a <- min(a + W d, c_max), and where
        a <= -tau, W <- -W and a <- tau.
        """
        config, control = self.config, self.control
        sign = self.word[-1]
        agreement = self.word[: max(config.counter_bits)].as_signed()
        now, before = control.up & active, control.down & kept
        differs = control.learn & (now ^ before)
        agrees = (now ^ control.invert) == sign
        most = self._of_layer([Const(limit) for limit in config.counter_max], control.upward)
        least = self._of_layer([Const(-tau, signed(16)) for tau in config.threshold], control.upward)
        restart = self._of_layer(
            [Const(min(tau, limit)) for tau, limit in zip(config.threshold, config.counter_max, strict=True)],
            control.upward,
        )
        flip = Signal()
        moved = Signal.like(agreement)
        m.d.comb += flip.eq(differs & ~agrees & (agreement - 1 <= least))
        with m.If(~differs | agrees & (agreement == most)):
            m.d.comb += moved.eq(agreement)
        with m.Elif(flip):
            m.d.comb += moved.eq(restart)
        with m.Else():
            m.d.comb += moved.eq(Mux(agrees, agreement + 1, agreement - 1))

        flipped = Signal(reset_less=True)
        m.d.sync += flipped.eq(flip)
        return Cat(moved, sign ^ flip), flipped

    def _add_term(self, m: Module, active: Value, kept: Signal, flipped: Value) -> None:
        """What this lane adds to the sum over the lanes."""
        m.d.comb += self.term.eq(Mux(active, Mux(self.sign, 1, -1), 0))
        if self.config.learning:
            with m.If(self.control.count):
                m.d.comb += self.term.eq(active ^ kept)
            with m.Elif(self.control.flips):
                m.d.comb += self.term.eq(flipped)

    def _add_update(self, m: Module, learnt: Value) -> None:
        """The synapse to be written: learnt, from the bus, or filled in."""
        control = self.control
        update = Signal.like(self.update, reset_less=True)
        chain = Signal(reset_less=True)
        m.d.comb += [self.update.eq(update), self.chain_out.eq(chain)]
        m.d.sync += update.eq(learnt)
        with m.If(self.selected):
            m.d.sync += update.eq(self.written)
        with m.If(control.fill):
            m.d.sync += update.eq(Cat(Const(0, self.config.synapse_bits - 1), chain))
        with m.If(control.shift):
            m.d.sync += chain.eq(self.chain_in)

    def _of_layer(self, values: list[Value], layer: Value) -> Value:
        """The value of a layer; one value where all layers share it."""
        if len({repr(value) for value in values}) == 1:
            return values[0]
        return Array(values)[layer]

    def _largest(self, layer: Value) -> Value:
        return self._of_layer([Const(most) for most in self.config.state_max[:-1]], layer)

    def _activity(self, state: Signal, layer: Value) -> Value:
        return self._of_layer([state[bits - 1] for bits in self.config.state_bits[:-1]], layer)


def clip(value: Value, bits: int) -> Value:
    """``value`` at most as far from 0 as ``bits`` bits of two's complement reach."""
    return _clamp(value, (1 << (bits - 1)) - 1, -(1 << (bits - 1)))


def _clamp(value: Value, most: Value | int, least: int = 0) -> Value:
    return Mux(value > most, most, Mux(value < least, least, value))
