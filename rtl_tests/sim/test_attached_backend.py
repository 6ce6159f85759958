"""Software at the pins of compiled Verilog: what it raises, and signals that come while it is at work."""

import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from hwgen.chips.driver import ChipDriver
from rtl_tests.chips.benches import quick_design
from sim.backends.attached import AttachedTransport, handled_later


class Software:
    """Does ``what`` when a pin changes."""

    def __init__(self) -> None:
        self.what: Callable[[], None] = lambda: None
        self.calls = 0

    def connect(self, outputs: Mapping[str, int]) -> None:
        pass

    def levels(self, outputs: int) -> int:
        self.calls += 1
        self.what()
        return 0


@contextmanager
def opened() -> Iterator[tuple[Software, ChipDriver]]:
    software, design = Software(), quick_design("bayes-8x8")
    driver = ChipDriver(AttachedTransport(design, "chip", software), design.config)
    try:
        yield software, driver
    finally:
        driver.close()


def test_control_c_is_not_lost_where_software_loses_it() -> None:
    """It also strikes in a call's first line, which compiled code is told nothing of, and in libraries that take any
    error for an answer."""

    def interrupted() -> None:
        software.what = lambda: None
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with opened() as (software, driver):
        software.what = interrupted
        with pytest.raises(KeyboardInterrupt):
            driver.infer([[0, 0, 0, 0]])
        assert signal.getsignal(signal.SIGINT) is handler
        driver.transport.reset()
        assert driver.infer([[0, 0, 0, 0]]).invalid.all()


def test_control_c_is_not_lost_when_something_else_goes_wrong() -> None:
    with pytest.raises(KeyboardInterrupt), handled_later():
        signal.raise_signal(signal.SIGINT)
        raise ValueError


def test_what_software_raises_ends_the_operation_and_is_raised_once() -> None:
    def fails() -> None:
        raise ValueError("no such level")

    with opened() as (software, driver):
        software.what = fails
        with pytest.raises(ValueError, match="no such level"):
            driver.infer([[0, 0, 0, 0]])
        with pytest.raises(ValueError, match="no such level"):
            driver.transport.reset()
        software.what = lambda: None
        driver.transport.reset()
        assert driver.infer([[0, 0, 0, 0]]).invalid.all()
