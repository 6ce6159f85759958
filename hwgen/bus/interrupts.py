"""Interrupts: what happens in a core, kept in ``interrupt_pending`` and announced on ``irq``."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.bank import RegisterBank
from hwgen.bus.common import INTERRUPT_SOURCES


class Interrupts(wiring.Component):
    """Turns what a core does into events, and pending events into ``irq``.

    An event sets its bit of ``interrupt_pending`` two clocks after it happened, whatever the mask says; ``irq`` is
    ``|(pending & mask)`` of the clock before. In the clock of ``clear``, and for what happened before, there are none.

    Members: ``raised``: a bit of ``errors`` rose; ``y_valid``, ``y_ready``: the handshake of ``y``; ``busy``: as in
    ``status``; ``clear``: soft reset; ``mask``, ``pending``: the registers; ``events``: bits of ``pending`` to set;
    ``irq``: level-sensitive, high active.
    """

    def __init__(self) -> None:
        sources = len(INTERRUPT_SOURCES)
        super().__init__(
            {
                "raised": In(1),
                "y_valid": In(1),
                "y_ready": In(1),
                "busy": In(1),
                "clear": In(1),
                "mask": In(sources),
                "pending": In(sources),
                "events": Out(sources),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        announced = Signal()  # the result now on y was there in the clock before
        was_busy = Signal()
        happened = Signal.like(self.events)
        events = {
            "error": self.raised,
            "result": self.y_valid & ~announced,
            "idle": was_busy & ~self.busy,
        }
        m.d.sync += [
            announced.eq(self.y_valid & ~self.y_ready),
            was_busy.eq(self.busy),
            happened.eq(Cat(events[source.name] for source in INTERRUPT_SOURCES)),
            self.irq.eq((self.pending & self.mask).any()),
        ]
        with m.If(self.clear):
            m.d.sync += [announced.eq(0), was_busy.eq(0), happened.eq(0), self.irq.eq(0)]
        # The bank sets what it is told to even while it clears.
        m.d.comb += self.events.eq(Mux(self.clear, 0, happened))
        return m


def connect_interrupts(m: Module, bank: RegisterBank, *, y: wiring.PureInterface, busy: Value, irq: Value) -> None:
    """Give a core its interrupts: a submodule ``interrupts`` between the core and its register bank.

    Args:
        m: the core's module.
        bank: its register bank, with the map of :func:`~hwgen.bus.common.core_map`; ``clear`` is its soft reset.
        y: the core's output stream.
        busy: what ``status.busy`` shows.
        irq: the core's member of that name.
    """
    m.submodules.interrupts = interrupts = Interrupts()
    m.d.comb += [
        interrupts.raised.eq(bank.errors_raised.any()),
        interrupts.y_valid.eq(y.valid),
        interrupts.y_ready.eq(y.ready),
        interrupts.busy.eq(busy),
        interrupts.clear.eq(bank.clear),
        interrupts.mask.eq(bank.interrupt_mask),
        interrupts.pending.eq(bank.interrupt_pending_flags),
        bank.interrupt_pending.eq(interrupts.events),
        irq.eq(interrupts.irq),
    ]
