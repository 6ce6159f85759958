"""What the pages of experiments on learning cores share: tables in Markdown, figures, and what made them."""

import datetime
import io
import os
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any

import numpy as np


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def number(value: float | None, digits: int = 0) -> str:
    """A number as people read it; a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def png(figure: Any) -> bytes:
    """A Matplotlib figure as a PNG file in memory."""
    buffer = io.BytesIO()
    # No date or version inside: equal outcomes give equal files.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def about(command: str) -> dict[str, str]:
    """What makes a page again, when and where it was made, and with which versions."""
    versions = {package: metadata.version(package) for package in ("hwgen", "numba", "scikit-learn")}
    return {
        "command": command,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} CPUs, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {each}" for name, each in ({"numpy": np.__version__} | versions).items()),
    }


def mean_of(values: Sequence[Any]) -> Any:
    """The mean of numbers, or of what dictionaries of equal keys hold."""
    if isinstance(values[0], dict):
        return {key: mean_of([value[key] for value in values]) for key in values[0]}
    return float(np.mean(values))
