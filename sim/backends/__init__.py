"""The backends: the same object, methods and bits, whether a model, a simulation or a board does the work."""

from pathlib import Path
from typing import Any

from hwgen.bus.link.protocol import BAUDRATE
from hwgen.design import Design
from hwgen.errors import DesignError


def open_golden(design: Design, *, waves: str | Path | None = None) -> Any:
    """The golden model, in process. It has no signals, so ``waves`` must be None."""
    if waves is not None:
        raise DesignError(f"backend golden has no waves to write to {waves}; use backend rtl")
    return design.core.load("model")(design.config, design.parameters)


def open_rtl(design: Design, *, waves: str | Path | None = None) -> Any:
    """The emitted Verilog, compiled by Verilator, in process.

    Args:
        design: what to build.
        waves: file to write waves to, ``.vcd`` or ``.fst``.
    """
    from sim.backends.rtl import RtlTransport

    verilog = design.simulated_verilog()
    transport = RtlTransport(
        verilog.text,
        design.name,
        verilog.ports["x_payload"],
        verilog.ports["y_payload"],
        waves=None if waves is None else Path(waves),
        limit=design.patience,
    )
    return start_driver(design, transport)


def open_serial(design: Design, port: str, *, baudrate: int = BAUDRATE, waves: str | Path | None = None) -> Any:
    """A board on a serial port, real or virtual.

    Args:
        design: what the board was built from.
        port: such as ``/dev/ttyUSB0``.
        baudrate: the board's, as in the board's build.
        waves: None: a board has no waves to write.

    Raises :class:`~hwgen.errors.HwgenError` when nothing answers, :class:`~hwgen.errors.HardwareMismatch` when the
    board holds another design, or was emitted with other content of its memories.
    """
    from sim.backends.serial import SerialTransport

    if waves is not None:
        raise DesignError(f"backend serial has no waves to write to {waves}; use backend rtl")
    return start_driver(design, SerialTransport(port, baudrate, patience=design.patience))


def start_driver(design: Design, transport: Any) -> Any:
    """The core's driver on ``transport``, its memories filled where the Verilog did not fill them.

    Raises :class:`~hwgen.errors.HardwareMismatch` when the Verilog filled them with something else. The transport is
    closed on any error.
    """
    driver = design.core.load("driver")(transport, design.config)
    try:
        if design.verilog_parameters is not None:
            driver.check_content(design.content_hash)
        elif design.parameters is not None:
            driver.load(design.parameters)
    except BaseException:
        driver.close()
        raise
    return driver
