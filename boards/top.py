"""The top level that every board shares: power-on reset, host link, core, status LEDs."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from boards.leds import StatusLeds
from hwgen.bus.link.link import TIMEOUT, HostLink

POWER_ON_CLOCKS = 256
"""Clocks of reset after configuration; some FPGAs' block RAMs are not there from the first clock on."""


class BoardTop(wiring.Component):
    """A core behind a host link, without anything that only one board has.

    Args:
        component: the core, with members ``bus``, ``x`` and ``y``; its ``irq`` stays open, as the link's host polls.
        clock_hz: frequency of the clock.
        baudrate: of the UART.
        timeout: clocks that a bus access or a word of the ``x`` stream may take.

    Members: ``rx``, ``tx``: the UART's pins; ``led``: heartbeat, link at work, error (lights on a response that
    reports an error; dark again after reset). Clock domain ``sync``; its reset may be tied low.
    """

    def __init__(self, component: Any, clock_hz: float, baudrate: float, timeout: int = TIMEOUT) -> None:
        self.component = component
        self.clock_hz = clock_hz
        x_bits, y_bits = stream_bits(component)
        self.link = HostLink(x_bits, y_bits, clock_hz, baudrate, timeout)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "led": Out(3)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        starting = Signal(init=1)
        clocks_left = Signal(range(POWER_ON_CLOCKS), init=POWER_ON_CLOCKS - 1)
        with m.If(clocks_left == 0):
            m.d.sync += starting.eq(0)
        with m.Else():
            m.d.sync += clocks_left.eq(clocks_left - 1)

        link = self.link
        m.submodules.link = ResetInserter(starting)(link)
        m.submodules.core = core = ResetInserter(starting | link.reset)(self.component)
        connect(m, link.bus, core.bus)
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

        m.submodules.leds = leds = StatusLeds(self.clock_hz)
        m.d.comb += [leds.working.eq(link.working), leds.problem.eq(link.problem), self.led.eq(leds.led)]
        return m


def stream_bits(component: Any) -> tuple[int, int]:
    """Payload widths of a core's ``x`` and ``y`` streams."""
    return len(Value.cast(component.x.payload)), len(Value.cast(component.y.payload))
