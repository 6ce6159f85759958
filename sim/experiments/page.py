"""What the pages of experiments on learning cores share: tables in Markdown, figures, and what made them."""

import datetime
import io
import os
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any

import numpy as np

WHENS = (
    ("training, first epoch", "first", "training"),
    ("training, last epoch", "last", "training"),
    ("inference, last epoch", "last", "inference"),
)
"""Kinds of samples: title, epoch, and what is done with them."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def number(value: float | None, digits: int = 0) -> str:
    """A number as people read it; a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def counted(count: int, thing: str) -> str:
    """So many of them, such as ``1 clock`` or ``2 clocks``."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def error_axes(panel: Any, title: str) -> None:
    """Finish a Matplotlib panel with curves of test errors over epochs."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    panel.yaxis.set_minor_formatter(PercentFormatter(decimals=0))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_title(title)
    # Room for the legend above the curves.
    bottom, top = panel.get_ylim()
    panel.set_ylim(bottom, top * (top / bottom) ** 0.5)
    panel.set_xlabel("epoch")
    panel.set_ylabel("test error")
    panel.grid(alpha=0.3, which="both")
    panel.legend(fontsize="small", ncols=2, loc="upper right")


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
