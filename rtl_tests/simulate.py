"""Amaranth's simulator in one call, for tests of small components."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

CLOCK_PERIOD = 1e-6

Testbench = Callable[[Any], Coroutine[Any, Any, None]]


def simulate(component: Any, *testbenches: Testbench, background: Sequence[Testbench] = ()) -> None:
    """Run ``testbenches``, each called with a simulator context, on ``component`` until all have ended.

    ``background`` runs beside them, for what answers the component, and need not end.
    """
    top = Module()
    top.domains.sync = ClockDomain()  # there to be waited on, also when the component has no register
    top.submodules.component = component
    simulator = Simulator(top)
    simulator.add_clock(CLOCK_PERIOD)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    for testbench in background:
        simulator.add_testbench(testbench, background=True)
    simulator.run()
