"""One lane: a unit of each group, with the weights of one memory word that belong to it."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.plan import RANDOM_BITS, ArrayPlan
from hwgen.parts.limits import clip


def lane_control(plan: ArrayPlan) -> data.StructLayout:
    """What all lanes are told, each field in the clock in which it acts.

    With the word: ``load``: it will be multiplied, or with ``take`` the chain's number, from now on. A clock later
    ``value``, what either is multiplied by. Two clocks after the word: ``accumulate``: the product is added to the sum,
    or with ``keep`` = 0 begins a new one, from the base with ``restore``; ``save``: what it becomes is the base too;
    ``update``: the product is of a step: a weight that saturates is reported. Where lists can be merged, ``other``,
    with ``value``: what the other list's step is multiplied by, 0 where there is none.

    ``capture``: the chain takes the sum, else with ``shift`` what the lane above has; ``fill_shift``: what is to be
    written comes from the lane above; ``fill_hold``: else it stays.
    """
    flags = ("load", "take", "accumulate", "keep", "restore", "save", "update", "capture", "shift")
    members: dict[str, data.ShapeLike] = dict.fromkeys((*flags, "fill_shift", "fill_hold"), 1)
    if plan.merges:
        members["other"] = signed(plan.operand_bits[1])
    return data.StructLayout({"value": signed(plan.operand_bits[1]), **members})


class Lane(wiring.Component):
    """Multiplies: a weight with an input for the unit's sum, the unit's step with an input for the weight.

    One adder makes a step, ``w' = clamp(w + ((h value + r) >> shift))``: r is less than ``2**shift``, so it can
    stand below w, and ``h value`` is added to both at once. Where lists can be merged, a second multiplier adds the
    product of the other list's step.

    Members: ``control``; ``word``: this lane's weight of the word read; ``random``: its random word, two clocks later;
    ``selected``, ``written``: the bus replaces the weight; ``update``: the weight to be written, three clocks after
    ``word``; ``saturated``, in the same clock: a step was too large; ``fill_in``: ``update`` of the lane above, for the
    first filling; ``chain_in``, ``chain_out``: sums on their way out, and steps on their way in.

    No register is reset: each is written before what it holds is used.
    """

    def __init__(self, plan: ArrayPlan) -> None:
        self.plan = plan
        bits = plan.master_bits
        chain = signed(plan.chain_bits)
        super().__init__(
            {
                "control": In(lane_control(plan)),
                "word": In(bits),
                "random": In(RANDOM_BITS),
                "selected": In(1),
                "written": In(bits),
                "update": Out(bits),
                "saturated": Out(1),
                "fill_in": In(bits),
                "chain_in": In(chain),
                "chain_out": Out(chain),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        product = self._add_product(m)
        total = self._add_sum(m, product)
        self._add_chain(m, total)
        if self.plan.merges:
            product = self._add_other(m, product)
        self._add_update(m, product)
        return m

    def _add_product(self, m: Module) -> Signal:
        """The multiplier, a register before it and one behind it. While a sweep updates, it keeps its first operand."""
        plan, control = self.plan, self.control
        operand_bits, value_bits = plan.operand_bits
        operand = Signal(signed(operand_bits), reset_less=True)
        product = Signal(signed(operand_bits + value_bits - 1), reset_less=True)
        weight = self.word[plan.master_bits - plan.mac_bits :].as_signed()
        step = self.chain_out[: plan.step_bits].as_signed()
        with m.If(control.load):
            m.d.sync += operand.eq(Mux(control.take, step, weight))
        m.d.sync += product.eq(operand * control.value)
        return product

    def _add_other(self, m: Module, product: Value) -> Value:
        """The multiplier for the other list. Returns the sum of both products."""
        plan, control = self.plan, self.control
        operand = Signal(signed(plan.other_bits), name="other_operand", reset_less=True)
        other = Signal(signed(plan.other_bits + plan.operand_bits[1] - 1), name="other_product", reset_less=True)
        with m.If(control.load & control.take):
            m.d.sync += operand.eq(self.chain_out[plan.step_bits :])
        m.d.sync += other.eq(operand * control.other)
        return product + other

    def _add_sum(self, m: Module, product: Value) -> Signal:
        plan, control = self.plan, self.control
        total = Signal(signed(plan.sum_bits), reset_less=True)
        base = Signal.like(total, reset_less=True)
        before = Signal.like(total)
        following = Signal.like(total)
        kept = total & control.keep.replicate(plan.sum_bits)
        restored = base & control.restore.replicate(plan.sum_bits)
        m.d.comb += [before.eq(kept | restored), following.eq(before + product)]
        with m.If(control.accumulate):
            m.d.sync += total.eq(following)
        with m.If(control.save):
            m.d.sync += base.eq(following)
        return total

    def _add_chain(self, m: Module, total: Signal) -> None:
        chain = Signal.like(self.chain_out, reset_less=True)
        m.d.comb += self.chain_out.eq(chain)
        with m.If(self.control.capture | self.control.shift):
            m.d.sync += chain.eq(Mux(self.control.capture, total, self.chain_in))

    def _add_update(self, m: Module, product: Value) -> None:
        """The weight to be written: after a step, from the bus, or filled in. A step of 0 leaves it as it is."""
        plan, control = self.plan, self.control
        bits, shift = plan.master_bits, plan.update_shift
        weight = Signal(signed(bits), reset_less=True)  # as late as the operands,
        delayed = Signal.like(weight, reset_less=True)  # as late as the product
        m.d.sync += [weight.eq(self.word), delayed.eq(weight)]

        fraction = min(shift, RANDOM_BITS)  # what lies below has nothing to be added to
        raised = Cat(self.random[RANDOM_BITS - fraction :], delayed).as_signed()
        moved = Value.cast((product >> (shift - fraction)) + raised)[fraction:].as_signed()
        kept = clip(moved, bits)
        above = Value.cast(moved)[bits - 1 :]
        update = Signal.like(self.update, reset_less=True)
        saturated = Signal(reset_less=True)
        m.d.comb += [self.update.eq(update), self.saturated.eq(saturated)]
        m.d.sync += saturated.eq(control.update & above.any() & ~above.all())
        with m.If(control.fill_shift):
            m.d.sync += update.eq(self.fill_in)
        with m.Elif(~control.fill_hold):
            m.d.sync += update.eq(Mux(self.selected, self.written, kept))
