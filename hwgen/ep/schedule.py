"""What the lanes do, clock by clock: steps of the relaxation, the count of changed neurons, rows that learn."""

from collections.abc import Callable

from amaranth.hdl import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan, Slot


class Command(enum.Enum, shape=2):
    """What the schedule is started with."""

    RELAX = 0
    """Steps until nothing changes any more, or ``most_steps`` of them."""
    COUNT = 1
    """Each slot once, for the count of its changed neurons."""
    LEARN = 2
    """Each row of the synapses between the layers once, at one a clock; with one memory port, at one in two."""
    LOAD = 3
    """The lanes take the slot ``load_slot``, no more."""


def operation_layout(config: EPConfig) -> data.StructLayout:
    """What is issued in one clock, to act on the lanes :data:`~hwgen.ep.plan.ROW_STAGES` clocks later.

    ``row``: the lanes take row ``number`` of ``slot``; ``learn``: that row learns; ``update``: the slot makes its
    step; ``load``: the lanes take ``next_slot``; ``begin``: this belongs to the first step of a free phase; ``count``:
    the slot's changed neurons are counted.
    """
    slots = range(len(EPPlan(config).slots))
    return data.StructLayout(
        {
            "row": 1,
            "learn": 1,
            "update": 1,
            "load": 1,
            "begin": 1,
            "count": 1,
            "slot": slots,
            "next_slot": slots,
            "number": range(max(config.layers[2:])),
        }
    )


class Schedule(wiring.Component):
    """Issues one operation a clock.

    The relaxation runs ahead of its own end: whether a step changed anything is known some clocks after its last
    update was issued, and the next step has begun by then. Where nothing changed that step does nothing either, and
    is broken off.

    Members: ``start`` with ``command``, ``most_steps``, ``begin`` (the phase starts from the drive) and
    ``load_slot``: the first operation is issued in the same clock; ``operation``; ``address``: synapse memory address
    of its row; ``changed``: a state changed: ``decision_delay`` clocks after the update, one more after the row, that
    changed it; ``done``: the command is over, for RELAX the phase, and ``steps`` is its number of steps; LOAD
    is over at once, without ``done``.
    """

    def __init__(self, config: EPConfig) -> None:
        self.config = config
        self.plan = EPPlan(config)
        slots = range(len(self.plan.slots))
        super().__init__(
            {
                "start": In(1),
                "command": In(Command),
                "most_steps": In(8),
                "begin": In(1),
                "load_slot": In(slots),
                "operation": Out(operation_layout(config)),
                "address": Out(range(self.plan.words)),
                "changed": In(1),
                "done": Out(1),
                "steps": Out(8),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        plan = self.plan
        operation = self.operation

        running = Signal()
        command = Signal(Command)
        starting = Signal()  # the first step of a free phase
        exhausted = Signal()  # all steps allowed are issued
        slot = Signal.like(operation.slot)
        row = Signal.like(operation.number)
        pause = Signal(range(max(each.pause for each in plan.slots) + 1))
        lead = Signal(range(max(each.lead for each in plan.slots) + 1))
        rows_over = Signal()
        pausing = Signal()  # while the memory writes
        last_slot = Signal()
        last_row = Signal()
        next_slot = Signal.like(slot)
        m.d.comb += [
            last_slot.eq(slot == len(plan.slots) - 1),
            next_slot.eq(Mux(last_slot, 0, slot + 1)),
            last_row.eq(row == of_slot(plan, slot, lambda each: each.rows - 1)),
            operation.slot.eq(slot),
            operation.next_slot.eq(next_slot),
            operation.number.eq(row),
            self.address.eq(of_slot(plan, slot, lambda each: each.base) + row),
        ]

        updated = Signal()  # a step's last update is issued
        over = Signal()  # the phase is
        with m.If(running):
            with m.Switch(command):
                with m.Case(Command.RELAX):
                    m.d.comb += self.done.eq(over)
                    with m.If(over | exhausted):
                        pass
                    with m.Elif(lead != of_slot(plan, slot, lambda each: each.lead)):
                        m.d.sync += lead.eq(lead + 1)
                    with m.Elif(~rows_over & (not plan.parallel)):
                        m.d.comb += [operation.row.eq(1), operation.begin.eq(starting)]
                        m.d.sync += [row.eq(Mux(last_row, 0, row + 1)), rows_over.eq(last_row)]
                    with m.Elif(pause != of_slot(plan, slot, lambda each: each.pause)):
                        m.d.sync += pause.eq(pause + 1)
                    with m.Else():
                        m.d.comb += [
                            operation.update.eq(1),
                            operation.load.eq(1),
                            operation.begin.eq(starting & ~last_slot),
                            updated.eq(last_slot),
                        ]
                        m.d.sync += [rows_over.eq(0), lead.eq(0), pause.eq(0), slot.eq(next_slot)]
                with m.Case(Command.COUNT):
                    m.d.comb += [operation.count.eq(1), operation.load.eq(1), self.done.eq(last_slot)]
                    m.d.sync += slot.eq(next_slot)
                with m.Case(Command.LEARN):
                    with m.If(pausing):
                        m.d.sync += pausing.eq(0)
                    with m.Elif(~rows_over):
                        if self.config.learning and self.config.memory_ports == 1:
                            m.d.sync += pausing.eq(~last_row)
                        m.d.comb += [operation.learn.eq(1), self.done.eq(last_row & last_slot)]
                        m.d.sync += [row.eq(Mux(last_row, 0, row + 1)), rows_over.eq(last_row)]
                    with m.Else():
                        m.d.comb += operation.load.eq(1)
                        m.d.sync += [rows_over.eq(0), slot.eq(next_slot)]

        # Whether the phase is over is decided `decision_delay` clocks after each step.
        awaited = Signal(plan.decision_delay)
        changed = Signal()
        issued = Signal(8)  # steps
        decided = Signal(8)
        m.d.comb += [
            self.steps.eq(decided + 1),
            over.eq(awaited[-1] & (~(changed | self.changed) | (self.steps == self.most_steps))),
        ]
        m.d.sync += [awaited.eq(Cat(updated, awaited)), changed.eq((changed | self.changed) & ~awaited[-1])]
        with m.If(awaited[-1]):
            m.d.sync += decided.eq(decided + 1)
        with m.If(updated):
            m.d.sync += [issued.eq(issued + 1), exhausted.eq(issued + 1 == self.most_steps), starting.eq(0)]

        with m.If(self.done):
            m.d.sync += running.eq(0)
        with m.If(self.start):
            m.d.comb += [
                operation.load.eq(1),
                operation.begin.eq(self.begin),
                operation.next_slot.eq(Mux(self.command == Command.LOAD, self.load_slot, 0)),
            ]
            m.d.sync += [
                running.eq(self.command != Command.LOAD),
                command.eq(self.command),
                starting.eq(self.begin),
                Cat(exhausted, slot, row, lead, pause, pausing, rows_over, awaited, changed, issued, decided).eq(0),
            ]
        return m


def of_slot(plan: EPPlan, slot: Value, value: Callable[[Slot], int]) -> Value:
    """A slot's number, looked up; a constant where all slots share it."""
    values = [int(value(each)) for each in plan.slots]
    return Const(values[0]) if len(set(values)) == 1 else Array(values)[slot]
