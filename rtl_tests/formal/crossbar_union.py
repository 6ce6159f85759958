"""What is proven about a pass over the union of two lists."""

from typing import Any

from amaranth.hdl import Array, Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES
from hwgen.crossbar.union import AHEAD, UnionSweep
from rtl_tests.formal.crossbar import registers_of

INPUTS = 6
ENTRIES = 5
"""So many that a list fills its queue, while the other one is taken from, and is asked for more."""
WORDS = 8
ENTRY = data.StructLayout({"index": range(INPUTS + 1), "value": 1})
"""After the inputs comes the constant entry's."""
TAG = data.StructLayout({"number": 1})


def union(kind: type[UnionSweep] = UnionSweep) -> UnionSweep:
    """Two lists in one bank each."""
    return kind(ENTRY, ENTRIES, 1, WORDS, tag=TAG)


class ListWatch:
    """One of the two lists: any entries, of which those of the list have ascending indices, and what is taken of them.
    They stay as they are while a pass is made.

    ``entries``: the list, and anything behind its end; ``length``: of the list of this pass; ``taken``: how many of its
    entries were asked for.
    """

    def __init__(self, name: str) -> None:
        self.entries = [Signal(ENTRY, name=f"{name}_{place}") for place in range(ENTRIES)]
        self.length = Signal(range(ENTRIES + 1), name=f"{name}_length")
        self.taken = Signal(range(ENTRIES + 1), name=f"{name}_taken")

    @property
    def inputs(self) -> list[Value]:
        """What may be anything."""
        return [entry.as_value() for entry in self.entries]

    @property
    def left(self) -> Value:
        """Whether there are entries that were not asked for."""
        return self.taken != self.length

    def at(self, place: Value) -> Any:
        """An entry."""
        return data.View(ENTRY, Array(self.inputs)[place])

    def follow(
        self, m: Module, start: Value, head: Any, registers: dict[str, Signal], base: Value, answer: Any, address: Value
    ) -> None:
        """Assume what lists are like, answer what is asked for at ``address``, and assert what a head keeps of it."""
        same_pass = Signal()
        m.d.sync += same_pass.eq(~start)
        for place, entry in enumerate(self.entries):
            before = Signal.like(entry.as_value())
            m.d.sync += before.eq(entry.as_value())
            m.d.comb += [Assume(~same_pass | (entry.as_value() == before)), Assume(entry.index < INPUTS)]
            if place:
                ascends = self.entries[place - 1].index < entry.index
                m.d.comb += Assume((place >= self.length) | ascends)
        asked: Value = address
        places = []
        for stage in range(LIST_STAGES):
            delayed = Signal.like(address, name=f"asked_{stage}")
            m.d.sync += delayed.eq(asked)
            asked = delayed
            places.append(delayed)
        m.d.comb += answer.eq(self.at(asked))

        # What was asked for is on its way, or waits in order.
        unread, ahead, waiting = registers["unread"], registers["ahead"], registers["waiting"]
        answered = [registers[f"answered_{stage}"] for stage in range(LIST_STAGES)]
        begun = self.length - unread
        m.d.comb += [
            Assert((self.taken <= self.length) & (self.length <= ENTRIES)),
            Assert(head.left == self.length - self.taken),
            Assert(unread + ahead == head.left),
            Assert(ahead == waiting + sum(answered)),
            Assert(ahead <= AHEAD),
            Assert((unread == 0) | (address == begun)),
        ]
        for stage, (place, valid) in enumerate(zip(places, answered, strict=True)):
            m.d.comb += Assert(~valid | (place == begun - 1 - sum(answered[:stage])))
        for number in range(AHEAD):
            entry = self.at(self.taken + number)
            kept = data.View(head.head.shape(), registers[f"waiting_{number}"])
            same = (kept.address == base + entry.index) & (kept.value == entry.value)
            m.d.comb += Assert((number >= waiting) | same)


class UnionProof(Elaboratable):
    """Passes over any two lists, one after the other: the words of all inputs that are in either of them are asked for,
    one a clock, without a gap and in strictly ascending order, with the values that the lists have; then the constant
    entry's, which is that of a later input. (There is one bank, so that nothing is said of the banks that are read.)

    So no word is visited twice in a pass, as :class:`~rtl_tests.formal.crossbar_pipeline.HazardProof` wants it.
    """

    def __init__(self, dut: UnionSweep) -> None:
        self.dut = dut
        self.lists = ListWatch("own"), ListWatch("other")
        self.inputs = [dut.start, dut.count, dut.other_count, dut.base, dut.constant, dut.constant_entry.as_value()]
        self.inputs += [dut.tag.as_value(), *self.lists[0].inputs, *self.lists[1].inputs]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        dut, (own, other) = self.dut, self.lists
        registers = registers_of(dut)
        heads = [getattr(dut.elaborate(None).submodules, name) for name in ("own", "other")]
        known = [registers_of(head) for head in heads]
        m.submodules.dut = dut
        # What the pass was told.
        base, tag, constant_entry = Signal.like(dut.base), Signal.like(dut.tag), Signal.like(dut.constant_entry)
        running, constant = Signal(), Signal()
        age = Signal(range(LIST_STAGES + MERGE_STAGES + 1))
        last_address, least = Signal.like(dut.base), Signal(range(WORDS + 1))
        m.d.comb += last_address.eq(base + constant_entry.index)
        own.follow(m, dut.start, heads[0], known[0], base, dut.entry, dut.read_address)
        other.follow(m, dut.start, heads[1], known[1], base, dut.other_entry, dut.other_read_address)
        m.d.comb += [
            Assume(~dut.start | ~running | dut.ending),
            Assume((dut.count <= ENTRIES) & (dut.other_count <= ENTRIES)),
            Assume(dut.base + INPUTS < WORDS),
            Assume(dut.constant_entry.index == INPUTS),
            Assert(dut.running == running),
            Assert(registers["base"] == base),
            Assert(registers["tag"] == tag.as_value()),
            Assert(registers["constant"] == constant),
            Assert(registers["last_word"] == Cat(last_address, constant_entry.value)),
            Assert(base + INPUTS < WORDS),
            Assert(~running | (constant_entry.index == INPUTS)),
            Assert(running | ~(own.left | other.left)),
            Assert(~running | (registers["answering"] + age == LIST_STAGES + MERGE_STAGES)),
        ]

        # The entry that is due.
        first, second = own.at(own.taken), other.at(other.taken)
        listed = own.left | other.left
        takes = own.left & (~other.left | (first.index <= second.index))
        takes_other = other.left & (~own.left | (second.index <= first.index))
        due = running & (age == LIST_STAGES + MERGE_STAGES)
        own_end, other_end = own.taken + takes == own.length, other.taken + takes_other == other.length
        asking = base + Mux(listed, Mux(takes, first.index, second.index), constant_entry.index)
        ending = due & Mux(listed, own_end & other_end & ~constant, 1)
        m.d.comb += Assert(dut.ending == ending)
        with m.If(running & ~due):
            m.d.sync += age.eq(age + 1)
        with m.If(due):
            m.d.sync += [own.taken.eq(own.taken + takes), other.taken.eq(other.taken + takes_other)]
        with m.If(ending):
            m.d.sync += running.eq(0)
        with m.If(dut.start):
            m.d.sync += [running.eq(1), age.eq(0), own.taken.eq(0), other.taken.eq(0)]
            m.d.sync += [own.length.eq(dut.count), other.length.eq(dut.other_count), constant.eq(dut.constant)]
            m.d.sync += [base.eq(dut.base), tag.eq(dut.tag), constant_entry.eq(dut.constant_entry)]
        # Nothing is taken of a list whose head does not know its next entry, and no word twice.
        for watch, head in zip(self.lists, known, strict=True):
            m.d.comb += Assert(~due | ~watch.left | (head["waiting"] != 0))
            m.d.comb += Assert(~watch.left | (base + watch.at(watch.taken).index >= least))
        m.d.comb += Assert(~running | (least <= base + INPUTS))
        with m.If(due & (listed | constant)):
            m.d.comb += Assert(asking >= least)
            m.d.sync += least.eq(asking + 1)
        with m.If(dut.start):
            m.d.sync += least.eq(0)

        asked = Signal.like(dut.request)
        m.d.sync += [
            asked.valid.eq(due & (listed | constant)),
            asked.clear.eq(due & ~(listed | constant)),
            asked.last.eq(ending),
            asked.constant.eq(due & ~listed),
            asked.tag.eq(tag),
            asked.address.eq(asking),
            asked.entry.value.eq(Mux(listed, takes & first.value, constant_entry.value)),
            asked.entry.other.eq(Mux(listed, takes_other & second.value, constant_entry.value)),
        ]
        request = dut.request
        m.d.comb += [Assert(request[name] == asked[name]) for name in ("valid", "clear", "last", "constant")]
        with m.If(asked.valid):
            m.d.comb += [
                Assert(Value.cast(request[name]) == Value.cast(asked[name])) for name in ("address", "tag", "entry")
            ]
        return m
