"""The controller: samples to decisions of the chip, and the registers around it."""

from amaranth.hdl import Cat, Elaboratable, Module, ResetInserter, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.interface import BusSignature
from hwgen.bus.interrupts import connect_interrupts
from hwgen.chips.config import ChipConfig
from hwgen.chips.control import SampleControl
from hwgen.chips.registers import CORE_NUMBER, register_map
from hwgen.chips.sequencers import ChipSequencers
from hwgen.chips.signature import ChipSignature, result_layout, sample_layout
from hwgen.chips.simulated import SimulatedChip
from hwgen.memristor.interface import ArrayInterface, connect_array
from hwgen.parts.skid_buffer import SkidBuffer
from hwgen.parts.wide_counter import WideCounter


class ChipController(wiring.Component):
    """The controller of a bench with a fabricated Bayesian machine.

    Args:
        config: its parameters.
        parameters: None: the chip holds the likelihoods.

    Members: ``bus``; ``x``: samples; ``y``: results, one for each sample, in order; ``irq``; ``chip``: the chip's pins
    and the supply. A sample is taken when the chip's clock falls; chip clocks of a decision:
    :meth:`~hwgen.chips.config.ChipConfig.steps`.
    """

    def __init__(self, config: ChipConfig, parameters: None = None) -> None:
        self.config = config
        self.map = register_map(config)
        self.x_beats = config.x_beats
        self.identity = IDENTITY_MAGIC << 16 | CORE_NUMBER
        self.resetting = Signal(name="soft_reset")
        super().__init__(
            {
                "bus": In(BusSignature()),
                "x": In(stream.Signature(sample_layout(config))),
                "y": Out(stream.Signature(result_layout(config))),
                "irq": Out(1),
                "chip": Out(ChipSignature(config.profile)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config, soft_reset = self.config, self.resetting
        m.submodules.bank = bank = RegisterBank(self.map)
        m.submodules.array = array = ArrayInterface(config.array_config, ChipSequencers(config))
        # The buffer is not reset with the rest: a result once offered on y stays until it is taken.
        m.submodules.result = result = SkidBuffer(result_layout(config))
        sample = SampleControl(config)
        m.submodules.sample = ResetInserter(soft_reset)(sample)
        connect(m, flipped(self.bus), bank.bus)
        connect(m, sample.reads, array.reads)
        connect(m, array.pins, flipped(self.chip))
        connect(m, result.o, flipped(self.y))
        connect_array(m, bank, array)
        # Neither a sample nor a result is handed on in the clock of a soft reset, which would drop or double it.
        m.d.comb += [
            Value.cast(sample.x.payload).eq(Value.cast(self.x.payload)),
            sample.x.valid.eq(self.x.valid & ~soft_reset),
            self.x.ready.eq(sample.x.ready & ~soft_reset),
            Value.cast(result.i.payload).eq(Value.cast(sample.y.payload)),
            result.i.valid.eq(sample.y.valid & ~soft_reset),
            sample.y.ready.eq(result.i.ready & ~soft_reset),
        ]
        if "stochastic" in config.profile.modes:
            m.d.comb += [
                sample.logarithmic.eq(bank.mode),
                Value.cast(sample.seeds).eq(bank.seeds),
                sample.cycles.eq(bank.cycles),
            ]
        else:
            m.d.comb += sample.logarithmic.eq(1)

        loaded = Signal()
        busy = Signal()
        m.submodules.samples = samples = WideCounter(64)
        m.submodules.busy_cycles = busy_cycles = WideCounter(64)
        control = fields_of(self.map.register("control"), bank.control)
        # In the clock in which the access ends: the way from the bus to all that it resets is long.
        m.d.sync += soft_reset.eq(control["soft_reset"])
        m.d.comb += [
            bank.clear.eq(soft_reset),
            busy.eq(sample.occupied | self.y.valid),
            array.in_use.eq(busy),
            array.drop.eq(soft_reset),
            sample.loaded.eq(loaded),
            bank.identity.eq(self.identity),
            bank.config_hash.eq(config.hash),
            bank.content_hash.eq(0),
            bank.status.eq(busy | loaded << 1),
            bank.errors.eq(Cat(sample.invalid_observation, sample.not_loaded, array.errors)),
            bank.busy_cycles.eq(busy_cycles.value),
            bank.samples.eq(samples.value),
            samples.increment.eq(sample.accepted),
            samples.clear.eq(soft_reset),
            busy_cycles.increment.eq(sample.deciding),
            busy_cycles.clear.eq(soft_reset),
        ]
        connect_interrupts(m, bank, y=self.y, busy=busy, irq=self.irq)
        with m.If(control["set_loaded"]):
            m.d.sync += loaded.eq(1)
        with m.Elif(control["clear_loaded"] | array.changing):
            m.d.sync += loaded.eq(0)
        return m

    def surroundings(self, held: LikelihoodTable | None) -> dict[str, wiring.Component]:
        """What simulations put at the pins that no bench drives: an ideal chip, formed, and programmed with ``held`` if
        that is given."""
        return {"chip": SimulatedChip(self.config, held)}

    def companions(self) -> dict[str, wiring.Component]:
        """What a package holds beside the controller, by the suffix of its name: the controller behind a UART."""
        from hwgen.chips.linked import LinkedController

        return {"uart": LinkedController(self.config)}
