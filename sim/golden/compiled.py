"""Loops that Numba compiles, and keeps until anything that is compiled into them changes.

By itself, Numba keeps what it has compiled for as long as the loop's own file stays the same, though loops of other
files and constants of the hardware go into it. Here what is kept has a folder for each state of all of them.
"""

import hashlib
from pathlib import Path
from typing import Any

import numba
from numba import njit

from hwgen.cache import cache_dir

FROZEN = (
    "hwgen.crossbar.sample",
    "hwgen.crossbar.stages",
    "hwgen.crossbar.words",
    "hwgen.ep.config",
    "hwgen.ep.plan",
    "hwgen.ff.config",
    "hwgen.ff.plan",
    "hwgen.ff.program",
    "hwgen.ff.tables",
    "hwgen.ff.unit_clocks",
    "hwgen.ff.unit_format",
    "hwgen.ff.weights",
    "hwgen.parts.polynomials",
)
"""Modules outside this package whose constants may go into loops."""


def digest(root: Path) -> str:
    """Of all that goes into loops.

    Args:
        root: the folder that ``hwgen`` and ``sim`` lie in.
    """
    files = [*sorted((root / "sim/golden").glob("*.py")), *(root / f"{name.replace('.', '/')}.py" for name in FROZEN)]
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()[:24]


numba.config.CACHE_DIR = str(cache_dir() / "numba" / digest(Path(__file__).resolve().parents[2]))  # type: ignore[attr-defined]  # numba makes it

compiled: Any = njit(cache=True)
"""Decorator of a loop."""
