"""Area and Fmax of equilibrium-propagation machines, as ``hwgen bench-boards --core ep`` recorded them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.design import load_design
from hwgen.ep.config import EPConfig
from hwgen.errors import HwgenError

FILE = "boards-ep.json"
NEEDED = frozenset({"file", "board", "out_of_context", "refused"})
PLACED = frozenset({"used", "available", "fmax_mhz", "clock_mhz"})
"""What a result has beside :data:`NEEDED` unless it was refused."""


@dataclass(frozen=True)
class Placed:
    """A machine on a board."""

    config: EPConfig
    report: dict[str, Any]
    """As JSON values: see :meth:`boards.report.Report.as_dict`."""

    @property
    def network(self) -> str:
        """Neurons of each layer."""
        return "-".join(map(str, self.config.layers))

    @property
    def mhz(self) -> float | None:
        """The built clock; of a core alone, Fmax."""
        return self.report["clock_mhz"] or self.report["fmax_mhz"]

    def rate(self, clocks: float) -> float | None:
        """Samples per second at so many clocks a sample."""
        return None if self.mhz is None else self.mhz * 1e6 / clocks


def read(folder: Path) -> list[Placed]:
    """What a folder's :data:`FILE` holds that was placed; nothing where there is no such file.

    Design files are looked for from the current folder on. Raises :class:`~hwgen.errors.HwgenError` naming what a
    result lacks, and for a design file that is missing or wrong.
    """
    path = folder / FILE
    return list(_placed(path)) if path.is_file() else []


def _placed(path: Path) -> Iterator[Placed]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise HwgenError(f"{path} must be a JSON object with results: {error!r}") from None
    for number, result in enumerate(results):
        refused = result.get("refused") is not None
        if missing := sorted((NEEDED if refused else NEEDED | PLACED) - result.keys()):
            raise HwgenError(f"{path}: result {number} lacks {', '.join(missing)}")
        config = load_design(Path(result["file"])).config
        if not isinstance(config, EPConfig):
            raise HwgenError(f"{path}: {result['file']} must be a design of the core ep")
        if not refused:
            yield Placed(config, result)
