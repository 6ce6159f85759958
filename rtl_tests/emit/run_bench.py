"""Runs the self-checking bench of an emitted package, as its first lines say."""

import subprocess
from pathlib import Path

from sim.backends.cocotb_runner import simulator_on_path


def run_bench(folder: Path, simulator: str) -> subprocess.CompletedProcess[str]:
    """Build (once) and run the bench of the package of a design named ``dut``."""
    program = folder / "bench"
    with simulator_on_path(simulator):
        if not program.exists():
            sources = ["dut_tb.sv", "dut.v"]
            if simulator == "icarus":
                command = ["iverilog", "-g2012", "-o", "bench", *sources]
            else:
                command = ["verilator", "--binary", "--timing", "-Wno-fatal", "--top-module", "dut_tb", *sources,
                           "-CFLAGS", "-std=c++20 -fcoroutines -O0", "-o", "../bench"]  # fmt: skip
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        command = ["vvp", "bench"] if simulator == "icarus" else [str(program)]
        return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
