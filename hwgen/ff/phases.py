"""What the contrastive machine is doing, for the counters of clocks."""

from enum import IntEnum

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Phase(IntEnum):
    """The :data:`~hwgen.ff.counters.PHASES`, and none of them."""

    REST = 0
    PASS = 1
    LEARN = 2
    LIST = 3
    READOUT = 4


class Phases(wiring.Component):
    """Follows the control's strobes.

    Members: ``layer_start``, ``modulate``, ``layer_done``, ``readout_start``, ``readout_done``: strobes; ``phase``:
    the one that the last of them began, from the clock after it on.
    """

    def __init__(self) -> None:
        strobes = ("layer_start", "modulate", "layer_done", "readout_start", "readout_done")
        super().__init__({**dict.fromkeys(strobes, In(1)), "phase": Out(Phase)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        for strobe, phase in (
            (self.layer_start, Phase.PASS),
            (self.modulate, Phase.LEARN),
            (self.layer_done, Phase.LIST),
            (self.readout_start, Phase.READOUT),
            (self.readout_done, Phase.REST),
        ):
            with m.If(strobe):
                m.d.sync += self.phase.eq(phase)
        return m
