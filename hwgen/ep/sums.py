"""From sums over the lanes to sums over a layer, and to whom they belong."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.outputs import row_layout
from hwgen.ep.plan import EPPlan
from hwgen.ep.schedule import of_slot
from hwgen.parts.limits import clip


def tag_layout(config: EPConfig) -> data.StructLayout:
    """What a sum over the lanes is: of a ``row`` of ``slot``, with the row's ``number`` (in parallel, of all rows); or
    of changed neurons, with ``count``; or of flipped signs, with ``flips``, of the weights from the inputs if
    ``flips_input``."""
    plan = EPPlan(config)
    members: dict[str, data.ShapeLike] = {
        "row": 1,
        "number": range(max(config.layers[2:])),
        "slot": range(len(plan.slots)),
    }
    if config.learning:
        members |= {"count": 1, "flips": 1, "flips_input": 1}
    return data.StructLayout(members)


class Sums(wiring.Component):
    """Adds up what the slots of a layer give, row by row, and hands the sum to the row's neuron.

    Members: ``tag``: what the lanes' terms are in this clock; ``following``: the ``number`` in the next one; ``lanes``:
    their sum, ``tree_depth`` clocks later; ``stop``: rows on their way are dropped; ``row``: a clock before its sum is
    ``total``: the row of an output; ``count``: the sum as a number of changed neurons, with ``counted``, or of flipped
    signs, with ``flipped``.

    In a deeper network: ``shift``: ``sum`` is that of the next neuron of a hidden layer, whose sums shift into the
    lanes; with ``full`` those of ``slot`` are there.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        members = {
            "tag": In(tag_layout(config)),
            "following": In(range(max(config.layers[2:]))),
            "lanes": In(signed(config.lanes.bit_length() + 1)),
            "stop": In(1),
            "row": Out(row_layout(config)),
            "total": Out(signed(max(config.hidden).bit_length() + 1)),
        }
        if config.learning:
            members |= {"count": Out(range(config.lanes + 1))}
            members |= {name: Out(1) for name in ("counted", "flipped", "flipped_input")}
        if len(config.hidden) > 1:
            members |= {
                "shift": Out(1),
                "sum": Out(signed(plan.drive_bits())),
                "full": Out(1),
                "slot": Out(range(len(plan.slots))),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, plan = self.config, self.plan
        top = len(config.hidden) - 1
        tags = [self.tag]
        for clock in range(plan.tree_depth):
            tags.append(Signal(tag_layout(config), name=f"tag_{clock}"))
            m.d.sync += tags[-1].eq(tags[-2])
            with m.If(self.stop):
                m.d.sync += tags[-1].row.eq(0)
        *_, coming, tag = tags  # of the sum in the next clock, and in this one
        following = tags[-3].number if plan.tree_depth > 1 else self.following
        if config.learning:
            m.d.comb += [
                self.count.eq(self.lanes),
                self.counted.eq(tag.count),
                self.flipped.eq(tag.flips),
                self.flipped_input.eq(tag.flips_input),
            ]
        m.d.comb += [
            self.row.number.eq(coming.number),
            self.row.following.eq(following),
            self.row.valid.eq(coming.row & of_slot(plan, coming.slot, lambda slot: slot.last and slot.layer == top)),
            self.total.eq(self.lanes),
        ]
        if max(plan.groups) > 1:
            m.submodules.partial = partial = Memory(shape=self.total.shape(), depth=max(config.layers[2:]), init=[])
            read_port = partial.read_port()
            write_port = partial.write_port()
            m.d.comb += [
                read_port.addr.eq(coming.number),
                write_port.addr.eq(tag.number),
                write_port.data.eq(self.total),
                write_port.en.eq(tag.row),
            ]
            with m.If(~of_slot(plan, tag.slot, lambda slot: slot.first)):
                m.d.comb += self.total.eq(self.lanes + read_port.data)
        if top:
            self._add_hidden(m, tag)
        return m

    def _add_hidden(self, m: Module, tag: data.View) -> None:
        """The sums of a hidden layer shift into the lanes, and go from there to their slot."""
        plan, lanes = self.plan, self.config.lanes
        top = len(self.config.hidden) - 1
        place = Signal(range(lanes))
        current = Signal.like(place)
        begins = tag.number == 0
        first = of_slot(plan, tag.slot, lambda slot: slot.above)
        m.d.comb += [
            self.shift.eq(tag.row & of_slot(plan, tag.slot, lambda slot: slot.last and slot.layer != top)),
            self.sum.eq(clip(self.total, plan.drive_bits())),
            current.eq(Mux(begins, 0, place)),
        ]
        fills = current == lanes - 1
        m.d.sync += self.full.eq(self.shift & fills)
        with m.If(self.full):
            m.d.sync += self.slot.eq(self.slot + 1)
        with m.If(self.shift):
            m.d.sync += place.eq(Mux(fills, 0, current + 1))
            with m.If(begins):
                m.d.sync += self.slot.eq(first)
