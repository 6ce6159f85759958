"""The ``rtl`` backend with software at the pins of a core that no bench drives: a model of what is there."""

import ctypes
import functools
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from hwgen.design import Design
from hwgen.emit.exposed import Exposed
from hwgen.emit.verilog import Verilog, emit_verilog, header
from sim.backends.rtl import RtlTransport
from sim.backends.verilator import Waves, compile_with_harness

HARNESS = Path(__file__).with_name("harness.cpp")

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals whose handlers raise."""


class Attached(Protocol):
    """Software at pins. The first pin of a number is in its lowest bits."""

    def connect(self, outputs: Mapping[str, int]) -> None:
        """Told once, before anything else: the names and widths of the pins that the core drives."""

    def levels(self, outputs: int) -> int:
        """The levels at the pins that the core reads, from those that it drives; called after every clock in which one
        of them has changed."""


_EMITTED: dict[tuple[str | int, ...], tuple[Verilog, dict[str, int], dict[str, int]]] = {}
"""Verilog, and the pins that it reads and drives: equal designs give equal ones, and writing it takes seconds."""


class AttachedTransport(RtlTransport):
    """A design's Verilog, compiled and in process, with software at one member's pins.

    What ``attached`` raises is raised by the operation during which it was called, some thousand clocks later at most.
    Signals (Control-C) are handled between such stretches.
    """

    def __init__(self, design: Design, member: str, attached: Attached, *, waves: Path | None = None) -> None:
        key = (design.name, design.core.name, design.config.hash, design.content_hash, member)
        if key not in _EMITTED:
            exposed = Exposed(design.component(), member)
            _EMITTED[key] = emit_verilog(exposed, design.name, header(design)), exposed.outputs, exposed.inputs
        verilog, outputs, inputs = _EMITTED[key]
        self._compile = functools.partial(_compile_attached, outputs, inputs)
        self._failure: BaseException | None = None
        x_bits, y_bits = verilog.ports["x_payload"], verilog.ports["y_payload"]
        super().__init__(verilog.text, design.name, x_bits, y_bits, waves=waves, limit=design.patience)
        attached.connect(outputs)

        def call(outputs: int) -> int:
            if self._failure is not None:
                return 0
            try:
                return attached.levels(outputs)
            except BaseException as failure:  # nothing can be raised through compiled code
                self._failure = failure
                return 0

        self._call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)(call)
        attach = self._library.hwgen_attach
        attach.restype, attach.argtypes = None, [ctypes.c_void_p, type(self._call)]
        attach(self._handle, self._call)

    def _advance(self, handle: int) -> int:
        with self._raising():
            return super()._advance(handle)

    def reset(self) -> None:
        """See :meth:`RtlTransport.reset <sim.backends.rtl.RtlTransport.reset>`."""
        with self._raising():
            super().reset()

    @contextmanager
    def _raising(self) -> Iterator[None]:
        """Raise what was raised in calls from compiled code."""
        try:
            with handled_later():
                yield
        finally:
            failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


@contextmanager
def handled_later() -> Iterator[None]:
    """Call Python's handlers of signals when the block has ended: what they raise (KeyboardInterrupt) would be lost at
    the first line of a call from compiled code, and wherever a library looks for an attribute."""
    struck: list[int] = []
    handlers: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # no other one handles signals, or may say how
        handlers = {number: signal.getsignal(number) for number in STOPPING}
    try:
        with ExitStack() as restored:
            for number, handler in handlers.items():
                if callable(handler):
                    restored.callback(signal.signal, number, handler)
                    signal.signal(number, lambda number, frame: struck.append(number))
            yield
    finally:
        for number in struck:
            handlers[number](number, None)


def _compile_attached(
    outputs: Mapping[str, int],
    inputs: Mapping[str, int],
    verilog: str,
    top: str,
    x_bits: int,
    y_bits: int,
    waves: Waves,
) -> Path:
    """As :func:`~sim.backends.native.compile_design`, of a design with the ports of
    :class:`~hwgen.emit.exposed.Exposed`."""
    given = {"clk": 1, "rst": 1, "bus_valid": 1, "bus_write": 1, "bus_address": 32, "bus_wdata": 32,
             "x_valid": 1, "x_payload": x_bits, "y_ready": 1, "attached_in": sum(inputs.values())}  # fmt: skip
    taken = {"bus_ready": 1, "bus_rdata": 32, "bus_error": 1, "x_ready": 1, "y_valid": 1, "y_payload": y_bits,
             "irq": 1, "attached_out": sum(outputs.values())}  # fmt: skip
    defines = [f"-DHWGEN_X_BITS={x_bits}", f"-DHWGEN_Y_BITS={y_bits}", "-DHWGEN_ATTACHED"]
    return compile_with_harness(verilog, top, HARNESS, defines, given, taken, waves)
