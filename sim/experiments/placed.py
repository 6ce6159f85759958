"""Area and Fmax of a core's machines, as ``hwgen bench-boards`` recorded them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from boards.definitions import BOARDS
from hwgen.config import CoreConfig
from hwgen.design import load_design
from hwgen.errors import HwgenError

NEEDED = frozenset({"file", "board", "out_of_context", "refused"})
PLACED = frozenset({"used", "available", "fmax_mhz", "clock_mhz"})
"""What a result has beside :data:`NEEDED` unless it was refused."""

C = TypeVar("C", bound=CoreConfig)


@dataclass(frozen=True)
class Placed(Generic[C]):
    """A machine on a board."""

    config: C
    report: dict[str, Any]
    """As JSON values: see :meth:`boards.report.Report.as_dict`."""

    @property
    def network(self) -> str:
        """Inputs, and neurons or units of each layer."""
        return "-".join(map(str, self.config.parameters()["layers"]))

    @property
    def mhz(self) -> float | None:
        """The built clock; of a core alone, Fmax."""
        return self.report["clock_mhz"] or self.report["fmax_mhz"]

    @property
    def device(self) -> str:
        """That of the board."""
        return BOARDS[self.report["board"]].device

    @property
    def place(self) -> str:
        """The board; of a core alone also the device's speed grade."""
        board = BOARDS[self.report["board"]]
        return f"{board.title}, core alone, speed grade {board.speed}" if self.report["out_of_context"] else board.title

    def rate(self, clocks: float) -> float | None:
        """Samples per second at so many clocks a sample."""
        return None if self.mhz is None else self.mhz * 1e6 / clocks


def read(folder: Path, kind: type[C]) -> list[Placed[C]]:
    """What a folder's ``boards-CORE.json`` holds that was placed; nothing where there is no such file.

    Args:
        folder: of results.
        kind: the core's config.

    Design files are looked for from the current folder on. Raises :class:`~hwgen.errors.HwgenError` naming what a
    result lacks, and for a design file that is missing or wrong.
    """
    path = folder / f"boards-{kind.core}.json"
    return list(_placed(path, kind)) if path.is_file() else []


def _placed(path: Path, kind: type[C]) -> Iterator[Placed[C]]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise HwgenError(f"{path} must be a JSON object with results: {error!r}") from None
    for number, result in enumerate(results):
        refused = result.get("refused") is not None
        if missing := sorted((NEEDED if refused else NEEDED | PLACED) - result.keys()):
            raise HwgenError(f"{path}: result {number} lacks {', '.join(missing)}")
        config = load_design(Path(result["file"])).config
        if not isinstance(config, kind):
            raise HwgenError(f"{path}: {result['file']} must be a design of the core {kind.core}")
        if not refused:
            yield Placed(config, result)
