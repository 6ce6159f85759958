"""What came of a bench with a fabricated Bayesian machine."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ModeReport:
    """What came of one mode. Accuracies are fractions of the held-out samples, None without."""

    mode: str
    words: int
    """Words that hold the likelihoods."""
    cells: int
    failed_cells: list[list[int]] | None
    """Cells that were wrong after the last attempt, or when read again: row and column of blocks, row and column; None
    where they were not read."""
    suspect_cells: list[list[int]] | None
    """Of a march: further cells, which read right, but of which a device seems stuck; None without."""
    attempts: float | None
    """Mean number of attempts in which a cell got pulses; None without programming."""
    seeds: list[int] | None
    """Of the columns' generators; None where none were loaded, as in logarithmic mode."""
    cycles: int | None
    """Stochastic cycles of a decision; None where there are none."""
    samples: int
    """Decided."""
    mismatches: int
    """Samples whose counts or sums, or what follows from them, are not the golden model's."""
    accuracy_golden: float | None
    accuracy_chip: float | None
    undetermined_reads: int | None
    """Bits that decisions have read of cells whose devices conducted alike, so that they were random; None on a real
    bench."""
    chip_clocks: int
    """Of a decision, whether any was made or not."""


@dataclass(frozen=True)
class ChipReport:
    """What came of a bench."""

    chip: str
    backend: str
    clock_hz: int
    chip_hz: int
    modes: list[ModeReport]
    errors: list[str]
    """Sticky errors of the controller that the golden model has not."""
    breaches: list[str] | None
    """What the lines did that they must not do to cells, as the behavioural model saw it; None on a real bench."""

    @property
    def ok(self) -> bool:
        """Whether every cell, and every bit of every result, is right, no cell is suspect, and nothing was cut or
        refused."""
        wrong = any(mode.failed_cells or mode.suspect_cells or mode.mismatches for mode in self.modes)
        return not (wrong or self.errors or self.breaches)

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "ok": self.ok}
