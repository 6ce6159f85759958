"""A pass over the active inputs of a sample: one synapse word a clock."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.stages import LIST_STAGES


def request_layout(
    entry: data.StructLayout, address: range, tag: data.StructLayout | None = None, *, constant: bool = False
) -> data.StructLayout:
    """What is asked of the synapse memory: ``valid``: the word at ``address``, for the input that ``entry`` describes;
    ``clear``: the first clock of a pass that begins with one, without an input; ``last``: the last clock of a pass;
    ``tag``, in every clock of a pass: what the core said of it; ``constant``: this is the pass's constant entry."""
    members: dict[str, data.ShapeLike] = {"valid": 1, "clear": 1, "last": 1, "address": address, "entry": entry}
    if tag is not None:
        members["tag"] = tag
    if constant:
        members["constant"] = 1
    return data.StructLayout(members)


class InputSweep(wiring.Component):
    """Reads the list of a sample's active inputs and turns each entry into the address of its synapse word.

    The first clock of a pass follows ``start`` by one. A pass may be started in the clock in which the one before
    ends: there is no gap between them.

    Members: ``start``: begin a pass over the first ``count`` entries of the list in ``bank``, whose synapse words lie
    from address ``base`` on; with ``clear``, its first clock is a ``clear`` request, and with ``slow``, there is a
    clock between two entries. ``ending``: the pass's last clock. ``read_bank``, ``read_address``, ``entry``: to the
    list, which answers :data:`~hwgen.crossbar.stages.LIST_STAGES` clocks later; ``request``:
    :data:`~hwgen.crossbar.stages.REQUEST_STAGES` clocks after its entry was issued; ``working``: there is a pass, or a
    request of one on its way.

    Where there are tags, ``tag`` is taken with ``start``. Where there are constant entries, ``constant`` and
    ``constant_entry`` are: the pass then has one entry more, after those of the list.

    Without ``clear`` and ``constant``, ``count`` must not be 0.

    Args:
        entry: what a list entry holds; its member ``index`` is the number of the input.
        entries: longest list.
        banks: lists held.
        words: words of the synapse memory.
        tag: what the core says of a pass; the crossbar does not look at it.
        constant: whether a pass may have a constant entry.
    """

    def __init__(
        self,
        entry: data.StructLayout,
        entries: int,
        banks: int,
        words: int,
        *,
        tag: data.StructLayout | None = None,
        constant: bool = False,
    ) -> None:
        self.entry_layout = entry
        self.tag_layout = tag
        self.has_constant = constant
        self.request_layout = request_layout(entry, range(words), tag, constant=constant)
        super().__init__(
            {
                "start": In(1),
                "clear": In(1),
                "slow": In(1),
                "bank": In(range(banks)),
                "count": In(range(entries + 1)),
                "base": In(range(words)),
                **({"tag": In(tag)} if tag is not None else {}),
                **({"constant": In(1), "constant_entry": In(entry)} if constant else {}),
                "ending": Out(1),
                "working": Out(1),
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
        count = self.count + self.constant if self.has_constant else self.count
        remaining = Signal(len(count))
        position = Signal.like(self.read_address)
        # What stays as it was told until the pass ends.
        said = {"base": self.base}
        if self.tag_layout is not None:
            said["tag"] = self.tag
        if self.has_constant:
            said |= {"constant_entry": self.constant_entry}
        held = {name: Signal.like(value, name=f"held_{name}") for name, value in said.items()}
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
                remaining.eq(count),
                position.eq(0),
                self.read_bank.eq(self.bank),
                *(held[name].eq(value) for name, value in said.items()),
            ]

        # While the list answers.
        valid = running & ~clearing & ~pausing
        flags = Cat(valid, running & clearing, self.ending)
        if self.has_constant:
            constant = Signal()
            with m.If(self.start):
                m.d.sync += constant.eq(self.constant)
            flags = Cat(flags, valid & constant & (remaining == 1))
        busy = running
        for stage in range(LIST_STAGES):
            delayed_flags = Signal(len(flags), name=f"flags_{stage}")
            m.d.sync += delayed_flags.eq(flags)
            flags = delayed_flags
            busy |= flags.any()
            for name, value in held.items():
                held[name] = Signal.like(value, name=f"{name}_{stage}", reset_less=True)
                m.d.sync += held[name].eq(value)
        request = self.request
        m.d.comb += self.working.eq(busy | request.valid | request.clear | request.last)
        m.d.sync += [
            Cat(request.valid, request.clear, request.last).eq(flags[:3]),
            request.address.eq(held["base"] + self.entry.index),
            request.entry.eq(self.entry),
        ]
        if self.has_constant:
            m.d.sync += request.constant.eq(flags[3])
            with m.If(flags[3]):
                m.d.sync += [
                    request.address.eq(held["base"] + held["constant_entry"].index),
                    request.entry.eq(held["constant_entry"]),
                ]
        if self.tag_layout is not None:
            m.d.sync += request.tag.eq(held["tag"])
        return m
