"""A pass over the active inputs of a sample: one synapse word a clock."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

LIST_STAGES = 2
"""Clocks from the address of a list entry to the entry."""

WORD_STAGES = LIST_STAGES + 1 + 2
"""Clocks from issuing an entry to the synapse word that it selects: the list, the register behind the addition of the
base, the memory and the register behind it."""


def request_layout(entry: data.StructLayout, address: range) -> data.StructLayout:
    """What is asked of the synapse memory: ``valid``: the word at ``address``, for the input that ``entry`` describes;
    ``clear``: the first clock of a pass that begins with one, without an input; ``last``: the last clock of a pass."""
    return data.StructLayout({"valid": 1, "clear": 1, "last": 1, "address": address, "entry": entry})


class InputSweep(wiring.Component):
    """Reads the list of a sample's active inputs and turns each entry into the address of its synapse word.

    The first clock of a pass follows ``start`` by one. A pass may be started in the clock in which the one before
    ends: there is no gap between them.

    Members: ``start``: begin a pass over the first ``count`` entries of the list in ``bank``, whose synapse words lie
    from address ``base`` on; with ``clear``, its first clock is a ``clear`` request, and with ``slow``, there is a
    clock between two entries. ``ending``: the pass's last
    clock. ``read_bank``, ``read_address``, ``entry``: to the list, which answers two clocks
    later; ``request``: three clocks after its entry was issued.

    Without ``clear``, ``count`` must not be 0.

    Args:
        entry: what a list entry holds; its member ``index`` is the number of the input.
        entries: longest list.
        banks: lists held.
        words: words of the synapse memory.
    """

    def __init__(self, entry: data.StructLayout, entries: int, banks: int, words: int) -> None:
        self.entry_layout = entry
        self.request_layout = request_layout(entry, range(words))
        super().__init__(
            {
                "start": In(1),
                "clear": In(1),
                "slow": In(1),
                "bank": In(range(banks)),
                "count": In(range(entries + 1)),
                "base": In(range(words)),
                "ending": Out(1),
                "read_bank": Out(range(banks)),
                "read_address": Out(range(entries)),
                "entry": In(entry),
                "request": Out(self.request_layout),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        running = Signal()
        clearing = Signal()
        pausing = Signal()  # between two entries
        remaining = Signal.like(self.count)
        base = Signal.like(self.base)
        position = Signal.like(self.read_address)
        m.d.comb += [
            self.read_address.eq(position),
            self.ending.eq(running & ~pausing & (remaining == ~clearing)),
        ]
        with m.If(running):
            m.d.sync += [clearing.eq(0), pausing.eq(self.slow & ~pausing & ~clearing)]
            with m.If(~clearing & ~pausing):
                m.d.sync += [remaining.eq(remaining - 1), position.eq(position + 1)]
        with m.If(self.ending):
            m.d.sync += running.eq(0)
        with m.If(self.start):
            m.d.sync += [
                running.eq(1),
                clearing.eq(self.clear),
                pausing.eq(0),
                remaining.eq(self.count),
                base.eq(self.base),
                position.eq(0),
                self.read_bank.eq(self.bank),
            ]

        # While the list answers.
        flags = Cat(running & ~clearing & ~pausing, running & clearing, self.ending)
        bases = base
        for stage in range(LIST_STAGES):
            delayed_flags = Signal(3, name=f"flags_{stage}")
            delayed_base = Signal.like(base, name=f"base_{stage}", reset_less=True)
            m.d.sync += [delayed_flags.eq(flags), delayed_base.eq(bases)]
            flags, bases = delayed_flags, delayed_base
        request = self.request
        m.d.sync += [
            Cat(request.valid, request.clear, request.last).eq(flags),
            request.address.eq(bases + self.entry.index),
            request.entry.eq(self.entry),
        ]
        return m
