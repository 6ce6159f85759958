"""Hidden neurons as rows: what a deeper network needs of the activities above a slot."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.ep.schedule import of_slot, operation_layout


class HiddenRows(wiring.Component):
    """Activities of the upper hidden layers, one slot a word, looked up row by row.

    Members: ``operation``: as issued; ``active``, ``kept``: two clocks later, of the neuron of its row, and what was
    kept of it; 0 and meaningless for a row of the outputs; in the first step of a free phase all upper neurons are
    inactive. ``update``, ``slot``, ``activity``, ``keep``: an update on the lanes.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        super().__init__(
            {
                "operation": In(operation_layout(config)),
                "active": Out(1),
                "kept": Out(1),
                "update": In(1),
                "slot": In(range(len(plan.slots))),
                "activity": In(config.lanes),
                "keep": In(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        lanes = self.config.lanes
        operation = self.operation

        # Rows come in ascending order: count slots and lanes instead of dividing.
        first = of_slot(self.plan, operation.slot, lambda slot: slot.above)
        slot = Signal.like(operation.slot)
        lane = Signal(range(lanes))
        following_slot = Signal.like(slot)
        following_lane = Signal.like(lane)
        begins = operation.number == 0
        m.d.comb += [slot.eq(Mux(begins, first, following_slot)), lane.eq(Mux(begins, 0, following_lane))]
        with m.If(operation.row | operation.learn):
            m.d.sync += [
                following_lane.eq(Mux(lane == lanes - 1, 0, lane + 1)),
                following_slot.eq(slot + (lane == lanes - 1)),
            ]

        lane_delayed = Signal.like(lane)
        inactive = Signal()
        m.d.sync += [lane_delayed.eq(lane), inactive.eq(operation.begin)]
        for name, output, write, silent in (
            ("activities", self.active, self.update, inactive),
            ("keeps", self.kept, self.update & self.keep, 0),
        ):
            m.submodules[name] = memory = Memory(shape=lanes, depth=len(self.plan.slots), init=[])
            read_port = memory.read_port()
            write_port = memory.write_port()
            m.d.comb += [
                read_port.addr.eq(slot),
                write_port.en.eq(write),
                write_port.addr.eq(self.slot),
                write_port.data.eq(self.activity),
            ]
            m.d.sync += output.eq(read_port.data.bit_select(lane_delayed, 1) & ~silent)
        return m
