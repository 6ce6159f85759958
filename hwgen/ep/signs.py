"""The signs of the rows of synapses that the lanes relax with."""

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.parts.relay import relay


class RowSigns(wiring.Component):
    """Holds the signs of the synapses between the layers, beside the synapse memory, which is at work for the next
    sample's drive.

    Members: ``address``: of the row in the synapse memory whose signs are ``rows[0]`` two clocks later; of a machine
    that relaxes in parallel, ``rows`` are always those of all outputs, and the address has no meaning. ``write``: in
    the next clock the synapse word at ``write_address`` is written, with the signs that ``written`` holds then.

    Args:
        config: parameters of the machine.
        signs: what it holds from the start: a number for each row; none if empty.
    """

    def __init__(self, config: EPConfig, signs: list[int]) -> None:
        self.config = config
        self.plan = plan = EPPlan(config)
        self.signs = signs
        super().__init__(
            {
                "address": In(range(plan.words)),
                "rows": Out(data.ArrayLayout(config.lanes, plan.rows_at_once)),
                "write": In(1),
                "write_address": In(range(plan.words)),
                "written": In(config.lanes),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        plan = self.plan
        number = range(max(2, plan.sign_words))
        told = Signal(data.StructLayout({"row": number, "write": 1, "write_row": number}))
        m.d.comb += [
            told.row.eq(self.address - plan.input_words),
            told.write.eq(self.write & (self.write_address >= plan.input_words)),
            told.write_row.eq(self.write_address - plan.input_words),
        ]
        regions = plan.word_format.regions
        here = relay(m, platform, "relay", [told] * len(regions))
        for index, lanes in enumerate(regions):
            self._add_region(m, index, lanes, here[index])
        return m

    def _add_region(self, m: Module, index: int, lanes: range, told: data.View) -> None:
        written = self.written[lanes.start : lanes.stop]
        init = [word >> lanes.start & (1 << len(lanes)) - 1 for word in self.signs]
        if not self.plan.parallel:
            m.submodules[f"memory_{index}"] = memory = Memory(shape=len(lanes), depth=self.plan.sign_words, init=init)
            read_port = memory.read_port()
            write_port = memory.write_port()
            m.d.comb += [
                read_port.addr.eq(told.row),
                write_port.en.eq(told.write),
                write_port.addr.eq(told.write_row),
                write_port.data.eq(written),
                self.rows[0][lanes.start : lanes.stop].eq(read_port.data),
            ]
            return
        for row in range(self.config.outputs):
            signs = Signal(len(lanes), init=init[row] if init else 0, reset_less=True, name=f"signs_{index}_{row}")
            with m.If(told.write & (told.write_row == row)):
                m.d.sync += signs.eq(written)
            m.d.comb += self.rows[row][lanes.start : lanes.stop].eq(signs)
