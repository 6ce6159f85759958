"""Area and Fmax of a core's machines, as ``hwgen bench-boards`` recorded them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from boards.current import is_current, remarks
from boards.definitions import BOARDS
from hwgen.config import CoreConfig
from hwgen.design import load_design
from hwgen.errors import HwgenError
from sim.experiments.targets import Target, at_least

NEEDED = frozenset({"file", "board", "out_of_context", "refused"})
PLACED = frozenset({"used", "available", "fmax_mhz", "clock_mhz"})
"""What a result has beside :data:`NEEDED` unless it was refused."""
TYPICAL = {"training": "typical_cycles_train", "inference": "typical_cycles_infer"}
"""Where a report may have mean clocks of a sample: see :attr:`boards.report.Report.typical_cycles`."""

C = TypeVar("C", bound=CoreConfig)


@dataclass(frozen=True)
class Placed(Generic[C]):
    """A machine on a board."""

    config: C
    report: dict[str, Any]
    """As JSON values: see :meth:`boards.report.Report.as_dict`."""
    current: bool | None = None
    """Whether it is of the Verilog that is emitted now: see :func:`boards.current.is_current`."""

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

    @property
    def name(self) -> str:
        """What tells it from others in a sentence; without a recorded name that of its network."""
        return f"{self.report.get('machine', self.network)} on {self.place}"

    @property
    def record(self) -> str:
        """Which record it is of, for who quotes a number of it."""
        date = self.report.get("date")
        when = "measured on a day that was not recorded" if date is None else f"measured on {date}"
        verilog = {
            True: "",
            False: " on Verilog that has changed since",
            None: " on Verilog of which no hash was recorded",
        }
        return f"{self.config.parameters()['lanes']} lanes, {when}{verilog[self.current]}"

    def typical(self, what: str) -> float | None:
        """Mean clocks of a sample of ``training`` or ``inference`` over the first held-out samples, from the weights
        that the machine starts with; None where they are not recorded."""
        return self.report.get(TYPICAL[what])

    def rate(self, clocks: float) -> float | None:
        """Samples per second at so many clocks a sample."""
        return None if self.mhz is None else self.mhz * 1e6 / clocks


def read(folder: Path, kind: type[C]) -> list[Placed[C]]:
    """What a folder's ``boards-CORE.json`` holds that was placed; nothing where there is no such file.

    Args:
        folder: of results.
        kind: the core's config.

    Design files are looked for from the current folder on. Results that tell of which Verilog they are get compared
    with what is emitted now, which takes seconds each. Raises :class:`~hwgen.errors.HwgenError` naming what a
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
            yield Placed(config, result, is_current(result))


def newest(machines: Iterable[Placed[C]]) -> Placed[C] | None:
    """The one that was measured last, of those of one day the slowest; None of none, or where no timing was closed."""
    timed = [machine for machine in machines if machine.report["fmax_mhz"] is not None]
    return max(timed, key=lambda each: (each.report.get("date") or "", -each.report["fmax_mhz"]), default=None)


def fmax_target(what: str, least: float, machines: Iterable[Placed[C]]) -> Target:
    """Whether the newest record of ``machines`` is of an Fmax of ``least`` MHz, and which record that is."""
    found = newest(machines)
    if found is None:
        return at_least(f"Fmax, {what}, MHz", least, None)
    return at_least(f"Fmax, {what}, {found.record}, MHz", least, found.report["fmax_mhz"])


def verilog_remarks(machines: Iterable[Placed[C]]) -> list[str]:
    """What is to be said below a table of them about the Verilog that they are of; nothing where all are current."""
    return remarks((machine.name, machine.current) for machine in machines)
