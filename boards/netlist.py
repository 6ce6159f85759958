"""What a mapped netlist takes, module by module."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boards.families.base import RESOURCES, Family

SCOPE = "$scopeinfo"
"""The cell that Yosys leaves in the place of a module that it has flattened."""

TOP = "(top)"

SUFFIX = re.compile(r"\$\d+")
"""What Amaranth adds to the name of a module's instance when a signal has the same name."""


def module_resources(netlist: Mapping[str, Any], top: str, family: Family) -> dict[str, dict[str, int]]:
    """Resources of each module of the hierarchy, its submodules not counted, in the order of their paths.

    Args:
        netlist: Yosys' JSON netlist, flattened.
        top: name of the top module.
        family: whose cells it is made of.

    Synthesis moves logic across borders that flattening removed; a cell counts where its name, which is that of the
    signal it drives, says it belongs. The sums over all modules are exact.
    """
    cells = netlist["modules"][top]["cells"]
    scopes = {name for name, cell in cells.items() if cell["type"] == SCOPE}
    totals: dict[str, Counter[str]] = {TOP: Counter(), **{scope: Counter() for scope in sorted(scopes)}}
    for name, cell in cells.items():
        totals[_scope(name, scopes)].update(family.cells.get(cell["type"], {}))
    return {
        SUFFIX.sub("", module): {resource: count[resource] for resource in RESOURCES}
        for module, count in totals.items()
    }


def read_netlist(path: Path) -> dict[str, Any]:
    """Yosys' JSON netlist."""
    return json.loads(path.read_text(encoding="utf-8"))


def total(modules: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Sum over all modules."""
    return {resource: sum(module[resource] for module in modules.values()) for resource in RESOURCES}


def to_depth(modules: Mapping[str, Mapping[str, int]], depth: int) -> dict[str, dict[str, int]]:
    """The same with modules below ``depth`` counted in those they belong to."""
    folded: dict[str, Counter[str]] = {}
    for module, counts in modules.items():
        folded.setdefault(".".join(module.split(".")[:depth]), Counter()).update(counts)
    return {module: {resource: count[resource] for resource in RESOURCES} for module, count in folded.items()}


def _scope(name: str, scopes: set[str]) -> str:
    """The innermost module that a cell's name lies in."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        path = ".".join(parts[:length])
        if path in scopes:
            return path
    return TOP
