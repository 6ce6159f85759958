"""A pass over the union of two lists of active inputs: one synapse word a clock for each input that is in either."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES
from hwgen.crossbar.sweep import request_layout

AHEAD = LIST_STAGES + MERGE_STAGES + 1
"""Entries of a list that are asked for and not yet taken, at most: so many that one can be taken in each clock."""


class ListHead(wiring.Component):
    """Reads a list ahead, and shows the first of its entries that is not yet taken.

    Members: ``start``: begin with the first of ``count`` entries, all those of the list before being taken;
    ``read_address``, ``entry``: to the list, which answers :data:`~hwgen.crossbar.stages.LIST_STAGES` clocks later;
    ``left``: entries that are not yet taken; ``head``: the first of them, from ``LIST_STAGES + MERGE_STAGES + 1``
    clocks after ``start`` on, in each clock; ``take``: strobe.

    Args:
        entry: what is taken of an entry.
        entries: longest list.
    """

    def __init__(self, entry: data.StructLayout, entries: int) -> None:
        super().__init__(
            {
                "start": In(1),
                "count": In(range(entries + 1)),
                "read_address": Out(range(entries)),
                "entry": In(entry),
                "left": Out(range(entries + 1)),
                "head": Out(entry),
                "take": In(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        unread = Signal.like(self.left)
        ahead = Signal(range(AHEAD + 1))  # asked for and not taken
        waiting = Signal.like(ahead)  # of these, answered
        asks = Signal()
        m.d.comb += asks.eq((unread != 0) & (ahead != AHEAD))
        m.d.sync += [ahead.eq(ahead + asks - self.take), self.left.eq(self.left - self.take)]
        with m.If(asks):
            m.d.sync += [unread.eq(unread - 1), self.read_address.eq(self.read_address + 1)]
        with m.If(self.start):
            m.d.sync += [unread.eq(self.count), self.left.eq(self.count), self.read_address.eq(0)]

        answered: Value = asks
        for stage in range(LIST_STAGES):
            delayed = Signal(name=f"answered_{stage}")
            m.d.sync += delayed.eq(answered)
            answered = delayed
        queue = [Signal.like(self.head, name=f"waiting_{place}", reset_less=True) for place in range(AHEAD)]
        end = Signal.like(waiting)
        m.d.comb += [end.eq(waiting - self.take), self.head.eq(queue[0])]
        m.d.sync += waiting.eq(end + answered)
        for place, entry in enumerate(queue):
            with m.If(answered & (end == place)):
                m.d.sync += entry.eq(self.entry)
            if entry is not queue[-1]:
                with m.Elif(self.take):
                    m.d.sync += entry.eq(queue[place + 1])
        return m


class UnionSweep(wiring.Component):
    """Reads two lists of active inputs at once and turns each input that is in either, or in both, into the address of
    its synapse word, in ascending order.

    Members: ``start``: begin a pass over the first ``count`` entries of the list in ``bank`` and the first
    ``other_count`` of the one in ``other_bank``, whose synapse words lie from address ``base`` on, and if ``constant``,
    over ``constant_entry`` after them, which is an entry of both; ``tag``: goes with its requests. ``ending``: the
    pass's last clock, ``LIST_STAGES + MERGE_STAGES`` clocks after ``start`` and one more for each input, of which one
    is counted if there are none; the next pass may be started then. ``read_bank``, ``read_address``, ``entry``, and the
    same of the other list: to the lists, which answer :data:`~hwgen.crossbar.stages.LIST_STAGES` clocks later.
    ``request``: a clock after ``ending`` the last one, see :func:`~hwgen.crossbar.sweep.request_layout`: its ``entry``
    has the input's ``value`` in the list and in the ``other`` one, 0 where it is not; ``clear``: there are no inputs.
    ``running``: there is a pass; ``working``: or a request.

    Args:
        entry: what a list entry holds: ``index``, the number of the input, and ``value``.
        entries: longest list.
        banks: lists held.
        words: words of the synapse memory.
        tag: what the core says of a pass.
    """

    def __init__(
        self, entry: data.StructLayout, entries: int, banks: int, words: int, *, tag: data.StructLayout
    ) -> None:
        self.entries = entries
        self.words = range(words)
        self.value = entry["value"].shape
        values = data.StructLayout({"value": self.value, "other": self.value})
        super().__init__(
            {
                "start": In(1),
                "bank": In(range(banks)),
                "count": In(range(entries + 1)),
                "other_bank": In(range(banks)),
                "other_count": In(range(entries + 1)),
                "base": In(self.words),
                "constant": In(1),
                "constant_entry": In(entry),
                "tag": In(tag),
                "ending": Out(1),
                "running": Out(1),
                "working": Out(1),
                "read_bank": Out(range(banks)),
                "read_address": Out(range(entries)),
                "entry": In(entry),
                "other_read_bank": Out(range(banks)),
                "other_read_address": Out(range(entries)),
                "other_entry": In(entry),
                "request": Out(request_layout(values, self.words, tag, constant=True)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # Words' addresses are compared, which ascend as the inputs do: so no sum comes after the comparison.
        word = data.StructLayout({"address": self.words, "value": self.value})
        m.submodules.own = own = ListHead(word, self.entries)
        m.submodules.other = other = ListHead(word, self.entries)
        base = Signal.like(self.base)
        tag = Signal.like(self.tag)
        constant = Signal()
        last_word = Signal(word)  # the constant entry
        answering = Signal(range(LIST_STAGES + MERGE_STAGES + 1))  # clocks until the lists' heads are there
        with m.If(answering != 0):
            m.d.sync += answering.eq(answering - 1)
        with m.If(self.ending):
            m.d.sync += self.running.eq(0)
        with m.If(self.start):
            m.d.sync += [
                self.running.eq(1),
                answering.eq(LIST_STAGES + MERGE_STAGES),
                self.read_bank.eq(self.bank),
                self.other_read_bank.eq(self.other_bank),
                base.eq(self.base),
                tag.eq(self.tag),
                constant.eq(self.constant),
                last_word.address.eq(self.base + self.constant_entry.index),
                last_word.value.eq(self.constant_entry.value),
            ]
        m.d.comb += [
            own.count.eq(self.count),
            other.count.eq(self.other_count),
            self.read_address.eq(own.read_address),
            self.other_read_address.eq(other.read_address),
        ]
        for head, entry in ((own, self.entry), (other, self.other_entry)):
            m.d.comb += [
                head.start.eq(self.start),
                head.entry.address.eq(base + entry.index),
                head.entry.value.eq(entry.value),
            ]

        # The lower of the two heads is taken, or both.
        goes = Signal()
        listed = Signal()  # there is an entry of a list
        has_own, has_other = own.left != 0, other.left != 0
        takes_own = has_own & (~has_other | (own.head.address <= other.head.address))
        takes_other = has_other & (~has_own | (other.head.address <= own.head.address))
        last_listed = (own.left == takes_own) & (other.left == takes_other)
        request = self.request
        m.d.comb += [
            goes.eq(self.running & (answering == 0)),
            listed.eq(has_own | has_other),
            own.take.eq(goes & takes_own),
            other.take.eq(goes & takes_other),
            self.ending.eq(goes & (~listed | (last_listed & ~constant))),
            self.working.eq(self.running | request.valid | request.clear),
        ]
        m.d.sync += [
            request.valid.eq(goes & (listed | constant)),
            request.clear.eq(goes & ~(listed | constant)),
            request.last.eq(self.ending),
            request.constant.eq(goes & ~listed),
            request.tag.eq(tag),
            request.address.eq(Mux(takes_own, own.head.address, other.head.address)),
            request.entry.value.eq(Mux(takes_own, own.head.value, 0)),
            request.entry.other.eq(Mux(takes_other, other.head.value, 0)),
        ]
        with m.If(~listed):
            m.d.sync += [
                request.address.eq(last_word.address),
                request.entry.value.eq(last_word.value),
                request.entry.other.eq(last_word.value),
            ]
        return m
