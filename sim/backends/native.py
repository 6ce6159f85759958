"""Designs with hwgen's native ports to shared libraries: the register bus, and the streams ``x`` and ``y``."""

import hashlib
import re
from pathlib import Path

from sim.backends.verilator import Waves, compile_with_harness

HARNESS = Path(__file__).with_name("harness.cpp")
UPSET_HARNESS = Path(__file__).with_name("upset_harness.cpp")

REGISTER = re.compile(
    r"^(?P<declared>  reg (?:\[(?P<last_bit>\d+):0\] )?(?P<name>\\\S+ |\w+)(?: \[(?P<last_word>\d+):0\])?)"
    r"(?P<initial> = [^;]*)?;$",
    re.MULTILINE,
)
"""A ``reg`` in emitted Verilog, where it is always a flip-flop or a memory."""


def compile_design(verilog: str, top: str, x_bits: int, y_bits: int, waves: Waves = Waves.NONE) -> Path:
    """Compile a design with hwgen's native ports, or find it in the cache.

    Args:
        verilog: the source text, ``top`` included.
        top: name of the top module.
        x_bits, y_bits: payload widths of the streams.
        waves: which waveforms the result can write; each kind is compiled apart, because tracing costs speed.

    Returns the shared library with the interface of ``harness.cpp``. Raises :class:`~hwgen.errors.ToolError` when a
    tool is missing or refuses the Verilog, :class:`~hwgen.errors.DesignError` when the module's ports differ.
    """
    return _compile(verilog, top, x_bits, y_bits, HARNESS, [], waves)


def compile_for_upsets(verilog: str, top: str, x_bits: int, y_bits: int, waves: Waves = Waves.NONE) -> Path:
    """As :func:`compile_design`, with the interface of ``upset_harness.cpp`` and every register kept under its name."""
    included = hashlib.sha256(HARNESS.read_bytes()).hexdigest()  # is part of what the library is known by
    public = REGISTER.sub(r"\g<declared> /*verilator public_flat_rw*/\g<initial>;", verilog)
    return _compile(public, top, x_bits, y_bits, UPSET_HARNESS, [f"-DHWGEN_INCLUDED={included}"], waves)


def _compile(verilog: str, top: str, x_bits: int, y_bits: int, harness: Path, defines: list[str], waves: Waves) -> Path:
    inputs = {"clk": 1, "rst": 1, "bus_valid": 1, "bus_write": 1, "bus_address": 32, "bus_wdata": 32,
              "x_valid": 1, "x_payload": x_bits, "y_ready": 1}  # fmt: skip
    outputs = {"bus_ready": 1, "bus_rdata": 32, "bus_error": 1, "x_ready": 1, "y_valid": 1, "y_payload": y_bits,
               "irq": 1}  # fmt: skip
    widths = [f"-DHWGEN_X_BITS={x_bits}", f"-DHWGEN_Y_BITS={y_bits}"]
    return compile_with_harness(verilog, top, harness, [*widths, *defines], inputs, outputs, waves)
