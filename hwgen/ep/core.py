"""The equilibrium-propagation machine: input lists, synapse memory, network, and the registers around them."""

from dataclasses import asdict

from amaranth.hdl import Cat, Elaboratable, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.elements import packed
from hwgen.crossbar.fill import LFSR_WIDTH
from hwgen.crossbar.pipeline import SynapsePipeline
from hwgen.ep.config import EPConfig
from hwgen.ep.memory import to_words
from hwgen.ep.network import Network
from hwgen.ep.plan import BANKS, EPPlan
from hwgen.ep.registers import CORE_NUMBER, counter_names, register_map
from hwgen.ep.signature import result_layout, trailer_layout
from hwgen.ep.statistics import Statistics
from hwgen.ep.synapses import synapse_pipeline
from hwgen.ep.weights import EPWeights
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns
from hwgen.parts.skid_buffer import SkidBuffer


class EPCore(wiring.Component):
    """The equilibrium-propagation machine of a config.

    Args:
        config: its parameters.
        weights: what the synapse memory of the Verilog holds; without them, the machine fills it by itself when it is
            first clocked, from ``config.seed``.

    Members: ``bus``: registers and synapse memory; ``x``: samples, :attr:`~hwgen.ep.config.EPConfig.sample_beats`
    transfers each; ``y``: results, one for each sample, in order; ``irq``: see
    :class:`~hwgen.bus.interrupts.Interrupts`.

    Reset leaves the synapses and the random state as they are; in mid-learning, some synapses may have learnt the
    sample and others not. A soft reset waits until they all have; until then ``busy_cycles``, just cleared, counts on.
    """

    def __init__(self, config: EPConfig, weights: EPWeights | None = None) -> None:
        self.config = config
        self.weights = weights
        self.plan = EPPlan(config)
        self.map = register_map(config)
        self.identity = IDENTITY_MAGIC << 16 | CORE_NUMBER
        self.x_beats = config.sample_beats
        self.resetting = Signal()
        super().__init__(
            {
                "bus": In(BusSignature()),
                "x": In(stream.Signature(config.stream_bits)),
                "y": Out(stream.Signature(result_layout(config))),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, plan = self.config, self.plan
        words = None if self.weights is None else to_words(config, self.weights)
        signs = [] if words is None else packed(words[plan.input_words :] >> config.synapse_bits - 1, 1)

        m.submodules.bank = bank = RegisterBank(self.map, counter_names(config))
        m.submodules.lists = lists = ActiveInputs(banks=BANKS, **asdict(plan.sample_format))
        m.submodules.synapses = synapses = synapse_pipeline(
            config, None if words is None else packed(words, config.synapse_bits)
        )
        flush = Signal()  # the samples in the machine are dropped
        network = Network(config, signs)
        m.submodules.network = ResetInserter(flush)(network)
        # The buffer is not reset with the rest: a result once offered on y stays until it is taken.
        m.submodules.result = result = SkidBuffer(result_layout(config))
        m.submodules.statistics = statistics = Statistics(config)

        connect(m, flipped(self.bus), bank.bus)
        connect(m, bank.synapses, synapses.window)
        connect(m, bank.counters, statistics.port)
        connect(m, synapses.lanes, network.synapses)
        m.d.comb += synapses.read.eq(network.read)
        connect(m, result.o, flipped(self.y))
        self._add_lists(m, lists, network)
        complete = self._add_results(m, network, result, statistics, flush)
        self._add_content(m, bank, flush, complete, lists, network, synapses, statistics)
        self._add_registers(m, bank, network, statistics)
        return m

    def _add_lists(self, m: Module, lists: ActiveInputs, network: Network) -> None:
        """Lists of active inputs, to the network."""
        trailer = data.View(trailer_layout(self.config), lists.trailer)
        m.d.comb += [
            network.list_ready.eq(lists.ready),
            network.list.bank.eq(lists.bank),
            network.list.count.eq(lists.count),
            network.list.trailer.label.eq(trailer.label),
            network.list.trailer.learn.eq(trailer.learn & (trailer.label < self.config.classes)),
            network.entry.eq(lists.entry),
            lists.claim.eq(network.claim),
            lists.release.eq(network.release),
            lists.read_bank.eq(network.read_bank),
            lists.read_address.eq(network.read_address),
        ]

    def _add_results(
        self, m: Module, network: Network, result: SkidBuffer, statistics: Statistics, flush: Signal
    ) -> Value:
        """Results, and what is counted of them; returns whether a sample is complete."""
        complete = Signal()
        m.d.comb += [
            result.i.payload.eq(network.result),
            result.i.valid.eq(network.result_valid),
            network.result_ready.eq(result.i.ready),
            complete.eq(network.result_valid & network.result_ready),
            statistics.complete.eq(complete),
            statistics.wrong.eq(network.wrong),
            statistics.free_steps_more.eq(network.result.free_steps),
            statistics.in_drive.eq(network.driving),
            statistics.in_free.eq(network.relaxing),
        ]
        if self.config.learning:
            m.d.comb += [
                # What has been learnt stays, though its result be dropped.
                complete.eq(network.result_valid & (network.result_ready | (network.learnt & flush))),
                statistics.learn.eq(network.learn),
                statistics.nudged_steps_more.eq(network.result.negative_steps + network.result.positive_steps),
                statistics.flips_more.eq(network.result.flips),
                statistics.in_free.eq(network.relaxing & ~network.nudging),
                statistics.in_nudged.eq(network.nudging),
                statistics.in_learn.eq(network.learning),
            ]
        return complete

    def _add_content(
        self,
        m: Module,
        bank: RegisterBank,
        flush: Signal,
        complete: Value,
        lists: ActiveInputs,
        network: Network,
        synapses: SynapsePipeline,
        statistics: Statistics,
    ) -> None:
        """Soft reset, filling the memory, the random state; and what x brings meanwhile."""
        config = self.config
        strobes = fields_of(self.map.register("control"), bank.control)
        learning = network.learning if config.learning else 0

        # A sample that has begun to learn learns to the end: a soft reset leaves no half of it in the memory.
        resetting = self.resetting
        m.d.comb += flush.eq(resetting & ~learning)
        m.d.sync += resetting.eq((resetting & ~flush) | strobes["soft_reset"])

        # Memory and random state outlast a reset. Until it is filled for the first time, the memory holds nothing.
        filled = Signal(init=self.weights is not None, reset_less=True)
        random = Signal(32, init=config.seed if self.weights is None else self.weights.random, reset_less=True)
        asked = Signal()
        busy = Signal()
        absent = Signal()  # what x brings is not taken
        m.d.comb += [
            busy.eq(lists.occupied | ~network.idle | self.y.valid | resetting),
            absent.eq(~filled | asked | synapses.filling | resetting),
            synapses.start.eq(~synapses.filling & (~filled | asked)),
            synapses.seed.eq(Mux(bank.seed == 0, config.seed, bank.seed)),
            lists.x.payload.eq(self.x.payload),
            lists.x.valid.eq(self.x.valid & ~absent),
            self.x.ready.eq(lists.x.ready & ~absent),
            lists.discard.eq(flush),
            synapses.locked.eq(busy | absent),
            network.hold.eq(synapses.accessing),
            bank.status.eq(Cat(busy, absent)),
            bank.clear.eq(strobes["soft_reset"]),
            bank.random.eq(random),
        ]
        m.d.sync += asked.eq(strobes["initialise"] & ~busy & ~self.x.valid & ~synapses.accessing)
        with m.If(synapses.filled):
            m.d.sync += filled.eq(1)
        with m.If(synapses.start):
            m.d.sync += [filled.eq(0), random.eq(synapses.seed)]
        with m.Elif(strobes["set_random"]):
            m.d.sync += random.eq(bank.seed)
        if config.nudging == "random-sign":
            with m.Elif(complete & network.learn):
                m.d.sync += random.eq(linear(step_columns(LFSR_WIDTH), random))
        if config.learning:
            m.d.comb += network.random.eq(random[0])
        # That a soft reset ends the work is no event.
        connect_interrupts(m, bank, y=self.y, busy=busy & ~resetting, irq=self.irq)

        # Transfers of x are counted by samples: the last one of each.
        beat = Signal(range(self.x_beats))
        taken = self.x.valid & self.x.ready
        whole = beat == self.x_beats - 1
        with m.If(taken):
            m.d.sync += beat.eq(Mux(whole, 0, beat + 1))
        with m.If(flush):
            m.d.sync += beat.eq(0)
        trailer = data.View(trailer_layout(config), self.x.payload[: 1 + config.class_bits])
        m.d.comb += [
            statistics.samples.eq(taken & whole),
            statistics.clear_common.eq(strobes["soft_reset"]),
            bank.errors.eq(taken & whole & trailer.learn & (trailer.label >= config.classes)),
        ]

    def _add_registers(self, m: Module, bank: RegisterBank, network: Network, statistics: Statistics) -> None:
        """Who this is, and what its counters are told."""
        strobes = fields_of(self.map.register("control"), bank.control)
        waiting = network.result_valid & ~network.result_ready
        m.d.comb += [
            statistics.busy_cycles.eq(network.driving | ~(network.idle | waiting)),
            statistics.clear.eq(strobes["clear_statistics"]),
            bank.identity.eq(self.identity),
            bank.config_hash.eq(self.config.hash),
            bank.content_hash.eq(0 if self.weights is None else self.weights.digest),
        ]
