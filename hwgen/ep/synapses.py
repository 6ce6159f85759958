"""The way of a synapse word: asked for, read, used by the lanes, written back; and the memory's first filling."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.interface import WindowSignature
from hwgen.crossbar.active import entry_layout
from hwgen.crossbar.fill import LFSR_WIDTH, Matrix, SignFill
from hwgen.crossbar.memory import SynapseMemory
from hwgen.crossbar.sweep import request_layout
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import elements_per_word, register_map
from hwgen.ep.signature import sample_format

MEMORY_STAGES = 2
"""Clocks from the address of a synapse word to the word."""


def use_layout(config: EPConfig) -> data.StructLayout:
    """What a synapse word is read for: the drive, beginning with ``clear`` and ending with ``last``, or learning."""
    members: dict[str, data.ShapeLike] = {"drive": 1, "clear": 1, "last": 1, "address": range(EPPlan(config).words)}
    if config.input_bits > 1:
        members["value"] = config.input_bits
    if config.learning:
        members |= {"learn_row": 1, "learn_input": 1}
    return data.StructLayout(members)


class SynapseSignature(wiring.Signature):
    """Between the synapse memory and those who use it, seen from the memory.

    ``request``: from the sweep, for learning if ``learning``, else for the drive; ``row``, ``row_address``: a row
    between the layers learns; ``use``, ``word``: a synapse word, and what it was read for; ``write_word``: the lanes'
    answer, a clock later; ``write``, ``write_address``: in that clock it is written; ``written``: what it had been
    read for; ``summed``: the word of a drive's last entry was used in the clock before.

    ``select``, ``data``: the bus's share in the word, as in :class:`~hwgen.crossbar.memory.SynapseMemory`; ``fill``,
    ``shift``, ``sign``: random signs, as in :class:`~hwgen.crossbar.fill.SignFill`.
    """

    def __init__(self, config: EPConfig) -> None:
        plan = EPPlan(config)
        word = config.lanes * config.synapse_bits
        members = {
            "request": In(request_layout(entry_layout(sample_format(config)), range(plan.words))),
            "use": Out(use_layout(config)),
            "word": Out(word),
            "write_word": In(word),
            "write": Out(1),
            "write_address": Out(range(plan.words)),
            "summed": Out(1),
            "select": Out(elements_per_word(config)),
            "data": Out(32),
            "fill": Out(1),
            "shift": Out(1),
            "sign": Out(1),
        }
        if config.learning:
            members |= {
                "learning": In(1),
                "row": In(1),
                "row_address": In(range(plan.words)),
                "written": Out(use_layout(config)),
            }
        super().__init__(members)


class Synapses(wiring.Component):
    """The synapse memory and the pipeline around it.

    Members: ``lanes``: see :class:`SynapseSignature`; ``window``, ``locked``, ``accessing``: the bus, as in
    :class:`~hwgen.crossbar.memory.SynapseMemory`; ``start``, ``seed``, ``filling``, ``filled``: the filling with
    random signs begins, is under way, is over.

    Args:
        config: parameters of the machine.
        words: what the memory holds from the start, if anything.
    """

    def __init__(self, config: EPConfig, words: list[int] | None) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        ports = config.memory_ports if config.learning else 1
        self.memory = SynapseMemory(plan.words, config.lanes, config.synapse_bits, words, ports=ports)
        window = register_map(config).window("synapses")
        super().__init__(
            {
                "lanes": Out(SynapseSignature(config)),
                "window": In(WindowSignature(sum(window.index_bits), window.width)),
                "locked": In(1),
                "accessing": Out(1),
                "start": In(1),
                "seed": In(LFSR_WIDTH),
                "filling": Out(1),
                "filled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        m.submodules.memory = memory = self.memory
        m.submodules.fill = fill = SignFill(self._matrices(), config.lanes)
        connect(m, flipped(self.window), memory.window)
        m.d.comb += [
            memory.locked.eq(self.locked),
            self.accessing.eq(memory.accessing),
            self.lanes.select.eq(memory.bus_select),
            self.lanes.data.eq(memory.bus_data),
            fill.start.eq(self.start),
            fill.seed.eq(self.seed),
            self.filling.eq(fill.working),
            self.filled.eq(fill.done),
            self.lanes.fill.eq(fill.fill),
            self.lanes.shift.eq(fill.shift),
            self.lanes.sign.eq(fill.sign),
        ]

        use = self._add_request(m, memory)
        for clock in range(MEMORY_STAGES):
            following = Signal(use_layout(config), name=f"use_{clock}")
            m.d.sync += following.eq(use)
            use = following
        m.d.comb += [self.lanes.use.eq(use), self.lanes.word.eq(memory.word)]

        write = Signal()
        address = Signal.like(self.lanes.write_address)
        learns = use.learn_row | use.learn_input if config.learning else 0
        m.d.sync += [
            self.lanes.summed.eq(use.last),
            write.eq(learns | memory.bus_write),
            address.eq(Mux(memory.bus_write, memory.bus_address, use.address)),
        ]
        if config.learning:
            m.d.sync += self.lanes.written.eq(use)
        m.d.comb += [
            self.lanes.write.eq(write | fill.write),
            self.lanes.write_address.eq(Mux(fill.write, fill.address, address)),
            memory.write_enable.eq(self.lanes.write),
            memory.write_address.eq(self.lanes.write_address),
            memory.write_word.eq(self.lanes.write_word),
        ]
        return m

    def _add_request(self, m: Module, memory: SynapseMemory) -> data.View:
        """Address the memory; returns what for."""
        config, port, request = self.config, self.lanes, self.lanes.request
        learning = port.learning if config.learning else 0
        asked = Signal(use_layout(config))
        m.d.comb += [
            asked.drive.eq(request.valid & ~learning),
            asked.clear.eq(request.clear),
            asked.last.eq(request.last & ~learning),
            asked.address.eq(request.address),
            memory.read_enable.eq(request.valid),
            memory.read_address.eq(asked.address),
        ]
        if config.input_bits > 1:
            m.d.comb += asked.value.eq(request.entry.value)
        if config.learning:
            row = Signal()
            row_address = Signal.like(port.row_address)
            learns = request.entry.learn if config.input_bits > 1 else 1
            m.d.sync += [row.eq(port.row), row_address.eq(port.row_address)]
            m.d.comb += [asked.learn_row.eq(row), asked.learn_input.eq(request.valid & learning & learns)]
            with m.If(row):
                m.d.comb += [memory.read_enable.eq(1), asked.address.eq(row_address)]
        return asked

    def _matrices(self) -> tuple[Matrix, ...]:
        """The weight layers in the synapse memory."""
        config, groups = self.config, self.plan.groups
        bases = [slot.base for slot in self.plan.slots if slot.first]
        return (
            Matrix(0, config.inputs, groups[0]),
            *(Matrix(*matrix) for matrix in zip(bases, config.layers[2:], groups, strict=True)),
        )
