"""The controller behind a serial link: all that an FPGA between a host and a chip needs."""

from amaranth.hdl import Elaboratable, Module, ResetInserter, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.link.link import HostLink
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.bus.link.uart import FEWEST_CLOCKS
from hwgen.chips.config import ChipConfig
from hwgen.chips.core import ChipController
from hwgen.chips.signature import ChipSignature


class LinkedController(wiring.Component):
    """A controller and a UART to its host, for the backend ``serial:PORT``.

    Args:
        config: of the controller.

    The UART's rate is :data:`~hwgen.bus.link.protocol.BAUDRATE`, or the fastest that a slow clock allows.

    Members: ``rx``, ``tx``: the UART's pins; ``chip``: see :class:`~hwgen.chips.signature.ChipSignature`.
    """

    def __init__(self, config: ChipConfig) -> None:
        self.core = ChipController(config)
        baudrate = min(BAUDRATE, config.clock_hz // FEWEST_CLOCKS)
        x_bits, y_bits = (len(Value.cast(stream.payload)) for stream in (self.core.x, self.core.y))
        self.link = HostLink(x_bits, y_bits, config.clock_hz, baudrate)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "chip": Out(ChipSignature(config.profile))})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.link = link = self.link
        m.submodules.core = core = ResetInserter(link.reset)(self.core)
        connect(m, link.bus, core.bus)
        connect(m, core.chip, flipped(self.chip))
        m.d.comb += [
            link.rx.eq(self.rx),
            self.tx.eq(link.tx),
            Value.cast(core.x.payload).eq(link.x.payload),
            core.x.valid.eq(link.x.valid),
            link.x.ready.eq(core.x.ready),
            link.y.payload.eq(Value.cast(core.y.payload)),
            link.y.valid.eq(core.y.valid),
            core.y.ready.eq(link.y.ready),
        ]
        return m
