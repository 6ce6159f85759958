"""Speed of simulation: the ``rtl`` backend beside a cocotb bench of the same design on the same simulator."""

import datetime
import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hwgen import api
from hwgen.design import Design
from hwgen.emit.verilog import tool_versions
from sim.backends.cocotb_runner import cocotb_version
from sim.backends.verilator import verilator_version

ROUNDS = 3
COCOTB_SAMPLES = 64
RTL_SECONDS = 1.0
"""The rtl backend gets as many samples as take about this long."""


def measure_speed(designs: Sequence[Path]) -> dict[str, Any]:
    """Samples per second of cocotb bench and ``rtl`` backend, in turn, ``ROUNDS`` times; the medians.

    Compilation and loading are not counted. Both run the emitted Verilog on Verilator through the same driver.
    """
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}",
        "tools": {**tool_versions(), "verilator": verilator_version(), "cocotb": cocotb_version()},
        "designs": [_measure(api.load_design(path)) for path in designs],
    }


def speed_markdown(results: dict[str, Any], command: str) -> str:
    """The results as a page of the documentation."""
    tools = ", ".join(f"{name} {version}" for name, version in results["tools"].items())
    rows = [
        f"| {entry['design']} | {entry['clocks_per_sample']:.1f} | {entry['cocotb']:,.0f} | {entry['rtl']:,.0f} | "
        f"{entry['ratio']:,.0f} |"
        for entry in results["designs"]
    ]
    return "\n".join(
        [
            "# Speed of simulation",
            "",
            "Samples per second of the `rtl` backend (bulk transactions in compiled code) beside a cocotb bench, both "
            "on Verilator,",
            f"through the same driver; medians of {ROUNDS} rounds in turn, compilation and loading not counted.",
            "",
            "| design | clocks a sample | cocotb | rtl | ratio |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Measured {results['date']} on {results['machine']}; {tools}. Again: `{command}`.",
            "",
        ]
    )


def _measure(design: Design) -> dict[str, Any]:
    from sim.backends.cocotb_run import run

    stimulus = design.core.load("stimulus")(design.config)
    rng = np.random.default_rng(0)
    few = stimulus.random_inputs(COCOTB_SAMPLES, rng)
    machine = api.open_design(design, "rtl")
    try:
        seconds, result = _timed(machine, few)
        many = stimulus.random_inputs(max(COCOTB_SAMPLES, int(COCOTB_SAMPLES * RTL_SECONDS / seconds)), rng)
        pairs = []
        for _ in range(ROUNDS):
            cocotb = COCOTB_SAMPLES / run(design, [few]).seconds
            rtl = len(many["samples"]) / _timed(machine, many)[0]
            pairs.append((cocotb, rtl))
    finally:
        machine.close()
    return {
        "design": design.name,
        "clocks_per_sample": result.elapsed_cycles / len(result),
        "cocotb": statistics.median(cocotb for cocotb, _ in pairs),
        "rtl": statistics.median(rtl for _, rtl in pairs),
        "ratio": statistics.median(rtl / cocotb for cocotb, rtl in pairs),
    }


def _timed(machine: Any, inputs: dict[str, Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = machine.run(**inputs)
    return time.perf_counter() - start, result
