"""What the neurons of all slots hold while the lanes hold one slot."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan


class SlotMemory(wiring.Component):
    """Memories of states, drives and kept activities, a word for each slot; two drives of the first hidden layer, of
    the sample that relaxes and of the next one.

    Members: ``next_slot``: its words show one clock later as ``state``, ``drive`` and ``kept``; ``update``: ``slot``
    has the state ``new_state``; ``keep``: and its ``activity`` is kept; ``keep_drive``: ``new_drive`` is the next
    sample's drive of the slot ``group``; ``half`` changes from sample to sample; ``keep_sums``: ``sums`` are what
    drives ``sums_slot``, of a higher layer.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        slots = range(len(plan.slots))
        self.state_bits = max(config.state_bits[:-1])
        state, drive = config.lanes * self.state_bits, config.lanes * plan.drive_bits()
        members = {
            "next_slot": In(slots),
            "state": Out(state),
            "drive": Out(drive),
            "update": In(1),
            "slot": In(slots),
            "new_state": In(state),
            "keep_drive": In(1),
            "group": In(range(plan.groups[0])),
            "half": In(1),
            "new_drive": In(drive),
        }
        if config.learning:
            members |= {"kept": Out(config.lanes), "keep": In(1), "activity": In(config.lanes)}
        if len(config.hidden) > 1:
            members |= {"keep_sums": In(1), "sums_slot": In(slots), "sums": In(drive)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        slots = len(self.plan.slots)
        groups = self.plan.groups[0]

        m.submodules.states = states = Memory(shape=len(self.state), depth=slots, init=[])
        self._connect(m, states, self.next_slot, self.state, self.update, self.slot, self.new_state)
        if self.config.learning:
            m.submodules.keeps = keeps = Memory(shape=len(self.kept), depth=slots, init=[])
            self._connect(m, keeps, self.next_slot, self.kept, self.update & self.keep, self.slot, self.activity)

        # A power of two, so that the half is an address bit.
        stride = 1 << (groups - 1).bit_length()
        m.submodules.drives = drives = Memory(shape=len(self.drive), depth=2 * stride, init=[])
        index_bits = (groups - 1).bit_length()
        drive = Signal.like(self.drive)
        self._connect(
            m,
            drives,
            Cat(self.next_slot[:index_bits], self.half),
            drive,
            self.keep_drive,
            Cat(self.group[:index_bits], ~self.half),
            self.new_drive,
        )
        m.d.comb += self.drive.eq(drive)
        if len(self.config.hidden) > 1:
            m.submodules.sums = memory = Memory(shape=len(self.sums), depth=slots, init=[])
            sums = Signal.like(self.sums)
            self._connect(m, memory, self.next_slot, sums, self.keep_sums, self.sums_slot, self.sums)
            from_sums = Signal()
            m.d.sync += from_sums.eq(self.next_slot >= groups)
            m.d.comb += self.drive.eq(Mux(from_sums, sums, drive))
        return m

    def _connect(
        self, m: Module, memory: Memory, read: object, value: object, write: object, address: object, new_value: object
    ) -> None:
        read_port = memory.read_port()
        write_port = memory.write_port()
        m.d.comb += [
            read_port.addr.eq(read),
            value.eq(read_port.data),
            write_port.en.eq(write),
            write_port.addr.eq(address),
            write_port.data.eq(new_value),
        ]
