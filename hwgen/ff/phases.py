"""What a machine is doing, for the counters of clocks."""

from collections.abc import Mapping
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
    DECIDE = 5


class Phases(wiring.Component):
    """Follows the control's strobes.

    Args:
        begun: for each strobe, the phase that it begins.

    Members: the strobes, by name; ``phase``: the one that the last of them began, from the clock after it on.
    """

    def __init__(self, begun: Mapping[str, Phase]) -> None:
        self.begun = dict(begun)
        super().__init__({**dict.fromkeys(begun, In(1)), "phase": Out(Phase)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        for strobe, phase in self.begun.items():
            with m.If(getattr(self, strobe)):
                m.d.sync += self.phase.eq(phase)
        return m
