"""What is proven about the way of a synapse word: its hazards, and who may use the memory."""

from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Signal
from amaranth.lib import data

from hwgen.crossbar.pipeline import SynapsePipeline
from hwgen.crossbar.stages import MEMORY_STAGES, REQUEST_STAGES
from hwgen.crossbar.sweep import InputSweep
from hwgen.crossbar.words import Matrix, WordFormat
from rtl_tests.formal.crossbar import registers_of
from rtl_tests.formal.rules import at_most

INPUTS = 5
"""So many that a sweep still reads while its first word is written."""
WORDS = WordFormat(INPUTS + 1, lanes=1, synapse_bits=1)
MATRICES = (Matrix(0, WORDS.depth, 1),)
ENTRY = data.StructLayout({"index": range(INPUTS)})
TAG = data.StructLayout({"number": 2})


def pipeline(latency: int, ports: int, kind: type[SynapsePipeline] = SynapsePipeline) -> SynapsePipeline:
    """The smallest in which two sweeps may meet: from two bases, over any lists of up to five inputs."""
    return kind(WORDS, TAG, MATRICES, latency=latency, ports=ports)


class HazardProof(Elaboratable):
    """Sweeps over any lists, one after the other, some of which update: no word is read while its write is on its way,
    each update is written once, in its clock, and one port never reads and writes at once.

    A list is whatever entries come while a pass is made, as long as their indices ascend. That lists are of this kind
    is what :class:`~rtl_tests.formal.crossbar.ScannerProof` says.

    Args:
        dut: the pipeline.
        wait: clocks from an updating pass's last one to the next start, at least; None: until nothing is under way.
        slow: whether passes that update are slow.
    """

    def __init__(self, dut: SynapsePipeline, wait: int | None, slow: bool) -> None:
        self.dut = dut
        self.wait = wait
        self.slow = slow
        self.sweep = InputSweep(ENTRY, INPUTS, 1, WORDS.depth)
        self.update = Signal()  # the pass that is started updates
        sweep = self.sweep
        self.tag = Signal.like(dut.read.tag.number)
        self.inputs = [sweep.start, sweep.clear, sweep.count, sweep.base, sweep.entry.as_value(), self.update, self.tag]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        running = registers_of(self.sweep)["running"]
        m.submodules.sweep = sweep = self.sweep
        m.submodules.dut = self.dut
        updates = Signal()  # this pass does
        with m.If(sweep.start):
            m.d.sync += updates.eq(self.update)
        m.d.comb += [
            sweep.slow.eq(updates & self.slow),
            Assume(sweep.clear | (sweep.count != 0)),
            Assume(sweep.base + INPUTS <= WORDS.depth),
            Assume(~sweep.start | ~running | sweep.ending),
        ]
        self._add_wait(m, updates)

        # What the pass was for whose request this is.
        update = updates
        for clock in range(REQUEST_STAGES):
            delayed = Signal(name=f"updates_{clock}")
            m.d.sync += delayed.eq(update)
            update = delayed
        least = Signal(range(INPUTS + 1))
        request, read = sweep.request, self.dut.read
        with m.If(request.valid):
            m.d.comb += Assume((request.entry.index >= least) & (request.entry.index < INPUTS))
            m.d.sync += least.eq(request.entry.index + 1)
        with m.If(request.last):
            m.d.sync += least.eq(0)
        m.d.comb += [
            read.valid.eq(request.valid),
            read.update.eq(update),
            read.address.eq(request.address),
            read.tag.number.eq(self.tag),
        ]
        self._add_rules(m)
        return m

    def _add_wait(self, m: Module, updates: Signal) -> None:
        """The core starts no pass too early."""
        if self.wait is None:
            m.d.comb += Assume(~(self.sweep.start & (self.sweep.working | self.dut.pending)))
            return
        awaited = Signal(range(self.wait + 1))  # clocks yet to be waited
        m.d.comb += Assume(~self.sweep.start | (awaited == 0) & ~(self.sweep.ending & updates))
        with m.If(self.sweep.ending & updates):
            m.d.sync += awaited.eq(self.wait - 1)
        with m.Elif(awaited != 0):
            m.d.sync += awaited.eq(awaited - 1)

    def _add_rules(self, m: Module) -> None:
        read, lanes = self.dut.read, self.dut.lanes
        reads = Signal()  # the memory does, a clock after it was asked to
        m.d.sync += reads.eq(read.valid)
        last = MEMORY_STAGES + self.dut.latency - 1
        update, address, tag = read.valid & read.update, read.address, read.tag.number
        pending = update
        for clock in range(MEMORY_STAGES + self.dut.latency):
            if clock == MEMORY_STAGES:
                m.d.comb += Assert(lanes.use.number == tag)
            following = [Signal(name=f"expected_update_{clock}"), Signal.like(address), Signal.like(tag)]
            m.d.sync += [after.eq(now) for after, now in zip(following, (update, address, tag), strict=True)]
            update, address, tag = following
            if clock != last:
                m.d.comb += Assert(~(read.valid & update & (read.address == address)))
            pending |= update
        m.d.comb += [
            Assert(lanes.write == update),
            Assert(~update | (lanes.write_address == address)),
            Assert(lanes.written.number == tag),
            Assert(self.dut.pending == pending),
        ]
        if self.dut.memory.ports == 1:
            m.d.comb += Assert(~(reads & lanes.write))


class BusProof(Elaboratable):
    """Core and bus, each of which obeys its side of ``accessing`` and ``locked``: never do both read, the lanes see the
    bus's share only while it is at work, and every access is answered.

    Args:
        dut: the pipeline.
        limit: most clocks that an access waits.
    """

    def __init__(self, dut: SynapsePipeline, limit: int) -> None:
        self.dut = dut
        self.limit = limit
        self.begin, self.end = Signal(), Signal()
        port = dut.window
        self.inputs = [self.begin, self.end, dut.start, dut.seed, dut.read.as_value(), dut.lanes.write_word]
        self.inputs += [port.valid, port.write, port.index, port.wdata]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus_reads = registers_of(self.dut.memory)["bus_reads"]
        m.submodules.dut = dut = self.dut
        port, lanes = dut.window, dut.lanes

        # The core: begins while the bus is not at work, and ends when all is written.
        working = Signal()
        active = working | (self.begin & ~dut.accessing)
        m.d.sync += working.eq(active & ~(self.end & ~dut.pending))
        m.d.comb += [
            dut.locked.eq(working | dut.filling),
            Assume(~dut.read.valid | active & ~dut.filling),
            Assume(~dut.start | active & ~dut.pending),
        ]
        # The host: an access stands until it is answered.
        waiting = Signal()
        access = Cat(port.write, port.index, port.wdata)
        before = Signal.like(access)
        m.d.sync += [waiting.eq(port.valid & ~port.ready), before.eq(access)]
        m.d.comb += Assume(~waiting | port.valid & (access == before))

        writing = Signal()  # the word that the bus writes is on its way
        with m.If(lanes.write):
            m.d.sync += writing.eq(0)
        with m.If(dut.memory.bus_write):
            m.d.sync += writing.eq(1)
        m.d.comb += [
            Assert(~(dut.read.valid & bus_reads)),
            Assert((lanes.select == 0) | dut.accessing),
            Assert(~(writing & working)),
            Assert(~(writing & lanes.write) | (lanes.write_address == dut.memory.bus_address)),
            Assert(~dut.accessing | port.valid),
            Assert(~writing | dut.accessing),
        ]
        at_most(m, Assert, port.valid & ~port.ready, self.limit)
        return m
