"""Registers that take what a whole machine is told to one region of it."""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.parts.shared import replicate


class Relay(wiring.Component):
    """``o`` is ``i`` of the clock before, 0 at first. It has no reset.

    Args:
        bits: how many.
    """

    def __init__(self, bits: int) -> None:
        super().__init__({"i": In(bits), "o": Out(bits)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        register = Signal.like(self.o, reset_less=True)
        m.d.sync += register.eq(self.i)
        m.d.comb += self.o.eq(register)
        return m


def relay(m: Module, platform: object, name: str, values: Sequence[data.View]) -> list[data.View]:
    """Each value of the clock before, from registers of its own.

    A register that is read all over a device has wires as long as the device. With one for each region, of which
    synthesis makes no common one though they hold the same, placement moves each into its region, and the way there
    has a clock of its own.

    Args:
        platform: what ``elaborate`` was given.
        name: what the submodules of ``m`` are called, with a number behind.
        values: what each region is told, all of one layout.
    """
    if len(values) == 1:
        register = Signal.like(values[0], name=name, reset_less=True)
        m.d.sync += register.eq(values[0])
        return [register]
    bits = len(values[0].as_value())
    copies = replicate(m, platform, f"relay_{bits}", lambda: Relay(bits), len(values), apart=True, prefix=name)
    m.d.comb += [copy.i.eq(value) for copy, value in zip(copies, values, strict=True)]
    return [data.View(value.shape(), copy.o) for copy, value in zip(copies, values, strict=True)]
