"""Who may import whom: hwgen knows neither sim nor boards, and the golden models know no HDL."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMAND_LINE = ROOT / "hwgen" / "cli"
GOLDEN = ROOT / "sim" / "golden"
DEVICES = ROOT / "sim" / "devices"

HARDWARE_SIDE = [path for path in sorted((ROOT / "hwgen").rglob("*.py")) if not path.is_relative_to(COMMAND_LINE)]
MODEL_SIDE = [path for folder in (GOLDEN, DEVICES) for path in sorted(folder.rglob("*.py"))]


def module_name(path: Path) -> str:
    """The dotted name under which a file of this repository is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_packages(source: str, package: str) -> set[str]:
    """Top-level packages that a module's source imports anywhere, functions included.

    ``package`` is the package that holds the module, against which relative imports are resolved.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=module, level=0):
                found.add(module.split(".")[0])
            case ast.ImportFrom():
                found.add(package.split(".")[0])
    return found


def imports_of(path: Path) -> set[str]:
    return imported_packages(path.read_text(encoding="utf-8"), module_name(path.parent))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import sim", {"sim"}),
        ("import os, sim.golden.bayes as model", {"os", "sim"}),
        ("from sim.backends import golden", {"sim"}),
        ("def late():\n    from sim import golden", {"sim"}),
        ("from . import config", {"hwgen"}),
        ("from .simulation import x", {"hwgen"}),
        ("import simulation\nname = 'sim'", {"simulation"}),
    ],
)
def test_the_walk_finds_every_kind_of_import(source: str, expected: set[str]) -> None:
    assert imported_packages(source, "hwgen.bayes") == expected


def test_the_walk_visits_both_sides() -> None:
    assert ROOT / "hwgen" / "transport.py" in HARDWARE_SIDE
    assert GOLDEN / "__init__.py" in MODEL_SIDE


@pytest.mark.parametrize("path", HARDWARE_SIDE, ids=relative)
def test_hwgen_never_imports_sim_or_boards(path: Path) -> None:
    assert not imports_of(path) & {"sim", "boards"}


@pytest.mark.parametrize("path", MODEL_SIDE, ids=relative)
def test_models_never_import_amaranth(path: Path) -> None:
    assert "amaranth" not in imports_of(path)


@pytest.mark.parametrize("module", sorted({"sim.golden.bayes", *map(module_name, MODEL_SIDE)}))
def test_importing_a_model_loads_no_amaranth(module: str) -> None:
    """Directly or through whatever it imports: a golden model runs where no HDL is installed."""
    program = f"import sys, {module}; sys.exit('amaranth' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr or f"importing {module} loaded amaranth"
