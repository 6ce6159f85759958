"""The Bayesian machine: memory, engine, comparison, and the registers around them."""

from amaranth.hdl import Elaboratable, Module, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bayes.array_words import array_words
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.decide import Decide
from hwgen.bayes.error_injection import ErrorInjection
from hwgen.bayes.likelihood_array import LikelihoodArray
from hwgen.bayes.logarithmic import LogarithmicEngine
from hwgen.bayes.memory import LikelihoodMemory
from hwgen.bayes.registers import CORE_NUMBER, register_map
from hwgen.bayes.signature import result_layout, sample_layout, stream_of
from hwgen.bayes.stochastic import StochasticEngine
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.memristor.interface import ArrayInterface, connect_array
from hwgen.memristor.signature import ArraySignature
from hwgen.memristor.simulated import SimulatedArray
from hwgen.parts.skid_buffer import SkidBuffer
from hwgen.parts.wide_counter import WideCounter


class BayesCore(wiring.Component):
    """The Bayesian machine of a config.

    Args:
        config: its parameters.
        table: the likelihoods that the Verilog holds; required if and only if ``config.initialised``.

    Members: ``bus``: registers and likelihood memory; ``x``: samples; ``y``: results, one for each sample, in order;
    ``irq``: see :class:`~hwgen.bus.interrupts.Interrupts`; with ``memory = "array"`` also ``array``: its pins. Latency
    and throughput in clocks: :attr:`~hwgen.bayes.config.BayesConfig.latency`,
    :attr:`~hwgen.bayes.config.BayesConfig.slots`, :attr:`~hwgen.bayes.config.BayesConfig.interval`.
    """

    def __init__(self, config: BayesConfig, table: LikelihoodTable | None = None) -> None:
        if config.initialised != (table is not None):
            raise ValueError("a likelihood table must be given if, and only if, config.initialised is true")
        self.config = config
        self.table = table
        self.map = register_map(config)
        self.x_beats = config.x_beats
        self.identity = IDENTITY_MAGIC << 16 | CORE_NUMBER
        self.resetting = Signal(name="soft_reset")
        pins = {"array": Out(ArraySignature(config.array_config))} if config.memory == "array" else {}
        super().__init__(
            {
                "bus": In(BusSignature()),
                "x": In(stream_of(sample_layout(config))),
                "y": Out(stream_of(result_layout(config))),
                "irq": Out(1),
                **pins,
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        soft_reset = self.resetting

        m.submodules.bank = bank = RegisterBank(self.map)
        memory = self._memory()
        engine = StochasticEngine(config) if config.mode == "stochastic" else LogarithmicEngine(config)
        decide = Decide(config)
        # The buffer is not reset with the rest: a result once offered on y stays until it is taken.
        m.submodules.result = result = SkidBuffer(result_layout(config))
        m.submodules.memory = ResetInserter(soft_reset)(memory)
        m.submodules.engine = ResetInserter(soft_reset)(engine)
        m.submodules.decide = ResetInserter(soft_reset)(decide)

        connect(m, flipped(self.bus), bank.bus)
        # A sample is not taken in the clock of a soft reset, which would drop it unseen.
        m.d.comb += [
            memory.x.payload.eq(self.x.payload),
            memory.x.valid.eq(self.x.valid & ~soft_reset),
            self.x.ready.eq(memory.x.ready & ~soft_reset),
        ]
        occupied = memory.occupied
        if config.memory == "emulated":
            occupied |= self._add_errors(m, bank, memory, engine)
        else:
            connect(m, memory.words, engine.words)
        connect(m, engine.scores, decide.scores)
        connect(m, decide.result, result.i)
        connect(m, result.o, flipped(self.y))
        connect(m, bank.likelihoods, memory.window)
        if config.feedback:
            m.d.comb += [
                memory.decided.eq(decide.result.valid & decide.result.ready),
                memory.decision.eq(decide.result.payload.decision),
            ]

        loaded = Signal(init=config.initialised)
        busy = Signal()
        m.submodules.samples = samples = WideCounter(64)
        m.submodules.busy_cycles = busy_cycles = WideCounter(64)
        errors = memory.invalid_observation | memory.not_loaded << 1
        exclusion = []
        control = fields_of(self.map.register("control"), bank.control)
        unloads = control["clear_loaded"]
        if config.memory == "array":
            array = self._add_array(m, bank, memory, busy | (memory.x.valid & memory.x.ready))
            errors |= array.errors << 2
            unloads |= array.changing
        else:
            exclusion = [memory.locked.eq(busy)]
        # In the clock in which the access ends: the way from the bus to all that it resets is long.
        m.d.sync += soft_reset.eq(control["soft_reset"])
        m.d.comb += [
            bank.clear.eq(soft_reset),
            busy.eq(occupied | engine.busy | decide.busy | self.y.valid),
            memory.loaded.eq(loaded),
            *exclusion,
            bank.identity.eq(self.identity),
            bank.config_hash.eq(config.hash),
            bank.content_hash.eq(0 if self.table is None else self.table.digest),
            bank.status.eq(busy | loaded << 1),
            bank.errors.eq(errors),
            bank.busy_cycles.eq(busy_cycles.value),
            bank.samples.eq(samples.value),
            samples.increment.eq(memory.x.valid & memory.x.ready),
            samples.clear.eq(soft_reset),
            busy_cycles.increment.eq(engine.working),
            busy_cycles.clear.eq(soft_reset),
        ]
        connect_interrupts(m, bank, y=self.y, busy=busy, irq=self.irq)
        with m.If(control["set_loaded"]):
            m.d.sync += loaded.eq(1)
        with m.Elif(unloads):
            m.d.sync += loaded.eq(0)
        return m

    def _memory(self) -> LikelihoodMemory | LikelihoodArray:
        """Where the likelihoods are."""
        window = self.map.window("likelihoods")
        if self.config.memory == "array":
            return LikelihoodArray(self.config, window)
        return LikelihoodMemory(self.config, window, self.table)

    def _add_errors(
        self,
        m: Module,
        bank: RegisterBank,
        memory: LikelihoodMemory | LikelihoodArray,
        engine: StochasticEngine | LogarithmicEngine,
    ) -> Value:
        """Errors between memory and engine, and their registers; returns whether words are there."""
        errors = ErrorInjection(self.config)
        m.submodules.injection = ResetInserter(self.resetting)(errors)
        connect(m, memory.words, errors.read)
        connect(m, errors.words, engine.words)
        m.d.comb += [
            *(there.eq(each) for there, each in zip(errors.bins, memory.bins, strict=True)),
            errors.threshold.eq(bank.error_threshold),
            errors.seed.eq(bank.error_seed),
            errors.frozen.eq(bank.error_mode),
            errors.restart.eq(fields_of(self.map.register("control"), bank.control)["restart_reads"]),
        ]
        return errors.occupied

    def _add_array(self, m: Module, bank: RegisterBank, memory: LikelihoodArray, in_use: Value) -> ArrayInterface:
        """Join the array's pins, its registers and who reads it."""
        m.submodules.array = array = ArrayInterface(self.config.array_config)
        connect(m, array.pins, flipped(self.array))
        connect(m, memory.reads, array.reads)
        connect_array(m, bank, array)
        m.d.comb += [
            array.in_use.eq(in_use),
            array.drop.eq(self.resetting),
            memory.unlocked.eq(array.unlocked),
        ]
        return array

    def surroundings(self, held: LikelihoodTable | None) -> dict[str, wiring.Component]:
        """What simulations put at the pins that no bench drives, by member: a formed array, programmed with ``held``
        if that is given."""
        if self.config.memory != "array":
            return {}
        words = {} if held is None else array_words(self.config, held)
        return {"array": SimulatedArray(self.config.array_config, words)}
