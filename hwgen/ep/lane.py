"""One lane: a neuron of each slot, with the synapses of one memory word that belong to it."""

from collections.abc import Sequence

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
    ``row`` adds a row's sign to the feedback if ``feedback``, the row's neuron, is active (in
    parallel, ``feedback`` has all rows' neurons); ``update`` makes a step,
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
        "feedback": config.outputs if config.relaxation == "parallel" else 1,
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
    the synapse; ``update``: the synapse to be written, one clock later; ``sign``: the row's sign, or those of all
    rows; ``term``: this lane's share in the sums over the lanes, -1, 0 or 1; ``changed``: the last update changed the
    state; ``chain_in``, ``chain_out``: the sign chain; ``activity``: after the update.

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
            "sign": In(plan.rows_at_once),
            "term": Out(data.ArrayLayout(signed(2), plan.rows_at_once)),
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
        # One adder: x, or its complement and a carry.
        negative = ~self.word[-1]
        value = Cat(control.value, 0) if config.input_bits > 1 else Const(1, 2)
        addend = (value ^ negative.replicate(len(value))).as_signed()
        with m.If(control.accumulate):
            m.d.sync += total.eq(total + addend + negative)
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
        """State, what drives it from below and from above, and its step.

        The drive's lowest bits stay as they are while the feedback, a multiple of ``2**shift``, is added above them:
        one adder then makes the step.
        """
        config, control = self.config, self.control
        shift = min(config.feedback_shift)
        drive = Signal(signed(self.drive_bits), reset_less=True)
        pull = self._add_pull(m, drive, shift)
        if not self.plan.parallel:
            with m.If(control.load | control.update):
                # Of the neurons that the lanes hold from the next clock on.
                coming = drive if self.single else self.drive_in
                m.d.sync += pull.eq((Mux(control.begin, below, coming) if self.single else coming) >> shift)

        low = Signal(shift)  # the drive may have fewer bits
        m.d.comb += low.eq(drive)
        pre = state + Cat(low, pull).as_signed()
        following = Signal(self.state_bits)
        m.d.comb += following.eq(self._limited(pre >> 1, control.layer))
        following_active = self._activity(following, control.layer)
        if self.single:
            with m.If(control.update):
                m.d.sync += state.eq(following)
            with m.If(control.begin):
                m.d.sync += [drive.eq(below), state.eq(self._limited(below, control.layer))]
            if config.learning:
                with m.If(control.keep):
                    m.d.sync += kept.eq(following_active)
        else:
            start = Mux(control.next_layer == 0, self._limited(self.drive_in, Const(0)), 0)
            with m.If(control.load):
                m.d.sync += [state.eq(Mux(control.begin, start, self.state_in)), drive.eq(self.drive_in)]
                if config.learning:
                    m.d.sync += kept.eq(self.kept_in)
            m.d.comb += self.state_out.eq(following)
        changed = Signal(reset_less=True)
        m.d.comb += [self.activity.eq(following_active), self.changed.eq(changed)]
        m.d.sync += changed.eq(control.update & (following != state))

    def _add_pull(self, m: Module, drive: Signal, shift: int) -> Signal:
        """The drive's upper bits with the feedback: row by row in a register, or of all rows at once."""
        config, control = self.config, self.control
        most = max(rows << more - shift for rows, more in zip(config.layers[2:], config.feedback_shift, strict=True))
        pull = Signal(signed(max(self.drive_bits - shift, most.bit_length() + 1) + 1), reset_less=True)
        if self.plan.parallel:
            fed_back = [
                Cat(active, active & ~sign).as_signed()
                for active, sign in zip(control.feedback, self.sign, strict=True)
            ]
            m.d.comb += pull.eq((drive >> shift) + sum(fed_back))
            return pull
        # One adder: a row's weight, or its complement and a carry.
        negative = ~self.sign
        unit = self._of_layer([Const(1 << more - shift, most.bit_length() + 1) for more in config.feedback_shift])
        with m.If(control.row & control.feedback):
            m.d.sync += pull.eq(pull + (unit ^ negative.replicate(len(unit))).as_signed() + negative)
        return pull

    def _add_learning(self, m: Module, active: Value, kept: Signal) -> tuple[Value, Value]:
        """The synapse as it has learnt; and, a clock later, whether its sign has flipped.

        The counter holds the agreement a of the sign W with what the neurons did: a <- min(a + W d, c_max), and where
        a <= -tau, W <- -W and a <- tau. As d is -1, 0 or 1 and a above -tau, that is where a - 1 = -tau.
        """
        config, control = self.config, self.control
        sign = self.word[-1]
        agreement = self.word[: max(config.counter_bits)].as_signed()
        now, before = control.up & active, control.down & kept
        differs = control.learn & (now ^ before)
        agrees = (now ^ control.invert) == sign
        at_most = self._of_weights([agreement == limit for limit in config.counter_max])
        at_least = self._of_weights([agreement == 1 - tau for tau in config.threshold])
        restart = self._of_weights(
            [
                Const(min(tau, limit), len(agreement))
                for tau, limit in zip(config.threshold, config.counter_max, strict=True)
            ]
        )
        up, down, flip = Signal(), Signal(), Signal()
        moved = Signal.like(agreement)
        m.d.comb += [
            up.eq(differs & agrees & ~at_most),
            down.eq(differs & ~agrees),
            flip.eq(down & at_least),
            moved.eq(Mux(flip, restart, agreement + Cat(up | down, down).as_signed())),
        ]
        flipped = Signal(reset_less=True)
        m.d.sync += flipped.eq(flip)
        return Cat(moved, sign ^ flip), flipped

    def _add_term(self, m: Module, active: Value, kept: Signal, flipped: Value) -> None:
        """What this lane adds to the sum over the lanes."""
        terms = [Mux(active, Mux(sign, 1, -1), 0) for sign in self.sign]
        m.d.comb += [term.eq(value) for term, value in zip(self.term, terms, strict=True)]
        if self.config.learning:
            with m.If(self.control.count):
                m.d.comb += self.term[0].eq(active ^ kept)
            with m.Elif(self.control.flips):
                m.d.comb += self.term[0].eq(flipped)

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

    def _of_layer(self, values: Sequence[Value], layer: Value | None = None) -> Value:
        """The value of a hidden layer, of the one that the lane holds if none is named."""
        return _chosen(values, self.control.layer if layer is None else layer)

    def _of_weights(self, values: Sequence[Value]) -> Value:
        """The value of the weight layer that learns."""
        return _chosen(values, self.control.upward)

    def _limited(self, value: Value, layer: Value) -> Value:
        """``value`` between 0 and the largest state of the layer."""
        return self._of_layer([_limit(value, bits) for bits in self.config.state_bits[:-1]], layer)

    def _activity(self, state: Signal, layer: Value) -> Value:
        return self._of_layer([state[bits - 1] for bits in self.config.state_bits[:-1]], layer)


def _chosen(values: Sequence[Value], index: Value) -> Value:
    """One of ``values``; one value where all are the same."""
    return values[0] if len({repr(value) for value in values}) == 1 else Array(values)[index]


def clip(value: Value, bits: int) -> Value:
    """``value`` at most as far from 0 as ``bits`` bits of two's complement reach; no carry chain."""
    value = Value.cast(value)
    if len(value) <= bits:
        return value
    sign = value[-1]
    above = value[bits - 1 :]
    fits = above.all() | ~above.any()
    return Mux(fits, value[:bits], Cat((~sign).replicate(bits - 1), sign)).as_signed()


def _limit(value: Value, bits: int) -> Value:
    """``value``, two's complement, between 0 and ``2**bits - 1``; no carry chain."""
    value = Value.cast(value)
    beyond = value[min(bits, len(value) - 1) : -1].any()
    return Mux(value[-1], 0, value[: min(bits, len(value) - 1)] | beyond.replicate(bits))
