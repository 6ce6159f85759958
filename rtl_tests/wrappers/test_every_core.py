"""Every core through every bus and every stream: one bench, and the golden model's bits."""

import numpy as np
import pytest

from hwgen import registry
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.bus.wrappers.wrapped import Wrapped
from hwgen.errors import BusError
from rtl_tests.wrappers.machines import MACHINES, PAIRS, name_of
from rtl_tests.wrappers.transport import SimulatedTransport
from sim.backends import open_golden, start_driver
from sim.verify import DEPENDS_ON_ARRIVAL

ALONE, TOGETHER = 3, 20
"""Samples that go through by themselves, whose cycles are the golden model's, and those that follow each other."""


@pytest.mark.parametrize("interfaces", PAIRS, ids=name_of)
@pytest.mark.parametrize("core", registry.CORES)
def test_the_same_bench_gets_the_golden_models_bits(core: str, interfaces: Interfaces) -> None:
    design = MACHINES[core].with_trial_parameters()
    wrapped = Wrapped(design.component(), interfaces.bus, interfaces.stream, interfaces.stream_width)
    transport = SimulatedTransport(wrapped, stall=0.3)
    driver, golden = start_driver(design, transport), open_golden(design)
    inputs = driver.stimulus.random_inputs(2 * TOGETHER, np.random.default_rng(1))

    def equal(part: slice, busy_cycles: bool = False) -> None:
        values = {name: array[part] for name, array in inputs.items()}
        found, expected = driver.run(**values), golden.run(**values)
        assert not found.differences(expected).any()
        assert not busy_cycles or found.busy_cycles == expected.busy_cycles > 0

    for sample in range(ALONE):
        equal(slice(sample, sample + 1), busy_cycles=True)
    equal(slice(ALONE, TOGETHER))
    assert driver.errors() == golden.errors()
    counted = {name: count for name, count in golden.statistics().items() if name not in DEPENDS_ON_ARRIVAL}
    assert counted.items() <= driver.statistics().items()
    assert driver.statistics()["samples"] == TOGETHER

    # The interrupts of all that are pending, enabled, and announced only then.
    assert driver.pending_interrupts() == {"result", "idle"} | ({"error"} if golden.errors() else set())
    assert not transport.irq()
    driver.enable_interrupts("idle")
    assert transport.irq()
    driver.clear_interrupts()
    assert (driver.pending_interrupts(), transport.irq()) == (frozenset(), False)

    # A refused access is an error and changes nothing.
    identity = driver.map.base("identity")
    with pytest.raises(BusError, match=f"0x{identity:08x}"):
        transport.write(np.array([identity], np.uint32), np.array([0], np.uint32))
    with pytest.raises(BusError):
        transport.read(np.array([identity + 1], np.uint32))
    assert driver.dump() == golden.dump()

    # A soft reset leaves what has been loaded and learnt, and the next sample is an ordinary one.
    driver.soft_reset()
    golden.soft_reset()
    assert (driver.errors(), driver.statistics()["samples"], driver.read_register("busy_cycles")) == (set(), 0, 0)
    equal(slice(TOGETHER, None))
    assert driver.errors() == golden.errors() and not transport.irq()
    assert driver.dump() == golden.dump()
    assert not transport.framing_error()
    driver.close()


def test_a_source_that_there_is_not_cannot_be_enabled() -> None:
    design = MACHINES["bayes"]
    driver = start_driver(design, SimulatedTransport(Wrapped(design.component())))
    with pytest.raises(KeyError, match="nonesuch"):
        driver.enable_interrupts("nonesuch")
