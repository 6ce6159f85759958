"""One lane: a neuron of each slot, with the synapses of one memory word that belong to it."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.lane_control import lane_control
from hwgen.ep.plan import EPPlan
from hwgen.parts.limits import clip, rectify


class Lane(wiring.Component):
    """Counts what arrives at a neuron, relaxes it, and lets its synapses learn.

    Members: ``control``; ``word``: this lane's synapse of the word read; ``selected``, ``written``: the bus replaces
    the synapse; ``update``: the synapse to be written, ``learning_stages`` later; ``sign``: the row's sign, a clock
    before it acts, or those of all rows; ``term``: this lane's share in the sums over the lanes, -1, 0 or 1;
    ``changed``: the last update changed the state; ``chain_in``, ``chain_out``: the sign chain; ``activity``: after the
    update.

    With several slots, states live in memories outside: ``state_in``, ``drive_in``, ``kept_in`` are the next slot's,
    ``state_out`` and ``activity`` this slot's after the update, ``drive_out`` the sum from below. In a deeper network,
    with ``sum_shift`` the sums of a layer move on, from ``sum_in`` to ``sum_out``.

    Where rows are relaxed in parallel, ``feedback`` has their neurons; ``silent``: ``term`` is not of these.

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
            members |= {
                "sum_shift": In(1),
                "sum_in": In(signed(self.drive_bits)),
                "sum_out": Out(signed(self.drive_bits)),
            }
        if plan.parallel:
            members |= {"feedback": In(config.outputs), "silent": In(1)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(self.state_bits, reset_less=True)
        kept = Signal(reset_less=True)
        drive = self._add_drive(m)
        signs = self._add_signs(m)
        self._add_relaxation(m, state, kept, drive, signs)
        active = self._activity(state, self.control.layer)
        learnt, flipped = self._add_learning(m, active, kept) if self.config.learning else (self.word, Const(0))
        self._add_term(m, signs, active, kept, flipped)
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
            with m.If(control.clear):
                m.d.sync += total.eq(0)
        clipped = Signal(signed(self.drive_bits))
        m.d.comb += clipped.eq(clip(total >> config.drive_shift, self.drive_bits))
        if not self.single:
            m.d.comb += self.drive_out.eq(clipped)
        if len(config.hidden) > 1:
            shifted = Signal.like(self.sum_out, reset_less=True)
            m.d.comb += self.sum_out.eq(shifted)
            with m.If(self.sum_shift):
                m.d.sync += shifted.eq(self.sum_in)
        return clipped

    def _add_signs(self, m: Module) -> list[tuple[Value, Value]]:
        """Of each row, whether it is there with its sign up, and whether with its sign down: where rows come one by
        one, in registers of the lane."""
        if self.plan.parallel:
            return [(sign, ~sign) for sign in self.sign]
        plus, minus = Signal(reset_less=True), Signal(reset_less=True)
        m.d.sync += [plus.eq(self.control.row & self.sign[0]), minus.eq(self.control.row & ~self.sign[0])]
        return [(plus, minus)]

    def _add_relaxation(
        self, m: Module, state: Signal, kept: Signal, below: Signal, signs: list[tuple[Value, Value]]
    ) -> None:
        """State, what drives it from below and from above, and its step.

        The drive's lowest bits stay as they are while the feedback, a multiple of ``2**shift``, is added above them:
        one adder then makes the step.
        """
        config, control = self.config, self.control
        shift = min(config.feedback_shift)
        drive = Signal(signed(self.drive_bits), reset_less=True)
        # Of the neurons that the lanes hold from the next clock on.
        coming = Mux(control.begin, below, drive) if self.single else self.drive_in
        pull = self._add_pull(m, drive, coming, shift, signs)

        low = Signal(shift)  # the drive may have fewer bits
        m.d.comb += low.eq(drive)
        pre = state + Cat(low, pull).as_signed()
        following = Signal(self.state_bits)
        m.d.comb += following.eq(self._limited(pre >> 1, control.layer))
        following_active = self._activity(following, control.layer)
        if self.single:
            with m.If(control.begin):
                m.d.sync += drive.eq(below)
            with m.If(control.move):
                m.d.sync += state.eq(Mux(control.begin, self._limited(below, control.layer), following))
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

    def _add_pull(
        self, m: Module, drive: Signal, coming: Value, shift: int, signs: list[tuple[Value, Value]]
    ) -> Signal:
        """The drive's upper bits with the feedback: row by row in a register, or of all rows at once."""
        config, control = self.config, self.control
        most = max(rows << more - shift for rows, more in zip(config.layers[2:], config.feedback_shift, strict=True))
        pull = Signal(signed(max(self.drive_bits - shift, most.bit_length() + 1) + 1), reset_less=True)
        if self.plan.parallel:
            fed_back = [
                Cat(active, active & minus).as_signed() for active, (_, minus) in zip(self.feedback, signs, strict=True)
            ]
            m.d.comb += pull.eq((drive >> shift) + sum(fed_back))
            return pull
        # One adder: a row's weight, or its complement and a carry.
        ((_, negative),) = signs
        unit = self._of_layer([Const(1 << more - shift, most.bit_length() + 1) for more in config.feedback_shift])
        with m.If(control.pull):
            m.d.sync += pull.eq(pull + (unit ^ negative.replicate(len(unit))).as_signed() + negative)
            with m.If(control.load):
                m.d.sync += pull.eq(coming >> shift)
        return pull

    def _add_learning(self, m: Module, active: Value, kept: Signal) -> tuple[Value, Value]:
        """The synapse as it has learnt; and, a clock later, whether its sign has flipped.

        What is to be done is known first, and with two ports kept for a clock; then it is done.

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
        lowers = differs & ~agrees
        moves = self._staged(m, "moves", lowers | (differs & ~at_most))
        down = self._staged(m, "down", lowers)
        flip = self._staged(m, "flip", lowers & at_least)
        if not isinstance(restart, Const):
            restart = self._staged(m, "restart", restart)
        agreement = self._staged(m, "agreement", agreement)
        sign = self._staged(m, "sign", sign)
        moved = Signal.like(agreement)
        m.d.comb += moved.eq(Mux(flip, restart, agreement + Cat(moves, down).as_signed()))
        flipped = Signal(reset_less=True)
        m.d.sync += flipped.eq(flip)
        return Cat(moved, sign ^ flip), flipped

    def _staged(self, m: Module, name: str, value: Value) -> Signal:
        """A value of the first clock of learning in its last one."""
        stages = self.plan.learning_stages
        after = Signal(value.shape(), name=name, reset_less=stages > 1)
        domain = m.d.sync if stages > 1 else m.d.comb
        domain += after.eq(value)
        return after

    def _add_term(
        self, m: Module, signs: list[tuple[Value, Value]], active: Value, kept: Signal, flipped: Value
    ) -> None:
        """What this lane adds to the sum over the lanes: of a row, of changed neurons, or of flipped signs."""
        control = self.control
        spoken = active & ~self.silent if self.config.learning and self.plan.parallel else active
        for term, (plus, minus) in zip(self.term, signs, strict=True):
            m.d.comb += term.eq(Cat(spoken & (plus | minus), spoken & minus).as_signed())
        if self.config.learning:
            counted = Signal(reset_less=True)
            m.d.sync += counted.eq(control.count & (active ^ kept))
            plus, minus = signs[0]
            low = (spoken & (plus | minus)) | counted | flipped
            m.d.comb += self.term[0].eq(Cat(low, spoken & minus).as_signed())

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
        return self._of_layer([rectify(value, bits) for bits in self.config.state_bits[:-1]], layer)

    def _activity(self, state: Signal, layer: Value) -> Value:
        return self._of_layer([state[bits - 1] for bits in self.config.state_bits[:-1]], layer)


def _chosen(values: Sequence[Value], index: Value) -> Value:
    """One of ``values``; one value where all are the same."""
    return values[0] if len({repr(value) for value in values}) == 1 else Array(values)[index]
