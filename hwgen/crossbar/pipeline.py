"""The way of a synapse word: asked for, read, used by the lanes, written back; and the memory's first filling."""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.interface import WindowSignature
from hwgen.crossbar.fill import LFSR_WIDTH, RandomFill, drawn_bits
from hwgen.crossbar.memory import SynapseMemory
from hwgen.crossbar.stages import MEMORY_STAGES, turnaround
from hwgen.crossbar.words import ELEMENT_BITS, Matrix, WordFormat


def read_layout(words: WordFormat, tag: data.StructLayout) -> data.StructLayout:
    """What is asked of the pipeline: ``valid``: the word at ``address``; ``update`` (with it): the lanes will write it
    back; ``tag``: whatever the lanes are to be told in the clock in which the word, or none, reaches them."""
    return data.StructLayout({"valid": 1, "update": 1, "address": range(words.depth), "tag": tag})


class LaneSignature(wiring.Signature):
    """Between the pipeline and the lanes, seen from the pipeline.

    ``word``, ``use``: a synapse word, and the tag that it was asked for with; ``write_word``: the lanes' answer,
    ``latency`` clocks later; ``write``, ``write_address``: in that clock it is written; ``written``: the tag, in that
    clock. A tag goes this way in any case, with a word, an update, or neither.

    ``select``, ``data``: the bus's share in the word, as in :class:`~hwgen.crossbar.memory.SynapseMemory`; ``fill``,
    ``shift``, ``drawn``: random numbers, as in :class:`~hwgen.crossbar.fill.RandomFill`. Both enter at the lanes' last
    register: what it holds in the clock after ``fill``, and while ``select`` is not 0, is written in that clock.

    ``ahead``: what ``use``, ``write``, ``write_address``, ``fill`` and ``shift`` will be in the next clock, for lanes
    that have it from registers of their own.

    Args:
        words: what a word is.
        tag: what travels with a word.
        drawn_bits: bits of the widest random number.
    """

    def __init__(self, words: WordFormat, tag: data.StructLayout, drawn_bits: int = 1) -> None:
        super().__init__(
            {
                "use": Out(tag),
                "word": Out(words.word_bits),
                "write_word": In(words.word_bits),
                "write": Out(1),
                "write_address": Out(range(words.depth)),
                "written": Out(tag),
                "select": Out(words.elements),
                "data": Out(data.ArrayLayout(ELEMENT_BITS, len(words.regions))),
                "fill": Out(1),
                "shift": Out(1),
                "drawn": Out(signed(drawn_bits)),
                "ahead": Out(
                    data.StructLayout(
                        {"use": tag, "write": 1, "write_address": range(words.depth), "fill": 1, "shift": 1}
                    )
                ),
            }
        )


class SynapsePipeline(wiring.Component):
    """The synapse memory with its stages: one word read, used and written back in each clock.

    A word that is asked for in clock t is used in clock ``t + MEMORY_STAGES``, and written in clock
    ``t + MEMORY_STAGES + latency`` if it is updated. Before that clock it must not be asked for again. In a sweep that
    is so, as the entries of a list ascend. Between an updating sweep and one that may read any of its words, a core
    waits: ``start`` comes :attr:`turnaround` clocks after ``ending`` at the earliest; or, without counting, when the
    sweep is not ``working`` and nothing is ``pending``, which is at most five clocks later.

    With one port, updates are asked for in every other clock at most (a ``slow`` sweep), and no words are asked for
    between them: the write of one falls between the reads of others, for which ``latency`` must be odd.

    Args:
        words: what a word is.
        tag: what travels with a word; the crossbar does not look at it.
        matrices: what the memory is first filled with; they cover it.
        latency: clocks that the lanes take from a word to what is to be written, at least 1.
        ports: of the memory, 1 or 2; with 1, no word is read in a clock in which one is written.
        init: what the memory holds from the start, if anything.

    Members: ``read``: see :func:`read_layout`; ``pending``: a word that will be written is asked for, in use, or being
    written in this clock; ``lanes``: see :class:`LaneSignature`; ``window``, ``locked``, ``accessing``: the bus, as in
    :class:`~hwgen.crossbar.memory.SynapseMemory`; ``start``, ``seed``, ``filling``, ``filled``: the filling with random
    numbers begins, is under way, is over, the last word being written in the clock after.
    """

    def __init__(
        self,
        words: WordFormat,
        tag: data.StructLayout,
        matrices: tuple[Matrix, ...],
        *,
        latency: int = 1,
        ports: int = 2,
        init: Sequence[int] | None = None,
    ) -> None:
        if latency < 1:
            raise ValueError(f"latency must be at least 1, not {latency!r}")
        if ports == 1 and latency % 2 == 0:
            raise ValueError(f"latency must be odd where the memory has one port, not {latency!r}")
        covered = sum(matrix.words for matrix in matrices)
        if covered != words.depth:
            raise ValueError(f"matrices must cover all {words.depth} words of the memory, not {covered}")
        if drawn_bits(matrices) > words.synapse_bits:
            raise ValueError(
                f"matrices must draw at most synapse_bits ({words.synapse_bits}) bits, not {drawn_bits(matrices)}"
            )
        self.words = words
        self.tag = tag
        self.matrices = matrices
        self.latency = latency
        self.memory = SynapseMemory(words, init, ports=ports)
        super().__init__(
            {
                "read": In(read_layout(words, tag)),
                "pending": Out(1),
                "lanes": Out(LaneSignature(words, tag, drawn_bits(matrices))),
                "window": In(WindowSignature(words.index_bits, ELEMENT_BITS)),
                "locked": In(1),
                "accessing": Out(1),
                "start": In(1),
                "seed": In(LFSR_WIDTH),
                "filling": Out(1),
                "filled": Out(1),
            }
        )

    @property
    def turnaround(self) -> int:
        """Clocks from an updating sweep's ``ending`` to the first ``start`` of one that may read any of its words."""
        return turnaround(self.latency)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.memory = memory = self.memory
        m.submodules.fill = fill = RandomFill(self.matrices, self.words.lanes)
        lanes = self.lanes
        connect(m, flipped(self.window), memory.window)
        m.d.comb += [
            memory.locked.eq(self.locked),
            self.accessing.eq(memory.accessing),
            lanes.select.eq(memory.bus_select),
            lanes.data.eq(memory.bus_data),
            fill.start.eq(self.start),
            fill.seed.eq(self.seed),
            self.filling.eq(fill.working),
            self.filled.eq(fill.done),
            lanes.ahead.fill.eq(fill.fill),
            lanes.ahead.shift.eq(fill.shift),
            memory.read_enable.eq(self.read.valid),
            memory.read_address.eq(self.read.address),
            lanes.word.eq(memory.word),
        ]

        update, address, tag = self.read.valid & self.read.update, self.read.address, self.read.tag
        pending = update
        for clock in range(MEMORY_STAGES + self.latency):
            if clock == MEMORY_STAGES - 1:
                m.d.comb += lanes.ahead.use.eq(tag)
            if clock == MEMORY_STAGES:
                m.d.comb += lanes.use.eq(tag)
                # What the bus has read goes the same way.
                update, address = update | memory.bus_write, Mux(memory.bus_write, memory.bus_address, address)
            if clock == MEMORY_STAGES + self.latency - 1:
                m.d.comb += [lanes.ahead.write.eq(update), lanes.ahead.write_address.eq(address)]
            following = [
                Signal.like(lanes.write, name=f"update_{clock}"),
                Signal.like(lanes.write_address, name=f"address_{clock}"),
                Signal(self.tag, name=f"tag_{clock}"),
            ]
            m.d.sync += [after.eq(now) for after, now in zip(following, (update, address, tag), strict=True)]
            update, address, tag = following
            pending |= update
        with m.If(fill.write):
            m.d.comb += [lanes.ahead.write.eq(1), lanes.ahead.write_address.eq(fill.address)]
        m.d.comb += [
            self.pending.eq(pending),
            lanes.written.eq(tag),
            memory.write_enable.eq(lanes.ahead.write),
            memory.write_address.eq(lanes.ahead.write_address),
            memory.write_word.eq(lanes.write_word),
        ]
        m.d.sync += [
            lanes.drawn.eq(fill.drawn),
            *(getattr(lanes, name).eq(lanes.ahead[name]) for name in ("write", "write_address", "fill", "shift")),
        ]
        return m
