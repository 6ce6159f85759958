"""Runs a design's driver in a cocotb bench: some calls of ``run`` on a simulator of choice.

This module is both sides: :func:`run` starts the simulator, and in it the cocotb test below picks up the job.
"""

import os
import pickle
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cocotb
from cocotb.task import bridge

from hwgen.design import Design
from sim.backends import start_driver
from sim.backends.cocotb_runner import run_cocotb
from sim.backends.cocotb_transport import CocotbTransport

JOB = "HWGEN_COCOTB_JOB"


@dataclass(frozen=True)
class CocotbAnswer:
    """What a bench found."""

    results: list[Any]
    """The driver's results, one for each call."""
    memory: Any
    """What the driver's ``dump`` found in the memories afterwards."""
    errors: frozenset[str]
    """The sticky errors afterwards."""
    statistics: dict[str, int]
    """The counters afterwards."""
    seconds: float
    """Wall time of the calls inside the simulator, building and loading aside."""


def run(
    design: Design,
    inputs: list[dict[str, Any]],
    simulator: str = "verilator",
    *,
    x_stall: float = 0.0,
    y_stall: float = 0.0,
    seed: int = 0,
) -> CocotbAnswer:
    """Let the emitted Verilog work on samples in a cocotb bench, through the core's driver.

    Args:
        design: what to build.
        inputs: arguments of the driver's ``run``, one entry for each call.
        simulator: ``"verilator"`` or ``"icarus"``.
        x_stall, y_stall, seed: see :class:`~sim.backends.cocotb_transport.CocotbTransport`.

    Raises :class:`AssertionError` when the bench fails and :class:`~hwgen.errors.ToolError` when a tool is missing.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-cocotb-") as name:
        folder = Path(name)
        job = folder / "job.pickle"
        job.write_bytes(pickle.dumps((design, inputs, {"x_stall": x_stall, "y_stall": y_stall, "seed": seed})))
        verilog = design.simulated_verilog()
        run_cocotb(verilog, design.name, simulator, __name__, folder, environment={JOB: str(job)}, seed=seed)
        return pickle.loads((folder / "answer.pickle").read_bytes())


@cocotb.test()
async def run_job(dut: Any) -> None:
    """The bench's side of :func:`run`."""
    job = Path(os.environ[JOB])
    design, inputs, stalls = pickle.loads(job.read_bytes())
    transport = CocotbTransport(dut, limit=design.patience, **stalls)
    await transport.start()

    @bridge
    def work() -> CocotbAnswer:
        driver = start_driver(design, transport)
        start = time.perf_counter()
        results = [driver.run(**call) for call in inputs]
        seconds = time.perf_counter() - start
        return CocotbAnswer(results, driver.dump(), driver.errors(), driver.statistics(), seconds)

    answer = await work()
    job.with_name("answer.pickle").write_bytes(pickle.dumps(answer))
