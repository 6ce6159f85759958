"""Many wide counters in one memory, with one adder."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hwgen.bus.interface import WindowSignature
from hwgen.parts.block_memory import BlockMemory

WORD_BITS = 32
WORDS = 2
"""Words of a total, which has 64 bits."""


def counter_port(counters: int) -> WindowSignature:
    """Of a :class:`CounterMemory`, seen from the register bank."""
    return WindowSignature((WORDS * counters - 1).bit_length(), WORD_BITS)


@dataclass(frozen=True)
class Count:
    """What one counter counts.

    ``most`` is the largest amount that one clock can add, at least 1; ``interval``: from one such clock to the next
    there are so many at least; counters of the same ``group`` are cleared together.
    """

    name: str
    group: str
    most: int = 1
    interval: int = 1

    def low_bits(self, counters: int) -> int:
        """Bits of its own counter, one of so many: from visit to visit, it goes on by half its range at the most. The
        memory has room for fewer than ``WORD_BITS``."""
        times = -(-WORDS * counters // self.interval)
        return (times * self.most - 1).bit_length() + 1


class CounterMemory(wiring.Component):
    """64-bit counters that take a few flip-flops each.

    Only a total's lowest bits are a counter of their own. The totals lie in a memory, and are brought up to date one
    after the other, a word a clock: the low bits are put in, and where the highest of them has fallen from 1 to 0 since
    the last visit, 1 is carried. A counter has so many low bits that this cannot happen twice between two visits.

    Args:
        counts: at least two.

    Members, for each count: ``<name>``: strobe; ``<name>_amount``, where ``most`` is more than 1: what is added with
    it. For each group ``clear_<group>``: strobe: its totals become 0, what is added in this clock included. ``port``:
    reads a word of a total, ``index`` being the count's place in ``counts``, and in the lowest bit the word. The lower
    word comes ``2 * len(counts)`` clocks after ``valid`` at the latest; with it, the total is that of one clock, two
    before ``valid`` at the earliest. The upper word is that of the total whose lower word was read last, and comes at
    once. ``write`` is ignored, and ``error`` is 0.
    """

    def __init__(self, counts: Sequence[Count]) -> None:
        if len(counts) < 2:
            raise ValueError(f"counts must be at least two, not {len(counts)}")
        self.counts = tuple(counts)
        self.groups = sorted({count.group for count in counts})
        members = {count.name: In(1) for count in counts}
        members |= {f"{count.name}_amount": In(range(count.most + 1)) for count in counts if count.most > 1}
        members |= {f"clear_{group}": In(1) for group in self.groups}
        super().__init__({**members, "port": In(counter_port(len(counts)))})
        for count in counts:
            if count.low_bits(len(counts)) >= WORD_BITS:
                raise ValueError(f"most of {count.name} is {count.most}, too large for {len(counts)} counters")

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        lows = [self._add_low(m, count) for count in self.counts]
        widths = [len(low) for low in lows]
        steps = sorted(set(widths))  # where low bits end

        # The visit: in its first clock, the memory is asked for the word, and the low bits are taken down.
        last = len(self.counts) - 1
        number, upper = Signal(range(last + 1)), Signal()
        low = Signal(max(widths))
        blank = Signal(init=1)  # cleared since the last visit: what the memory holds is not the total
        reaches = Signal(len(steps))  # bit n: low bits go up to steps[n] at least
        m.d.sync += [
            upper.eq(~upper),
            low.eq(Mux(upper, 0, Array(lows)[number])),
            reaches.eq(Mux(upper, 0, Cat(Array(width >= step for width in widths)[number] for step in steps))),
        ]
        with m.If(upper):
            m.d.sync += number.eq(Mux(number == last, 0, number + 1))
        fresh = Signal(last + 1, init=-1)
        for position, count in enumerate(self.counts):
            with m.If(~upper & (number == position)):
                m.d.sync += [blank.eq(fresh[position]), fresh[position].eq(0)]
            with m.If(getattr(self, f"clear_{count.group}")):
                m.d.sync += fresh[position].eq(1)

        # In its second clock, both are joined. No X comes from a memory that holds nothing yet.
        m.submodules.totals = totals = BlockMemory(WORD_BITS, WORDS * (last + 1))
        joined, carries = Signal(WORD_BITS), Signal(WORD_BITS)
        kept = Signal(WORD_BITS)
        m.d.comb += kept.eq(Mux(blank, 0, totals.read_data))
        for bit in range(WORD_BITS):
            stage = next((stage for stage, step in enumerate(steps) if step > bit), None)
            below = 0 if stage is None else reaches[stage]
            m.d.sync += joined[bit].eq(Mux(below, low[bit : bit + 1], kept[bit]))
        ends = reaches & ~(reaches >> 1)
        m.d.sync += [
            carries[step].eq(ends[stage] & kept[step - 1] & ~low[step - 1]) for stage, step in enumerate(steps)
        ]

        # In its third clock, the total is written back. The lower word's carry goes to the upper one.
        place = Cat(upper, number)
        before = Signal.like(place, init=last << 1 | 1)
        written = Signal.like(place, init=last << 1)
        carried = Signal()
        total = Signal(WORD_BITS + 1)
        m.d.sync += [before.eq(place), written.eq(before), carried.eq(total[WORD_BITS] & ~written[0])]
        m.d.comb += [
            total.eq(joined + (carries | carried)),
            totals.read_address.eq(place),
            # Synthesis must see that no word is read while it is written.
            totals.read_enable.eq(place != written),
            totals.write_address.eq(written),
            totals.write_data.eq(total),
            totals.write_enable.eq(1),
        ]
        self._add_port(m, total, written)
        return m

    def _add_low(self, m: Module, count: Count) -> Signal:
        """A count's own counter."""
        low = Signal(count.low_bits(len(self.counts)), name=f"{count.name}_low")
        with m.If(getattr(self, f"clear_{count.group}")):
            m.d.sync += low.eq(0)
        with m.Elif(getattr(self, count.name)):
            m.d.sync += low.eq(low + (getattr(self, f"{count.name}_amount") if count.most > 1 else 1))
        return low

    def _add_port(self, m: Module, total: Value, written: Value) -> None:
        """Both words of a total in turn go through one register: the upper one stays there."""
        port = self.port
        word = Signal(WORD_BITS)
        found = Signal()
        answer = Signal()
        m.d.comb += [
            found.eq(port.valid & (port.index == written) & ~port.index[0]),
            port.ready.eq(port.valid & (answer | port.index[0])),
            port.rdata.eq(word),
        ]
        m.d.sync += answer.eq(found)
        with m.If(found | answer):
            m.d.sync += word.eq(total)
