"""The backends: the same object, methods and bits, whether a model, a simulation or a board does the work."""

from pathlib import Path
from typing import Any

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

    verilog = design.verilog()
    transport = RtlTransport(
        verilog.text,
        design.name,
        verilog.ports["x_payload"],
        verilog.ports["y_payload"],
        waves=None if waves is None else Path(waves),
    )
    return start_driver(design, transport)


def start_driver(design: Design, transport: Any) -> Any:
    """The core's driver on ``transport``, its memories filled where the Verilog did not fill them."""
    driver = design.core.load("driver")(transport, design.config)
    if design.parameters is not None and not getattr(design.config, "initialised", False):
        driver.load(design.parameters)
    return driver
