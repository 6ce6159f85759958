"""Loops that Numba compiles, and keeps until anything that is compiled into them changes.

By itself, Numba keeps what it has compiled for as long as the loop's own file stays the same, though loops of other
files and constants of the hardware go into it. Here what is kept has a folder for each state of all of them, and one
for loops that check their indices (``NUMBA_BOUNDSCHECK=1``).

Loops take no structured arrays whose fields depend on the machine: what Numba has kept for two of their types in two
processes may have one name, and a third process that needs both would run either of them for the other.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core.caching import FunctionCache

from hwgen.cache import cache_dir, locked
from hwgen.errors import ToolError

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


def _folder() -> str:
    """Where loops of the present state are kept."""
    name = digest(Path(__file__).resolve().parents[2])
    return str(cache_dir() / "numba" / (f"{name}-checked" if numba.config.BOUNDSCHECK else name))  # type: ignore[attr-defined]


numba.config.CACHE_DIR = _folder()  # type: ignore[attr-defined]  # numba makes it


class _Cache(FunctionCache):
    """Numba's, with one writer at a time: two processes that keep a loop for different types at once would give both
    the same file."""

    def save_overload(self, signature: Any, result: Any) -> None:
        # A loop that cannot be kept is compiled again.
        with suppress(OSError, ToolError), locked(Path(self.cache_path) / ".lock"):
            super().save_overload(signature, result)  # type: ignore[no-untyped-call]  # numba's


def compiled(loop: Callable[..., Any]) -> Any:
    """Decorator of a loop."""
    dispatcher = njit(loop)
    try:
        cache = _Cache(loop)  # type: ignore[no-untyped-call]
    except RuntimeError:  # there is no folder that can be written
        return dispatcher
    # Without the cache's folder Numba would keep the loop beside its source, whatever else went into it.
    if Path(cache.cache_path).is_relative_to(numba.config.CACHE_DIR):  # type: ignore[attr-defined]
        dispatcher._cache = cache
    return dispatcher
