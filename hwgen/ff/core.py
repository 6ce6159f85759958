"""The Forward-Forward machine: input lists, weights, network, and the registers around them."""

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Cat, Elaboratable, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from numpy.typing import NDArray

from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.crossbar.elements import packed
from hwgen.crossbar.pipeline import SynapsePipeline
from hwgen.crossbar.stages import MEMORY_STAGES
from hwgen.ff.config import FFConfig
from hwgen.ff.contrastive_network import ContrastiveNetwork
from hwgen.ff.counters import counter_names
from hwgen.ff.generators import Generators
from hwgen.ff.layout import check_hardware
from hwgen.ff.lists import sample_readers
from hwgen.ff.memory import to_words
from hwgen.ff.network import Network
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.registers import CORE_NUMBER, register_map
from hwgen.ff.sequence_lists import InputLists, input_lists
from hwgen.ff.signature import result_layout, trailer_layout
from hwgen.ff.statistics import Statistics
from hwgen.ff.supervised_network import SupervisedNetwork
from hwgen.ff.sweeps import NO_NOTE, synapse_pipeline
from hwgen.ff.weights import FFWeights
from hwgen.parts.skid_buffer import SkidBuffer

FLUSH_CLOCKS = MEMORY_STAGES + 1
"""Clocks of a reset that leaves a synapse pipeline as it is."""


class FFCore(wiring.Component):
    """The Forward-Forward machine of a config, its layers sharing one engine.

    Args:
        config: its parameters.
        weights: what the memories of the Verilog hold; without them, the machine fills them by itself when it is first
            clocked, from ``config.seed``.

    Members: ``bus``: registers and weights; ``x``: samples, :attr:`~hwgen.ff.config.FFConfig.x_beats` transfers each;
    ``y``: results, one for each sample, in order; ``irq``: see :class:`~hwgen.bus.interrupts.Interrupts`.

    Reset leaves the weights and the generators as they are; in mid-learning, some weights may have learnt the sample
    and others not. A soft reset waits until they all have; until then ``busy_cycles``, just cleared, counts on.

    Raises :class:`~hwgen.errors.DesignError` for sequences of too many steps and for too large a goodness in learning.
    """

    def __init__(self, config: FFConfig, weights: FFWeights | None = None) -> None:
        check_hardware(config)
        self.config = config
        self.weights = weights
        self.map = register_map(config)
        self.identity = IDENTITY_MAGIC << 16 | CORE_NUMBER
        self.x_beats = config.x_beats
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
        config, weights = self.config, self.weights
        m.submodules.bank = bank = RegisterBank(self.map, counter_names(config))
        m.submodules.lists = lists = input_lists(config)
        flush = Signal()  # the samples in the machine are dropped
        network = SupervisedNetwork(config) if config.supervised else ContrastiveNetwork(config)
        m.submodules.network = ResetInserter(flush)(network)
        # The buffer is not reset with the rest: a result once offered on y stays until it is taken.
        m.submodules.result = result = SkidBuffer(result_layout(config))
        m.submodules.statistics = statistics = Statistics(config)
        layers = None if weights is None else weights.layers
        readout = None if weights is None or weights.readout is None else (weights.readout,)
        memories = {"weights": self._add_memory(m, network, network.plan, network.stage.note, "", layers)}
        if not config.supervised:
            memories["readout"] = self._add_memory(m, network, network.readout_plan, NO_NOTE, "readout_", readout)
        connect(m, flipped(self.bus), bank.bus)
        connect(m, bank.counters, statistics.port)
        for window, memory in memories.items():
            connect(m, getattr(bank, window), memory.window)
        connect(m, result.o, flipped(self.y))
        self._add_lists(m, lists, network)
        self._add_results(m, network, result, statistics, flush)
        self._add_content(m, bank, flush, lists, network, list(memories.values()))
        self._add_generators(m, bank, network)
        self._add_registers(m, bank, network, statistics, flush)
        return m

    def _add_memory(
        self,
        m: Module,
        network: Network,
        plan: ArrayPlan,
        note: data.StructLayout,
        prefix: str,
        held: Sequence[NDArray[np.int16]] | None,
    ) -> SynapsePipeline:
        init = None if held is None else packed(to_words(plan, held), plan.master_bits)
        memory = synapse_pipeline(plan, note, init)
        m.submodules[f"{prefix}weights"] = memory
        connect(m, memory.lanes, getattr(network, f"{prefix}synapses"))
        m.d.comb += [
            memory.read.eq(getattr(network, f"{prefix}read")),
            getattr(network, f"{prefix}filling").eq(memory.filling),
        ]
        return memory

    def _add_lists(self, m: Module, lists: InputLists, network: Network) -> None:
        """Lists of active inputs, to the network."""
        trailer = data.View(trailer_layout(self.config), lists.trailer)
        m.d.comb += [
            network.list_ready.eq(lists.ready),
            network.list.bank.eq(lists.bank),
            network.list.count.eq(lists.count),
            network.trailer.label.eq(trailer.label),
            network.trailer.learn.eq(
                trailer.learn & (trailer.label < self.config.classes) if self.config.learning else 0
            ),
            network.entry.eq(lists.entry),
            lists.claim.eq(network.claim),
            lists.release.eq(network.release),
            lists.read_bank.eq(network.read_bank),
            lists.read_address.eq(network.read_address),
        ]
        if sample_readers(self.config) == 2:
            m.d.comb += [
                network.other_entry.eq(lists.other_entry),
                lists.other_bank.eq(network.other_bank),
                lists.other_address.eq(network.other_address),
            ]

    def _add_results(
        self, m: Module, network: Network, result: SkidBuffer, statistics: Statistics, flush: Signal
    ) -> None:
        """Results, and what is counted of them."""
        complete = network.result_valid & network.result_ready
        if self.config.learning:
            # What has been learnt stays, though its result be dropped.
            complete = network.result_valid & (network.result_ready | (network.learnt & flush))
        m.d.comb += [
            result.i.payload.eq(network.result),
            result.i.valid.eq(network.result_valid),
            network.result_ready.eq(result.i.ready),
            statistics.complete.eq(complete),
            statistics.wrong.eq(network.result.prediction != network.sample.label),
            statistics.phase.eq(network.phase),
        ]
        if self.config.learning:
            m.d.comb += [
                statistics.learn.eq(network.learnt),
                statistics.goodness.eq(network.result.goodness),
                statistics.modulated.eq(network.modulated),
                statistics.scales.eq(network.scales),
                statistics.current.eq(network.current),
                statistics.saturated.eq(network.saturated),
                statistics.saturated_layer.eq(network.saturated_layer),
            ]
            if not self.config.supervised:
                m.d.comb += [
                    statistics.readout_learning.eq(network.readout_learning),
                    statistics.readout_saturated_more.eq(network.readout_saturated),
                ]

    def _add_content(
        self,
        m: Module,
        bank: RegisterBank,
        flush: Signal,
        lists: InputLists,
        network: Network,
        memories: list[SynapsePipeline],
    ) -> None:
        """Soft reset, filling the memories, and what x brings meanwhile."""
        config = self.config
        strobes = fields_of(self.map.register("control"), bank.control)
        learning = network.learning if config.learning else 0
        kept = network.known if config.learning and not config.supervised else 0
        if config.recurrent:
            kept = network.kept
        readout_working = 0 if config.supervised else network.readout_working

        # A sample that has begun to learn learns to the end: a soft reset leaves no half of it in the memories.
        resetting = self.resetting
        flushed = Signal(range(FLUSH_CLOCKS))
        pending = Cat(memory.pending for memory in memories).any()
        m.d.comb += flush.eq(resetting & ((flushed != 0) | ~(learning | pending)))
        with m.If(flush):
            m.d.sync += flushed.eq(flushed + 1)
            with m.If(flushed == FLUSH_CLOCKS - 1):
                m.d.sync += [flushed.eq(0), resetting.eq(0)]
        with m.If(strobes["soft_reset"]):
            m.d.sync += resetting.eq(1)

        # Memories outlast a reset. Until they are filled for the first time, they hold nothing.
        filled = Signal(len(memories), init=-1 if self.weights is not None else 0, reset_less=True)
        asked = Signal()
        busy = Signal()
        absent = Signal()
        accessing = Cat(memory.accessing for memory in memories).any()
        filling = Cat(memory.filling for memory in memories).any()
        start = ~filling & (asked | ~filled.all())
        working = network.working | readout_working | pending
        m.d.comb += [
            busy.eq((lists.held != kept) | ~network.idle | self.y.valid | resetting | working),
            absent.eq(~filled.all() | asked | filling | resetting),
            lists.x.payload.eq(self.x.payload),
            lists.x.valid.eq(self.x.valid & ~absent),
            self.x.ready.eq(lists.x.ready & ~absent),
            lists.discard.eq(flush),
            bank.status.eq(Cat(busy, absent)),
            bank.clear.eq(strobes["soft_reset"]),
        ]
        for number, memory in enumerate(memories):
            m.d.comb += [
                memory.start.eq(start),
                memory.seed.eq(Mux(bank.seed == 0, config.seed, bank.seed)),
                memory.locked.eq(busy | absent),
            ]
            with m.If(memory.filled):
                m.d.sync += filled[number].eq(1)
        with m.If(start):
            m.d.sync += filled.eq(0)
        m.d.sync += asked.eq(strobes["initialise"] & ~busy & ~self.x.valid & ~accessing)
        # That a soft reset ends the work is no event.
        connect_interrupts(m, bank, y=self.y, busy=busy & ~resetting, irq=self.irq)

    def _add_generators(self, m: Module, bank: RegisterBank, network: Network) -> None:
        """The random numbers for rounding, and those for views or wrong labels."""
        config = self.config
        strobes = fields_of(self.map.register("control"), bank.control)
        m.submodules.generators = generators = Generators(config, self.weights)
        m.d.comb += [
            generators.write.eq(strobes["set_generator"]),
            generators.number.eq(bank.generator),
            generators.write_state.eq(bank.seed),
            generators.draw.eq(network.draw),
            network.random.eq(generators.random),
            bank.random.eq(generators.control_state),
            *(getattr(bank, f"rounding_{number}").eq(state) for number, state in enumerate(generators.rounding)),
        ]
        if not config.supervised:
            m.d.comb += [
                generators.readout_draw.eq(network.readout_draw),
                network.readout_random.eq(generators.readout_random),
            ]
        if config.learning:
            m.d.comb += [
                generators.control_draw.eq(network.control_draw),
                network.control_state.eq(generators.control_state),
            ]

    def _add_registers(
        self,
        m: Module,
        bank: RegisterBank,
        network: Network,
        statistics: Statistics,
        flush: Signal,
    ) -> None:
        """Who this is, its counters, and what learns."""
        config = self.config
        strobes = fields_of(self.map.register("control"), bank.control)
        waiting = network.result_valid & ~network.result_ready
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
            statistics.busy_cycles.eq(~(network.idle | waiting)),
            statistics.clear.eq(strobes["clear_statistics"]),
            bank.identity.eq(self.identity),
            bank.config_hash.eq(config.hash),
            bank.content_hash.eq(0 if self.weights is None else self.weights.digest),
        ]
        if config.learning:
            m.d.comb += [network.learns.eq(bank.learns), network.annealing.eq(bank.annealing)]
            if not config.supervised:
                m.d.comb += network.forget.eq(strobes["forget"])
