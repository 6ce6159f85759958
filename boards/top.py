"""The top level that every board shares: power-on reset, host link, core, status LEDs."""

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hwgen.bus.link.link import TIMEOUT, HostLink

POWER_ON_CLOCKS = 256
"""Clocks of reset after configuration; some FPGAs' block RAMs are not there from the first clock on."""

HEARTBEAT_HZ = 1
SHOWN_S = 0.05
"""How long an LED shows what lasts a clock only."""


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

        half_period = max(1, int(self.clock_hz / HEARTBEAT_HZ / 2))
        heartbeat = Signal()
        heartbeat_left = Signal(range(half_period))
        with m.If(heartbeat_left == 0):
            m.d.sync += [heartbeat.eq(~heartbeat), heartbeat_left.eq(half_period - 1)]
        with m.Else():
            m.d.sync += heartbeat_left.eq(heartbeat_left - 1)
        shown = max(1, int(self.clock_hz * SHOWN_S))
        working_left = Signal(range(shown + 1))
        m.d.sync += working_left.eq(Mux(link.working, shown, Mux(working_left == 0, 0, working_left - 1)))
        error = Signal()
        with m.If(link.problem):
            m.d.sync += error.eq(1)
        m.d.comb += self.led.eq(Cat(heartbeat, working_left != 0, error))
        return m


def stream_bits(component: Any) -> tuple[int, int]:
    """Payload widths of a core's ``x`` and ``y`` streams."""
    return len(Value.cast(component.x.payload)), len(Value.cast(component.y.payload))
