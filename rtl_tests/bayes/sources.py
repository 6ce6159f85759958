"""``[source]`` tables, and what becomes of them."""

from pathlib import Path
from typing import Any

from hwgen.bayes.resolve import Resolved, resolve
from sim.datasets import load_split

LOGARITHMIC = {"mode": "logarithmic"}
WINE = {"dataset": "wine", "classifier": "GaussianNB"}


def resolved(source: dict[str, Any], parameters: dict[str, Any] = LOGARITHMIC, folder: Path = Path()) -> Resolved:
    return resolve(source, parameters, folder, "my.toml", load_split)
