"""What was asked for, and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.experiments.page import table


@dataclass(frozen=True)
class Target:
    """Something asked for, and what was found."""

    what: str
    asked: str
    found: str | None
    """None: nothing is recorded."""
    met: bool

    @property
    def verdict(self) -> str:
        """In a word or two."""
        return "not recorded" if self.found is None else "met" if self.met else "missed"


def at_most(what: str, most: float, found: float | None) -> Target:
    """A target that smaller numbers meet."""
    met = found is not None and found <= most
    return Target(what, f"at most {_text(most)}", None if found is None else _text(found), met)


def at_least(what: str, least: float, found: float | None) -> Target:
    """A target that larger numbers meet."""
    met = found is not None and found >= least
    return Target(what, f"at least {_text(least)}", None if found is None else _text(found), met)


def _text(value: float) -> str:
    """Four digits and more where the number has more before its point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def targets_table(targets: Sequence[Target]) -> str:
    """What was asked for, and what was found."""
    rows = [[target.what, target.asked, target.found or "-", target.verdict] for target in targets]
    return table(["", "asked for", "found", ""], rows)
