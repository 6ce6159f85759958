"""Builds an emitted design for a simulator and runs a cocotb test bench on it."""

import contextlib
import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hwgen.cache import build_once, cache_dir
from hwgen.emit.verilog import Verilog
from hwgen.errors import ToolError
from sim.backends.verilator import find_tools

log = logging.getLogger("hwgen")

SIMULATORS = ("verilator", "icarus")

BUILD_ARGUMENTS = {
    "verilator": ["--no-timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--x-assign", "0", "--x-initial", "0"],
    "icarus": ["-g2005"],
}

# The bench spends its time in Python: compile model and runtime quickly rather than well. The PyPI package leaves
# CFG_CXXFLAGS_PCH_I empty, and precompiled headers then fail to build.
MAKE_VARIABLES = "-j2 CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O0"


def run_cocotb(
    verilog: Verilog, top: str, simulator: str, module: str, folder: Path, *, environment: dict[str, str], seed: int
) -> None:
    """Run a cocotb test module on emitted Verilog.

    Args:
        verilog: the design; builds are kept in the cache by content.
        top: name of its top module.
        simulator: ``"verilator"`` or ``"icarus"``.
        module: import path of the module with the cocotb tests.
        folder: where the bench runs and leaves its log.
        environment: variables that the bench reads.
        seed: of cocotb's random numbers.

    Raises :class:`AssertionError` with the log's last lines when a test fails, and
    :class:`~hwgen.errors.ToolError` when the simulator is missing.
    """
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    with simulator_on_path(simulator):
        build = _build(verilog, top, simulator)
        runner = get_runner(simulator)
        folder.mkdir(parents=True, exist_ok=True)
        bench_log = folder / "bench.log"
        results = folder / "results.xml"
        problem: BaseException | None = None
        try:
            runner.test(
                test_module=module,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=build,
                test_dir=folder,
                results_xml=str(results),
                extra_env=environment,
                seed=seed,
                log_file=bench_log,
            )
        except (SystemExit, RuntimeError) as error:  # under pytest also when a test failed, else the simulator itself
            problem = error
        try:
            tests, failures = get_results(results)
        except RuntimeError:
            tests, failures = 0, 0
    if failures:
        text = _excerpt(bench_log)
        raise AssertionError(f"{failures} of {tests} tests of {module} failed on {simulator}:\n{text}") from None
    if problem is not None or not tests:
        reason = problem or "it ran no test"
        raise AssertionError(f"the {simulator} bench {module} did not finish: {reason}\n{_tail(bench_log)}") from None


@contextlib.contextmanager
def simulator_on_path(simulator: str) -> Iterator[None]:
    """Put the simulator's programs on PATH; raises :class:`~hwgen.errors.ToolError` when it is missing."""
    before = {name: os.environ.get(name) for name in ("PATH", "VERILATOR_ROOT", "MAKEFLAGS")}
    if simulator == "verilator":
        tools = find_tools()
        os.environ["PATH"] = f"{tools.verilator.parent}{os.pathsep}{os.environ['PATH']}"
        os.environ["VERILATOR_ROOT"] = str(tools.root)
        os.environ["MAKEFLAGS"] = MAKE_VARIABLES
    elif shutil.which("iverilog") is None:
        raise ToolError("Icarus Verilog (iverilog) is not installed; try: apt-get install iverilog")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _build(verilog: Verilog, top: str, simulator: str) -> Path:
    """The compiled simulation, from the cache if it is there."""
    from cocotb_tools.runner import get_runner

    version = find_tools().identity if simulator == "verilator" else icarus_version()
    key = repr((verilog.text, top, simulator, BUILD_ARGUMENTS[simulator], MAKE_VARIABLES, version, cocotb_version()))
    directory = cache_dir() / "cocotb" / f"{simulator}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        if simulator == "verilator":
            log.info("compiling %s for cocotb with Verilator (about 30 s)", top)
        source = aside / f"{top}.v"
        source.write_text(verilog.text, encoding="utf-8")
        try:
            get_runner(simulator).build(
                sources=[source],
                hdl_toplevel=top,
                build_dir=aside,
                build_args=BUILD_ARGUMENTS[simulator],
                timescale=("1ns", "1ps"),
                log_file=aside / "build.log",
            )
        except (SystemExit, RuntimeError) as error:
            raise ToolError(f"{simulator} failed to build {top}: {error}\n{_tail(aside / 'build.log')}") from None

    return build_once(directory, build)


def icarus_version() -> str:
    """What ``iverilog -V`` calls itself; builds of another version are not used."""
    run = subprocess.run(["iverilog", "-V"], capture_output=True, text=True, check=False)
    return run.stdout.splitlines()[0] if run.stdout else "unknown"


def cocotb_version() -> str:
    """Version of cocotb."""
    import cocotb

    return cocotb.__version__


def _tail(path: Path, lines: int = 30) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"


def _excerpt(path: Path, lines: int = 30) -> str:
    """The log from its first failure on."""
    text = path.read_text(errors="replace").splitlines() if path.exists() else []
    first = next((index for index, line in enumerate(text) if line.rstrip().endswith(" failed")), 0)
    return "\n".join(text[first : first + lines])
